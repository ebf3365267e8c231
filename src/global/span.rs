//! Free memory as values: a [`Span`] is a piece of it, a [`List`] keeps pieces in their own first bytes.
//!
//! # Invariants
//!
//! 1. **Owned.** Nothing but the `Span` that is made of them reads or writes its bytes, which are mapped for both. Spans are
//!    neither `Copy` nor `Clone`, so two never overlap; a span that is dropped is memory that nobody will use.
//! 2. **Granular.** A span starts on a multiple of [`GRANULE`] and is a multiple of it long, so one that is not empty has
//!    room for a [`Node`], aligned.
//! 3. **Linked.** Every node of a list lies at the start of a span that was given up to that list, and holds that span's
//!    length.

use core::ptr::{self, NonNull};

#[cfg(loom)]
use loom::cell::UnsafeCell;
#[cfg(not(loom))]
use unloomed::UnsafeCell;

use super::class::GRANULE;

/// A piece of free memory, possibly empty.
#[derive(Debug)]
pub(super) struct Span {
    start: NonNull<u8>,
    bytes: usize,
}

// SAFETY: a span is memory that nobody else uses (invariant 1), whichever thread has it.
unsafe impl Send for Span {}

/// What a span in a list begins with.
pub(super) struct Node {
    links: UnsafeCell<Links>,
}

#[derive(Clone, Copy)]
struct Links {
    next: *mut Node,
    bytes: usize,
}

/// How much of a span is written to when it goes on a list.
pub(super) const NODE_BYTES: usize = size_of::<Node>();

const _: () = assert!(cfg!(loom) || (NODE_BYTES <= GRANULE && align_of::<Node>() <= GRANULE));

impl Span {
    /// No memory at all.
    pub(super) const EMPTY: Self = Self { start: NonNull::dangling(), bytes: 0 };

    /// # Safety
    ///
    /// The memory is given up to the span: invariants 1 and 2.
    pub(super) const unsafe fn new(start: NonNull<u8>, bytes: usize) -> Self {
        Self { start, bytes }
    }

    #[inline]
    pub(super) fn start(&self) -> NonNull<u8> {
        self.start
    }

    #[inline]
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    #[inline]
    pub(super) fn end(&self) -> usize {
        self.start.addr().get() + self.bytes
    }

    /// Takes so many bytes, a multiple of [`GRANULE`], off the front, if there are as many.
    #[inline]
    pub(super) fn split_front(&mut self, bytes: usize) -> Option<Self> {
        debug_assert_eq!(bytes % GRANULE, 0);
        let rest = self.bytes.checked_sub(bytes)?;
        let front = Self { start: self.start, bytes };
        // SAFETY: within the span or one past it, since `bytes` is at most its length; all of it is one mapping (invariant 1).
        self.start = unsafe { self.start.add(bytes) };
        self.bytes = rest;
        Some(front)
    }

    /// This span and the one that follows it as one, or both back if it does not follow.
    #[inline]
    pub(super) fn join(self, next: Self) -> Result<Self, (Self, Self)> {
        if self.end() == next.start.addr().get() {
            Ok(Self { start: self.start, bytes: self.bytes + next.bytes })
        } else {
            Err((self, next))
        }
    }

    /// Turns the span into a node, the first of a list that goes on with `next`.
    #[inline]
    pub(super) fn into_node(self, next: *mut Node) -> NonNull<Node> {
        debug_assert_ne!(self.bytes, 0);
        let node = self.start.cast::<Node>();
        // SAFETY: the span's own memory, large and aligned enough (invariants 1 and 2).
        unsafe { node.write(Node { links: UnsafeCell::new(Links { next, bytes: self.bytes }) }) };
        node
    }

    /// The span at whose start `node` lies, and the node it goes on with.
    ///
    /// # Safety
    ///
    /// The node was made by [`into_node`](Self::into_node), on this thread or before something that this thread has
    /// acquired; its list is given up (invariant 3).
    #[inline]
    pub(super) unsafe fn from_node(node: NonNull<Node>) -> (Self, *mut Node) {
        // SAFETY: the caller's promise: the node is there, and nobody writes to it.
        let links = unsafe { node.as_ref() };
        // SAFETY: as above.
        let links = links.links.with(|links| unsafe { *links });
        (Self { start: node.cast(), bytes: links.bytes }, links.next)
    }
}

/// Spans, the one that came last first. All zeroes is an empty list.
#[derive(Debug)]
pub(super) struct List {
    first: *mut Node,
}

impl List {
    pub(super) const EMPTY: Self = Self { first: ptr::null_mut() };

    /// A list of nodes that are linked already.
    ///
    /// # Safety
    ///
    /// As for [`Span::from_node`], for each of them.
    pub(super) unsafe fn from_nodes(first: *mut Node) -> Self {
        Self { first }
    }

    /// Puts a span in front, unless it is empty.
    #[inline]
    pub(super) fn push(&mut self, span: Span) {
        if span.bytes != 0 {
            self.first = span.into_node(self.first).as_ptr();
        }
    }

    #[inline]
    pub(super) fn pop(&mut self) -> Option<Span> {
        let first = NonNull::new(self.first)?;
        // SAFETY: a node of this list, which gives it up here (invariant 3).
        let (span, next) = unsafe { Span::from_node(first) };
        self.first = next;
        Some(span)
    }

    /// The address of the span in front.
    pub(super) fn first_addr(&self) -> Option<usize> {
        NonNull::new(self.first).map(|first| first.addr().get())
    }
}

/// The standard library's cell with the face of loom's, whose accesses loom checks for races.
#[cfg(not(loom))]
mod unloomed {
    pub(super) struct UnsafeCell<T>(core::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        #[inline]
        pub(super) fn new(value: T) -> Self {
            Self(core::cell::UnsafeCell::new(value))
        }

        #[inline]
        pub(super) fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
            f(self.0.get())
        }
    }
}
