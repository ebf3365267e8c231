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
//! - **Return.** A share whose scope's end takes [`AtEnd::RETURN`] and no more is the innermost. Neither its region nor
//!   its lender's is packed, it has no peak to tell the lender of, nothing is pinned in the lender, and if that is the first
//!   share, then its scope is open.
//! - **First.** The stack's `free` is `Some` if and only if the first share is not in use, nor lent. Where it is, `free`
//!   is only asked whether it is `Some`, as the buffer may have moved.

use core::cell::Cell;
use core::mem::MaybeUninit;
use core::ptr::{self, NonNull};

use bumpalo::Bump;

use super::region::{AtEnd, End, Region};
use super::share::{Share, room_for_share};

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

impl Own {
    /// For a buffer over the `size` bytes from `start`.
    ///
    /// # Safety
    ///
    /// They are part of a live allocation, and nobody else reads or writes them while a scope on the buffer is open.
    pub(crate) unsafe fn over(start: NonNull<u8>, size: usize) -> Self {
        let (first, nothing) = (Share::new(), Share::new());
        // SAFETY: the caller has a live allocation that nobody else uses; only this share, and those that it lends to, hand
        // it out (Memory).
        unsafe { first.region.lay_over(start, size, 0) };
        nothing.region.at_end.set(AtEnd::CLEANUP);
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

/// How many shares debug builds look at after a change.
const MOST_CHECKED: usize = 64;

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
        let innermost = self.innermost.get();
        let lender = self.at(self.own()?, innermost);
        if lender.region.packed.get() {
            return None;
        }
        let high = lender.region.high.get();
        let place = match frame {
            Some(frame) => NonNull::from(&frame.0).cast(),
            None => lender.region.take_fast(size_of::<Share>(), align_of::<Share>(), End::High)?.cast(),
        };
        // SAFETY: there is memory for a share, and no one else's: the frame's, or what was handed out for this (Chain).
        unsafe { lender.lend_fast(place, innermost, high) };
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
                    self.on_nothing.set(self.on_nothing.get() + 1);
                    return NonNull::from(&own.nothing).cast();
                }
            },
        };
        // SAFETY: there is memory for a share, and no one else's: the frame's, or what was handed out for this (Chain).
        unsafe { lender.lend_to(place, self.innermost.get(), high) };
        self.innermost.set(Some(place));
        place.cast()
    }

    /// [`Lending::end`] where that is a matter of moving marks.
    ///
    /// # Safety
    ///
    /// As for [`Lending::end`]; and the end of the scope on `region` takes [`AtEnd::RETURN`] and no more.
    #[inline(always)]
    pub(super) unsafe fn end_fast(&self, region: NonNull<Region>) {
        // SAFETY: a region whose scope's end takes that is a share's, and where there are shares there is `own` (Return, Own).
        let own = unsafe { self.own().unwrap_unchecked() };
        // SAFETY: the region of a share, to which the pointer was made; it stays where it is for now (Chain).
        let share = unsafe { region.cast::<Share>().as_ref() };
        let lender = share.lender.get();
        self.at(own, lender).take_back_fast(share);
        self.innermost.set(lender);
        self.at(own, lender).region.poison_rest();
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
        let place = share.lender.get();
        let lender = self.at(own, place);
        if let Some(borrower) = share.borrower() {
            lender.bridge(share, self.peak_of(own, share), self.at(own, Some(borrower)));
            self.check(own);
            return false;
        }
        lender.take_back(share);
        self.innermost.set(place);
        self.check(own);
        lender.region.poison_rest();
        if place.is_some() {
            return false;
        }
        if !lender.has_pins() && !own.bump_lent.get() {
            lender.region.at_end.set(AtEnd::NOTHING);
        }
        self.first_ended.get() && self.end_own(own, lender)
    }

    /// The scope on a share that is part of the buffer has ended; on the first one, perhaps a while ago. True if that makes
    /// the first share free.
    fn end_own(&self, own: &Own, share: &Share) -> bool {
        let mut free = false;
        if ptr::eq(share, &own.nothing) {
            self.on_nothing.set(self.on_nothing.get() - 1);
        } else {
            let borrower = share.borrower();
            free = borrower.is_none();
            self.first_ended.set(!free);
            match borrower {
                // When the borrower returns the memory, the end of the first share's scope is made up for.
                Some(borrower) => self.at(own, Some(borrower)).region.add_at_end(AtEnd::CLEANUP),
                None => {
                    share.settle();
                    if own.bump_lent.get() {
                        // Guards that have no memory may still use the `Bump`, so this share's next end looks after it.
                        share.region.at_end.set(AtEnd::CLEANUP);
                    }
                }
            }
        }
        free
    }

    /// Bytes that the scope on `region` could yet have in one array.
    pub(super) fn left(&self, own: &Own, region: &Region) -> usize {
        let mut share = self.find(own, region);
        let mut left = share.pins().gap.len();
        while let Some(borrower) = share.borrower() {
            share = self.at(own, Some(borrower));
            left = left.max(share.pins().gap.len());
        }
        let (from, to) = share.region.rest();
        left.max(to - from)
    }

    /// Lends the `Bump` of the buffer, whose limit is 0.
    pub(super) fn lend_bump<'a>(&self, own: &'a Own) -> &'a Bump {
        own.bump_lent.set(true);
        self.chain(own).for_each(|share| share.region.add_at_end(AtEnd::CLEANUP));
        // SAFETY: the `Bump` is replaced only by `release_bump`, when no scope on the buffer is left (Idle).
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
        self.peak_of(own, &own.first)
    }

    /// The most that was ever in use of the memory of `outermost`, as far as it is noted there and further in.
    fn peak_of(&self, own: &Own, outermost: &Share) -> usize {
        let mut inner = self.at(own, self.innermost.get());
        let mut peak = inner.region.peak();
        for share in self.chain(own).skip(1) {
            if ptr::eq(inner, outermost) {
                break;
            }
            peak = share.peak_with(&inner.region, peak);
            inner = share;
        }
        peak
    }

    /// The invariants of the chain that can be looked at, in debug builds: called after each change off the fast path. It looks
    /// at the innermost shares alone, since a recursion of ten thousand levels would else take a minute.
    fn check(&self, own: &Own) {
        if cfg!(debug_assertions) {
            let mut inner: Option<&Share> = None;
            for share in self.chain(own).take(MOST_CHECKED) {
                share.check(inner);
                inner = Some(share);
            }
        }
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
    pub(super) fn find<'a>(&'a self, own: &'a Own, region: &Region) -> &'a Share {
        self.chain(own).find(|share| ptr::eq(&share.region, region)).unwrap_or(&own.nothing)
    }

    pub(super) fn at<'a>(&'a self, own: &'a Own, place: Option<NonNull<Share>>) -> &'a Share {
        match place {
            // SAFETY: a share in the chain, which is left by no one while the reference is used (Chain).
            Some(share) => unsafe { share.as_ref() },
            None => &own.first,
        }
    }
}
