//! One arena: its owner allocates blocks from it and frees them, and other threads may free them too.
//!
//! # Invariants
//!
//! - **Owner only.** Only the arena's owner (`ownership`: One owner) touches what is in `owned`. It does so in functions
//!   that neither call each other nor are interrupted by anything that calls them, so there are never two references to it.
//! - **Ready.** Once the state of the arena was another than [`Unused`](super::ownership::State::Unused), `owned` is
//!   initialised; and while the state is another than that, the arena has a place for memory (`pages`: Own).
//! - **Given out.** A block in use is a [`Span`] that was handed out, so nothing but its user reads or writes its bytes.
//!   When it is freed, its user gives it up, together with the size that it was allocated or last resized with: the size's
//!   class is the length of the span that the block becomes again. A block that shrinks gives up what it no longer has.
//! - **Counted.** The recycler counts the bytes that were handed out and have not come back to it, those that are on the
//!   list of remote frees among them. While there are none, nobody has memory of the arena, so all of it may become one span
//!   anew.

use core::alloc::Layout;
use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use core::ptr::NonNull;
use core::sync::atomic::Ordering;
use std::time::Instant;

use super::class::{Class, GRANULE};
use super::ownership::Ownership;
use super::pages::{Pages, Place};
use super::recycling::{COALESCE_STEP, Recycler};
use super::remote_frees::RemoteFrees;
use super::span::{List, Span};

mod calls;
mod counters;
mod giving_back;

use counters::count;
pub(super) use counters::{Counters, Refusal};

/// A zeroed block of so many bytes or more is made of pages that were given back, rather than overwritten: so it costs what
/// is touched of it. That is where malloc has the system map memory, too, at the latest.
const ZEROED_BY_SYSTEM: usize = if cfg!(test) { 64 << 10 } else { 32 << 20 };

/// How many blocks that other threads have freed are collected when one is allocated, and when a call begins or ends. No
/// call waits for all of them.
const COLLECT_STEP: usize = 256;
const COLLECT_LIMIT: usize = 1 << 13;

/// The header of an arena, whose memory is elsewhere. Zeroed memory is an arena without memory that has no owner.
#[repr(align(128))]
pub(super) struct Arena {
    /// Whose the arena is.
    pub(super) ownership: Ownership,
    /// The blocks that other threads have freed, until the owner collects them.
    remote_frees: RemoteFrees,
    /// What the owner has done, for anybody to read.
    pub(super) counters: Counters,
    /// What only the owner touches. It is uninitialised until the arena first gets memory.
    owned: UnsafeCell<MaybeUninit<Owned>>,
}

// SAFETY: all but `owned` is atomic, and only the owner touches `owned` (Owner only).
unsafe impl Sync for Arena {}

/// What only the owner touches.
struct Owned {
    /// The memory.
    pages: Pages,
    /// The free memory.
    recycler: Recycler,
    /// Blocks that other threads have freed, which were taken off the list of remote frees and are not free yet.
    pending: List,
    /// How many blocks were in use when the outermost call began.
    blocks_before: usize,
    /// The bytes of the largest block that the arena has refused since then, of those that an empty arena has room for.
    refused: usize,
    /// When free memory may be given back again.
    give_back_after: Option<Instant>,
    /// How often free neighbours were joined since it was last looked at whether memory may be given back within a call.
    coalesced: u8,
    /// When calls count as long, so that memory may be given back within them.
    long_after: Option<Instant>,
}

impl Arena {
    /// Gives an arena a place for its memory.
    ///
    /// # Safety
    ///
    /// The caller owns the arena. The place is its own for as long as its state is another than
    /// [`Unused`](super::ownership::State::Unused) (`pages`: Own), and none of it is committed.
    pub(super) unsafe fn init(&self, place: Place) {
        let owned = Owned {
            // SAFETY: the caller owns the arena, and promises what is asked of the place (Caller, `pages`: Own).
            pages: unsafe { Pages::new(place) },
            recycler: Recycler::new(place.start),
            pending: List::EMPTY,
            blocks_before: 0,
            refused: 0,
            give_back_after: None,
            coalesced: 0,
            long_after: None,
        };
        // SAFETY: the caller is the owner, so there is no other reference to `owned` (Owner only).
        unsafe { (*self.owned.get()).write(owned) };
        self.counters.start.store(place.start.addr().get(), Ordering::Relaxed);
        self.counters.bytes.store(place.bytes, Ordering::Relaxed);
    }

    /// Whether the block lies in the memory of this arena. An arena of which this thread does not know yet that it has
    /// memory has no block that this thread could ask about.
    #[inline]
    pub(super) fn contains(&self, block: NonNull<u8>) -> bool {
        let offset = block.addr().get().wrapping_sub(self.counters.start.load(Ordering::Relaxed));
        offset < self.counters.bytes.load(Ordering::Relaxed)
    }

    /// What only the owner touches.
    ///
    /// # Safety
    ///
    /// The caller owns the arena, the arena has memory, and no other result of this function is in use.
    #[allow(clippy::mut_from_ref, reason = "the arena has one owner, which calls this once at a time (Owner only)")]
    #[inline]
    unsafe fn owned(&self) -> &mut Owned {
        // SAFETY: the caller is the owner and has no other reference to `owned` (Owner only).
        let owned = unsafe { &mut *self.owned.get() };
        // SAFETY: the arena has memory, so `owned` is initialised (Ready).
        unsafe { owned.assume_init_mut() }
    }

    /// A block with that layout, and whether all of it is zeros.
    ///
    /// # Safety
    ///
    /// The caller owns the arena, which has memory.
    #[inline]
    pub(super) unsafe fn alloc(&self, layout: Layout) -> Option<(NonNull<u8>, bool)> {
        // SAFETY: the caller owns the arena, which has memory (Ready), and nothing that is called below asks for `owned`
        // (Owner only).
        let owned = unsafe { self.owned() };
        if layout.size() > owned.pages.bytes() {
            return None;
        }
        let class = Class::of(layout.size());
        let (span, fresh) = if layout.align() > GRANULE {
            (self.carve_aligned(owned, class, layout.align())?, false)
        } else if let Some(span) = owned.recycler.reuse(class) {
            (span, false)
        } else {
            self.carve(owned, class)?
        };
        count(&self.counters.served, 1);
        self.note_use(owned);
        Some((span.start(), fresh))
    }

    /// A block for a class whose list is empty, and whether all of it is zeros: one of those that other threads have freed,
    /// if there is one of this class, or else one that the recycler carves.
    #[inline]
    fn carve(&self, owned: &mut Owned, class: Class) -> Option<(Span, bool)> {
        if self.has_freed(owned) {
            self.collect(owned, COLLECT_STEP);
            if let Some(span) = owned.recycler.reuse(class) {
                return Some((span, false));
            }
        }
        if owned.recycler.has_much_listed() {
            owned.recycler.coalesce(COALESCE_STEP);
            self.give_back_within_a_call(owned);
        }
        match owned.recycler.carve(class) {
            None if self.make_room(owned, class.bytes) => owned.recycler.carve(class),
            found => found,
        }
    }

    /// A block of a class that is aligned to more than blocks are.
    #[cold]
    fn carve_aligned(&self, owned: &mut Owned, class: Class, align: usize) -> Option<Span> {
        self.collect(owned, COLLECT_STEP);
        match owned.recycler.carve_aligned(class, align) {
            None if self.make_room(owned, class.bytes.checked_add(align)?) => {
                owned.recycler.carve_aligned(class, align)
            }
            found => found,
        }
    }

    /// Makes room for a block of `bytes` bytes that the recycler has none for: commits more memory, or joins what is free.
    /// Tells whether that worked.
    #[cold]
    fn make_room(&self, owned: &mut Owned, bytes: usize) -> bool {
        let behind = owned.pages.usable() - owned.recycler.tail();
        if self.commit(owned, behind.saturating_add(bytes)) || owned.recycler.make_room(bytes) {
            return true;
        }
        self.collect(owned, COLLECT_LIMIT);
        owned.recycler.make_room(bytes)
    }

    /// Commits memory so that the first `needed` bytes are committed, if that is possible and they are not. Tells whether it
    /// committed any.
    fn commit(&self, owned: &mut Owned, needed: usize) -> bool {
        let committed = owned.pages.commit(needed);
        self.note_committed(owned);
        let Some((span, groups)) = committed else { return false };
        owned.recycler.extend_marks(groups);
        owned.recycler.extend(span);
        true
    }

    /// Brings the counters of committed bytes up to date.
    fn note_committed(&self, owned: &Owned) {
        let (memory, marks) = owned.pages.committed();
        self.counters.committed.store(memory, Ordering::Relaxed);
        self.counters.committed_marks.store(marks, Ordering::Relaxed);
    }

    /// Why the arena has just refused a request with that layout. The caller counts it.
    ///
    /// # Safety
    ///
    /// The caller owns the arena, which has memory.
    #[cold]
    pub(super) unsafe fn why_refused(&self, layout: Layout) -> Refusal {
        // SAFETY: the caller owns the arena, which has memory (Ready), and nothing that is called below asks for `owned`
        // (Owner only).
        let owned = unsafe { self.owned() };
        let bytes = owned.pages.bytes();
        if layout.size() > bytes || Class::of(layout.size()).bytes > bytes {
            return Refusal::TooLarge;
        }
        let align = if layout.align() > GRANULE { layout.align() } else { 0 };
        let wanted = Class::of(layout.size()).bytes.saturating_add(align);
        let behind = owned.pages.usable() - owned.recycler.tail();
        if behind.saturating_add(wanted) <= bytes {
            return Refusal::NoMemory;
        }
        owned.refused = owned.refused.max(wanted);
        if owned.recycler.used().saturating_add(wanted) > bytes { Refusal::Full } else { Refusal::InPieces }
    }

    /// Makes a block of `size` bytes, which the arena has just handed out, zeros. `is_zeros` says whether it is that
    /// already.
    ///
    /// # Safety
    ///
    /// The caller owns the arena. The block was allocated with that size and is the caller's.
    #[inline]
    pub(super) unsafe fn zero(&self, block: NonNull<u8>, size: usize, is_zeros: bool) {
        // SAFETY: what is asked of the caller is what it promises (Caller).
        let is_zeros = is_zeros | (size >= ZEROED_BY_SYSTEM && unsafe { self.zero_pages(block, size, is_zeros) });
        if !is_zeros {
            // SAFETY: the block is the caller's, and has as many bytes (Caller, Given out).
            unsafe { block.write_bytes(0, size) };
        }
    }

    /// Does what `zero` does by giving pages back, as they are zeros the next time. Tells whether that worked.
    ///
    /// # Safety
    ///
    /// The same as for `zero`.
    #[cold]
    unsafe fn zero_pages(&self, block: NonNull<u8>, size: usize, is_zeros: bool) -> bool {
        // SAFETY: the caller owns the arena, which has memory as it has a block (Ready), and nothing that is called below
        // asks for `owned` (Owner only).
        let owned = unsafe { self.owned() };
        let start = owned.pages.start().with_addr(block.addr());
        // SAFETY: the caller has the block alone, and lends it until this function returns: it is the span again that was
        // handed out (Given out).
        let span = unsafe { Span::new(start, Class::of(size).bytes) };
        owned.pages.zero(&span, is_zeros)
    }

    /// Brings the counters of bytes in use up to date after an allocation.
    #[inline]
    fn note_use(&self, owned: &Owned) {
        let used = owned.recycler.used();
        self.counters.used.store(used, Ordering::Relaxed);
        if used > self.counters.peak.load(Ordering::Relaxed) {
            self.counters.peak.store(used, Ordering::Relaxed);
        }
    }

    /// Frees a block of `size` bytes, on the thread that owns the arena.
    ///
    /// # Safety
    ///
    /// The caller owns the arena. The block is one of the arena's, is in use, and was allocated or last resized with that
    /// size; the caller gives it up.
    #[inline]
    pub(super) unsafe fn free(&self, block: NonNull<u8>, size: usize) {
        // SAFETY: the caller owns the arena, which has memory as it has a block (Ready), and nothing that is called below
        // asks for `owned` (Owner only).
        let owned = unsafe { self.owned() };
        let class = Class::of(size);
        // The span has the provenance of the arena's memory, since the caller's pointer may be good for the bytes of the block alone.
        // SAFETY: the caller gives the block up, with its size, so it is the span again that was handed out (Given out).
        let span = unsafe { Span::new(owned.pages.start().with_addr(block.addr()), class.bytes) };
        owned.recycler.free(span, class);
        Self::restart_if_empty(owned);
        self.counters.used.store(owned.recycler.used(), Ordering::Relaxed);
    }

    /// Frees a block of `size` bytes, on whichever thread.
    ///
    /// # Safety
    ///
    /// The block is one of the arena's, is in use, and was allocated or last resized with that size; the caller gives it
    /// up. The pointer may be used for all of the arena's memory.
    pub(super) unsafe fn free_remote(&self, block: NonNull<u8>, size: usize) {
        // SAFETY: the caller gives the block up, with its size, so it is the span again that was handed out (Given out).
        self.remote_frees.push(unsafe { Span::new(block, Class::of(size).bytes) }, false);
    }

    /// Shrinks a block of `from` bytes to `to` bytes, which are fewer and of another class, on whichever thread.
    ///
    /// # Safety
    ///
    /// The block is one of the arena's, is in use, and was allocated or last resized with `from` bytes. It has `to` bytes
    /// afterwards. The pointer may be used for all of the arena's memory.
    pub(super) unsafe fn shrink_remote(&self, block: NonNull<u8>, from: usize, to: usize) {
        // SAFETY: what this span has is what the block has (Given out); what of it stays in use is given back to the user
        // below.
        let mut part = unsafe { Span::new(block, Class::of(from).bytes) };
        if part.split_front(Class::of(to).bytes).is_some() && part.bytes() > 0 {
            self.remote_frees.push(part, true);
        }
    }

    /// Makes a block of `from` bytes one of `to` bytes without moving it, if that is possible. Tells whether it was.
    ///
    /// # Safety
    ///
    /// The caller owns the arena. The block is one of the arena's, is in use, and was allocated or last resized with `from`
    /// bytes. Nobody uses it during the call. If this returns true, it has `to` bytes afterwards.
    pub(super) unsafe fn resize(&self, block: NonNull<u8>, from: usize, to: usize) -> bool {
        // SAFETY: the caller owns the arena, which has memory as it has a block (Ready), and nothing that is called below
        // asks for `owned` (Owner only).
        let owned = unsafe { self.owned() };
        if to > owned.pages.bytes() {
            return false;
        }
        let (from, to) = (Class::of(from), Class::of(to));
        // SAFETY: nobody uses the block during this function, so until it returns, it is the span again that was handed out
        // (Given out).
        let span = unsafe { Span::new(owned.pages.start().with_addr(block.addr()), from.bytes) };
        if to.bytes > from.bytes && owned.recycler.is_last(&span) {
            let behind = span.end() - owned.pages.start().addr().get();
            self.commit(owned, behind.saturating_add(to.bytes - from.bytes));
        }
        let resized = owned.recycler.resize(span, from, to).is_ok();
        self.note_use(owned);
        resized
    }

    /// Makes all memory of the arena one span, if no block is in use.
    #[inline]
    fn restart_if_empty(owned: &mut Owned) {
        let usable = owned.pages.usable();
        if owned.recycler.used() == 0 && !owned.recycler.is_whole(usable) {
            // SAFETY: no block is in use, so nobody else has memory of the arena (Counted), and the recycler forgets its
            // spans in exchange for this one.
            owned.recycler.restart(unsafe { Span::new(owned.pages.start(), usable) });
            owned.pages.restart();
        }
    }
}

#[cfg(test)]
mod tests;
