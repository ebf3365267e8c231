//! The memory of one arena: how far it is committed, and how it is given back.
//!
//! # Invariants
//!
//! - **Own.** The addresses of an arena's memory, and those of its groups of marks, are its own for as long as it is not
//!   [`Unused`](super::ownership::State::Unused), whichever of them are committed. Only the arena's owner gets at this
//!   value.
//! - **Prefix.** Of the memory, the first `committed` bytes are committed, and of the groups the first `groups_committed`
//!   bytes, which are as many as those need. Committed memory is in spans and blocks; the other is nobody's.

use core::ptr::NonNull;

use super::marks::{GROUP_BYTES, Group};
use super::span::Span;
use super::steps::{self, HUGE_FROM, PAGE};
use super::system;

/// The memory of an arena.
#[derive(Debug)]
pub(super) struct Pages {
    place: Place,
    /// How many bytes of the memory are committed, in whole pages. These may be some more than the arena has room for.
    committed: usize,
    /// How many bytes of the groups are committed, in whole pages.
    groups_committed: usize,
    /// The addresses between which small pages were asked for.
    small: Option<(usize, usize)>,
}

/// Where an arena's memory is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Where the memory starts, on a page. The pointer may be used for all of it.
    pub(super) start: NonNull<u8>,
    /// How many bytes the arena has room for, a multiple of a granule. The addresses go on to a multiple of [`PAGE`].
    pub(super) bytes: usize,
    /// Where the groups of marks of the memory start, on a page. The pointer may be used for all of them.
    pub(super) groups: NonNull<Group>,
    /// The length of the system's pages.
    pub(super) page: usize,
    /// Whether to ask the system for huge pages.
    pub(super) huge_pages: bool,
}

/// How many bytes the groups of so many bytes of memory take, in multiples of [`PAGE`].
pub(super) fn groups_of(bytes: usize) -> usize {
    (bytes.div_ceil(GROUP_BYTES) * size_of::<Group>()).next_multiple_of(PAGE)
}

impl Pages {
    /// The memory of an arena, none of which is committed.
    ///
    /// # Safety
    ///
    /// The caller owns the arena, and the place is Own.
    pub(super) const unsafe fn new(place: Place) -> Self {
        Self { place, committed: 0, groups_committed: 0, small: None }
    }

    /// How many bytes the arena has room for.
    #[inline]
    pub(super) fn bytes(&self) -> usize {
        self.place.bytes
    }

    /// How many of them are committed.
    #[inline]
    pub(super) fn usable(&self) -> usize {
        self.committed.min(self.place.bytes)
    }

    #[cfg(test)]
    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// The length of the system's pages.
    pub(super) fn page(&self) -> usize {
        self.place.page
    }

    /// Where the memory starts. The pointer may be used for all of it.
    #[inline]
    pub(super) fn start(&self) -> NonNull<u8> {
        self.place.start
    }

    /// How many bytes are committed for memory, and how many for its marks.
    pub(super) fn committed(&self) -> (usize, usize) {
        (self.committed, self.groups_committed)
    }

    /// Commits memory so that at least the first `needed` bytes are committed, and returns what is new, all zeros, with the
    /// groups of marks of all that is committed then.
    #[cold]
    pub(super) fn commit(&mut self, needed: usize) -> Option<(Span, &'static [Group])> {
        let usable = self.usable();
        if needed > self.place.bytes || needed <= usable {
            return None;
        }
        let limit = self.place.bytes.next_multiple_of(PAGE);
        let to = steps::commit_to(self.committed, needed, limit);
        // Where the system does not give as much ahead, what is needed may be had.
        if !self.commit_to(to) && !self.commit_to(needed.next_multiple_of(PAGE)) {
            return None;
        }
        // SAFETY: this memory was nobody's before, and is committed now (Prefix).
        Some(unsafe { self.span_from(usable) })
    }

    /// The memory that can be used from `offset` on, and the groups of marks of all of it.
    ///
    /// # Safety
    ///
    /// Nobody has that memory.
    unsafe fn span_from(&self, offset: usize) -> (Span, &'static [Group]) {
        // SAFETY: callers have offsets of at most `usable` bytes, which are in the arena's memory (Own).
        let start = unsafe { self.place.start.add(offset) };
        // SAFETY: this memory is committed, and is nobody's, as the caller promises; it is in whole granules, as offsets and
        // what is usable are (Prefix).
        let span = unsafe { Span::new(start, self.usable() - offset) };
        let groups = NonNull::slice_from_raw_parts(self.place.groups, self.committed.div_ceil(GROUP_BYTES));
        // SAFETY: these groups are committed (Prefix), they were zeros at first, which is a group, and nobody ever has
        // other than shared references to them, which the arena's owner does not use any more once it decommits them.
        (span, unsafe { groups.as_ref() })
    }

    /// Commits memory so that the first `to` bytes are committed, which are whole pages, and the marks for them.
    fn commit_to(&mut self, to: usize) -> bool {
        let groups = groups_of(to);
        if groups > self.groups_committed {
            // SAFETY: these bytes are in the arena's groups (Own).
            let start = unsafe { self.place.groups.cast::<u8>().add(self.groups_committed) };
            // SAFETY: these pages are the arena's, and are not committed (Own, Prefix).
            if !unsafe { system::commit(start, groups - self.groups_committed) } {
                return false;
            }
            self.groups_committed = groups;
        }
        // SAFETY: these bytes are in the arena's memory (Own).
        let start = unsafe { self.place.start.add(self.committed) };
        // SAFETY: these pages are the arena's, and are not committed (Own, Prefix).
        if !unsafe { system::commit(start, to - self.committed) } {
            return false;
        }
        let from = self.committed.max(HUGE_FROM);
        if self.place.huge_pages && to > from {
            // SAFETY: these bytes are in the arena's memory (Own).
            let start = unsafe { self.place.start.add(from) };
            // SAFETY: these pages are the arena's, and were committed above (Own, Prefix).
            unsafe { system::prefer_huge_pages(start, to - from, true) };
        }
        self.committed = to;
        true
    }

    /// Gives back the memory of a span that ends where committed memory ends and starts on a page. What it returns if the
    /// system refuses is the span as it was.
    pub(super) fn decommit(&mut self, span: Span) -> Result<(), Span> {
        let from = span.start().addr().get() - self.place.start.addr().get();
        // SAFETY: the span starts on a page and is Exclusive, and what lies between its end and that of the last committed
        // page is nobody's (Prefix).
        if !unsafe { system::decommit(span.start(), self.committed - from) } {
            return Err(span);
        }
        self.committed = from;
        Ok(())
    }

    /// Gives all memory back, and that of the marks, of which there are none. Where the system refuses, what is still
    /// committed is returned as it would be by [`commit`](Self::commit), though it may hold anything.
    ///
    /// # Safety
    ///
    /// All memory is free, and nobody uses spans or groups of this arena any more.
    pub(super) unsafe fn decommit_all(&mut self) -> Result<(), (Span, &'static [Group])> {
        // SAFETY: these pages are committed, and nobody uses their memory, as the caller promises (Own, Prefix).
        if self.committed > 0 && !unsafe { system::decommit(self.place.start, self.committed) } {
            // SAFETY: all memory is free, as the caller promises (Caller, Prefix).
            return Err(unsafe { self.span_from(0) });
        }
        self.committed = 0;
        // SAFETY: these pages are committed, and nobody uses their memory, as the caller promises (Own, Prefix).
        if self.groups_committed > 0 && !unsafe { system::decommit(self.place.groups.cast(), self.groups_committed) } {
            // SAFETY: all memory is free, as the caller promises (Caller, Prefix).
            return Err(unsafe { self.span_from(0) });
        }
        self.groups_committed = 0;
        Ok(())
    }

    /// The whole pages within a span.
    fn within(&self, span: &Span) -> Option<(NonNull<u8>, usize)> {
        let pages = steps::pages_within(span.start().addr().get(), span.end(), self.place.page);
        let start = self.place.start.with_addr(pages.start.try_into().ok()?);
        (pages.end > pages.start).then_some((start, pages.end - pages.start))
    }

    /// Gives the memory of the whole pages within a span back, whose contents nobody needs, and leaves the pages committed.
    /// Returns how many bytes that was, or nothing if the system refuses.
    pub(super) fn discard(&self, span: &Span) -> Option<usize> {
        let Some((start, bytes)) = self.within(span) else { return Some(0) };
        // SAFETY: these pages are in the span, which is committed memory whose contents nobody needs (Prefix).
        unsafe { system::discard(start, bytes) }.then_some(bytes)
    }

    /// Makes a span zeros, such that it takes no more memory than is written to later. `is_zeros` says whether it is that
    /// already, as the system gave it. Returns false if the system does not do that.
    #[cold]
    pub(super) fn zero(&mut self, span: &Span, is_zeros: bool) -> bool {
        let Some((start, bytes)) = self.within(span) else { return is_zeros };
        if !is_zeros {
            // SAFETY: these pages are in the span, which is committed memory whose contents nobody needs (Prefix).
            if !system::DISCARD_ZEROES || !unsafe { system::discard(start, bytes) } {
                return false;
            }
            let first = span.start();
            // SAFETY: the pages end within the span (`span`: Exclusive).
            let behind = unsafe { start.add(bytes) };
            // SAFETY: the pages begin within the span, and what lies before them is the span's (`span`: Exclusive).
            unsafe { first.write_bytes(0, start.addr().get() - first.addr().get()) };
            // SAFETY: the pages end within the span, and what lies behind them is the span's (`span`: Exclusive).
            unsafe { behind.write_bytes(0, span.end() - behind.addr().get()) };
        }
        if self.place.huge_pages {
            // SAFETY: these pages are in the span, which is committed memory (Prefix).
            unsafe { system::prefer_huge_pages(start, bytes, false) };
            let (from, to) = self.small.unwrap_or((usize::MAX, 0));
            self.small = Some((from.min(start.addr().get()), to.max(start.addr().get() + bytes)));
        }
        true
    }

    /// Asks for huge pages again where small ones were asked for, when no block is in use.
    #[inline]
    pub(super) fn restart(&mut self) {
        if self.small.is_some() {
            self.restart_small();
        }
    }

    #[cold]
    fn restart_small(&mut self) {
        let Some((from, to)) = self.small.take() else { return };
        let start = self.place.start.addr().get();
        let (from, to) = (from.max(start + HUGE_FROM), to.min(start + self.committed));
        if let (true, Ok(address)) = (from < to, from.try_into()) {
            // SAFETY: these pages are in the arena's memory, and are committed (Own, Prefix).
            unsafe { system::prefer_huge_pages(self.place.start.with_addr(address), to - from, true) };
        }
    }
}
