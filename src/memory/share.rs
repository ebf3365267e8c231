//! A share: an open scope's region of fixed memory, and what it knows of those that it borrows from and lends to. What this is
//! for, and the invariants, are told by [`lending`](super::lending).

use core::cell::Cell;
use core::ptr::NonNull;

use super::offsets::{Gap, LINE};
use super::region::{AtEnd, End, Region};

/// An open scope's region in a chain of loans.
#[repr(C)]
pub(crate) struct Share {
    pub(super) region: Region,
    /// Whose memory this is part of; `None` for the first share.
    pub(super) lender: Cell<Option<NonNull<Share>>>,
    /// Where the lender's high end was before it made room for this share.
    pub(super) lender_high: Cell<usize>,
    /// The share that the rest of the memory is lent to, as long as it is lent.
    borrower: Cell<Option<NonNull<Share>>>,
    /// What there is to know of arrays that were carved out for scopes further out, if any were.
    pins: Cell<Option<Pins>>,
}

/// What a share has to know once arrays for outer scopes were carved out of what it lent, or out of its own memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pins {
    /// While the rest is lent, the address up to which the low end is in use for scopes from this one outwards; otherwise 0.
    pub(super) low: usize,
    /// While the rest is lent, the address from which on the high end is in use so; otherwise `usize::MAX`.
    pub(super) high: usize,
    /// Whether what is pinned may lie at any address, and not in whole lines.
    packed: bool,
    /// While the rest is lent, what the pins have trapped, which becomes a gap when the rest comes back.
    trapped: Gap,
    /// Memory within the cursors that nobody uses.
    pub(super) gap: Gap,
    /// The lowest address at the low end from which on bytes may be uninitialised, or `usize::MAX`.
    soiled: usize,
}

impl Pins {
    const NONE: Pins =
        Pins { low: 0, high: usize::MAX, packed: false, trapped: Gap::NONE, gap: Gap::NONE, soiled: usize::MAX };

    fn trap(&mut self, gap: Gap) {
        self.trapped = self.trapped.larger(gap);
    }
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
            pins: Cell::new(None),
        }
    }

    /// The share that the rest of the memory is lent to.
    pub(super) fn borrower(&self) -> Option<NonNull<Share>> {
        if self.region.is_lent() { self.borrower.get() } else { None }
    }

    pub(super) fn pins(&self) -> Pins {
        self.pins.get().unwrap_or(Pins::NONE)
    }

    pub(super) fn has_pins(&self) -> bool {
        self.pins.get().is_some()
    }

    /// Keeps these pins, of which the end of the scope has to know.
    fn set_pins(&self, pins: Pins) {
        self.pins.set(Some(pins));
        self.region.add_at_end(AtEnd::CLEANUP);
    }

    /// Lends all that is left to a share that is written to `place`, of a region that is not packed: a matter of moving marks.
    /// `lender` is where this share is, as the chain has it, and `lender_high` where its high end was before it made room.
    ///
    /// # Safety
    ///
    /// There is memory for a share at `place`, and no one else's, until the share leaves the chain (Chain).
    #[inline(always)]
    pub(super) unsafe fn lend_fast(&self, place: NonNull<Share>, lender: Option<NonNull<Share>>, lender_high: usize) {
        let region = &self.region;
        debug_assert!(!region.packed.get() && !region.is_lent(), "there is a rest to lend, in whole lines");
        let (low, high) = (region.low.get(), region.high.get());
        // SAFETY: `low` is at most the size, so the pointer stays in the memory (Memory, Order).
        let start = unsafe { region.start.get().add(low) };
        // SAFETY: so is `high` (Memory, Order).
        let end = unsafe { region.end.get().sub(high) };
        let borrowed = Region {
            start: Cell::new(start),
            end: Cell::new(end),
            at_end: Cell::new(AtEnd::RETURN),
            whole_from: Cell::new(start.addr().get()),
            whole_to: Cell::new(end.addr().get()),
            ..Region::new()
        };
        // SAFETY: the caller has memory for a share there, which is no one else's (Chain).
        unsafe { place.write(Share::with(borrowed, lender, lender_high)) };
        // SAFETY: the share was written just now, and stays there (Chain).
        let borrowed = &unsafe { place.as_ref() }.region;
        if low == 0 {
            borrowed.whole_from.set(region.whole_from.get());
        }
        if high == 0 {
            borrowed.whole_to.set(region.whole_to.get());
        }
        borrowed.init.set(region.init.get() - low);
        region.init.set(low);
        borrowed.dirty.set(region.dirty.get() - high);
        region.dirty.set(high);
        region.add_at_end(AtEnd::RECLAIM);
        self.borrower.set(Some(place));
    }

    /// [`Share::lend_fast`], of a region of either kind.
    ///
    /// # Safety
    ///
    /// As for [`Share::lend_fast`].
    pub(super) unsafe fn lend_to(&self, place: NonNull<Share>, lender: Option<NonNull<Share>>, lender_high: usize) {
        let region = &self.region;
        if !region.packed.get() {
            // SAFETY: the caller has memory for a share there, which is no one else's (Chain).
            return unsafe { self.lend_fast(place, lender, lender_high) };
        }
        let (from, to) = region.rest();
        let init = region.initialised_to() - from;
        region.add_at_end(AtEnd::RECLAIM);
        self.borrower.set(Some(place));
        // SAFETY: the caller has memory for a share there, which is no one else's (Chain).
        unsafe { place.write(Share::with(Region::new(), lender, lender_high)) };
        // SAFETY: the share was written just now, and stays there (Chain).
        let borrowed = &unsafe { place.as_ref() }.region;
        borrowed.at_end.set(AtEnd::RETURN.with(AtEnd::CLEANUP));
        // SAFETY: what lies between the cursors is nobody's, and this region hands out nothing while it is lent (Memory,
        // Disjoint, Shut).
        unsafe { borrowed.lay_over(region.at(from), to - from, init) };
    }

    /// [`Share::take_back`] from a share to which Return applies: a matter of moving marks.
    #[inline(always)]
    pub(super) fn take_back_fast(&self, inner: &Share) {
        let (region, returned) = (&self.region, &inner.region);
        debug_assert!(!region.packed.get() && !returned.packed.get() && returned.peak.get() == 0, "Return");
        region.at_end.set(region.at_end.get().without(AtEnd::RECLAIM));
        region.high.set(inner.lender_high.get());
        let (start, end) = (region.start.get().addr().get(), region.end.get().addr().get());
        region.init.set(returned.start.get().addr().get() + returned.init.get() - start);
        region.dirty.set(end - (returned.end.get().addr().get() - returned.dirty.get()));
        region.check();
    }

    /// Takes back from `inner`, which has ended, what it lent to it, or to a share between them that ended before; but not
    /// what is pinned. `inner` is gone afterwards: its place may have been written to.
    pub(super) fn take_back(&self, inner: &Share) {
        let (region, returned) = (&self.region, &inner.region);
        let pins = self.pins();
        region.set_peak(self.peak_with(returned, returned.peak()));
        region.at_end.set(region.at_end.get().without(AtEnd::RECLAIM));
        region.high.set(inner.lender_high.get());
        let init_to = returned.initialised_to().min(inner.pins().soiled);
        let returned_end = returned.end.get().addr().get();
        let returned_dirty = if returned.packed.get() { None } else { Some(returned.dirty.get()) };
        // The inner share may lie in what is zeroed below, so nobody looks at it from here on.
        if pins.packed && !region.packed.get() {
            region.pack();
        }
        let (start, end) = (region.start.get().addr().get(), region.end.get().addr().get());
        region.low.set(region.low.get().max(pins.low.saturating_sub(start)));
        region.high.set(region.high.get().max(end.saturating_sub(pins.high)));
        let (low, high, size) = (region.low.get(), region.high.get(), region.size());
        // What lies between is pinned, and may have been soiled for a scope further in.
        let soiled = if init_to < start + low { pins.soiled.min(init_to) } else { pins.soiled };
        let left_behind = Pins { gap: pins.gap.larger(pins.trapped), soiled, ..Pins::NONE };
        if left_behind == Pins::NONE {
            self.pins.set(None);
        } else {
            self.set_pins(left_behind);
        }
        if region.packed.get() {
            region.packed_init.set(init_to.saturating_sub(start).clamp(low, size - high));
        } else {
            region.zero(init_to, start);
            let dirty = returned_dirty.map_or(0, |dirty| end - (returned_end - dirty));
            region.dirty.set(dirty.max(high));
            // This is no more than the size less `dirty`, as beyond the whole lines there is less than another line.
            region.init.set((init_to.saturating_sub(start) / LINE * LINE).max(low));
        }
        region.note_use();
        region.check();
    }

    /// The most that was ever in use of this share's memory, as far as it is noted here, if that of `inner`, a part of it, was
    /// `inner_peak`. What lies between the two is in use as long as `inner` is. Pins that are packed may lie beyond whole lines,
    /// also where this share's own arrays do not.
    pub(super) fn peak_with(&self, inner: &Region, inner_peak: usize) -> usize {
        let region = &self.region;
        let (start, end) = if self.pins().packed {
            (region.whole_from.get(), region.whole_to.get())
        } else {
            (region.start.get().addr().get(), region.end.get().addr().get())
        };
        let below = inner.start.get().addr().get().saturating_sub(start);
        let above = end.saturating_sub(inner.end.get().addr().get());
        region.peak.get().max(below + above + inner_peak)
    }

    /// Makes a share that is the first one what it is between two scopes. Nothing is lent, and no scope is left on it.
    pub(super) fn settle(&self) {
        let region = &self.region;
        region.note_peak();
        region.rewind();
        let pins = self.pins.take().unwrap_or(Pins::NONE);
        let soiled = pins.soiled.saturating_sub(region.start.get().addr().get());
        if region.packed.get() {
            region.packed_init.set(region.packed_init.get().min(soiled));
        } else {
            region.init.set(region.init.get().min(soiled / LINE * LINE));
        }
        region.at_end.set(AtEnd::NOTHING);
        region.poison_ended();
        self.check(None);
    }

    /// The invariants that can be looked at, in debug builds, with what this share lends to.
    pub(super) fn check(&self, inner: Option<&Share>) {
        if cfg!(debug_assertions) {
            let (region, pins) = (&self.region, self.pins());
            region.check();
            let (from, to) = region.rest();
            let in_gap = |at_low_end: bool| if at_low_end { pins.gap.to <= from } else { pins.gap.from >= to };
            assert!(pins.gap.is_none() || in_gap(true) || in_gap(false), "Gap: {pins:?} in {from}..{to}");
            let Some(inner) = inner else {
                assert!(!region.is_lent(), "Chain: the innermost share lends to none");
                assert!(Pins { gap: pins.gap, soiled: pins.soiled, ..Pins::NONE } == pins, "Pinned: {pins:?}");
                return;
            };
            assert!(self.borrower() == Some(NonNull::from(inner)), "Chain: each lends to the next");
            let lent = (inner.region.start.get().addr().get(), inner.region.end.get().addr().get());
            let high = region.high_reaches(inner.lender_high.get());
            assert!(from <= lent.0 && lent.1 <= to && to <= high, "Rest: {lent:?} in {from}..{to}");
            let pinned = (from.max(pins.low), high.min(pins.high));
            let in_trap = pins.trapped.to <= pinned.0 || pins.trapped.from >= pinned.1;
            assert!(pins.trapped.is_none() || in_trap, "Gap: {pins:?} in {pinned:?}");
        }
    }

    /// Notes that a span that lies in what was lent to `inner` is in use for this scope, or for one further out.
    pub(super) fn pin(&self, span: Span, inner: &Share) {
        let region = &self.region;
        let mut pins = self.pins();
        pins.packed |= span.packed;
        // The span may lie in what was trapped before.
        pins.trapped = pins.trapped.without(span.from, span.to);
        match span.end {
            End::Low => {
                let pinned_to = pins.low.max(region.low_reaches(region.low.get()));
                if span.to > pinned_to {
                    pins.trap(Gap { from: pinned_to, to: span.from });
                    pins.low = span.to;
                }
            }
            End::High => {
                let pinned_from = pins.high.min(region.high_reaches(inner.lender_high.get()));
                if span.from < pinned_from {
                    pins.trap(Gap { from: span.to, to: pinned_from });
                    pins.high = span.from;
                }
            }
        }
        self.set_pins(pins);
        inner.region.add_at_end(AtEnd::CLEANUP);
    }

    /// Notes that bytes from that address on may be uninitialised.
    pub(super) fn soil(&self, from: usize) {
        let pins = self.pins();
        self.set_pins(Pins { soiled: pins.soiled.min(from), ..pins });
    }

    /// Memory for an array out of the gap.
    pub(super) fn take_from_gap(&self, bytes: usize, align: usize) -> Option<Span> {
        let (region, pins) = (&self.region, self.pins.get()?);
        let (from, to, rest) = pins.gap.take(bytes, align, region.packed.get())?;
        self.set_pins(Pins { gap: rest, ..pins });
        // The gap lies at one end: between where the memory starts and the low cursor, or beyond the high one.
        let at_low_end = to <= region.start.get().addr().get() + region.low.get();
        Some(Span { from, to, end: if at_low_end { End::Low } else { End::High }, packed: region.packed.get() })
    }

    /// Takes a share out of the chain whose scope has ended while its memory is lent on: what is between this share, its
    /// lender, and `borrower`. `ended_peak` is the most that was in use of its memory so far, by it and by those that it lent to:
    /// what they use from now on is counted without it.
    pub(super) fn bridge(&self, ended: &Share, ended_peak: usize, borrower: &Share) {
        self.region.set_peak(self.peak_with(&ended.region, ended_peak));
        self.borrower.set(ended.borrower.get());
        borrower.lender.set(ended.lender.get());
        borrower.lender_high.set(ended.lender_high.get());
        borrower.region.add_at_end(AtEnd::CLEANUP);
        let soiled = ended.pins().soiled;
        if soiled < usize::MAX {
            borrower.soil(soiled);
        }
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
