//! The levels of a buffer: which are in use, and how they share its limit.
//!
//! # Invariants
//!
//! 1. **Made.** Every level in the list `made` came from `Box::leak` and lives, at its address, until
//!    [`Stack::free_levels`] frees it.
//! 2. **Free.** A level is in the list `free` from the drop of its [`Entered`] to its next [`Stack::enter`], and only
//!    then; so it is there once, and no [`Scope`](crate::Scope) is on it.
//! 3. **Shared.** A level is only ever reached through shared references; everything in it is a `Cell`.
//! 4. **One thread.** `Stack` is not `Sync`, and neither `&Level` nor `&Stack` can be sent.

use alloc::boxed::Box;
use core::cell::Cell;
use core::ptr::NonNull;

use super::Stats;
use crate::cursor;
use crate::error::{AllocErrorKind, Shortage};
use crate::level::{End, Level};

/// The first block of a level, where the limit is not small: half a page, less what its owner and malloc keep in it.
const FIRST_BLOCK: usize = 2048 - 2 * cursor::LINE;

/// A stack of levels, one for each open scope. See the module's documentation for the invariants.
pub(crate) struct Stack {
    free: Cell<Option<NonNull<Level>>>,
    made: Cell<Option<NonNull<Level>>>,
    limit: Cell<Option<usize>>,
    reserved: Cell<usize>,
    growths: Cell<usize>,
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
        // SAFETY: only levels in `free` are freed, and this one leaves it before anything else happens and comes back to it
        // when `self` is gone (invariants 1, 2, 3).
        unsafe { self.level.as_ref() }
    }
}

impl Drop for Entered<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        // The scopes on this level borrow from `self` and are gone: invariant 5 of `level`.
        let level = self.level();
        if level.grew() {
            self.stack.merge(level);
        }
        level.next_free.set(self.stack.free.get());
        self.stack.free.set(Some(self.level));
    }
}

impl Stack {
    pub(crate) const fn new(limit: Option<usize>) -> Self {
        Stack {
            free: Cell::new(None),
            made: Cell::new(None),
            limit: Cell::new(limit),
            reserved: Cell::new(0),
            growths: Cell::new(0),
        }
    }

    /// Takes a level that is not in use, or makes one.
    #[inline(always)]
    pub(crate) fn enter(&self) -> Entered<'_> {
        let level = match self.free.get() {
            Some(level) => level,
            None => self.make_level(),
        };
        let entered = Entered { stack: self, level };
        let level = entered.level();
        self.free.set(level.next_free.get());
        // Here and last, rather than when the scope ends: the first array's place is then known when this is compiled. No
        // scope is on the level yet: invariant 5 of `level`.
        level.rewind();
        entered
    }

    #[cold]
    #[inline(never)]
    fn make_level(&self) -> NonNull<Level> {
        let level = Box::leak(Box::new(Level::new()));
        level.next_made.set(self.made.get());
        let level = NonNull::from(level);
        self.made.set(Some(level));
        level
    }

    /// [`Level::take`], in a block made for it if need be.
    pub(crate) fn take(&self, level: &Level, bytes: usize, align: usize, end: End) -> Result<NonNull<u8>, Shortage> {
        if let Some(found) = level.take(bytes, align, end) {
            return Ok(found);
        }
        self.grow(level, bytes, align)?;
        Ok(level.take(bytes, align, end).expect("a block made for an array holds it"))
    }

    /// Makes the first level, with a block of `bytes` bytes.
    pub(crate) fn reserve(&self, bytes: usize) -> Result<(), Shortage> {
        let entered = self.enter();
        if bytes == 0 { Ok(()) } else { self.grow(entered.level(), bytes, cursor::LINE) }
    }

    /// Gives `level` a block that holds `bytes` bytes aligned to `align`.
    ///
    /// The block is as large as all that the level has, so that a scope asks for few; where the limit or the system
    /// does not allow that, just as large as needed; where not even that, memory of levels not in use goes first.
    fn grow(&self, level: &Level, bytes: usize, align: usize) -> Result<(), Shortage> {
        let Some(least) = cursor::block_size(bytes, align) else {
            let over = self.limit.get().is_some_and(|limit| limit < bytes);
            let kind = if over { AllocErrorKind::Limit } else { AllocErrorKind::OutOfMemory };
            return Err(self.shortage(kind, level));
        };
        let first = match self.limit.get() {
            Some(limit) => FIRST_BLOCK.min(limit / 8 / cursor::LINE * cursor::LINE),
            None => FIRST_BLOCK,
        };
        let wanted = least.max(level.total_size()).max(first);
        if self.grow_to(level, wanted) || self.grow_to(level, least) {
            return Ok(());
        }
        for unused in self.levels_free() {
            self.release(unused);
        }
        if self.grow_to(level, least) {
            return Ok(());
        }
        let fits = least <= self.room();
        let kind = if fits { AllocErrorKind::OutOfMemory } else { AllocErrorKind::Limit };
        Err(self.shortage(kind, level))
    }

    fn grow_to(&self, level: &Level, size: usize) -> bool {
        let grown = size <= self.room() && level.grow(size);
        if grown {
            self.reserved.set(self.reserved.get() + size);
            self.growths.set(self.growths.get() + 1);
        }
        grown
    }

    /// One block for `level`, whose scope has ended, in place of several.
    #[cold]
    #[inline(never)]
    fn merge(&self, level: &Level) {
        let before = level.total_size();
        level.merge();
        self.reserved.set(self.reserved.get() - before + level.total_size());
        self.growths.set(self.growths.get() + 1);
    }

    fn release(&self, unused: &Level) {
        self.reserved.set(self.reserved.get() - unused.total_size());
        unused.release();
    }

    /// Gives all memory back and starts counting anew, if no level is in use.
    #[cfg(feature = "std")]
    pub(crate) fn release_all_if_free(&self) -> bool {
        let all_free = self.levels_free().count() == self.levels_made().count();
        if all_free {
            self.free_levels();
        }
        all_free
    }

    /// Gives all memory back and starts counting anew. Only an [`Entered`] that was forgotten can have a level yet.
    pub(crate) fn release_all(&mut self) {
        self.free.set(self.made.get());
        for level in self.levels_made() {
            level.next_free.set(level.next_made.get());
        }
        self.free_levels();
    }

    /// Frees the levels that are not in use, and forgets the others.
    fn free_levels(&self) {
        // First, so that an allocator that opens scopes itself finds, and leaves, a stack without levels.
        self.made.set(None);
        self.reserved.set(0);
        self.growths.set(0);
        let mut next = self.free.take();
        while let Some(level) = next {
            // SAFETY: the pointer is the one that `Box::leak` gave. Nothing refers to the level, as it was free, and it
            // is in no list any more (invariants 1, 2).
            let level = unsafe { Box::from_raw(level.as_ptr()) };
            next = level.next_free.get();
        }
    }

    fn levels_free(&self) -> impl Iterator<Item = &Level> {
        levels(self.free.get(), |level| level.next_free.get())
    }

    fn levels_made(&self) -> impl Iterator<Item = &Level> {
        levels(self.made.get(), |level| level.next_made.get())
    }

    #[cfg(feature = "std")]
    pub(crate) fn set_limit(&self, limit: usize) {
        self.limit.set(Some(limit));
    }

    /// Bytes that blocks may yet take; limits count in whole lines, as blocks do.
    fn room(&self) -> usize {
        match self.limit.get() {
            Some(limit) => {
                let whole = limit.saturating_add(cursor::LINE - 1) / cursor::LINE * cursor::LINE;
                whole.saturating_sub(self.reserved.get())
            }
            None => usize::MAX,
        }
    }

    pub(crate) fn shortage(&self, kind: AllocErrorKind, level: &Level) -> Shortage {
        let new_block = if kind == AllocErrorKind::Limit { self.room() } else { 0 };
        Shortage { kind, left: level.left().max(new_block), limit: self.limit.get() }
    }

    pub(crate) fn stats(&self) -> Stats {
        Stats {
            in_use: self.levels_made().map(Level::used).sum::<usize>()
                - self.levels_free().map(Level::used).sum::<usize>(),
            peak: self.levels_made().map(Level::peak).sum(),
            reserved: self.reserved.get(),
            limit: self.limit.get(),
            growths: self.growths.get(),
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
        self.free_levels();
    }
}

// SAFETY: a stack owns its levels, which have no tie to a thread; it can only move when nothing borrows from it, and
// then no scope is left (invariant 2).
unsafe impl Send for Stack {}
