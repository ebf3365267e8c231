//! What threads do with an arena that is not theirs: give it blocks back, and take it over.
//!
//! # Invariants
//!
//! 1. **One owner.** Whoever changes the state from another to [`State::Owned`] owns the arena, until it stores another
//!    state. The change acquires what the store before it released, so owners follow one another without a race.
//! 2. **Given back once.** A span that is pushed on the remote list is there until an owner takes the whole list, and then
//!    that owner's. Taking all at once is what makes the list safe to push to without a lock: no node is ever looked at
//!    while another thread may take it.
//!
//! Pushing does not look at the state: blocks of an arena that is set aside wait on its list like any others, until
//! somebody who could use the arena takes it over and finds them.

use core::ptr;

#[cfg(loom)]
use loom::sync::atomic::{AtomicPtr, AtomicU8, Ordering};
#[cfg(not(loom))]
use std::sync::atomic::{AtomicPtr, AtomicU8, Ordering};

use super::span::{List, Node, Span};

/// Blocks that other threads than the owner have freed. All zeroes is none.
#[derive(Debug)]
pub(super) struct Remote {
    first: AtomicPtr<Node>,
}

impl Remote {
    #[cfg(all(test, loom))]
    fn new() -> Self {
        Self { first: AtomicPtr::new(ptr::null_mut()) }
    }

    /// Gives a span, not an empty one, to the owner, whoever that is.
    pub(super) fn push(&self, span: Span) {
        let mut first = self.first.load(Ordering::Relaxed);
        let node = span.into_node(first);
        while let Err(now) =
            self.first.compare_exchange_weak(first, node.as_ptr(), Ordering::Release, Ordering::Relaxed)
        {
            first = now;
            // SAFETY: made above, and not on the list yet, so still this thread's own.
            let (span, _) = unsafe { Span::from_node(node) };
            span.into_node(first);
        }
    }

    /// Whether there seems to be anything.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.first.load(Ordering::Relaxed).is_null()
    }

    /// All that there is. For the owner alone.
    pub(super) fn take(&self) -> List {
        let first = self.first.swap(ptr::null_mut(), Ordering::Acquire);
        // SAFETY: every node was released by the push that put it there and acquired by this swap: the pushes in between are
        // exchanges, which carry the earlier releases on. Nobody else gets at them (invariant 2).
        unsafe { List::from_nodes(first) }
    }
}

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
    fn new(state: State) -> Self {
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

#[cfg(all(test, loom))]
mod tests {
    use loom::cell::Cell;
    use loom::sync::Arc;
    use loom::thread;

    use super::super::span::{NODE_BYTES, Span};
    use super::{Ownership, Remote, State};

    /// Memory for a block; its length stands for its name.
    fn block(name: usize) -> Span {
        let memory = Box::leak(vec![0_u128; NODE_BYTES.div_ceil(16)].into_boxed_slice());
        // SAFETY: leaked for this; nobody reads so far as the length says.
        unsafe { Span::new(std::ptr::NonNull::from(memory).cast(), 1 << name) }
    }

    fn drain(remote: &Remote) -> usize {
        let mut list = remote.take();
        std::iter::from_fn(|| list.pop()).map(|span| span.bytes()).sum()
    }

    #[test]
    fn every_block_comes_back_once() {
        loom::model(|| {
            let remote = Arc::new(Remote::new());
            let others: Vec<_> = [0..2, 2..3]
                .map(|names| {
                    let remote = remote.clone();
                    thread::spawn(move || names.for_each(|name| remote.push(block(name))))
                })
                .into();
            let mut seen = if remote.is_empty() { 0 } else { drain(&remote) };
            for other in others {
                other.join().unwrap();
            }
            seen += drain(&remote);
            assert_eq!(seen, 0b111);
        });
    }

    /// An arena with a survivor is set aside while another thread frees the survivor and a third looks for arenas that
    /// have become free: whoever sees it empty may have it, nobody else, and in the end it is found empty.
    #[test]
    fn an_arena_that_is_set_aside_comes_back() {
        struct Arena {
            ownership: Ownership,
            remote: Remote,
            /// The owner's, and checked by loom to be so: the sum of the blocks in use.
            used: Cell<usize>,
        }
        // SAFETY: `used` is only touched by the owner, which is what the model is to show.
        unsafe impl Sync for Arena {}

        /// Takes what was freed; whether nothing is in use.
        fn settle(arena: &Arena) -> bool {
            arena.used.set(arena.used.get() - drain(&arena.remote));
            arena.used.get() == 0
        }

        loom::model(|| {
            let arena =
                Arc::new(Arena { ownership: Ownership::new(State::Owned), remote: Remote::new(), used: Cell::new(1) });
            let freer = {
                let arena = arena.clone();
                thread::spawn(move || arena.remote.push(block(0)))
            };
            let seeker = {
                let arena = arena.clone();
                thread::spawn(move || {
                    let mut got = false;
                    for state in [State::Pooled, State::Retired] {
                        if arena.ownership.take_from(state) {
                            got |= settle(&arena);
                            arena.ownership.leave(if got { State::Pooled } else { State::Retired });
                        }
                    }
                })
            };
            let state = if settle(&arena) { State::Pooled } else { State::Retired };
            arena.ownership.leave(state);
            freer.join().unwrap();
            seeker.join().unwrap();
            assert!(arena.ownership.take_from(State::Pooled) || arena.ownership.take_from(State::Retired));
            assert!(settle(&arena));
        });
    }
}
