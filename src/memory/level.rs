//! Levels: regions whose memory is a block of their own, and goes on in another where that is full.
//!
//! Where blocks come from, and go, may be foreign code, which uses this very level. So nothing here but
//! [`Level::make_room_for_outgrown`] and what resets the `Bump` calls any: what is to be given back is returned, and the
//! [`stack`](super::stack) drops it when the level is in order again.

use alloc::vec::Vec;
use core::cell::Cell;
use core::fmt;
use core::ptr::NonNull;

use bumpalo::Bump;

use super::block::Block;
use super::poison;
use super::profile::Profiled;
use super::region::{AtEnd, Line, Region};

/// One open scope's region on a buffer that grows, or one kept for the next, and the blocks behind it.
#[repr(C)]
pub(crate) struct Level {
    pub(super) region: Region,
    /// What its scopes came to, while the buffer is profiled.
    pub(super) profiled: Cell<Profiled>,
    /// Whether the level is for scopes whose memory moves out.
    spare: Cell<bool>,
    /// The level made before this one, in the list of all of a buffer's levels.
    pub(super) next_made: Cell<Option<NonNull<Level>>>,
    /// The owner of the region's memory, if it has any.
    block: Cell<Option<Block>>,
    /// The blocks that the open scope outgrew, which stay allocated until it ends, and their sizes.
    outgrown: Cell<Vec<Block>>,
    outgrown_size: Cell<usize>,
    /// What [`Scope::bump`](crate::Scope::bump) lends.
    bump: Cell<Bump>,
    /// Whether the scope that is open has been lent it.
    bump_lent: Cell<bool>,
}

/// The blocks of a level, on their own.
#[derive(Debug)]
pub(crate) struct Blocks {
    block: Option<Block>,
    outgrown: Vec<Block>,
}

/// All the memory of a level, on its own: what was handed out stays where it is until this is dropped.
///
/// The invariant `Still`: through shared references to it nothing is done but reading how large it is.
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

// SAFETY: nothing is done to a `Bump` through a shared `Detached` but reading how large it is, which no one changes
// (Still).
unsafe impl Sync for Detached {}

impl Level {
    pub(super) fn new() -> Self {
        Level {
            region: Region::new(),
            profiled: Cell::new(Profiled::NOTHING),
            spare: Cell::new(false),
            next_made: Cell::new(None),
            block: Cell::new(None),
            outgrown: Cell::new(Vec::new()),
            outgrown_size: Cell::new(0),
            bump: Cell::new(Bump::new()),
            bump_lent: Cell::new(false),
        }
    }

    /// Goes on in `block`, and says what that replaces: the present block, if nothing was handed out of it. Otherwise that
    /// one is kept until the scope ends, in the list that [`Level::make_room_for_outgrown`] has just made room in.
    ///
    /// `zeros` tells whether the block is full of zeros. No foreign code runs here.
    pub(super) fn go_on_in(&self, block: Block, zeros: bool) -> Option<Block> {
        let region = &self.region;
        region.note_peak();
        let unused = region.used() == 0;
        if !unused {
            region.used_before.set(region.used());
            self.outgrown_size.set(self.total_size());
        }
        let replaced = self.replace_block(Some(block));
        if zeros {
            region.zeroed.set(region.size());
        }
        if unused {
            return replaced;
        }
        let mut outgrown = self.outgrown.take();
        debug_assert!(outgrown.len() < outgrown.capacity(), "room was made");
        outgrown.extend(replaced);
        self.outgrown.set(outgrown);
        self.region.add_at_end(AtEnd::CLEANUP);
        None
    }

    /// Sees to it that the list of outgrown blocks takes one more without asking for memory, or says that there is none.
    ///
    /// The allocator may be code of any kind, which uses this very level. So the list stays where it is while another is
    /// asked for, is exchanged for that one if that is still the longer, and then looked at again.
    pub(super) fn make_room_for_outgrown(&self) -> bool {
        loop {
            let outgrown = self.outgrown.take();
            let (len, capacity) = (outgrown.len(), outgrown.capacity());
            self.outgrown.set(outgrown);
            if len < capacity || self.region.used() == 0 {
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
    pub(super) fn take_unused_block(&self) -> Option<Block> {
        if self.region.used() > 0 {
            return None;
        }
        self.region.note_peak();
        self.replace_block(None)
    }

    /// Whether the scope that is open, or a guard that was forgotten, has been lent the `Bump`.
    pub(super) fn bump_is_lent(&self) -> bool {
        self.bump_lent.get()
    }

    /// Moves the `Bump` out, which keeps memory from earlier scopes. It is not lent.
    pub(super) fn take_bump(&self) -> Bump {
        debug_assert!(!self.bump_lent.get(), "the `Bump` is lent");
        self.bump.replace(Bump::new())
    }

    /// Moves all blocks out, and leaves the level without any. The caller keeps Idle.
    pub(super) fn detach_blocks(&self) -> Blocks {
        self.region.note_peak();
        let blocks = Blocks { block: self.replace_block(None), outgrown: self.outgrown.take() };
        self.region.used_before.set(0);
        self.outgrown_size.set(0);
        blocks
    }

    /// Moves all memory out, and leaves the level without any. The caller keeps Idle.
    pub(super) fn detach(&self) -> Detached {
        self.bump_lent.set(false);
        Detached { blocks: self.detach_blocks(), bump: self.take_bump() }
    }

    fn replace_block(&self, block: Option<Block>) -> Option<Block> {
        match &block {
            Some(block) => {
                let (start, size) = block.memory();
                self.region.install(start, size);
                poison::poison(start, size);
            }
            None => self.region.install(NonNull::<Line>::dangling().cast(), 0),
        }
        self.block.replace(block)
    }

    /// Size of the block and of those that the open scope outgrew.
    pub(super) fn total_size(&self) -> usize {
        self.outgrown_size.get() + self.region.size()
    }

    /// Whether the scope came to have more than one block.
    pub(super) fn has_outgrown(&self) -> bool {
        self.outgrown_size.get() > 0
    }

    /// What the level's `Bump` holds.
    pub(super) fn bump_size(&self) -> usize {
        self.bump().allocated_bytes()
    }

    pub(super) fn bump(&self) -> &Bump {
        // SAFETY: the `Bump` is replaced only when no scope on the level is left (Idle), or none that was lent it; and not in
        // this module's own uses of the reference.
        unsafe { &*self.bump.as_ptr() }
    }

    /// Marks the `Bump` as lent, so that it is looked at when the scope ends.
    pub(super) fn lend_bump(&self) -> &Bump {
        self.region.add_at_end(AtEnd::CLEANUP);
        self.bump_lent.set(true);
        self.bump()
    }

    /// Makes the `Bump` one with nothing in it, which keeps some of its memory for the next scope. The
    /// caller keeps Idle.
    pub(super) fn reset_bump(&self) {
        self.bump_lent.set(false);
        if self.bump_size() > 0 {
            let mut bump = self.bump.replace(Bump::new());
            bump.reset();
            self.bump.set(bump);
        }
    }

    /// Makes the level one that has no memory between two scopes.
    pub(super) fn set_spare(&self) {
        self.spare.set(true);
        self.region.add_at_end(AtEnd::CLEANUP);
    }

    pub(super) fn is_spare(&self) -> bool {
        self.spare.get()
    }
}

impl fmt::Debug for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.region.fmt(f)
    }
}
