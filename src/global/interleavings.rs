//! Models of what crosses threads, [`Ownership`] and [`RemoteFrees`], which loom runs in every interleaving.

use loom::cell::Cell;
use loom::sync::Arc;
use loom::thread;

use super::ownership::{Ownership, State};
use super::remote_frees::RemoteFrees;
use super::span::{NODE_BYTES, Span};

/// A block in memory of its own. Its length tells it from the others.
fn block(name: usize) -> Span {
    let memory = Box::leak(vec![0_u128; NODE_BYTES.div_ceil(16)].into_boxed_slice());
    // SAFETY: the memory was leaked for this span (`span`: Exclusive), and it has room for a node, aligned, which is what a span
    // must have (`span`: Granular). What the length says beyond that is never read or written here.
    unsafe { Span::new(std::ptr::NonNull::from(memory).cast(), 1 << name) }
}

/// Takes all blocks off the list, and adds up their lengths.
fn drain(remote_frees: &RemoteFrees) -> usize {
    let mut list = remote_frees.take();
    std::iter::from_fn(|| list.pop()).map(|span| span.bytes()).sum()
}

#[test]
fn every_block_comes_back_once() {
    loom::model(|| {
        let remote_frees = Arc::new(RemoteFrees::new());
        let others: Vec<_> = [0..2, 2..3]
            .map(|names| {
                let remote_frees = remote_frees.clone();
                thread::spawn(move || names.for_each(|name| remote_frees.push(block(name), false)))
            })
            .into();
        let mut seen = if remote_frees.is_empty() { 0 } else { drain(&remote_frees) };
        for other in others {
            other.join().unwrap();
        }
        seen += drain(&remote_frees);
        assert_eq!(seen, 0b111);
    });
}

/// The owner of an arena with one block in use sets it aside, while a second thread frees that block and a third looks for
/// arenas that have become free. Whichever thread takes the arena over finds out whether it is empty, one thread at a time;
/// and in the end it is found to be empty.
#[test]
fn an_arena_that_is_set_aside_comes_back() {
    struct Arena {
        ownership: Ownership,
        remote_frees: RemoteFrees,
        /// The bytes of the blocks in use. Only the owner touches them, and loom checks that.
        used: Cell<usize>,
    }
    // SAFETY: all but `used` is atomic, and only the owner touches `used`, of which the model shows that there is one at a
    // time (`ownership`: One owner).
    unsafe impl Sync for Arena {}

    /// Collects what the other threads have freed. Tells whether nothing is in use any more.
    fn collect(arena: &Arena) -> bool {
        arena.used.set(arena.used.get() - drain(&arena.remote_frees));
        arena.used.get() == 0
    }

    loom::model(|| {
        let arena = Arc::new(Arena {
            ownership: Ownership::new(State::Owned),
            remote_frees: RemoteFrees::new(),
            used: Cell::new(1),
        });
        let freer = {
            let arena = arena.clone();
            thread::spawn(move || arena.remote_frees.push(block(0), false))
        };
        let seeker = {
            let arena = arena.clone();
            thread::spawn(move || {
                let mut got = false;
                for state in [State::Pooled, State::Retired] {
                    if arena.ownership.take_from(state) {
                        got |= collect(&arena);
                        arena.ownership.leave(if got { State::Pooled } else { State::Retired });
                    }
                }
            })
        };
        let state = if collect(&arena) { State::Pooled } else { State::Retired };
        arena.ownership.leave(state);
        freer.join().unwrap();
        seeker.join().unwrap();
        assert!(arena.ownership.take_from(State::Pooled) || arena.ownership.take_from(State::Retired));
        assert!(collect(&arena));
    });
}
