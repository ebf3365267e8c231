//! Whose an arena is, and how it changes hands.
//!
//! # Invariants
//!
//! 1. **One owner.** Whoever changes the state from another to [`State::Owned`] owns the arena, until it stores another
//!    state. The change acquires what the store before it released, so owners follow one another without a race.

#[cfg(loom)]
use loom::sync::atomic::{AtomicU8, Ordering};
#[cfg(not(loom))]
use std::sync::atomic::{AtomicU8, Ordering};

/// Whose an arena is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum State {
    /// Nobody's, and it has no memory. What zeroed memory says.
    Unused = 0,
    /// Nobody's, and it has memory to serve from.
    Pooled = 1,
    /// Some thread's.
    Owned = 2,
    /// Nobody's, and when its last owner left it, too full to be of use.
    Retired = 3,
}

/// The state of an arena.
#[derive(Debug)]
pub(super) struct Ownership {
    state: AtomicU8,
}

impl Ownership {
    #[cfg(all(test, loom))]
    pub(super) fn new(state: State) -> Self {
        Self { state: AtomicU8::new(state as u8) }
    }

    pub(super) fn state(&self) -> State {
        match self.state.load(Ordering::Relaxed) {
            1 => State::Pooled,
            2 => State::Owned,
            3 => State::Retired,
            _ => State::Unused,
        }
    }

    /// Takes the arena over if it is in that state, which is not `Owned`.
    #[inline]
    pub(super) fn take_from(&self, state: State) -> bool {
        debug_assert_ne!(state, State::Owned);
        // Where this fails it writes nothing, not even to memory that was never touched.
        self.state() == state
            && self
                .state
                .compare_exchange(state as u8, State::Owned as u8, Ordering::Acquire, Ordering::Relaxed)
                .is_ok()
    }

    /// Leaves the arena in that state. For its owner alone.
    #[inline]
    pub(super) fn leave(&self, state: State) {
        self.state.store(state as u8, Ordering::Release);
    }
}
