//! What crosses threads, in every interleaving, by loom.

use loom::cell::Cell;
use loom::sync::Arc;
use loom::thread;

use super::ownership::{Ownership, State};
use super::remote_frees::RemoteFrees;
use super::span::{NODE_BYTES, Span};

/// Memory for a block; its length stands for its name.
fn block(name: usize) -> Span {
    let memory = Box::leak(vec![0_u128; NODE_BYTES.div_ceil(16)].into_boxed_slice());
    // SAFETY: leaked for this; nobody reads so far as the length says.
    unsafe { Span::new(std::ptr::NonNull::from(memory).cast(), 1 << name) }
}

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
                thread::spawn(move || names.for_each(|name| remote_frees.push(block(name))))
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

/// An arena with a survivor is set aside while another thread frees the survivor and a third looks for arenas that
/// have become free: whoever sees it empty may have it, nobody else, and in the end it is found empty.
#[test]
fn an_arena_that_is_set_aside_comes_back() {
    struct Arena {
        ownership: Ownership,
        remote_frees: RemoteFrees,
        /// The owner's, and checked by loom to be so: the sum of the blocks in use.
        used: Cell<usize>,
    }
    // SAFETY: `used` is only touched by the owner, which is what the model is to show.
    unsafe impl Sync for Arena {}

    /// Takes what was freed; whether nothing is in use.
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
            thread::spawn(move || arena.remote_frees.push(block(0)))
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
