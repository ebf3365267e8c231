//! The levels of a buffer: which are in use, and how they share its limit.
//!
//! # Invariants
//!
//! 1. **Made.** Every level in the list `made` came from `Box::leak` and lives, at its address, until
//!    [`Stack::release_all`] frees it. (Buffers of fixed memory make none; `loans` says where their levels live.)
//! 2. **Free.** A level is in the list `free`, or in `spare`, from the drop of its [`Entered`] to its next
//!    [`Stack::enter`], and only then; so it is there once, and no [`Scope`](crate::Scope) is on it.
//! 3. **Shared.** A level is only ever reached through shared references; everything in it is a `Cell`.
//! 4. **One thread.** `Stack` is not `Sync`, and neither `&Level` nor `&Stack` can be sent.
//!
//! # Foreign code
//!
//! A source of blocks, and the global allocator, may be code of any kind, which uses this very buffer, or panics (the
//! source). So each change to the buffer has two parts, and everything is in order between them. Asking for memory comes
//! first: what was known before, such as what is left of the limit, is looked at again afterwards. Then the change is made,
//! by code that calls nobody. What is not needed any more is dropped last, when the memory that was wanted has been handed
//! out. What must happen all the same is done by destructors, which a panic runs as well.

use alloc::boxed::Box;
use core::cell::Cell;
use core::ptr::NonNull;

use bumpalo::Bump;

use super::block::{Block, Source};
use super::lending::{Frame, Loans, Own};
use super::offsets::LINE;
use super::{Detached, End, Level, Stats, offsets};
use crate::error::{AllocErrorKind, Shortage};

/// The first block of a level, where the limit is not small: half a page, less what its owner and malloc keep in it.
const FIRST_BLOCK: usize = 2048 - 2 * LINE;

/// A stack of levels, one for each open scope. See the module's documentation for the invariants.
pub(crate) struct Stack {
    free: Cell<Option<NonNull<Level>>>,
    made: Cell<Option<NonNull<Level>>>,
    /// Levels without memory, for scopes whose memory moves out.
    spare: Cell<Option<NonNull<Level>>>,
    source: Source,
    /// Of a buffer of fixed memory, which makes no levels and has no source.
    loans: Loans,
    limit: Cell<Option<usize>>,
    reserved: Cell<usize>,
    growths: Cell<usize>,
    /// Whether any level's `Bump` was ever lent.
    bumps: Cell<bool>,
}

/// A level in use, until this is dropped.
pub(crate) struct Entered<'b> {
    stack: &'b Stack,
    level: NonNull<Level>,
}

impl Entered<'_> {
    #[inline(always)]
    pub(crate) fn stack(&self) -> &Stack {
        self.stack
    }

    #[inline(always)]
    pub(crate) fn level(&self) -> &Level {
        // SAFETY: only levels in `free` and `spare` are freed, and this one leaves its list before anything else happens and
        // comes back to it when `self` is gone (invariants 1, 2, 3); or it stays until then by invariants 1 and 2 of `loans`.
        unsafe { self.level.as_ref() }
    }

    /// Takes back what the level handed out to the scope before.
    #[inline(always)]
    fn begin(self) -> Self {
        // Here and last, rather than when the scope ends: the first array's place is then known when this is compiled. No
        // scope is on the level yet: invariant 5 of `level`.
        self.level().rewind();
        self
    }

    /// Moves out all memory of the level. No scope is left on it, only arrays that own their memory from now on.
    pub(crate) fn detach(self) -> Detached {
        let level = self.level();
        self.stack.counting(level, || level.detach())
    }
}

impl Drop for Entered<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        // The scopes on this level borrow from `self` and are gone: invariant 5 of `level`.
        let level = self.level();
        if level.is_untidy() {
            return self.stack.leave_slowly(self.level);
        }
        level.next_free.set(self.stack.free.get());
        self.stack.free.set(Some(self.level));
    }
}

impl Stack {
    pub(crate) const fn new(source: Source, limit: Option<usize>) -> Self {
        Stack {
            free: Cell::new(None),
            made: Cell::new(None),
            spare: Cell::new(None),
            source,
            loans: Loans::new(),
            limit: Cell::new(limit),
            reserved: Cell::new(0),
            growths: Cell::new(0),
            bumps: Cell::new(false),
        }
    }

    /// The stack of a buffer of fixed memory, whose first level is free.
    pub(crate) fn fixed(size: usize) -> Self {
        let stack = Stack::new(Source::System, Some(size));
        stack.free.set(Some(NonNull::dangling()));
        stack
    }

    /// Takes a level that is not in use, or makes one: where memory is lent, in `frame`.
    #[inline(always)]
    pub(crate) fn enter(&self, frame: Option<&Frame>) -> Entered<'_> {
        let level = match self.free.get() {
            Some(level) => level,
            None => self.make_level(frame),
        };
        let entered = Entered { stack: self, level };
        self.free.set(entered.level().next_free.get());
        entered.begin()
    }

    /// [`Stack::enter`] for a buffer of fixed memory, whose first level, if it is free, is where the buffer is now.
    #[inline(always)]
    pub(crate) fn enter_fixed(&self, own: &Own, frame: Option<&Frame>) -> Entered<'_> {
        self.loans.own.set(Some(NonNull::from(own)));
        let level = match self.free.take() {
            Some(_) => NonNull::from(&own.first),
            None => self.make_level(frame),
        };
        Entered { stack: self, level }.begin()
    }

    #[cold]
    #[inline(never)]
    fn make_level(&self, frame: Option<&Frame>) -> NonNull<Level> {
        if let Some(own) = self.own() {
            return self.loans.lend(own, frame);
        }
        let level = Box::leak(Box::new(OnLine(Level::new())));
        level.0.next_made.set(self.made.get());
        // There was none, but the allocator may have opened a scope.
        level.0.next_free.set(self.free.get());
        let level = NonNull::from(level).cast();
        self.made.set(Some(level));
        level
    }

    /// Takes a level without memory. What its scope comes to have is exactly what it asked for.
    pub(crate) fn enter_spare(&self) -> Entered<'_> {
        let (level, made) = match self.spare.get() {
            Some(level) => (level, false),
            None => (self.make_level(None), true),
        };
        let entered = Entered { stack: self, level };
        let next = entered.level().next_free.take();
        if !made {
            self.spare.set(next);
        }
        entered.level().set_spare();
        entered
    }

    /// The levels of the buffer of fixed memory that this stack is part of.
    fn own(&self) -> Option<&Own> {
        // SAFETY: set when a scope or guard on the buffer was entered, one of which is left (invariant 1 of `loans`).
        self.loans.own.get().map(|own| unsafe { own.as_ref() })
    }

    /// [`Level::take`], in memory made for it if need be.
    pub(crate) fn take(&self, level: &Level, bytes: usize, align: usize, end: End) -> Result<NonNull<u8>, Shortage> {
        if let Some(found) = level.take(bytes, align, end) {
            return Ok(found);
        }
        if self.own().is_some() {
            let found = level.take_or_pack(bytes, align, end);
            return found.ok_or_else(|| self.shortage(AllocErrorKind::OutOfMemory, level));
        }
        // Given back at the end of this function, as that may run code that takes of this level, too.
        let _replaced = self.grow(level, bytes, align, end)?;
        Ok(level.take(bytes, align, end).expect("a block made for an array holds it"))
    }

    /// Makes the first level, with a block of `bytes` bytes.
    pub(crate) fn reserve(&self, bytes: usize) -> Result<(), Shortage> {
        let entered = self.enter(None);
        if bytes > 0 {
            drop(self.grow(entered.level(), bytes, LINE, End::High)?);
        }
        Ok(())
    }

    /// Gives `level` a block that holds `bytes` bytes aligned to `align`, and says which block that replaces, if it does.
    ///
    /// The block is as large as all that the level has, so that a scope asks for few; where the limit or the system
    /// does not allow that, just as large as needed; where not even that, memory of levels not in use goes first.
    fn grow(&self, level: &Level, bytes: usize, align: usize, end: End) -> Result<Option<Block>, Shortage> {
        let Some(least) = offsets::block_size(bytes, align) else {
            let over = self.limit.get().is_some_and(|limit| limit < bytes);
            let kind = if over { AllocErrorKind::Limit } else { AllocErrorKind::OutOfMemory };
            return Err(self.shortage(kind, level));
        };
        let first = match self.limit.get() {
            Some(limit) => FIRST_BLOCK.min(limit / 8 / LINE * LINE),
            None => FIRST_BLOCK,
        };
        let wanted = least.max(level.total_size()).max(first);
        let grown = self.grow_to(level, wanted, end).or_else(|Refused| self.grow_to(level, least, end));
        if let Ok(replaced) = grown {
            return Ok(replaced);
        }
        drop(self.counting(level, || level.take_unused_block()));
        self.release_unused();
        self.grow_to(level, least, end).map_err(|Refused| {
            let fits = least <= self.room();
            let kind = if fits { AllocErrorKind::OutOfMemory } else { AllocErrorKind::Limit };
            self.shortage(kind, level)
        })
    }

    /// Lets `level` go on in a block of `size` bytes or more, for an array from `end`; or changes nothing.
    fn grow_to(&self, level: &Level, size: usize, end: End) -> Result<Option<Block>, Refused> {
        if size > self.room() {
            return Err(Refused);
        }
        let (block, zeros) = Block::new(size, end == End::Low, &self.source).ok_or(Refused)?;
        if !level.make_room_for_outgrown() {
            return Err(Refused);
        }
        // No foreign code runs from here on. What ran so far may have used up what was left of the limit.
        if size > self.room() {
            return Err(Refused);
        }
        self.growths.set(self.growths.get() + 1);
        Ok(self.counting(level, || level.go_on_in(block, zeros)))
    }

    /// Makes a change to the memory of `level` that calls no foreign code, and counts what it does to the level's size.
    fn counting<R>(&self, level: &Level, change: impl FnOnce() -> R) -> R {
        let before = level.total_size();
        let result = change();
        self.reserved.set(self.reserved.get() - before + level.total_size());
        result
    }

    /// Puts a level back whose scope has ended and left something to do.
    #[cold]
    #[inline(never)]
    fn leave_slowly(&self, place: NonNull<Level>) {
        // SAFETY: a level in use (invariants 1, 3).
        let level = unsafe { place.as_ref() };
        if let Some(own) = self.own() {
            return self.leave_fixed(own, level);
        }
        // It is in no list yet, so nobody else gets it; and comes to be in one even if the source panics.
        let _put_back = PutBack { stack: self, level: place };
        if level.is_spare() {
            drop(self.counting(level, || level.detach()));
            return;
        }
        level.set_untidy(false);
        level.reset_bump();
        if level.has_outgrown() {
            self.merge(level);
        }
    }

    /// Ends a scope on a level of fixed memory.
    fn leave_fixed(&self, own: &Own, level: &Level) {
        self.loans.release_bump(own, level);
        if self.loans.end(own, level) {
            self.free.set(Some(NonNull::from(&own.first)));
        }
    }

    /// Gives `level`, whose scope has ended, one block in place of all that the scope came to need; or none, if there is no
    /// such block.
    fn merge(&self, level: &Level) {
        let size = level.total_size();
        drop(self.counting(level, || level.detach_blocks()));
        let Some((block, _)) = Block::new(size, false, &self.source) else { return };
        // As foreign code has run, which may have used up what was left of the limit.
        if size <= self.room() {
            self.growths.set(self.growths.get() + 1);
            drop(self.counting(level, || level.go_on_in(block, false)));
        }
    }

    /// Gives the memory of levels not in use back.
    fn release_unused(&self) {
        let holds_memory = |level: &&Level| level.total_size() + level.bump_size() > 0;
        // From the list's beginning each time, as it may be another one by then; and no oftener than there are levels, as
        // code that is run may give one memory each time.
        for _ in 0..self.levels_free().count() {
            let Some(level) = self.levels_free().find(holds_memory) else { break };
            drop(self.counting(level, || level.detach()));
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
        // First, so that foreign code that opens scopes finds, and leaves, a stack without levels.
        self.made.set(None);
        self.reserved.set(0);
        self.growths.set(0);
        let unused = [self.free.take(), self.spare.take()].map(Unlinked);
        drop(unused);
    }

    fn levels_free(&self) -> impl Iterator<Item = &Level> {
        levels(self.free.get(), |level| level.next_free.get())
    }

    #[cfg(feature = "std")]
    fn levels_spare(&self) -> impl Iterator<Item = &Level> {
        levels(self.spare.get(), |level| level.next_free.get())
    }

    fn levels_made(&self) -> impl Iterator<Item = &Level> {
        levels(self.made.get(), |level| level.next_made.get())
    }

    #[cfg(feature = "std")]
    pub(crate) fn set_limit(&self, limit: usize) {
        self.limit.set(Some(limit));
    }

    /// Lends the `Bump` of a level, which may come to hold what is left of the limit.
    pub(crate) fn bump<'l>(&self, level: &'l Level) -> &'l Bump {
        self.bumps.set(true);
        let bump = level.lend_bump();
        let room = if self.own().is_some() { Some(0) } else { self.limit.get().map(|_| self.room()) };
        bump.set_allocation_limit(room.map(|room| room.saturating_add(level.bump_size())));
        bump
    }

    /// Bytes that blocks may yet take; limits count in whole lines, as blocks do.
    fn room(&self) -> usize {
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

    pub(crate) fn shortage(&self, kind: AllocErrorKind, level: &Level) -> Shortage {
        let new_block = if kind == AllocErrorKind::Limit { self.room() } else { 0 };
        let limit = self.limit.get();
        // Memory is handed out in whole lines, and so may be a little more than the limit.
        let left = level.left().max(new_block).min(limit.unwrap_or(usize::MAX));
        Shortage { kind, left, limit, fixed: self.own().is_some() }
    }

    /// [`Stack::stats`] of a buffer of fixed memory.
    pub(crate) fn fixed_stats(&self, own: &Own, size: usize) -> Stats {
        let first_free = self.free.get().is_some();
        let in_use = if first_free { 0 } else { self.loans.chain(own).map(Level::used).sum() };
        Stats { in_use, peak: own.first.peak().max(in_use), reserved: size, limit: self.limit.get(), growths: 0 }
    }

    pub(crate) fn stats(&self) -> Stats {
        Stats {
            in_use: self.levels_made().map(Level::used).sum::<usize>()
                - self.levels_free().map(Level::used).sum::<usize>(),
            peak: self.levels_made().map(Level::peak).sum(),
            reserved: self.reserved(),
            limit: self.limit.get(),
            growths: self.growths.get(),
        }
    }
}

/// A level on a cache line of its own.
#[repr(C, align(64))]
struct OnLine(Level);

/// The limit, the source or the allocator does not allow a block.
struct Refused;

/// Puts a level back that was in use, when this is dropped.
struct PutBack<'b> {
    stack: &'b Stack,
    level: NonNull<Level>,
}

impl Drop for PutBack<'_> {
    fn drop(&mut self) {
        // SAFETY: a level in use, which leaves its stack with it only now (invariants 1, 3).
        let level = unsafe { self.level.as_ref() };
        let list = if level.is_spare() { &self.stack.spare } else { &self.stack.free };
        level.next_free.set(list.get());
        list.set(Some(self.level));
    }
}

/// Levels that are not in use and in no list of a stack's any more, from the first one on: dropped with this, all of them,
/// even if a source panics.
struct Unlinked(Option<NonNull<Level>>);

impl Drop for Unlinked {
    fn drop(&mut self) {
        while let Some(level) = self.0 {
            // SAFETY: the pointer is the one that `Box::leak` gave. Nothing refers to the level, as it was not in use, and
            // it is in no list any more (invariants 1, 2).
            let level = unsafe { Box::from_raw(level.cast::<OnLine>().as_ptr()) };
            self.0 = level.0.next_free.get();
            // What is left if dropping the level panics; then this is dropped, too.
            let rest = Unlinked(self.0);
            drop(level);
            core::mem::forget(rest);
        }
    }
}

fn levels<'b>(
    first: Option<NonNull<Level>>,
    next: impl Fn(&Level) -> Option<NonNull<Level>>,
) -> impl Iterator<Item = &'b Level> {
    // SAFETY: the lists hold levels that live, and are walked within one call that frees none (invariants 1, 3).
    let shared = |level: NonNull<Level>| unsafe { level.as_ref() };
    core::iter::successors(first.map(shared), move |&level| next(level).map(shared))
}

impl Drop for Stack {
    /// A level that is still in use is leaked. Its `Entered` was forgotten; or this is the destructor of a thread-local,
    /// run by `std::process::exit` inside a scope, whose arrays other threads may go on using for a moment.
    fn drop(&mut self) {
        self.release_all();
    }
}

// SAFETY: a stack owns its levels, which have no tie to a thread; it can only move when nothing borrows from it, and
// then no scope is left (invariant 2).
unsafe impl Send for Stack {}
