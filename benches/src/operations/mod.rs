//! The table of operations: each on the heap, as ndarray has it; in a scope; and by hand, into memory that is there. Times,
//! counts of instructions and tests of equality are all taken of the same rows, for every element, kind of axes, layout and
//! size.

mod operands;
mod outcome;
#[macro_use]
mod turns;
mod rows;

use std::fmt;

pub use operands::{Axes, Element, Layout, Setup};
pub use outcome::{Outcome, Seen};
pub use rows::operations;

/// Which memory the result is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The heap's, allocated by ndarray.
    Heap,
    /// A scope's.
    Scope,
    /// Memory that is there.
    Hand,
}

/// Looks at turns of an operation.
pub trait Watch {
    /// How many turns there are after the first, which only brings memory and caches into use.
    fn turns(&self) -> u64;
    /// The first turn is over.
    fn start(&mut self);
    /// What a turn gave, while it is there.
    fn see(&mut self, outcome: &dyn Outcome);
    /// All turns are over.
    fn stop(&mut self);
}

/// What an operation's cost and result depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The layouts of two operands.
    Two,
    /// The layout of one operand.
    One,
    /// The lengths of axes only.
    Lengths,
}

/// An operation on elements of one type, in arrays of one number of axes.
#[derive(Clone, Copy)]
pub struct Operation {
    /// What it is called.
    pub name: &'static str,
    /// How it is spelled in a scope.
    pub in_a_scope: &'static str,
    /// The type of its elements.
    pub element: &'static str,
    /// The number of axes, fixed or dynamic.
    pub axes: &'static str,
    /// The number of axes.
    pub count: usize,
    /// What it depends on.
    pub kind: Kind,
    /// Runs turns of it.
    pub run: fn(&Setup, Way, &mut dyn Watch),
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}, axes: {}", self.name, self.element, self.axes)
    }
}

impl Operation {
    /// Every layout of the operands, for those lengths.
    pub fn setups(&self, lengths: [usize; 3]) -> Vec<Setup> {
        let setup = |first, second| Setup { lengths, first, second };
        let layouts = Layout::all(self.count).iter().copied();
        match self.kind {
            Kind::Lengths => vec![setup(Layout::Row, Layout::Row)],
            Kind::One => layouts.map(|first| setup(first, first)).collect(),
            Kind::Two => {
                let alike = layouts.clone().map(|both| setup(both, both));
                let second = layouts.clone().skip(1).map(|second| setup(Layout::Row, second));
                let first = layouts.skip(1).map(|first| setup(first, Layout::Row));
                alike.chain(second).chain(first).collect()
            }
        }
    }
}
