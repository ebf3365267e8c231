//! What threads do with a block of an arena that is not theirs: they give it back.
//!
//! # Invariants
//!
//! 1. **Given back once.** A span that is pushed on the remote list is there until an owner takes the whole list, and then
//!    that owner's. Taking all at once is what makes the list safe to push to without a lock: no node is ever looked at
//!    while another thread may take it.
//!
//! Pushing does not look at the state: blocks of an arena that is set aside wait on its list like any others, until
//! somebody who could use the arena takes it over and finds them.

use core::ptr;

#[cfg(loom)]
use loom::sync::atomic::{AtomicPtr, Ordering};
#[cfg(not(loom))]
use std::sync::atomic::{AtomicPtr, Ordering};

use super::span::{List, Node, Span};

/// Blocks that other threads than the owner have freed. All zeroes is none.
#[derive(Debug)]
pub(super) struct RemoteFrees {
    first: AtomicPtr<Node>,
}

impl RemoteFrees {
    #[cfg(all(test, loom))]
    pub(super) fn new() -> Self {
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
        // exchanges, which carry the earlier releases on. Nobody else gets at them (invariant 1).
        unsafe { List::from_nodes(first) }
    }
}
