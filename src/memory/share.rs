//! A share: an open scope's region of fixed memory, and what it knows of those that it borrows from and lends to. What this is
//! for, and the invariants, are told by [`lending`](super::lending).

use core::cell::Cell;
use core::ptr::NonNull;

use super::offsets::{Gap, LINE};
use super::packing::SHORT;
use super::region::{End, Region};

/// An open scope's region in a chain of loans.
#[repr(C)]
pub(crate) struct Share {
    pub(super) region: Region,
    /// Whose memory this is part of; `None` for the first share.
    pub(super) lender: Cell<Option<NonNull<Share>>>,
    /// Where the lender's high end was before it made room for this share.
    pub(super) lender_high: Cell<usize>,
    /// To whom the rest of the memory is lent.
    pub(super) borrower: Cell<Option<NonNull<Share>>>,
    /// Whether there is nothing in the fields below, the region is not packed as far as this share knows, and, if it is the
    /// first, its scope has not ended nor lent a `Bump`: so that one look tells whether lending and taking back is a matter of
    /// moving marks.
    pub(super) plain: Cell<bool>,
    /// While the rest is lent: up to this address the low end is in use for scopes from this one outwards; 0 if it is not.
    pub(super) low_pin: Cell<usize>,
    /// From this address on the high end is; 0 if it is not.
    pub(super) high_pin: Cell<usize>,
    /// Whether what is pinned may lie anywhere, and not in whole lines.
    pins_packed: Cell<bool>,
    /// While the rest is lent: what pins have trapped, which will be a gap.
    trapped: Cell<Gap>,
    /// Memory within the cursors that nobody uses.
    pub(super) gap: Cell<Gap>,
    /// The lowest address at the low end from which on bytes may be uninitialised; 0 if they are not.
    pub(super) soiled: Cell<usize>,
}

/// Memory that was carved out for an array: its addresses, and the end of the region that it lies at.
#[derive(Clone, Copy)]
pub(super) struct Span {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) end: End,
    pub(super) packed: bool,
}

impl Share {
    /// One whose region has no memory yet.
    pub(super) fn new() -> Self {
        Share::with(Region::new(), None, 0)
    }

    #[inline(always)]
    fn with(region: Region, lender: Option<NonNull<Share>>, lender_high: usize) -> Self {
        Share {
            region,
            lender: Cell::new(lender),
            lender_high: Cell::new(lender_high),
            borrower: Cell::new(None),
            plain: Cell::new(true),
            low_pin: Cell::new(0),
            high_pin: Cell::new(0),
            pins_packed: Cell::new(false),
            trapped: Cell::new(Gap::NONE),
            gap: Cell::new(Gap::NONE),
            soiled: Cell::new(0),
        }
    }

    /// Lends all that is left to a share that is written to `place`, if that is a matter of moving marks; says whether it did.
    /// `lender` is where this share is, as the chain has it, and `lender_high` where its high end was before it made room.
    ///
    /// # Safety
    ///
    /// There is memory for a share at `place`, and no one else's.
    #[inline(always)]
    pub(super) unsafe fn lend_fast(
        &self,
        place: NonNull<Share>,
        lender: Option<NonNull<Share>>,
        lender_high: usize,
    ) -> bool {
        let region = &self.region;
        let (low, init, high, dirty) = (region.low.get(), region.init.get(), region.high.get(), region.dirty.get());
        let (from, to) = region.rest();
        if !self.plain.get() || region.packed.get() || to - from < SHORT {
            return false;
        }
        let borrowed = Region {
            low: Cell::new(0),
            init: Cell::new(init - low),
            high: Cell::new(0),
            dirty: Cell::new(dirty - high),
            // SAFETY: `low` is at most the size, so the pointer stays in the memory (Memory, Order).
            start: Cell::new(unsafe { region.start.get().add(low) }),
            // SAFETY: so is `high`.
            end: Cell::new(unsafe { region.end.get().sub(high) }),
            needs_cleanup: Cell::new(true),
            whole_from: Cell::new(from),
            whole_to: Cell::new(to),
            ..Region::new()
        };
        // SAFETY: the caller's promise.
        unsafe { place.write(Share::with(borrowed, lender, lender_high)) };
        region.lent.set(true);
        region.needs_cleanup.set(true);
        region.init.set(low);
        region.dirty.set(high);
        self.borrower.set(Some(place));
        true
    }

    /// [`Share::lend_fast`] in every case.
    ///
    /// # Safety
    ///
    /// As for [`Share::lend_fast`].
    pub(super) unsafe fn lend_to(&self, place: NonNull<Share>, lender: Option<NonNull<Share>>, lender_high: usize) {
        // SAFETY: the caller's promise.
        if unsafe { self.lend_fast(place, lender, lender_high) } {
            return;
        }
        let region = &self.region;
        let (from, to) = region.rest();
        let init = region.initialised_to() - from;
        region.lent.set(true);
        region.needs_cleanup.set(true);
        self.borrower.set(Some(place));
        // SAFETY: the caller's promise.
        unsafe { place.write(Share::with(Region::new(), lender, lender_high)) };
        // SAFETY: written just now.
        let inner = unsafe { place.as_ref() };
        let borrowed = &inner.region;
        borrowed.needs_cleanup.set(true);
        // SAFETY: what lies between the cursors is nobody's, and this region hands out nothing while it is lent (Memory,
        // Disjoint, Shut).
        unsafe { borrowed.lay_over(region.at(from), to - from, init) };
        inner.plain.set(!borrowed.packed.get());
        if region.packed.get() {
            self.plain.set(false);
        } else {
            if !borrowed.packed.get() {
                borrowed.dirty.set(region.dirty.get() - region.high.get());
            }
            region.init.set(region.low.get());
            region.dirty.set(region.high.get());
        }
    }

    /// [`Share::take_back`], if that is a matter of moving marks; says whether it did.
    #[inline(always)]
    pub(super) fn take_back_fast(&self, inner: &Share) -> bool {
        let (region, returned) = (&self.region, &inner.region);
        if !self.plain.get() || !inner.plain.get() || returned.packed.get() || returned.peak.get() > 0 {
            return false;
        }
        region.lent.set(false);
        region.high.set(inner.lender_high.get());
        let (start, end) = (region.start.get().addr().get(), region.end.get().addr().get());
        region.init.set(returned.start.get().addr().get() + returned.init.get() - start);
        region.dirty.set(end - (returned.end.get().addr().get() - returned.dirty.get()));
        region.check();
        true
    }

    /// Takes back from `inner`, which has ended, what it lent to it, or to a share between them that ended before; but for
    /// what is pinned.
    pub(super) fn take_back(&self, inner: &Share) {
        if self.take_back_fast(inner) {
            return;
        }
        let (region, returned) = (&self.region, &inner.region);
        region.peak.set(self.peak_with(returned, returned.peak()));
        region.lent.set(false);
        region.high.set(inner.lender_high.get());
        let init_to = returned.initialised_to().min(lowest(inner.soiled.get()));
        let (low_pin, high_pin) = (self.low_pin.replace(0), self.high_pin.replace(0));
        if self.pins_packed.replace(false) && !region.packed.get() {
            region.pack();
        }
        let (start, end) = (region.start.get().addr().get(), region.end.get().addr().get());
        region.low.set(region.low.get().max(low_pin.saturating_sub(start)));
        region.high.set(region.high.get().max(end.saturating_sub(lowest(high_pin))));
        let (low, high, size) = (region.low.get(), region.high.get(), region.size());
        if init_to < start + low {
            // What lies between is pinned, and may have been soiled for a scope further in.
            self.soil(init_to);
        }
        if region.packed.get() {
            region.packed_init.set(init_to.saturating_sub(start).clamp(low, size - high));
        } else {
            region.zero(init_to, start);
            let returned_end = returned.end.get().addr().get();
            let dirty = if returned.packed.get() { 0 } else { end - (returned_end - returned.dirty.get()) };
            region.dirty.set(dirty.max(high));
            // No more than the size less `dirty`: beyond the lines there is less than another.
            region.init.set((init_to.saturating_sub(start) / LINE * LINE).max(low));
        }
        region.note_use();
        self.gap.set(self.gap.get().larger(self.trapped.replace(Gap::NONE)));
        self.plain.set(self.gap.get().is_none() && self.soiled.get() == 0 && !region.packed.get());
        region.check();
    }

    /// The most that was ever in use of this share's memory, as far as it is noted here, if that of `inner`, a part of it, was
    /// `inner_peak`. What lies between the two is in use as long as `inner` is.
    pub(super) fn peak_with(&self, inner: &Region, inner_peak: usize) -> usize {
        let outside = outside_of((inner.start.get().addr().get(), inner.end.get().addr().get()), &self.region);
        self.region.peak.get().max(outside + inner_peak)
    }

    /// Makes a share that is the first one what it is between two scopes. Nothing is lent, and no scope is left on it.
    pub(super) fn settle(&self) {
        let region = &self.region;
        region.note_peak();
        region.rewind();
        self.gap.set(Gap::NONE);
        let soiled = lowest(self.soiled.replace(0)).saturating_sub(region.start.get().addr().get());
        if region.packed.get() {
            region.packed_init.set(region.packed_init.get().min(soiled));
        } else {
            region.init.set(region.init.get().min(soiled / LINE * LINE));
        }
        region.needs_cleanup.set(false);
        self.plain.set(!region.packed.get());
        region.check();
    }

    /// Notes that a span that lies in what was lent is in use for this scope, or for one further out. `lender_high` is where
    /// this region's high end was before the rest was lent.
    pub(super) fn pin(&self, span: Span, lender_high: usize) {
        let region = &self.region;
        self.plain.set(false);
        self.pins_packed.set(self.pins_packed.get() || span.packed);
        // Where the span lies in what was trapped before.
        self.trapped.set(self.trapped.get().without(span.from, span.to));
        match span.end {
            End::Low => {
                let pinned_to = self.low_pin.get().max(region.low_reaches(region.low.get()));
                if span.to > pinned_to {
                    self.trap(Gap { from: pinned_to, to: span.from });
                    self.low_pin.set(span.to);
                }
            }
            End::High => {
                let pinned_from = lowest(self.high_pin.get()).min(region.high_reaches(lender_high));
                if span.from < pinned_from {
                    self.trap(Gap { from: span.to, to: pinned_from });
                    self.high_pin.set(span.from);
                }
            }
        }
    }

    fn trap(&self, gap: Gap) {
        self.trapped.set(self.trapped.get().larger(gap));
    }

    /// Notes that bytes from that address on may be uninitialised.
    pub(super) fn soil(&self, from: usize) {
        self.plain.set(false);
        self.soiled.set(lowest(self.soiled.get()).min(from));
    }

    /// Memory for an array out of the gap.
    pub(super) fn take_from_gap(&self, bytes: usize, align: usize) -> Option<Span> {
        let region = &self.region;
        let (from, to, rest) = self.gap.get().take(bytes, align, region.packed.get())?;
        self.gap.set(rest);
        // The gap lies at one end: between where the memory starts and the low cursor, or beyond the high one.
        let at_low_end = to <= region.start.get().addr().get() + region.low.get();
        Some(Span { from, to, end: if at_low_end { End::Low } else { End::High }, packed: region.packed.get() })
    }
}

/// How much of a region's memory, in bytes, lies outside of the addresses `from..to`.
pub(super) fn outside_of((from, to): (usize, usize), region: &Region) -> usize {
    from.saturating_sub(region.start.get().addr().get()) + region.end.get().addr().get().saturating_sub(to)
}

/// An address that is the lowest of some, of which 0 stands for none.
pub(super) const fn lowest(address: usize) -> usize {
    if address == 0 { usize::MAX } else { address }
}

/// Takes a share out of the chain whose scope has ended while its memory is lent on: what is between its `lender` and its
/// `borrower`.
pub(super) fn leave_chain(share: &Share, lender: &Share, borrower: &Share) {
    // The peak of what it lent itself is its borrower's, and not yet known.
    lender.region.peak.set(lender.peak_with(&share.region, share.region.peak()));
    borrower.lender.set(share.lender.get());
    borrower.lender_high.set(share.lender_high.get());
    if share.soiled.get() > 0 {
        borrower.soil(share.soiled.get());
    }
}

/// Room for a guard's share at the high end of `region`, and where that was before.
pub(super) fn room_for_share(region: &Region) -> Option<(NonNull<Share>, usize)> {
    let (bytes, align) = (size_of::<Share>(), align_of::<Share>());
    let mut high = region.high.get();
    let mut place = region.take_cold(bytes, align, End::High);
    if place.is_none() && region.pack_for(bytes, align, End::High) {
        high = region.high.get();
        place = region.take_cold(bytes, align, End::High);
    }
    Some((place?.cast(), high))
}

const _: () = assert!(size_of::<Share>().next_multiple_of(LINE) <= 320);
