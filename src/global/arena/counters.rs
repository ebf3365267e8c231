//! What an arena counts, and why it refuses.

use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::Arena;

/// Figures that the owner writes and anybody may read. They lie on cache lines of their own.
#[derive(Debug)]
#[repr(align(128))]
pub(in crate::global) struct Counters {
    /// The address at which the arena's memory starts.
    pub(super) start: AtomicUsize,
    /// How many bytes the arena has room for; 0 before it first got a place for them.
    pub(super) bytes: AtomicUsize,
    /// The bytes of the blocks in use.
    pub(in crate::global) used: AtomicUsize,
    /// The most bytes that were ever in use.
    pub(in crate::global) peak: AtomicUsize,
    /// How many bytes of memory are committed.
    pub(super) committed: AtomicUsize,
    /// How many bytes are committed for the marks of the memory.
    pub(super) committed_marks: AtomicUsize,
    /// How many requests the arena served.
    pub(in crate::global) served: AtomicUsize,
    /// How many requests in calls were smaller than what arenas serve.
    pub(in crate::global) too_small: AtomicUsize,
    /// How many requests were larger than the arena.
    pub(in crate::global) too_large: AtomicUsize,
    /// How many requests an empty arena would have served, and this one had no room for.
    pub(in crate::global) no_room: AtomicUsize,
    /// How many requests the arena had room for, but the system no memory.
    pub(in crate::global) no_memory: AtomicUsize,
    /// Whether the arena was left because its free memory is in pieces that are too small.
    pub(super) in_pieces: AtomicBool,
    /// Whether another thread has asked the owner to give free memory back.
    pub(super) asked: AtomicBool,
    /// How many blocks were in use when outermost calls ended, less those that were when the calls began.
    pub(in crate::global) escaped: AtomicUsize,
}

impl Counters {
    /// How many bytes of memory are committed, and how many for its marks.
    pub(in crate::global) fn committed(&self) -> (usize, usize) {
        (self.committed.load(Ordering::Relaxed), self.committed_marks.load(Ordering::Relaxed))
    }
}

/// Why an arena has no block for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::global) enum Refusal {
    /// No arena is as large.
    TooLarge,
    /// There is less memory than that which is not in use.
    Full,
    /// There is as much memory that is not in use, but not in one piece.
    InPieces,
    /// The system gives no memory.
    NoMemory,
}

/// Adds to a counter that only the arena's owner writes, so that it needs no atomic addition.
#[inline]
pub(super) fn count(counter: &AtomicUsize, n: usize) {
    counter.store(counter.load(Ordering::Relaxed).wrapping_add(n), Ordering::Relaxed);
}

impl Arena {
    /// Counts a request that is smaller than what arenas serve. Only the arena's owner calls this.
    #[inline]
    pub(in crate::global) fn note_too_small(&self) {
        count(&self.counters.too_small, 1);
    }

    /// Counts a request that the wrapped allocator serves as this arena did not. Only the arena's owner calls this.
    pub(in crate::global) fn count_refusal(&self, why: Refusal) {
        let counter = match why {
            Refusal::TooLarge => &self.counters.too_large,
            Refusal::Full | Refusal::InPieces => &self.counters.no_room,
            Refusal::NoMemory => &self.counters.no_memory,
        };
        count(counter, 1);
    }
}
