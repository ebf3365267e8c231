//! Whose an arena is, and how it changes hands.
//!
//! # Invariants
//!
//! - **One owner.** The thread that changes the state of an arena from another to [`State::Owned`] owns the arena until it
//!   stores another state; nobody else stores to the state meanwhile. That change acquires what the store of the owner
//!   before it released, so owners follow one another without a race.

#[cfg(loom)]
use loom::sync::atomic::{AtomicU8, Ordering};
#[cfg(not(loom))]
use std::sync::atomic::{AtomicU8, Ordering};

/// Whose an arena is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum State {
    /// The arena has no owner and no memory. Zeroed memory has this state.
    Unused = 0,
    /// The arena has no owner, and memory to serve the next call from.
    Pooled = 1,
    /// A thread owns the arena.
    Owned = 2,
    /// The arena has no owner, and was too full to be of use when its last owner left it: it is set aside.
    Retired = 3,
}

/// The state of an arena, by which it changes hands.
#[derive(Debug)]
pub(super) struct Ownership {
    state: AtomicU8,
}

impl Ownership {
    #[cfg(all(test, loom))]
    pub(super) fn new(state: State) -> Self {
        Self { state: AtomicU8::new(state as u8) }
    }

    /// The state at the moment; it may be another by the time the caller looks at it.
    pub(super) fn state(&self) -> State {
        match self.state.load(Ordering::Relaxed) {
            1 => State::Pooled,
            2 => State::Owned,
            3 => State::Retired,
            _ => State::Unused,
        }
    }

    /// Makes this thread the arena's owner if the arena is in that state, which is not `Owned`. Tells whether it was.
    #[inline]
    pub(super) fn take_from(&self, state: State) -> bool {
        debug_assert_ne!(state, State::Owned);
        // The state is read first because a compare-exchange may write to its memory even when it fails: looking for an
        // arena would then touch the pages of headers that were never used.
        self.state() == state
            && self
                .state
                .compare_exchange(state as u8, State::Owned as u8, Ordering::Acquire, Ordering::Relaxed)
                .is_ok()
    }

    /// Ends this thread's ownership of the arena and leaves it in that state. Only the arena's owner calls this.
    #[inline]
    pub(super) fn leave(&self, state: State) {
        self.state.store(state as u8, Ordering::Release);
    }
}
