//! Random programs against a model: arrays of every kind made in scopes nested at random, each in any of the open ones,
//! over several buffers at once. No array is touched by anything but its owner, from its making to its scope's end.

use ndarena::{Buffer, prelude::*};
use ndarray::prelude::*;
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Step {
    /// Make an array in the open scope that lies that far out.
    Make { out: usize, kind: usize, len: usize },
    /// Run steps in a scope of that buffer, or inside the innermost scope for 0.
    Nest { buffer: usize, steps: Vec<Step> },
    /// Leave the scopes by a panic, up to where it is caught.
    Panic,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let make = (0usize..6, 0usize..7, 0usize..400).prop_map(|(out, kind, len)| Step::Make { out, kind, len });
    let leaf = prop_oneof![30 => make, 1 => Just(Step::Panic)];
    let step = leaf.prop_recursive(5, 200, 12, |step| {
        (0usize..3, prop::collection::vec(step, 0..12)).prop_map(|(buffer, steps)| Step::Nest { buffer, steps })
    });
    prop::collection::vec(step, 0..12)
}

/// An array with what it must hold: its tag, in every element.
enum Made<'s> {
    Pod(ArrayViewMut1<'s, u64>, u64),
    Square(ArrayViewMut2<'s, f32>, f32),
    Padded(ArrayViewMut1<'s, (u8, u64)>, (u8, u64)),
    Flags(ArrayViewMut2<'s, bool>, bool),
    Slice(&'s mut [u16], u16),
}

impl Made<'_> {
    fn check(&self) {
        match self {
            Made::Pod(x, tag) => assert!(x.iter().all(|x| x == tag)),
            Made::Square(x, tag) => assert!(x.iter().all(|x| x == tag)),
            Made::Padded(x, tag) => assert!(x.iter().all(|x| x == tag)),
            Made::Flags(x, tag) => assert!(x.iter().all(|x| x == tag)),
            Made::Slice(x, tag) => assert!(x.iter().all(|x| x == tag)),
        }
    }
}

fn make<'s>(s: Scope<'s>, kind: usize, len: usize, tag: u64) -> Made<'s> {
    match kind {
        0 => {
            let mut x = s.alloc_array::<u64>(len);
            x.fill(tag);
            Made::Pod(x, tag)
        }
        1 => {
            let mut x = s.alloc_array::<f32>((len / 20, 20).f());
            x.fill(tag as f32);
            Made::Square(x, tag as f32)
        }
        2 => Made::Padded(s.from_elem(len, (tag as u8, tag)), (tag as u8, tag)),
        3 => Made::Flags(s.from_shape_fn((len / 10, 10), |_| tag % 2 == 0), tag % 2 == 0),
        4 => {
            let x = s.alloc_slice(len);
            x.fill(tag as u16);
            Made::Slice(x, tag as u16)
        }
        5 => Made::Pod(s.map(&Array1::<u64>::zeros(len), |zero| zero + tag), tag),
        _ => {
            let mut x = s.alloc_array::<f32>((len / 20, 20).strides((24, 1)));
            x.fill(-(tag as f32));
            Made::Square(x, -(tag as f32))
        }
    }
}

/// The scopes open around a step, as a list from the innermost outwards.
struct Open<'a, 's> {
    scope: Scope<'s>,
    made: std::cell::RefCell<Vec<Made<'s>>>,
    outer: Option<&'a dyn Frame>,
}

trait Frame {
    fn make(&self, out: usize, kind: usize, len: usize, tag: u64);
    fn check(&self);
}

impl Frame for Open<'_, '_> {
    fn make(&self, out: usize, kind: usize, len: usize, tag: u64) {
        match self.outer {
            Some(outer) if out > 0 => outer.make(out - 1, kind, len, tag),
            _ => {
                let made = make(self.scope, kind, len, tag);
                self.made.borrow_mut().push(made);
            }
        }
    }

    fn check(&self) {
        self.made.borrow().iter().for_each(Made::check);
        if let Some(outer) = self.outer {
            outer.check();
        }
    }
}

fn run(steps: &[Step], buffers: &[Buffer], scope: Scope<'_>, outer: Option<&dyn Frame>, tag: &mut u64) {
    let open = Open { scope, made: Default::default(), outer };
    for step in steps {
        *tag += 1;
        match step {
            Step::Make { out, kind, len } => open.make(*out, *kind, *len, *tag),
            Step::Nest { buffer, steps } => {
                let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| match buffer {
                    0 => scope.scope(|inner| run(steps, buffers, inner, Some(&open), tag)),
                    n => buffers[n - 1].scope(|inner| run(steps, buffers, inner, Some(&open), tag)),
                }));
                if let Err(panic) = result {
                    // A panic of the program is part of it, one of a check is not.
                    if panic.downcast_ref::<Leave>().is_none() {
                        std::panic::resume_unwind(panic);
                    }
                }
            }
            Step::Panic => std::panic::resume_unwind(Box::new(Leave)),
        }
        if matches!(step, Step::Nest { .. }) {
            open.check();
        }
    }
    open.check();
}

struct Leave;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn arrays_are_nobody_elses(programs in prop::collection::vec(steps(), 1..4)) {
        let buffers = [Buffer::new(), Buffer::with_capacity(3000)];
        let mut tag = 0;
        // One after another on the same buffers, so that later ones meet what earlier ones left.
        for steps in &programs {
            let program = [Step::Nest { buffer: 1, steps: steps.clone() }, Step::Nest { buffer: 2, steps: steps.clone() }];
            buffers[0].scope(|s| run(&program, &buffers, s, None, &mut tag));
            for buffer in &buffers {
                prop_assert_eq!(buffer.stats().in_use, 0);
                prop_assert!(buffer.stats().reserved >= buffer.stats().peak);
            }
        }
        // What they came to need is there now: the same again asks for nothing.
        let growths = || buffers.each_ref().map(|buffer| buffer.stats().growths);
        let before = growths();
        for steps in &programs {
            let program = [Step::Nest { buffer: 1, steps: steps.clone() }, Step::Nest { buffer: 2, steps: steps.clone() }];
            buffers[0].scope(|s| run(&program, &buffers, s, None, &mut tag));
        }
        prop_assert_eq!(growths(), before);
    }
}
