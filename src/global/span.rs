//! Free memory as values: a [`Span`] is a piece of it, and a [`List`] links pieces through their own first bytes.
//!
//! # Invariants
//!
//! - **Exclusive.** The bytes of a `Span` are mapped for reading and writing, in one mapping, and nobody reads or writes
//!   them but through that span. Spans are neither `Copy` nor `Clone`, so no two overlap; the memory of a span that is
//!   dropped is never used again, unless its arena starts anew (`arena`: Counted).
//! - **Granular.** A span starts on a multiple of [`GRANULE`], and its length is a multiple of that too. So a span that is
//!   not empty has room for a [`Node`] at its start, and the node is aligned.
//! - **Linked.** Every node of a list lies at the start of a span that was given up to that list, and holds that span's
//!   length.

use core::ptr::{self, NonNull};

#[cfg(loom)]
use loom::cell::UnsafeCell;
#[cfg(not(loom))]
use unloomed::UnsafeCell;

use super::class::GRANULE;

/// A piece of free memory, possibly empty.
#[derive(Debug)]
pub(super) struct Span {
    /// Where the memory starts. The pointer may be used for all of the span.
    start: NonNull<u8>,
    bytes: usize,
}

// SAFETY: nobody else uses the memory of a span, so any thread may have it (Exclusive).
unsafe impl Send for Span {}

/// The first bytes of a span that is on a list.
pub(super) struct Node {
    links: UnsafeCell<Links>,
}

#[derive(Clone, Copy)]
struct Links {
    /// The next node of the list, or null.
    next: *mut Node,
    /// The length of this span.
    bytes: usize,
    /// Whether this is a part of a block that goes on without it.
    is_part: bool,
}

/// How many bytes of a span are written to when it goes on a list.
#[cfg(all(test, loom))]
pub(super) const NODE_BYTES: usize = size_of::<Node>();

const _: () = assert!(cfg!(loom) || (size_of::<Node>() <= GRANULE && align_of::<Node>() <= GRANULE));

impl Span {
    /// A span without any memory.
    pub(super) const EMPTY: Self = Self { start: NonNull::dangling(), bytes: 0 };

    /// The span of the `bytes` bytes from `start`.
    ///
    /// # Safety
    ///
    /// The caller gives this memory up to the span: it is Exclusive and Granular from now on.
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

    /// The address at which the span ends.
    #[inline]
    pub(super) fn end(&self) -> usize {
        self.start.addr().get() + self.bytes
    }

    /// Splits `bytes` bytes, a multiple of [`GRANULE`], off the front of the span, if it has as many.
    #[inline]
    pub(super) fn split_front(&mut self, bytes: usize) -> Option<Self> {
        debug_assert_eq!(bytes % GRANULE, 0);
        let rest = self.bytes.checked_sub(bytes)?;
        let front = Self { start: self.start, bytes };
        // SAFETY: `bytes` is at most the span's length, so this points into the span or to its end, in one mapping
        // (Exclusive).
        self.start = unsafe { self.start.add(bytes) };
        self.bytes = rest;
        Some(front)
    }

    /// One span made of this one and `next`, if `next` begins where this one ends; otherwise both are given back.
    #[inline]
    pub(super) fn join(self, next: Self) -> Result<Self, (Self, Self)> {
        if self.end() == next.start.addr().get() {
            Ok(Self { start: self.start, bytes: self.bytes + next.bytes })
        } else {
            Err((self, next))
        }
    }

    /// Writes a node at the start of the span, which is not empty, and gives the span up to the list that begins with this
    /// node and goes on with `next`. The node tells whether the span is a part of a block that goes on without it.
    #[inline]
    pub(super) fn into_node(self, next: *mut Node, is_part: bool) -> NonNull<Node> {
        debug_assert_ne!(self.bytes, 0);
        let node = self.start.cast::<Node>();
        // SAFETY: the node lies in the span's own memory (Exclusive), which has room for it and is aligned (Granular).
        unsafe { node.write(Node { links: UnsafeCell::new(Links { next, bytes: self.bytes, is_part }) }) };
        node
    }

    /// The span at whose start `node` lies, the node that follows in its list, and whether the span is a part of a block that
    /// goes on without it.
    ///
    /// # Safety
    ///
    /// The node was made by [`into_node`](Self::into_node), on this thread or before a release that this thread has
    /// acquired; and its list gives the span up, so that nobody else looks at the node from now on.
    #[inline]
    pub(super) unsafe fn from_node(node: NonNull<Node>) -> (Self, *mut Node, bool) {
        // SAFETY: `into_node` wrote the node, and its span, which the caller takes off the list, is nobody else's (Linked,
        // Exclusive).
        let links = unsafe { node.as_ref() };
        // SAFETY: the links were written together with the node, and nobody writes to them now (Linked, Exclusive).
        let links = links.links.with(|links| unsafe { *links });
        (Self { start: node.cast(), bytes: links.bytes }, links.next, links.is_part)
    }
}

/// A stack of spans that are not empty. Zeroed memory is an empty list.
#[derive(Debug)]
pub(super) struct List {
    /// The span that was pushed last, or null.
    first: *mut Node,
}

impl List {
    pub(super) const EMPTY: Self = Self { first: ptr::null_mut() };

    /// Whether there is no span on the list.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.first.is_null()
    }

    /// The list that begins with the node `first` and whose nodes are linked already; an empty one if that is null.
    ///
    /// # Safety
    ///
    /// What [`Span::from_node`] asks for holds for each of the nodes.
    pub(super) unsafe fn from_nodes(first: *mut Node) -> Self {
        Self { first }
    }

    /// Pushes a span, unless it is empty.
    #[inline]
    pub(super) fn push(&mut self, span: Span) {
        if span.bytes != 0 {
            self.first = span.into_node(self.first, false).as_ptr();
        }
    }

    /// Pops the span that was pushed last.
    #[inline]
    pub(super) fn pop(&mut self) -> Option<Span> {
        Some(self.pop_freed()?.0)
    }

    /// Pops the span that was pushed last, and tells whether it is a part of a block that goes on without it.
    #[inline]
    pub(super) fn pop_freed(&mut self) -> Option<(Span, bool)> {
        let first = NonNull::new(self.first)?;
        // SAFETY: this is a node of the list, which gives it up here (Linked).
        let (span, next, is_part) = unsafe { Span::from_node(first) };
        self.first = next;
        Some((span, is_part))
    }
}

/// The standard library's cell with the methods of loom's. Loom checks each access to its own cells for races.
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
