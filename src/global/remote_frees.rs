//! The list on which a thread puts blocks of an arena that is not its own when it frees them.
//!
//! # Invariants
//!
//! - **Taken whole.** A span that is pushed on the list stays there until an owner of the arena takes the whole list, and
//!   belongs to that owner from then on. Because the list is only ever taken as a whole, threads may push to it without a
//!   lock: nobody looks at a node of the list that another thread may be taking off it.
//!
//! A push does not look at the arena's state. The blocks of an arena that is set aside wait on its list like those of any
//! other, until a thread that looks for an arena takes this one over and collects them.

use core::ptr;

#[cfg(loom)]
use loom::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
#[cfg(not(loom))]
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use super::span::{List, Node, Span};

/// The blocks that other threads than the owner have freed. Zeroed memory is an empty list.
#[derive(Debug)]
pub(super) struct RemoteFrees {
    /// The node of the block that was freed last, or null.
    first: AtomicPtr<Node>,
    /// How many bytes threads have freed that the owner has not counted as free yet. This is a figure for others to read, and
    /// nothing rests on it.
    bytes: AtomicUsize,
}

impl RemoteFrees {
    #[cfg(all(test, loom))]
    pub(super) fn new() -> Self {
        Self { first: AtomicPtr::new(ptr::null_mut()), bytes: AtomicUsize::new(0) }
    }

    /// Gives a span that is not empty to the arena's owner, whichever thread that is or will be: a block, or, if `is_part`, a
    /// part of a block that goes on without it.
    pub(super) fn push(&self, span: Span, is_part: bool) {
        self.bytes.fetch_add(span.bytes(), Ordering::Relaxed);
        let mut first = self.first.load(Ordering::Relaxed);
        let node = span.into_node(first, is_part);
        while let Err(now) =
            self.first.compare_exchange_weak(first, node.as_ptr(), Ordering::Release, Ordering::Relaxed)
        {
            first = now;
            // SAFETY: this thread made the node, above, and the list has not got it yet, so nobody else can look at it
            // (`span`: Linked, Exclusive).
            let (span, ..) = unsafe { Span::from_node(node) };
            span.into_node(first, is_part);
        }
    }

    /// Whether the list is empty, as far as this thread knows: what another thread has just pushed may be missed.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.first.load(Ordering::Relaxed).is_null()
    }

    /// How many bytes were freed that the owner has not counted as free yet.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Notes that the owner has counted so many bytes as free. Only the arena's owner calls this.
    pub(super) fn counted(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Takes all blocks off the list. Only the arena's owner calls this.
    pub(super) fn take(&self) -> List {
        let first = self.first.swap(ptr::null_mut(), Ordering::Acquire);
        // SAFETY: the push that put a node there released it, and this swap acquires it: the pushes in between are
        // exchanges, which continue the release sequences of earlier ones. Nobody else gets at the nodes any more (Taken
        // whole).
        unsafe { List::from_nodes(first) }
    }
}
