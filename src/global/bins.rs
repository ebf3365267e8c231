//! Free spans by the largest size class that fits into them, which can also be taken by where they begin or end.
//!
//! # Invariants
//!
//! - **Both ways.** Each bin is a list of nodes that are linked in both directions. Every node lies at the start of a span
//!   that was given up to the bins, and holds that span's length.
//! - **Marked.** The marks are those of the spans in bins: a marked span begins at an address if and only if a node lies
//!   there. So a span can be taken out by an address that is marked.

use core::fmt;
use core::ptr::{self, NonNull};

use super::class::{CLASSES, Class, ClassSet};
use super::marks::{GROUP_BYTES, Group, Marks};
use super::span::Span;

/// The first bytes of a span that is in a bin.
struct Node {
    /// The next node of the bin, or null.
    next: *mut Node,
    /// The node before this one, or null.
    previous: *mut Node,
    /// The length of the span.
    bytes: usize,
    /// Whether the pages within the span were given back to the system since it came here.
    is_clean: bool,
}

/// How many bytes of a span are written to when it goes into a bin.
pub(super) const NODE_BYTES: usize = size_of::<Node>();

const _: () = assert!(NODE_BYTES <= super::class::GRANULE && align_of::<Node>() <= super::class::GRANULE);

/// The number of groups of marks that take as long to clear as the marks of a single span.
const GROUPS_PER_SPAN: usize = 50;

/// Free spans, each in the bin of the largest class that fits into it.
pub(super) struct Bins {
    /// The first node of each bin, or null.
    firsts: [*mut Node; CLASSES],
    /// The bins that are not empty.
    filled: ClassSet,
    /// How many spans there are.
    spans: usize,
    marks: Marks,
    /// Where the memory of all spans starts. The pointer may be used for all of it.
    memory: NonNull<u8>,
}

impl Bins {
    /// Empty bins for spans of the memory from `memory` on, a pointer that may be used for all of it.
    pub(super) fn new(memory: NonNull<u8>) -> Self {
        let marks = Marks::new(memory.addr().get(), &[]);
        Self { firsts: [ptr::null_mut(); CLASSES], filled: ClassSet::EMPTY, spans: 0, marks, memory }
    }

    /// Lets the bins have spans as far as these groups go, which begin with those that the bins had before.
    pub(super) fn extend(&mut self, groups: &'static [Group]) {
        self.marks = self.marks.extended(groups);
    }

    /// Whether there are no spans.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.spans == 0
    }

    /// Puts a span into its bin, unless it is empty.
    pub(super) fn insert(&mut self, span: Span) {
        if span.bytes() == 0 {
            return;
        }
        let class = Class::within(span.bytes());
        let Some(first) = self.firsts.get_mut(class) else { return };
        self.marks.mark(span.start().addr().get(), span.end());
        let node = span.start().cast::<Node>();
        let contents = Node { next: *first, previous: ptr::null_mut(), bytes: span.bytes(), is_clean: false };
        // SAFETY: the node lies in the span's own memory (`span`: Exclusive), which has room for it and is aligned (`span`:
        // Granular).
        unsafe { node.write(contents) };
        if let Some(mut next) = NonNull::new(*first) {
            // SAFETY: this is the first node of the bin, and the bins are the only ones who look at it (Both ways).
            unsafe { next.as_mut() }.previous = node.as_ptr();
        }
        *first = node.as_ptr();
        self.filled.insert(class);
        self.spans += 1;
    }

    /// Takes a node's span out of its bin.
    ///
    /// # Safety
    ///
    /// The node is that of a span in a bin.
    unsafe fn take(&mut self, node: NonNull<Node>) -> Span {
        // SAFETY: the node is a bin's, so it was written, and nobody else looks at it (Both ways).
        let Node { next, previous, bytes, .. } = unsafe { node.read() };
        if let Some(mut next) = NonNull::new(next) {
            // SAFETY: what follows a node of a bin is one, and nobody else looks at it (Both ways).
            unsafe { next.as_mut() }.previous = previous;
        }
        let class = Class::within(bytes);
        match NonNull::new(previous) {
            // SAFETY: what lies before a node of a bin is one, and nobody else looks at it (Both ways).
            Some(mut previous) => unsafe { previous.as_mut() }.next = next,
            None => {
                if let Some(first) = self.firsts.get_mut(class) {
                    *first = next;
                }
                if next.is_null() {
                    self.filled.remove(class);
                }
            }
        }
        self.spans -= 1;
        // SAFETY: this is the span that was given up to the bins with this node, and they have no trace of it any more once
        // its marks are gone, below (Both ways, Marked).
        let span = unsafe { Span::new(node.cast(), bytes) };
        self.marks.unmark(span.start().addr().get(), span.end());
        span
    }

    /// Takes a span out of the first bin that has one, of those of `class` and the classes after it.
    pub(super) fn take_from(&mut self, class: usize) -> Option<Span> {
        let first = NonNull::new(*self.firsts.get(self.filled.first_from(class)?)?)?;
        // SAFETY: this is the first node of a bin (Both ways).
        Some(unsafe { self.take(first) })
    }

    /// Whether there is a span in the bin of `class` or of a class after it.
    pub(super) fn has_from(&self, class: usize) -> bool {
        self.filled.first_from(class).is_some()
    }

    /// Takes the span out that begins at that address, if there is one.
    pub(super) fn take_starting_at(&mut self, address: usize) -> Option<Span> {
        if !self.marks.is_start(address) {
            return None;
        }
        let node = self.memory.with_addr(address.try_into().ok()?).cast();
        // SAFETY: a marked span begins there, so a node lies there (Marked).
        Some(unsafe { self.take(node) })
    }

    /// Takes the span out that ends at that address, if there is one.
    pub(super) fn take_ending_at(&mut self, address: usize) -> Option<Span> {
        let start = self.marks.start_of(address)?;
        self.take_starting_at(start)
    }

    /// Shows the free memory behind the node of each span in the bin of `class` and the classes after it to `give_back`,
    /// unless that was done since the span came here; if it returns false, the span is shown again the next time. Ends after
    /// `limit` spans.
    pub(super) fn give_back(&mut self, class: usize, limit: usize, mut give_back: impl FnMut(&Span) -> bool) {
        let (mut left, mut from) = (limit, class);
        while let Some(class) = self.filled.first_from(from) {
            let mut at = self.firsts.get(class).copied().and_then(NonNull::new);
            while let Some(mut node) = at {
                if left == 0 {
                    return;
                }
                left -= 1;
                // SAFETY: this is a node of a bin, and nobody else looks at it (Both ways).
                let node_ref = unsafe { node.as_mut() };
                at = NonNull::new(node_ref.next);
                if !node_ref.is_clean {
                    let start = node.cast::<u8>();
                    // SAFETY: the span is longer than its node (`span`: Granular), so this points into it.
                    let behind = unsafe { start.add(NODE_BYTES) };
                    // SAFETY: all of the span but its node, which nobody looks at as long as the span is in a bin (Both
                    // ways). It is lent to `give_back`, and forgotten when that returns.
                    let span = unsafe { Span::new(behind, node_ref.bytes - NODE_BYTES) };
                    node_ref.is_clean = give_back(&span);
                }
            }
            from = class + 1;
        }
    }

    /// Forgets all spans, whose memory ends at the address `end` at the latest.
    #[inline]
    pub(super) fn clear(&mut self, end: usize) {
        if self.spans != 0 {
            self.clear_spans(end);
        }
    }

    #[cold]
    fn clear_spans(&mut self, end: usize) {
        if self.spans > (end - self.memory.addr().get()) / GROUP_BYTES / GROUPS_PER_SPAN {
            self.marks.clear(end);
            while let Some(class) = self.filled.first_from(0) {
                self.filled.remove(class);
                if let Some(first) = self.firsts.get_mut(class) {
                    *first = ptr::null_mut();
                }
            }
            self.spans = 0;
        }
        while self.take_from(0).is_some() {}
    }
}

impl fmt::Debug for Bins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bins").field("spans", &self.spans).field("marks", &self.marks).finish_non_exhaustive()
    }
}
