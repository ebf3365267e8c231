//! How the levels of a buffer get memory and give it back: blocks within the limit, from the buffer's source.
//!
//! # Foreign code
//!
//! A source of blocks, and the global allocator, may be code of any kind, which uses this very buffer, or panics (the
//! source). So each change to the buffer has two parts, and everything is in order between them. Asking for memory comes
//! first: what was known before, such as what is left of the limit, is looked at again afterwards. Then the change is made,
//! by code that calls nobody. What is not needed any more is dropped last, when the memory that was wanted has been handed
//! out. What must happen all the same is done by destructors, which a panic runs as well.

use core::ptr::NonNull;

use super::block::Block;
use super::level::Level;
use super::offsets::{self, LINE};
use super::region::{AtEnd, End, Region};
use super::stack::{Stack, level_of};
use crate::error::{AllocErrorKind, Shortage};

/// The first block of a level, where the limit is not small: half a page, less what its owner and malloc keep in it.
const FIRST_BLOCK: usize = 2048 - 2 * LINE;

impl Stack {
    /// `bytes` bytes for the scope on `region`, in memory made for it if need be.
    pub(crate) fn take(&self, region: &Region, bytes: usize, align: usize, end: End) -> Result<NonNull<u8>, Shortage> {
        if let Some(own) = self.lending.own() {
            let found = self.lending.take(own, region, bytes, align, end);
            return found.ok_or_else(|| self.shortage(AllocErrorKind::OutOfMemory, region));
        }
        if let Some(found) = self.take_beyond(region, bytes, align, end) {
            return Ok(found);
        }
        // The replaced block is given back at the end of this function, as code that runs then may take from this region, too.
        let _replaced = self.grow(self.level(region), bytes, align, end)?;
        Ok(self.take_beyond(region, bytes, align, end).expect("a block made for an array holds it"))
    }

    /// `bytes` bytes for the scope on `region`, a level's, if it has them.
    fn take_beyond(&self, region: &Region, bytes: usize, align: usize, end: End) -> Option<NonNull<u8>> {
        let found = region.take_beyond(bytes, align, end)?;
        if self.is_profiled() {
            self.count_array(region, bytes, end);
        }
        Some(found)
    }

    /// Makes the first level, with a block of `bytes` bytes.
    pub(crate) fn reserve(&self, bytes: usize) -> Result<(), Shortage> {
        let entered = self.enter(None);
        if bytes > 0 {
            drop(self.grow(self.level(entered.region()), bytes, LINE, End::High)?);
        }
        Ok(())
    }

    /// Gives `level` a block that holds `bytes` bytes aligned to `align`, and says which block that replaces, if it does.
    ///
    /// The block is as large as all that the level has, so that a scope asks for few, but for what the level would then have
    /// beyond twice what its scope uses. Where the limit or the system does not allow that, it is just as large as needed;
    /// where not even that, what nobody uses goes first: memory of levels not in use, and what levels keep for `bump()`.
    ///
    /// So a level has at most twice the most that its scopes ever used, or its first block, and a limit of twice the peak and
    /// a first block for each scope open at a time is enough. (What the scope could not use of a block is less than the array
    /// that it then needed another one for. So blocks of just the sizes needed keep within twice what is used, too.)
    fn grow(&self, level: &Level, bytes: usize, align: usize, end: End) -> Result<Option<Block>, Shortage> {
        let Some(least) = offsets::block_size(bytes, align) else {
            let over = self.limit.get().is_some_and(|limit| limit < bytes);
            let kind = if over { AllocErrorKind::Limit } else { AllocErrorKind::OutOfMemory };
            return Err(self.shortage(kind, &level.region));
        };
        let first = match self.limit.get() {
            Some(limit) => FIRST_BLOCK.min(limit / 8 / LINE * LINE),
            None => FIRST_BLOCK,
        };
        let total = level.total_size();
        let twice_used = level.region.used().saturating_add(least).saturating_mul(2);
        let wanted = least.max(total.min(twice_used.saturating_sub(total))).max(first);
        let grown = self.grow_to(level, wanted, end).or_else(|Refused| self.grow_to(level, least, end));
        if let Ok(replaced) = grown {
            return Ok(replaced);
        }
        drop(self.counting(level, || level.take_unused_block()));
        self.release_unused();
        self.grow_to(level, least, end).map_err(|Refused| {
            let fits = least <= self.room();
            let kind = if fits { AllocErrorKind::OutOfMemory } else { AllocErrorKind::Limit };
            self.shortage(kind, &level.region)
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
        self.count_growth();
        Ok(self.counting(level, || level.go_on_in(block, zeros)))
    }

    /// Makes a change to the memory of `level` that calls no foreign code, and counts what it does to the level's size.
    pub(super) fn counting<R>(&self, level: &Level, change: impl FnOnce() -> R) -> R {
        let before = level.total_size();
        let result = change();
        self.reserved.set(self.reserved.get() - before + level.total_size());
        result
    }

    /// Puts a level back whose scope has ended: with one block, and a `Bump` with nothing in it.
    pub(super) fn clean_up(&self, region: NonNull<Region>) {
        // The level is in no list yet, so nobody else takes it. This puts it into one, even if the source panics.
        let _put_back = PutBack { stack: self, region };
        // SAFETY: the region of a level in use (Made, Shared).
        let level = unsafe { level_of(region) };
        if level.is_spare() {
            self.count_end(level);
            drop(self.counting(level, || level.detach()));
            return;
        }
        level.region.at_end.set(AtEnd::NOTHING);
        level.region.poison_ended();
        self.count_end(level);
        level.reset_bump();
        if level.has_outgrown() {
            self.merge(level);
        }
    }

    /// Gives `level`, whose scope has ended, one block in place of all that the scope came to need; or none, if there is no
    /// such block.
    fn merge(&self, level: &Level) {
        let size = level.total_size();
        drop(self.counting(level, || level.detach_blocks()));
        let Some((block, _)) = Block::new(size, false, &self.source) else { return };
        // Foreign code has run, and may have used up what was left of the limit.
        if size <= self.room() {
            self.count_growth();
            drop(self.counting(level, || level.go_on_in(block, false)));
        }
    }

    /// Gives the memory of levels not in use back, and what levels in use keep for `bump()`, if it is not lent.
    pub(super) fn release_unused(&self) {
        let holds_memory = |level: &&Level| level.total_size() + level.bump_size() > 0;
        let keeps_a_bump = |level: &&Level| level.bump_size() > 0 && !level.bump_is_lent();
        // Each turn looks from the beginning of the list, as the code that frees a block may change it. There are no more turns
        // than levels, as that code may also give a level memory each time.
        for _ in 0..self.levels_free().count() {
            let Some(level) = self.levels_free().find(holds_memory) else { break };
            drop(self.counting(level, || level.detach()));
        }
        for _ in 0..self.levels_made().count() {
            let Some(level) = self.levels_made().find(keeps_a_bump) else { break };
            drop(level.take_bump());
        }
    }
}

/// The limit, the source or the allocator does not allow a block.
struct Refused;

/// Puts a level back that was in use, when this is dropped.
struct PutBack<'b> {
    stack: &'b Stack,
    region: NonNull<Region>,
}

impl Drop for PutBack<'_> {
    fn drop(&mut self) {
        // SAFETY: the region of a level in use, which goes back to its stack only now (Made, Shared).
        let level = unsafe { level_of(self.region) };
        let list = if level.is_spare() { &self.stack.spare } else { &self.stack.free };
        level.region.next_free.set(list.get());
        list.set(Some(self.region));
    }
}
