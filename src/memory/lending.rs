//! How the scopes on a [`FixedBuffer`](crate::FixedBuffer) share its memory.
//!
//! The plain algorithm: the first scope's region has all of the memory. A scope that opens inside is lent what the innermost
//! region has left, as a region of its own, marks and all, and hands it back when it ends. So the open scopes are a chain of
//! *shares*, each the borrower of the one before, and only the innermost has memory to hand out.
//!
//! ```text
//! first      [ a a a |                                                    | b b ]
//! second             [ c c |                                        | d d ]
//! innermost                [ e e | P | . . . . . . . . . . . . | f f ]      P is an array of the first scope's
//! ```
//!
//! Three things go beyond that.
//!
//! **An outer scope makes an array while inner ones are open.** It is carved out of the innermost region, next to what that
//! has handed out: `P` above. Each region between it and its owner notes a *pin*: how far, when it gets its memory back, its
//! cursor has to stay out of `P`'s way. So the array lives exactly as long as its scope. What lies between a region's cursor
//! and the pin, `c` and `e` for the first one, is *trapped* until then, so the array is carved at the end where less is.
//! And what was trapped is not lost: once the scopes have ended that used it, it is a *gap*, from which the next such arrays
//! are taken. A loop whose turns each leave a small array in an outer scope so loses of the order of what it keeps.
//!
//! **Guards end in any order.** A share that ends while its memory is lent on is taken out of the chain; its lender and its
//! borrower become neighbours, and the memory comes back with the borrower. Nothing depends on how large a region was when it
//! was lent: what comes back is found by address.
//!
//! **Arrays of either kind lie at either end.** One that must be initialised is zeroed where the memory may not be. One that
//! may have uninitialised bytes *soils* the low end: from its address on, nothing counts as initialised any more when the
//! memory comes back.
//!
//! # Invariants
//!
//! - **Own.** While a scope or a guard on the buffer is left, `own` points to the shares that are part of it: set
//!   whenever one is entered through the buffer, which cannot move before they are gone.
//! - **Chain.** A share in the chain stays at its address for as long as it is in it: a scope's is in the frame of the
//!   function that runs its closure, and leaves the chain before that returns; a guard's is in the buffer's memory, in a
//!   part that its lender will not hand out before it has left the chain. (One that is forgotten never leaves it.)
//! - **Rest.** A borrower's memory lies between its lender's cursors, and all that lies there is its own, or what shares
//!   between them held that have ended.
//! - **Pinned.** An array that was carved for a scope further out is, in each share from its owner to the one whose memory
//!   it was carved from, handed out by a cursor or beyond a pin, at the same end in all of them.
//! - **Gap.** A gap lies within what its region's cursors have handed out, and nobody uses it. What is trapped was used by
//!   scopes further in; nobody else uses it once they have ended.
//! - **First.** The stack's `free` is `Some` if and only if the first share is not in use, nor lent. Where it is, `free`
//!   is only asked whether it is `Some`, as the buffer may have moved.

use core::cell::Cell;
use core::mem::MaybeUninit;
use core::ptr::{self, NonNull};

use bumpalo::Bump;

use super::offsets::{Gap, LINE};
use super::packing::SHORT;
use super::region::{End, Region, show_stale};

/// An open scope's region in a chain of loans.
#[repr(C)]
pub(crate) struct Share {
    pub(super) region: Region,
    /// Whose memory this is part of; `None` for the first share.
    lender: Cell<Option<NonNull<Share>>>,
    /// Where the lender's high end was before it made room for this share.
    lender_high: Cell<usize>,
    /// To whom the rest of the memory is lent.
    borrower: Cell<Option<NonNull<Share>>>,
    /// Whether there is nothing in the fields below, the region is not packed as far as this share knows, and, if it is the
    /// first, its scope has not ended nor lent a `Bump`: so that one look tells whether lending and taking back is a matter of
    /// moving marks.
    plain: Cell<bool>,
    /// While the rest is lent: up to this address the low end is in use for scopes from this one outwards; 0 if it is not.
    low_pin: Cell<usize>,
    /// From this address on the high end is; 0 if it is not.
    high_pin: Cell<usize>,
    /// Whether what is pinned may lie anywhere, and not in whole lines.
    pins_packed: Cell<bool>,
    /// While the rest is lent: what pins have trapped, which will be a gap.
    trapped: Cell<Gap>,
    /// Memory within the cursors that nobody uses.
    gap: Cell<Gap>,
    /// The lowest address at the low end from which on bytes may be uninitialised; 0 if they are not.
    soiled: Cell<usize>,
}

/// What a buffer of fixed memory has in itself.
pub(crate) struct Own {
    pub(super) first: Share,
    /// For guards where no room for a share is left: without memory, and never in the chain.
    nothing: Share,
    /// What [`Scope::bump`](crate::Scope::bump) lends, for all scopes: it has memory only if a caller lifts its limit.
    bump: Cell<Bump>,
    bump_lent: Cell<bool>,
}

/// Room in a function's frame for a share.
pub(crate) struct Frame(Cell<MaybeUninit<Share>>);

impl Frame {
    #[inline(always)]
    pub(crate) fn new() -> Self {
        Frame(Cell::new(MaybeUninit::uninit()))
    }
}

/// Memory that was carved out for an array: its addresses, and the end of the region that it lies at.
#[derive(Clone, Copy)]
struct Span {
    from: usize,
    to: usize,
    end: End,
    packed: bool,
}

impl Own {
    /// For a buffer over the `size` bytes from `start`.
    ///
    /// # Safety
    ///
    /// They are part of a live allocation, and nobody else reads or writes them while a scope on the buffer is open.
    pub(crate) unsafe fn over(start: NonNull<u8>, size: usize) -> Self {
        let (first, nothing) = (Share::new(), Share::new());
        // SAFETY: the caller's promise; only this share, and those that it lends to, hand the memory out.
        unsafe { first.region.lay_over(start, size, 0) };
        first.plain.set(!first.region.packed.get());
        Own { first, nothing, bump: Cell::new(Bump::new()), bump_lent: Cell::new(false) }
    }

    pub(super) fn bump_is_lent(&self) -> bool {
        self.bump_lent.get()
    }

    /// Whether that is one of these.
    #[inline(always)]
    fn has(&self, share: &Share) -> bool {
        let offset = (&raw const *share).addr().wrapping_sub((&raw const *self).addr());
        offset < size_of::<Own>()
    }
}

impl Share {
    /// One whose region has no memory yet.
    fn new() -> Self {
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
    unsafe fn lend_fast(&self, place: NonNull<Share>, lender: Option<NonNull<Share>>, lender_high: usize) -> bool {
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
            untidy: Cell::new(true),
            whole_from: Cell::new(from),
            whole_to: Cell::new(to),
            ..Region::new()
        };
        // SAFETY: the caller's promise.
        unsafe { place.write(Share::with(borrowed, lender, lender_high)) };
        region.lent.set(true);
        region.untidy.set(true);
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
    unsafe fn lend_to(&self, place: NonNull<Share>, lender: Option<NonNull<Share>>, lender_high: usize) {
        // SAFETY: the caller's promise.
        if unsafe { self.lend_fast(place, lender, lender_high) } {
            return;
        }
        let region = &self.region;
        let (from, to) = region.rest();
        let init = region.initialised_to() - from;
        region.lent.set(true);
        region.untidy.set(true);
        self.borrower.set(Some(place));
        // SAFETY: the caller's promise.
        unsafe { place.write(Share::with(Region::new(), lender, lender_high)) };
        // SAFETY: written just now.
        let inner = unsafe { place.as_ref() };
        let borrowed = &inner.region;
        borrowed.untidy.set(true);
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
    fn take_back_fast(&self, inner: &Share) -> bool {
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
    fn take_back(&self, inner: &Share) {
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
    fn peak_with(&self, inner: &Region, inner_peak: usize) -> usize {
        let outside = outside_of((inner.start.get().addr().get(), inner.end.get().addr().get()), &self.region);
        self.region.peak.get().max(outside + inner_peak)
    }

    /// Makes a share that is the first one what it is between two scopes. Nothing is lent, and no scope is left on it.
    fn settle(&self) {
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
        region.untidy.set(false);
        self.plain.set(!region.packed.get());
        region.check();
    }

    /// Notes that a span that lies in what was lent is in use for this scope, or for one further out. `lender_high` is where
    /// this region's high end was before the rest was lent.
    fn pin(&self, span: Span, lender_high: usize) {
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
    fn soil(&self, from: usize) {
        self.plain.set(false);
        self.soiled.set(lowest(self.soiled.get()).min(from));
    }

    /// Memory for an array out of the gap.
    fn take_from_gap(&self, bytes: usize, align: usize) -> Option<Span> {
        let region = &self.region;
        let (from, to, rest) = self.gap.get().take(bytes, align, region.packed.get())?;
        self.gap.set(rest);
        // The gap lies at one end: between where the memory starts and the low cursor, or beyond the high one.
        let at_low_end = to <= region.start.get().addr().get() + region.low.get();
        Some(Span { from, to, end: if at_low_end { End::Low } else { End::High }, packed: region.packed.get() })
    }
}

/// How much of a region's memory, in bytes, lies outside of the addresses `from..to`.
fn outside_of((from, to): (usize, usize), region: &Region) -> usize {
    from.saturating_sub(region.start.get().addr().get()) + region.end.get().addr().get().saturating_sub(to)
}

/// An address that is the lowest of some, of which 0 stands for none.
const fn lowest(address: usize) -> usize {
    if address == 0 { usize::MAX } else { address }
}

/// Takes a share out of the chain whose scope has ended while its memory is lent on: what is between its `lender` and its
/// `borrower`.
fn leave_chain(share: &Share, lender: &Share, borrower: &Share) {
    // The peak of what it lent itself is its borrower's, and not yet known.
    lender.region.peak.set(lender.peak_with(&share.region, share.region.peak()));
    borrower.lender.set(share.lender.get());
    borrower.lender_high.set(share.lender_high.get());
    if share.soiled.get() > 0 {
        borrower.soil(share.soiled.get());
    }
}

/// Room for a guard's share at the high end of `region`, and where that was before.
fn room_for_share(region: &Region) -> Option<(NonNull<Share>, usize)> {
    let (bytes, align) = (size_of::<Share>(), align_of::<Share>());
    let mut high = region.high.get();
    let mut place = region.take_cold(bytes, align, End::High);
    if place.is_none() && region.pack_for(bytes, align, End::High) {
        high = region.high.get();
        place = region.take_cold(bytes, align, End::High);
    }
    Some((place?.cast(), high))
}

/// The chain of shares. See the module's documentation for the invariants.
pub(crate) struct Lending {
    own: Cell<Option<NonNull<Own>>>,
    /// The first share for `None`.
    innermost: Cell<Option<NonNull<Share>>>,
    /// Whether the scope on the first share has ended, though its memory is lent yet.
    first_ended: Cell<bool>,
    /// How many guards share the one without memory.
    on_nothing: Cell<usize>,
}

impl Lending {
    pub(super) const fn new() -> Self {
        Lending {
            own: Cell::new(None),
            innermost: Cell::new(None),
            first_ended: Cell::new(false),
            on_nothing: Cell::new(0),
        }
    }

    pub(super) fn set_own(&self, own: &Own) {
        self.own.set(Some(NonNull::from(own)));
    }

    /// The shares of the buffer that this is of, if it is one of fixed memory on which a scope was opened.
    #[inline(always)]
    pub(super) fn own(&self) -> Option<&Own> {
        // SAFETY: set when a scope or guard on the buffer was entered, one of which is left (Own).
        self.own.get().map(|own| unsafe { own.as_ref() })
    }

    /// [`Lending::lend`], if that is a matter of moving marks.
    #[inline(always)]
    pub(super) fn lend_fast(&self, frame: Option<&Frame>) -> Option<NonNull<Region>> {
        let lender = self.at(self.own()?, self.innermost.get());
        let high = lender.region.high.get();
        let place = match frame {
            Some(frame) => NonNull::from(&frame.0).cast(),
            None => lender.region.take_fast(size_of::<Share>(), align_of::<Share>(), End::High)?.cast(),
        };
        // SAFETY: memory for a share, and no one else's: the frame's, or what was handed out for this.
        if !unsafe { lender.lend_fast(place, self.innermost.get(), high) } {
            lender.region.high.set(high);
            return None;
        }
        self.innermost.set(Some(place));
        Some(place.cast())
    }

    /// A share with what is left of the memory, in `frame` or, without one, in the memory itself.
    pub(super) fn lend(&self, own: &Own, frame: Option<&Frame>) -> NonNull<Region> {
        let lender = self.at(own, self.innermost.get());
        let (place, high) = match frame {
            Some(frame) => (NonNull::from(&frame.0).cast(), lender.region.high.get()),
            None => match room_for_share(&lender.region) {
                Some(room) => room,
                None => {
                    own.nothing.region.untidy.set(true);
                    self.on_nothing.set(self.on_nothing.get() + 1);
                    return NonNull::from(&own.nothing).cast();
                }
            },
        };
        // SAFETY: memory for a share, and no one else's: the frame's, or what was handed out for this.
        unsafe { lender.lend_to(place, self.innermost.get(), high) };
        self.innermost.set(Some(place));
        place.cast()
    }

    /// [`Lending::end`], if the scope is the innermost, and that is a matter of moving marks; says whether it did.
    ///
    /// # Safety
    ///
    /// As for [`Lending::end`].
    #[inline(always)]
    pub(super) unsafe fn end_fast(&self, region: NonNull<Region>) -> bool {
        let Some(own) = self.own() else { return false };
        // SAFETY: the caller's promise; the share stays where it is for now (Chain).
        let share = unsafe { region.cast::<Share>().as_ref() };
        if own.has(share) || share.borrower.get().is_some() {
            return false;
        }
        let lender = self.at(own, share.lender.get());
        if !lender.take_back_fast(share) {
            return false;
        }
        lender.borrower.set(None);
        lender.region.untidy.set(share.lender.get().is_some());
        self.innermost.set(share.lender.get());
        true
    }

    /// The scope on `region` has ended. True if that makes the first share free.
    ///
    /// # Safety
    ///
    /// `region` is that of a share of `own`'s or in the chain, and a pointer to it was made of one to the share.
    pub(super) unsafe fn end(&self, own: &Own, region: NonNull<Region>) -> bool {
        // SAFETY: the caller's promise; the share stays where it is for now (Chain).
        let share = unsafe { region.cast::<Share>().as_ref() };
        if own.has(share) {
            return self.end_own(own, share);
        }
        let lender = self.at(own, share.lender.get());
        lender.borrower.set(share.borrower.get());
        if let Some(borrower) = share.borrower.get() {
            leave_chain(share, lender, self.at(own, Some(borrower)));
            return false;
        }
        lender.take_back(share);
        self.innermost.set(share.lender.get());
        if share.lender.get().is_some() {
            return false;
        }
        // No scope is in the way of a fast end, unless it has left something to do there, or this one has ended before.
        lender.plain.set(lender.plain.get() && !own.bump_lent.get() && !self.first_ended.get());
        lender.region.untidy.set(!lender.plain.get());
        self.first_ended.get() && self.end_own(own, lender)
    }

    /// The scope on a share that is part of the buffer has ended; on the first one, perhaps a while ago. True if that makes
    /// the first share free.
    fn end_own(&self, own: &Own, share: &Share) -> bool {
        let mut free = false;
        if ptr::eq(share, &own.nothing) {
            self.on_nothing.set(self.on_nothing.get() - 1);
        } else {
            free = !share.region.lent.get();
            self.first_ended.set(!free);
            if free {
                share.settle();
                // Which is perhaps lent to guards that share no memory yet, and looked at again when a scope ends here.
                share.region.untidy.set(own.bump_lent.get());
            } else {
                share.plain.set(false);
            }
        }
        free
    }

    /// `bytes` bytes for the scope on `region`, for as long as it is open, wherever there is room for them.
    pub(super) fn take(&self, own: &Own, region: &Region, bytes: usize, align: usize, end: End) -> Option<NonNull<u8>> {
        let owner = self.find(own, region);
        if !region.lent.get() {
            if let Some(found) = region.take_cold(bytes, align, end) {
                return Some(found);
            }
        }
        // From the owner inwards: what is taken from a gap nearer to it is back sooner.
        let mut share = owner;
        loop {
            if let Some(span) = share.take_from_gap(bytes, align) {
                return Some(self.hand_out(own, owner, share, span, bytes, end));
            }
            let Some(borrower) = share.borrower.get() else { break };
            share = self.at(own, Some(borrower));
        }
        let end_of_region = if region.lent.get() { self.end_that_traps_less(owner, share, own, end) } else { end };
        let innermost = &share.region;
        let (low, high) = (innermost.low.get(), innermost.high.get());
        let array = innermost.take_or_pack(bytes, align, end_of_region)?;
        debug_assert!(innermost.low.get() >= low && (innermost.packed.get() || innermost.high.get() >= high));
        let from = array.addr().get();
        let to = match end_of_region {
            End::Low => innermost.start.get().addr().get() + innermost.low.get(),
            End::High if innermost.packed.get() => from + bytes,
            End::High => from + bytes.next_multiple_of(LINE),
        };
        let span = Span { from, to, end: end_of_region, packed: innermost.packed.get() };
        Some(self.hand_out(own, owner, share, span, bytes, end))
    }

    /// Hands a span in the memory of `share` out for the scope on `owner`, as memory of `end`.
    fn hand_out(&self, own: &Own, owner: &Share, share: &Share, span: Span, bytes: usize, end: End) -> NonNull<u8> {
        let mut inner = share;
        loop {
            if end == End::High && span.end == End::Low {
                inner.soil(span.from);
            }
            if ptr::eq(inner, owner) {
                break;
            }
            let lender = self.at(own, inner.lender.get());
            lender.pin(span, inner.lender_high.get());
            inner = lender;
        }
        let array = share.region.at(span.from);
        if end == End::Low {
            // SAFETY: the span's bytes are in the memory, and nothing refers to them yet (Memory, Gap, Disjoint).
            unsafe { array.write_bytes(0, bytes) };
            // SAFETY: as above.
            unsafe { show_stale(array, bytes) };
        }
        array
    }

    /// The end of the innermost region at which an array of `owner`'s traps less; if that is as much at both, `end`.
    fn end_that_traps_less(&self, owner: &Share, innermost: &Share, own: &Own, end: End) -> End {
        let Some(borrower) = owner.borrower.get() else { return end };
        let borrower = self.at(own, Some(borrower));
        let (region, rest) = (&owner.region, innermost.region.rest());
        let low = owner.low_pin.get().max(region.low_reaches(region.low.get()));
        let high = lowest(owner.high_pin.get()).min(region.high_reaches(borrower.lender_high.get()));
        let (trapped_low, trapped_high) = (rest.0.saturating_sub(low), high.saturating_sub(rest.1));
        match trapped_low.cmp(&trapped_high) {
            core::cmp::Ordering::Less => End::Low,
            core::cmp::Ordering::Equal => end,
            core::cmp::Ordering::Greater => End::High,
        }
    }

    /// Bytes that the scope on `region` could yet have in one array.
    pub(super) fn left(&self, own: &Own, region: &Region) -> usize {
        let mut share = self.find(own, region);
        let mut left = share.gap.get().len();
        while let Some(borrower) = share.borrower.get() {
            share = self.at(own, Some(borrower));
            left = left.max(share.gap.get().len());
        }
        let (from, to) = share.region.rest();
        left.max(to - from)
    }

    /// Lends the `Bump` of the buffer, whose limit is 0.
    pub(super) fn lend_bump<'a>(&self, own: &'a Own) -> &'a Bump {
        own.bump_lent.set(true);
        own.first.region.untidy.set(true);
        own.first.plain.set(false);
        // SAFETY: the `Bump` is replaced only when no scope on the buffer is left: see `release_bump`.
        let bump = unsafe { &*own.bump.as_ptr() };
        bump.set_allocation_limit(Some(bump.allocated_bytes()));
        bump
    }

    /// Gives back what the `Bump` came to hold, if no scope on the buffer is left. `first_is_free` tells whether the first
    /// share is in use or lent.
    pub(super) fn release_bump(&self, own: &Own, first_is_free: bool) {
        if first_is_free && self.on_nothing.get() == 0 {
            own.bump_lent.set(false);
            drop(own.bump.replace(Bump::new()));
        }
    }

    /// Bytes that are in use: all but what the innermost scope has left, and what lies beyond whole lines where these are
    /// what the first scope has taken.
    pub(super) fn used(&self, own: &Own) -> usize {
        let (from, to) = self.at(own, self.innermost.get()).region.rest();
        let first = &own.first.region;
        let start = if first.low.get() == 0 { first.whole_from.get() } else { first.start.get().addr().get() };
        let end = if first.high.get() == 0 { first.whole_to.get() } else { first.end.get().addr().get() };
        from - start + (end - to)
    }

    /// The most that was ever in use.
    pub(super) fn peak(&self, own: &Own) -> usize {
        let mut inner = &self.at(own, self.innermost.get()).region;
        let mut peak = inner.peak();
        for share in self.chain(own).skip(1) {
            peak = share.peak_with(inner, peak);
            inner = &share.region;
        }
        peak
    }

    /// The shares in the chain, from the innermost out.
    fn chain<'a>(&'a self, own: &'a Own) -> impl Iterator<Item = &'a Share> {
        let mut next = Some(self.innermost.get());
        core::iter::from_fn(move || {
            let place = next?;
            let share = self.at(own, place);
            next = place.map(|_| share.lender.get());
            Some(share)
        })
    }

    /// The share that `region` is part of.
    fn find<'a>(&'a self, own: &'a Own, region: &Region) -> &'a Share {
        self.chain(own).find(|share| ptr::eq(&share.region, region)).unwrap_or(&own.nothing)
    }

    fn at<'a>(&'a self, own: &'a Own, place: Option<NonNull<Share>>) -> &'a Share {
        match place {
            // SAFETY: a share in the chain, which is left by no one while the reference is used (Chain).
            Some(share) => unsafe { share.as_ref() },
            None => &own.first,
        }
    }
}

const _: () = assert!(size_of::<Share>().next_multiple_of(LINE) <= 320);
