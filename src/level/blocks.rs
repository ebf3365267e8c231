//! Levels whose memory is a block of their own: growing, merging, giving back, moving out.

use alloc::vec::Vec;
use core::ptr::NonNull;

use bumpalo::Bump;

use super::{End, Level, Line};
use crate::block::{Block, Source};

/// All the memory of a level, on its own: what was handed out stays where it is until this is dropped.
#[derive(Debug)]
pub(crate) struct Detached {
    block: Option<Block>,
    outgrown: Vec<Block>,
    bump: Bump,
}

impl Detached {
    /// Bytes held.
    pub(crate) fn size(&self) -> usize {
        let blocks = self.block.iter().chain(&self.outgrown).map(|block| block.memory().1).sum::<usize>();
        blocks + self.bump.allocated_bytes()
    }
}

// SAFETY: nothing is done to a `Bump` through a shared `Detached` but reading how large it is, which no one changes.
unsafe impl Sync for Detached {}

impl Level {
    /// Goes on in a new block of `size` bytes (whole lines) or more, keeping the present one until the scope ends, if anything
    /// was handed out of it. It is for an array from `end`. Where there is no such block, says so and changes nothing.
    pub(crate) fn grow(&self, size: usize, end: End, source: &Source) -> bool {
        // First, as a source may be code of any kind: nothing of this level is in its hands then.
        let Some((block, zeros)) = Block::new(size, end == End::Low, source) else { return false };
        let unused = self.take_unused_block();
        let mut outgrown = self.outgrown.take();
        if self.size.get() > 0 && outgrown.try_reserve(1).is_err() {
            self.outgrown.set(outgrown);
            return false;
        }
        self.note_peak();
        self.outgrown_used.set(self.used());
        self.outgrown_size.set(self.total_size());
        if let Some(old) = self.replace_block(Some(block)) {
            outgrown.push(old);
            self.untidy.set(true);
        }
        if zeros {
            self.zeroed.set(self.size.get());
        }
        self.outgrown.set(outgrown);
        drop(unused);
        true
    }

    /// Takes the block away if nothing was handed out yet: then there is no other.
    pub(crate) fn take_unused_block(&self) -> Option<Block> {
        if self.used() > 0 {
            return None;
        }
        self.note_peak();
        self.replace_block(None)
    }

    /// One block in place of all that the scope came to need, which has ended. Where there is no such block, the level is
    /// left without any. Invariant 5 is the caller's to keep.
    fn merge(&self, source: &Source) {
        let (size, bump) = (self.total_size(), self.bump.replace(Bump::new()));
        self.release();
        self.bump.set(bump);
        if let Some((block, _)) = Block::new(size, false, source) {
            self.replace_block(Some(block));
        }
    }

    /// Gives the level's blocks back. Invariant 5 is the caller's to keep.
    pub(crate) fn release(&self) {
        drop(self.detach());
    }

    /// Moves all memory out, and leaves the level without any. Invariant 5 is the caller's to keep.
    pub(crate) fn detach(&self) -> Detached {
        self.note_peak();
        let detached = Detached {
            block: self.replace_block(None),
            outgrown: self.outgrown.take(),
            bump: self.bump.replace(Bump::new()),
        };
        self.outgrown_used.set(0);
        self.outgrown_size.set(0);
        detached
    }

    fn replace_block(&self, block: Option<Block>) -> Option<Block> {
        match &block {
            Some(block) => {
                let (start, size) = block.memory();
                self.install(start, size);
            }
            None => self.install(NonNull::<Line>::dangling().cast(), 0),
        }
        self.block.replace(block)
    }

    /// Size of the block and of those that the open scope outgrew.
    pub(crate) fn total_size(&self) -> usize {
        self.outgrown_size.get() + self.size.get()
    }

    /// What the level's `Bump` holds.
    pub(crate) fn bump_size(&self) -> usize {
        self.bump().allocated_bytes()
    }

    pub(crate) fn bump(&self) -> &Bump {
        // SAFETY: the `Bump` is replaced only when no scope on the level is left (invariant 5), and not in this module's
        // own uses of the reference.
        unsafe { &*self.bump.as_ptr() }
    }

    /// Marks the `Bump` as lent, so that it is reset when the scope ends.
    pub(crate) fn lend_bump(&self) -> &Bump {
        self.untidy.set(true);
        self.bump()
    }

    /// Makes the level one that has no memory between two scopes.
    pub(crate) fn set_spare(&self) {
        self.spare.set(true);
        self.untidy.set(true);
    }

    pub(crate) fn is_spare(&self) -> bool {
        self.spare.get()
    }

    /// Makes the level as it should be between two scopes: one block, a `Bump` with nothing in it. Says whether that took
    /// asking for a block. Invariant 5 is the caller's to keep.
    pub(crate) fn tidy(&self, source: &Source) -> bool {
        if self.is_spare() {
            self.release();
            return false;
        }
        self.untidy.set(false);
        let mut bump = self.bump.replace(Bump::new());
        bump.reset();
        self.bump.set(bump);
        let grew = self.outgrown_size.get() > 0;
        if grew {
            self.merge(source);
        }
        grew
    }
}
