//! How the scopes on a [`FixedBuffer`](super::FixedBuffer) share its memory.
//!
//! The first level is part of the buffer and has all of the memory. Each further one is lent what is left by the one that
//! was innermost then: a chain, from `innermost` by `lender` to the first, and by `borrower` back.
//!
//! # Invariants
//!
//! 1. **Own.** While a scope or a guard on the buffer is left, `own` points to the levels that are part of it: set
//!    whenever one is entered through the buffer, which cannot move before they are gone.
//! 2. **Chain.** A level in the chain stays at its address for as long as it is in it: a scope's is in the frame of the
//!    function that runs its closure, and leaves the chain before that returns; a guard's is in the buffer's memory, in a
//!    part that its lender will not hand out before it has left the chain. (One that is forgotten never leaves it.)
//! 3. **First.** The stack's `free` is `Some` if and only if the first level is not in use, nor lent. Where it is, `free`
//!    is only asked whether it is `Some`, as the buffer may have moved.

use core::cell::Cell;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use super::Level;

/// The levels that a buffer of fixed memory has in itself.
pub(crate) struct Own {
    pub(crate) first: Level,
    /// For guards where no room for a level is left: without memory, and never in the chain.
    pub(crate) nothing: Level,
}

/// Room in a function's frame for a level that is lent its memory.
pub(crate) struct Frame(Cell<MaybeUninit<Level>>);

impl Frame {
    #[inline(always)]
    pub(crate) fn new() -> Self {
        Frame(Cell::new(MaybeUninit::uninit()))
    }
}

/// The chain of levels. See the module's documentation for the invariants.
pub(crate) struct Loans {
    pub(crate) own: Cell<Option<NonNull<Own>>>,
    /// The first level for `None`.
    innermost: Cell<Option<NonNull<Level>>>,
    /// Whether the scope on the first level has ended, though its memory is lent yet.
    first_ended: Cell<bool>,
    /// How many guards share the level without memory.
    on_nothing: Cell<usize>,
}

impl Loans {
    pub(crate) const fn new() -> Self {
        Loans {
            own: Cell::new(None),
            innermost: Cell::new(None),
            first_ended: Cell::new(false),
            on_nothing: Cell::new(0),
        }
    }

    /// A level with what is left of the memory, in `frame` or, without one, in the memory itself.
    pub(crate) fn lend(&self, own: &Own, frame: Option<&Frame>) -> NonNull<Level> {
        let lender = self.at(own, self.innermost.get());
        let mut high = lender.high();
        let place = match frame {
            Some(frame) => {
                frame.0.set(MaybeUninit::new(Level::new()));
                NonNull::from(&frame.0).cast()
            }
            None => {
                let Some((place, high_before)) = lender.take_for_level() else {
                    own.nothing.set_untidy(true);
                    self.on_nothing.set(self.on_nothing.get() + 1);
                    return NonNull::from(&own.nothing);
                };
                high = high_before;
                // SAFETY: memory for a level, and no one else's.
                unsafe { place.write(Level::new()) };
                place
            }
        };
        // SAFETY: written above, and reached through shared references from now on.
        let level = unsafe { place.as_ref() };
        lender.lend_to(level);
        lender.set_untidy(true);
        lender.fixed.loan.borrower.set(Some(place));
        level.fixed.loan.lender.set(self.innermost.get());
        level.fixed.loan.lender_high.set(high);
        level.set_untidy(true);
        self.innermost.set(Some(place));
        place
    }

    /// Gives back what the `Bump` of a level came to hold whose scope has ended, if a caller lifted the `Bump`'s limit. That
    /// of the level without memory serves until the last of the guards on it has ended.
    pub(crate) fn release_bump(&self, own: &Own, level: &Level) {
        if core::ptr::eq(level, &own.nothing) {
            self.on_nothing.set(self.on_nothing.get() - 1);
            if self.on_nothing.get() > 0 {
                return;
            }
        }
        level.release_bump();
    }

    /// The scope on `level`, where something is left to do, has ended. True if that makes the first level free.
    pub(crate) fn end(&self, own: &Own, level: &Level) -> bool {
        if core::ptr::eq(level, &own.nothing) {
            return false;
        }
        if core::ptr::eq(level, &own.first) {
            let lent = level.is_lent();
            self.first_ended.set(lent);
            level.set_untidy(lent);
            return !lent;
        }
        let loan = &level.fixed.loan;
        let lender = self.at(own, loan.lender.get());
        lender.fixed.loan.borrower.set(loan.borrower.get());
        if let Some(borrower) = loan.borrower.get() {
            lender.note_use_of(level);
            let borrower = self.at(own, Some(borrower));
            borrower.fixed.loan.lender.set(loan.lender.get());
            borrower.fixed.loan.lender_high.set(loan.lender_high.get());
            return false;
        }
        lender.take_back(level, loan.lender_high.get());
        self.innermost.set(loan.lender.get());
        let is_first = loan.lender.get().is_none();
        if is_first {
            lender.set_untidy(lender.bump_is_lent());
        }
        is_first && self.first_ended.replace(false)
    }

    /// The levels in the chain, from the innermost out.
    pub(crate) fn chain<'a>(&'a self, own: &'a Own) -> impl Iterator<Item = &'a Level> {
        let mut next = Some(self.innermost.get());
        core::iter::from_fn(move || {
            let place = next?;
            let level = self.at(own, place);
            next = place.map(|_| level.fixed.loan.lender.get());
            Some(level)
        })
    }

    fn at<'a>(&'a self, own: &'a Own, place: Option<NonNull<Level>>) -> &'a Level {
        match place {
            // SAFETY: a level in the chain, which is left by no one while the reference is used (invariant 2).
            Some(level) => unsafe { level.as_ref() },
            None => &own.first,
        }
    }
}
