//! The levels of a buffer: which are in use, and how they share its limit.
//!
//! # Invariants
//!
//! - **Made.** Every level in the list `made` came from `Box::leak` and lives, at its address, until
//!   [`Stack::release_all`] frees it. Its region comes first in it, and pointers to that are made of pointers to the level.
//!   (Buffers of fixed memory make none; `lending` says where their regions live.)
//! - **Free.** A level's region is in the list `free`, or in `spare`, from the drop of its [`Entered`] to its next
//!   [`Stack::enter`], and only then; so it is there once, and no [`Scope`](crate::Scope) is on it.
//! - **Shared.** A level is only ever reached through shared references; everything in it is a `Cell` (One thread).
//! - **One thread.** `Stack` is not `Sync`, and neither `&Region` nor `&Stack` can be sent.

use alloc::boxed::Box;
use core::cell::Cell;
use core::ptr::NonNull;

use bumpalo::Bump;

use super::block::Source;
use super::lending::{Frame, Lending, Own};
use super::level::{Detached, Level};
use super::offsets::LINE;
use super::profile::Counts;
use super::region::{AtEnd, Region};
use super::stats::Stats;
use crate::error::{AllocErrorKind, Shortage};

/// A stack of levels, one for each open scope. See the module's documentation for the invariants.
pub(crate) struct Stack {
    pub(super) free: Cell<Option<NonNull<Region>>>,
    made: Cell<Option<NonNull<Level>>>,
    /// Levels without memory, for scopes whose memory moves out.
    pub(super) spare: Cell<Option<NonNull<Region>>>,
    pub(super) source: Source,
    /// Of a buffer of fixed memory, which makes no levels and has no source.
    pub(super) lending: Lending,
    pub(super) limit: Cell<Option<usize>>,
    pub(super) reserved: Cell<usize>,
    pub(super) growths: Cell<usize>,
    pub(super) counts: Counts,
    /// Whether any level's `Bump` was ever lent.
    bumps: Cell<bool>,
}

/// A region in use, until this is dropped.
pub(crate) struct Entered<'b> {
    stack: &'b Stack,
    region: NonNull<Region>,
}

impl Entered<'_> {
    #[inline(always)]
    pub(crate) fn stack(&self) -> &Stack {
        self.stack
    }

    #[inline(always)]
    pub(crate) fn region(&self) -> &Region {
        // SAFETY: only levels in `free` and `spare` are freed, and this region leaves its list before anything else happens
        // and comes back to it when `self` is gone (Made, Free, Shared); or it stays until then by Own and Chain of `lending`.
        unsafe { self.region.as_ref() }
    }

    /// Takes back what the region handed out to the scope before.
    ///
    /// This happens when a scope begins, and not when one ends, so that the compiler knows the first array's place. And it
    /// comes last before the scope is handed out.
    #[inline(always)]
    fn begin(self) -> Self {
        // No scope is on the region yet: Idle.
        let region = self.region();
        region.rewind();
        region.poison_begun();
        self
    }

    /// Moves out all memory of the level. No scope is left on it, only arrays that own their memory from now on.
    pub(crate) fn detach(self) -> Detached {
        // SAFETY: the region of a level, in use: buffers of fixed memory have nothing to move out (Made, Shared).
        let level = unsafe { level_of(self.region) };
        self.stack.counting(level, || level.detach())
    }
}

impl Drop for Entered<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        // The scopes on this region borrow from `self` and are gone: Idle.
        let region = self.region();
        if region.at_end.get() != AtEnd::NOTHING {
            return self.stack.leave(self.region);
        }
        region.poison_ended();
        region.next_free.set(self.stack.free.get());
        self.stack.free.set(Some(self.region));
    }
}

/// The level that a region comes first in.
///
/// # Safety
///
/// It is the region of a level that lives (Made), and stays for `'l`.
#[inline(always)]
pub(super) unsafe fn level_of<'l>(region: NonNull<Region>) -> &'l Level {
    // SAFETY: the region is a level's that lives, and the pointer was made of one to the level (Made).
    unsafe { region.cast::<Level>().as_ref() }
}

impl Stack {
    pub(crate) const fn new(source: Source, limit: Option<usize>) -> Self {
        Stack {
            free: Cell::new(None),
            made: Cell::new(None),
            spare: Cell::new(None),
            source,
            lending: Lending::new(),
            limit: Cell::new(limit),
            reserved: Cell::new(0),
            growths: Cell::new(0),
            counts: Counts::new(),
            bumps: Cell::new(false),
        }
    }

    /// The stack of a buffer of fixed memory, whose first share is free.
    pub(crate) fn fixed(size: usize) -> Self {
        let stack = Stack::new(Source::System, Some(size));
        stack.free.set(Some(NonNull::dangling()));
        stack
    }

    /// Takes a region that is not in use, or makes one: where memory is lent, in `frame`.
    #[inline(always)]
    pub(crate) fn enter(&self, frame: Option<&Frame>) -> Entered<'_> {
        let entered = match self.free.get() {
            Some(region) => {
                let entered = Entered { stack: self, region };
                self.free.set(entered.region().next_free.get());
                entered
            }
            None => Entered { stack: self, region: self.make_region(frame) },
        };
        entered.begin()
    }

    /// [`Stack::enter`] for a buffer of fixed memory, whose first share, if it is free, is where the buffer is now.
    #[inline(always)]
    pub(crate) fn enter_fixed(&self, own: &Own, frame: Option<&Frame>) -> Entered<'_> {
        self.lending.set_own(own);
        let region = match self.free.take() {
            Some(_) => NonNull::from(&own.first).cast(),
            None => self.make_region(frame),
        };
        Entered { stack: self, region }.begin()
    }

    #[inline(always)]
    fn make_region(&self, frame: Option<&Frame>) -> NonNull<Region> {
        match frame {
            Some(frame) => self.lend_in(frame),
            None => self.lend_in_memory(),
        }
    }

    #[cold]
    #[inline(never)]
    fn lend_in(&self, frame: &Frame) -> NonNull<Region> {
        self.lending.lend_fast(Some(frame)).unwrap_or_else(|| self.make_region_cold(Some(frame)))
    }

    #[cold]
    #[inline(never)]
    fn lend_in_memory(&self) -> NonNull<Region> {
        self.lending.lend_fast(None).unwrap_or_else(|| self.make_region_cold(None))
    }

    // This is apart from the functions above, which call nothing, and so have no registers to save.
    #[cold]
    #[inline(never)]
    fn make_region_cold(&self, frame: Option<&Frame>) -> NonNull<Region> {
        match self.lending.own() {
            Some(own) => self.lending.lend(own, frame),
            None => self.make_level(),
        }
    }

    fn make_level(&self) -> NonNull<Region> {
        let level = NonNull::from(Box::leak(Box::new(OnLine(Level::new())))).cast::<Level>();
        // SAFETY: the level was made just now, and lives (Made).
        let made = unsafe { level.as_ref() };
        made.next_made.set(self.made.replace(Some(level)));
        made.region.at_end.set(self.at_first_end());
        level.cast()
    }

    /// Takes a level without memory. What its scope comes to have is exactly what it asked for.
    pub(crate) fn enter_spare(&self) -> Entered<'_> {
        let (region, made) = match self.spare.get() {
            Some(region) => (region, false),
            None => (self.make_level(), true),
        };
        let entered = Entered { stack: self, region };
        if !made {
            self.spare.set(entered.region().next_free.take());
        }
        // SAFETY: the region of a level, in use (Made).
        unsafe { level_of(region) }.set_spare();
        entered
    }

    /// The level with that region, which is in use.
    pub(super) fn level(&self, region: &Region) -> &Level {
        self.levels_made().find(|level| core::ptr::eq(&level.region, region)).expect("a region in use is a level's")
    }

    /// Puts a region back whose scope has ended and left something to do.
    #[cold]
    #[inline(never)]
    fn leave(&self, region: NonNull<Region>) {
        // SAFETY: a region in use stays where it is (Made; Own and Chain of `lending`).
        if unsafe { region.as_ref() }.at_end.get() == AtEnd::RETURN {
            // SAFETY: the region is in use, and only shares' take that (Return, Own, Chain of `lending`).
            unsafe { self.lending.end_fast(region) };
        } else {
            self.leave_cold(region);
        }
    }

    // This is apart from the functions above, which call nothing, and so have no registers to save.
    #[cold]
    #[inline(never)]
    fn leave_cold(&self, region: NonNull<Region>) {
        let Some(own) = self.lending.own() else { return self.clean_up(region) };
        // SAFETY: this is a buffer of fixed memory, and the region that of a share in use, as `enter` and `enter_fixed` had it
        // from `lending` or `own` (Own, Chain of `lending`).
        if unsafe { self.lending.end(own, region) } {
            // A guard that has no memory may be open yet. As long as it is, the buffer does not move, and a scope inside it
            // finds the first share by this pointer (First of `lending`).
            self.free.set(Some(NonNull::from(&own.first).cast()));
        }
        if own.bump_is_lent() {
            self.lending.release_bump(own, self.free.get().is_some());
        }
    }

    /// Gives back the memory of levels that are not in use. If none is in use, starts counting anew, and says so.
    #[cfg(feature = "std")]
    pub(crate) fn release_all_if_free(&self) -> bool {
        let unused = self.levels_free().count() + self.levels_spare().count();
        let all_unused = unused == self.levels_made().count();
        if all_unused {
            self.release_all();
        } else {
            self.release_unused();
        }
        all_unused
    }

    /// Frees the levels that are not in use, and forgets the others; starts counting anew.
    ///
    /// The others are those whose guards were forgotten. Their memory stays allocated: a guard that was leaked may have lent
    /// a scope for as long as a [`DetachedArray`](crate::DetachedArray) lives.
    pub(crate) fn release_all(&self) {
        // The list is emptied first, so that foreign code that opens scopes finds, and leaves, a stack without levels.
        self.made.set(None);
        self.reserved.set(0);
        self.growths.set(0);
        let unused = [self.free.take(), self.spare.take()].map(Unlinked);
        drop(unused);
    }

    pub(super) fn levels_free(&self) -> impl Iterator<Item = &Level> {
        levels_in(&self.free)
    }

    #[cfg(feature = "std")]
    fn levels_spare(&self) -> impl Iterator<Item = &Level> {
        levels_in(&self.spare)
    }

    pub(super) fn levels_made(&self) -> impl Iterator<Item = &Level> {
        // SAFETY: the list holds levels that live, and is walked within one call that frees none (Made, Shared).
        let shared = |level: NonNull<Level>| unsafe { level.as_ref() };
        core::iter::successors(self.made.get().map(shared), move |level| level.next_made.get().map(shared))
    }

    #[cfg(feature = "std")]
    pub(crate) fn set_limit(&self, limit: usize) {
        self.limit.set(Some(limit));
    }

    /// Lends a `Bump` to the scope on `region`: its level's, which may come to hold what is left of the limit.
    pub(crate) fn bump<'l>(&'l self, region: &'l Region) -> &'l Bump {
        if let Some(own) = self.lending.own() {
            return self.lending.lend_bump(own);
        }
        self.bumps.set(true);
        let level = self.level(region);
        let bump = level.lend_bump();
        let room = self.limit.get().map(|_| self.room());
        bump.set_allocation_limit(room.map(|room| room.saturating_add(level.bump_size())));
        bump
    }

    /// Bytes that blocks may yet take; limits count in whole lines, as blocks do.
    pub(super) fn room(&self) -> usize {
        match self.limit.get() {
            Some(limit) => {
                let whole = limit.saturating_add(LINE - 1) / LINE * LINE;
                whole.saturating_sub(self.reserved())
            }
            None => usize::MAX,
        }
    }

    fn reserved(&self) -> usize {
        let bumps = if self.bumps.get() { self.levels_made().map(Level::bump_size).sum() } else { 0 };
        self.reserved.get() + bumps
    }

    pub(crate) fn shortage(&self, kind: AllocErrorKind, region: &Region) -> Shortage {
        let (limit, own) = (self.limit.get(), self.lending.own());
        let in_block = region.size() - region.low.get() - region.high.get();
        let left = match own {
            Some(own) => self.lending.left(own, region),
            None if kind == AllocErrorKind::Limit => self.room().max(in_block),
            None => in_block,
        };
        // Memory is handed out in whole lines, and so may be a little more than the limit.
        Shortage { kind, left: left.min(limit.unwrap_or(usize::MAX)), limit, fixed: own.is_some() }
    }

    /// [`Stack::stats`] of a buffer of fixed memory.
    pub(crate) fn fixed_stats(&self, own: &Own, size: usize) -> Stats {
        let first_is_free = self.free.get().is_some();
        let in_use = if first_is_free { 0 } else { self.lending.used(own) };
        let peak = self.lending.peak(own).max(in_use).min(size);
        Stats { in_use, peak, reserved: size, limit: self.limit.get(), growths: 0 }
    }

    pub(crate) fn stats(&self) -> Stats {
        Stats {
            in_use: self.levels_made().map(|level| level.region.used()).sum::<usize>()
                - self.levels_free().map(|level| level.region.used()).sum::<usize>(),
            peak: self.levels_made().map(|level| level.region.peak()).sum(),
            reserved: self.reserved(),
            limit: self.limit.get(),
            growths: self.growths.get(),
        }
    }
}

/// A level on a cache line of its own.
#[repr(C, align(64))]
struct OnLine(Level);

/// Levels that are not in use and in no list of a stack's any more, from the first one on: dropped with this, all of them,
/// even if a source panics.
struct Unlinked(Option<NonNull<Region>>);

impl Drop for Unlinked {
    fn drop(&mut self) {
        while let Some(region) = self.0 {
            // SAFETY: the pointer was made of the one that `Box::leak` gave. Nothing refers to the level, as it was not in
            // use, and it is in no list any more (Made, Free).
            let level = unsafe { Box::from_raw(region.cast::<OnLine>().as_ptr()) };
            self.0 = level.0.region.next_free.get();
            // If dropping the level panics, this is dropped, too, and frees the rest.
            let rest = Unlinked(self.0);
            drop(level);
            core::mem::forget(rest);
        }
    }
}

/// The levels of the regions in a list.
fn levels_in(list: &Cell<Option<NonNull<Region>>>) -> impl Iterator<Item = &Level> {
    // SAFETY: the lists hold regions of levels that live, and are walked within one call that frees none (Made, Shared).
    let shared = |region: NonNull<Region>| unsafe { level_of(region) };
    core::iter::successors(list.get().map(shared), move |level| level.region.next_free.get().map(shared))
}

impl Drop for Stack {
    /// A level that is still in use is leaked. Its `Entered` was forgotten; or this is the destructor of a thread-local,
    /// run by `std::process::exit` inside a scope, whose arrays other threads may go on using for a moment.
    fn drop(&mut self) {
        self.release_all();
    }
}

// SAFETY: a stack owns its levels, which have no tie to a thread; it can only move when nothing borrows from it, and
// then no scope is left (Free).
unsafe impl Send for Stack {}
