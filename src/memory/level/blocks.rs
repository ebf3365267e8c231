//! Levels whose memory is a block of their own: going on in another, giving back, moving out.
//!
//! Where blocks come from, and go, may be foreign code, which uses this very level. So nothing here but
//! [`Level::make_room_for_outgrown`] and what resets the `Bump` calls any: what is to be given back is returned, and the
//! [stack](crate::memory::stack) drops it when the level is in order again.

use alloc::vec::Vec;
use core::ptr::NonNull;

use bumpalo::Bump;

use super::{Level, Line};
use crate::memory::block::Block;

/// The blocks of a level, on their own.
#[derive(Debug)]
pub(crate) struct Blocks {
    block: Option<Block>,
    outgrown: Vec<Block>,
}

/// All the memory of a level, on its own: what was handed out stays where it is until this is dropped.
#[derive(Debug)]
pub(crate) struct Detached {
    blocks: Blocks,
    bump: Bump,
}

impl Detached {
    /// Bytes held.
    pub(crate) fn size(&self) -> usize {
        let blocks = self.blocks.block.iter().chain(&self.blocks.outgrown);
        blocks.map(|block| block.memory().1).sum::<usize>() + self.bump.allocated_bytes()
    }
}

// SAFETY: nothing is done to a `Bump` through a shared `Detached` but reading how large it is, which no one changes.
unsafe impl Sync for Detached {}

impl Level {
    /// Goes on in `block`, and says what that replaces: the present block, if nothing was handed out of it. Otherwise that
    /// one is kept until the scope ends, in the list that [`Level::make_room_for_outgrown`] has just made room in.
    ///
    /// `zeros` tells whether the block is full of zeros. No foreign code runs here.
    pub(crate) fn go_on_in(&self, block: Block, zeros: bool) -> Option<Block> {
        self.note_peak();
        let unused = self.used() == 0;
        if !unused {
            self.outgrown_used.set(self.used());
            self.outgrown_size.set(self.total_size());
        }
        let replaced = self.replace_block(Some(block));
        if zeros {
            self.zeroed.set(self.size.get());
        }
        if unused {
            return replaced;
        }
        let mut outgrown = self.outgrown.take();
        debug_assert!(outgrown.len() < outgrown.capacity(), "room was made");
        outgrown.extend(replaced);
        self.outgrown.set(outgrown);
        self.untidy.set(true);
        None
    }

    /// Sees to it that the list of outgrown blocks takes one more without asking for memory, or says that there is none.
    ///
    /// The allocator may be code of any kind, which uses this very level. So the list stays where it is while another is
    /// asked for, is exchanged for that one if that is still the longer, and then looked at again.
    pub(crate) fn make_room_for_outgrown(&self) -> bool {
        loop {
            let outgrown = self.outgrown.take();
            let (len, capacity) = (outgrown.len(), outgrown.capacity());
            self.outgrown.set(outgrown);
            if len < capacity || self.used() == 0 {
                return true;
            }
            let mut longer = Vec::new();
            if longer.try_reserve_exact(2 * len + 2).is_err() {
                return false;
            }
            let mut outgrown = self.outgrown.take();
            if outgrown.capacity() < longer.capacity() {
                longer.append(&mut outgrown);
                core::mem::swap(&mut longer, &mut outgrown);
            }
            self.outgrown.set(outgrown);
        }
    }

    /// Takes the block away if nothing was handed out yet: then there is no other.
    pub(crate) fn take_unused_block(&self) -> Option<Block> {
        if self.used() > 0 {
            return None;
        }
        self.note_peak();
        self.replace_block(None)
    }

    /// Moves all blocks out, and leaves the level without any. Invariant 5 is the caller's to keep.
    pub(crate) fn detach_blocks(&self) -> Blocks {
        self.note_peak();
        let blocks = Blocks { block: self.replace_block(None), outgrown: self.outgrown.take() };
        self.outgrown_used.set(0);
        self.outgrown_size.set(0);
        blocks
    }

    /// Moves all memory out, and leaves the level without any. Invariant 5 is the caller's to keep.
    pub(crate) fn detach(&self) -> Detached {
        Detached { blocks: self.detach_blocks(), bump: self.bump.replace(Bump::new()) }
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

    /// Whether the scope came to have more than one block.
    pub(crate) fn has_outgrown(&self) -> bool {
        self.outgrown_size.get() > 0
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

    /// Marks the `Bump` as lent, so that it is looked at when the scope ends.
    pub(crate) fn lend_bump(&self) -> &Bump {
        self.bump_lent.set(true);
        self.untidy.set(true);
        self.bump()
    }

    /// Makes the `Bump` one with nothing in it, which keeps some of its memory for the next scope. Invariant 5 is the
    /// caller's to keep.
    pub(crate) fn reset_bump(&self) {
        self.bump_lent.set(false);
        if self.bump_size() > 0 {
            let mut bump = self.bump.replace(Bump::new());
            bump.reset();
            self.bump.set(bump);
        }
    }

    /// Makes the `Bump` one without memory. Invariant 5 is the caller's to keep.
    pub(crate) fn release_bump(&self) {
        self.bump_lent.set(false);
        if self.bump_size() > 0 {
            drop(self.bump.replace(Bump::new()));
        }
    }

    /// Whether the `Bump` was lent since the scope began.
    pub(crate) fn bump_is_lent(&self) -> bool {
        self.bump_lent.get()
    }

    /// Makes the level one that has no memory between two scopes.
    pub(crate) fn set_spare(&self) {
        self.spare.set(true);
        self.untidy.set(true);
    }

    pub(crate) fn is_spare(&self) -> bool {
        self.spare.get()
    }
}
