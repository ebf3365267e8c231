//! A level: the memory of one open scope, and the one place that decides which bytes an array gets.
//!
//! ```text
//! start                                                                           end
//!   [ alloc_array  |  . . initialised . . |  . . . . . | . . . . . |  uninit, zeros, map, .. ]
//!   |---- low ---->|                                               |<------- high ----------|
//!   |-------------- init ---------------->|            |<-------------- dirty --------------|
//! ```
//!
//! Two stacks grow towards each other in one piece of memory. From the low end come arrays of [`bytemuck::Pod`] elements,
//! handed out as they are, so their bytes must be initialised. From the high end come arrays whose elements are
//! written before they are read, of any `Copy` type; padding bytes there may stay or become uninitialised. `low` and
//! `high` are how far the two ends reach now, `init` and `dirty` how far each may without a further look.
//!
//! The memory is a block of the level's own (`blocks`), or part of what a [`FixedBuffer`](crate::FixedBuffer) was given
//! (`fixed`).
//!
//! # Invariants
//!
//! 1. **Memory.** The `size` bytes from `start` to `end` are part of one live allocation, and only this level hands them
//!    out; or `size` is 0 and the pointers may dangle. `start` is aligned to [`LINE`](offsets::LINE), unless the level is
//!    packed. Blocks outgrown since the scope began stay allocated in `outgrown` until it ends.
//! 2. **Order.** `low <= init`, `high <= dirty`, and `init + dirty <= size`; each is a whole number of lines. Or the level
//!    is packed: then `low <= packed_init`, `packed_init + high <= size`, and `init` and `dirty` are 0.
//! 3. **Initialised.** The `init` (`packed_init`) bytes from `start` are initialised. They stay so: only `Pod` values,
//!    which have no padding, are ever written to the first `low` of them, and the others are not handed out. The bytes
//!    from `init` to `zeroed` are zeros.
//! 4. **Disjoint.** What was handed out since the last [`Level::rewind`] lies in the first `low` or the last `high` bytes
//!    of the memory, or in `outgrown`; no byte was handed out twice.
//! 5. **Rewound late.** A level is rewound, and its memory is freed or lies under another, only when no
//!    [`Scope`](crate::Scope) on it is left, and so (their lifetime is the scope's) no array either; or when all its
//!    memory moves out, with its arrays, into a [`Detached`].
//! 6. **Lent.** A level whose memory is lent to another hands out nothing until it has it back.
//!
//! They hold together because `init + dirty <= size`: an array that ends within `init` fits *and* is initialised, so
//! handing it out takes one comparison; one from the high end that stays within `dirty` fits *and* leaves `init` right,
//! so it takes one as well. Only when an array goes beyond its mark is there work: zeroing what comes to lie within
//! `init`, or taking from `init` what may be written with uninitialised bytes. In a packed level, or one that is lent,
//! everything is beyond the marks.
//!
//! `dirty` could be `size - init` itself; kept apart, the marks tell how much of the memory was ever in use, without an
//! instruction on the fast path.

mod blocks;
mod fixed;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;
use core::cell::Cell;
use core::fmt;
use core::ptr::NonNull;

use bumpalo::Bump;

pub(crate) use blocks::Detached;

use crate::memory::block::Block;
use crate::memory::offsets::{self, LINE, whole_lines};

/// What an empty level points to: aligned, and never read or written.
#[repr(align(64))]
struct Line;
const _: () = assert!(align_of::<Line>() == LINE);

/// The end of a level's memory that an array comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Initialised memory, for `Pod` elements.
    Low,
    /// Memory that is or may become uninitialised.
    High,
}

/// One open scope's memory, or memory kept for the next. See the module's documentation for the invariants.
// The fields up to `untidy` are those of the fast path: one cache line, if the level begins on one.
#[repr(C)]
pub(crate) struct Level {
    low: Cell<usize>,
    init: Cell<usize>,
    high: Cell<usize>,
    dirty: Cell<usize>,
    start: Cell<NonNull<u8>>,
    end: Cell<NonNull<u8>>,
    /// The next level in the buffer's list of those not in use.
    pub(crate) next_free: Cell<Option<NonNull<Level>>>,
    /// Whether there is anything to do when the scope ends.
    untidy: Cell<bool>,

    /// Whether the level is for scopes whose memory moves out.
    spare: Cell<bool>,
    /// The level made before this one, in the list of all of a buffer's levels.
    pub(crate) next_made: Cell<Option<NonNull<Level>>>,
    size: Cell<usize>,
    zeroed: Cell<usize>,
    /// The most that was in use before the marks were last moved back.
    peak: Cell<usize>,
    /// The owner of the memory, where that is a block.
    block: Cell<Option<Block>>,
    /// The blocks that the open scope outgrew.
    outgrown: Cell<Vec<Block>>,
    outgrown_size: Cell<usize>,
    outgrown_used: Cell<usize>,
    /// What [`Scope::bump`](crate::Scope::bump) lends, and whether it did since the scope began.
    bump: Cell<Bump>,
    bump_lent: Cell<bool>,
    pub(crate) fixed: fixed::Fixed,
}

impl Level {
    pub(crate) fn new() -> Self {
        Level {
            low: Cell::new(0),
            init: Cell::new(0),
            high: Cell::new(0),
            dirty: Cell::new(0),
            start: Cell::new(NonNull::<Line>::dangling().cast()),
            end: Cell::new(NonNull::<Line>::dangling().cast()),
            next_free: Cell::new(None),
            untidy: Cell::new(false),
            spare: Cell::new(false),
            next_made: Cell::new(None),
            size: Cell::new(0),
            zeroed: Cell::new(0),
            peak: Cell::new(0),
            block: Cell::new(None),
            outgrown: Cell::new(Vec::new()),
            outgrown_size: Cell::new(0),
            outgrown_used: Cell::new(0),
            bump: Cell::new(Bump::new()),
            bump_lent: Cell::new(false),
            fixed: fixed::Fixed::new(),
        }
    }

    /// `bytes` bytes (at most `isize::MAX`) from `end`, at an address aligned to `align`, if they lie within its mark.
    /// Those of the low end are initialised.
    #[inline(always)]
    pub(crate) fn take_quickly(&self, bytes: usize, align: usize, end: End) -> Option<NonNull<u8>> {
        let most = match end {
            End::Low => self.init.get(),
            End::High => self.dirty.get(),
        };
        let reach = self.reach(most, bytes, align, end)?;
        Some(self.hand_out(reach, bytes, end))
    }

    /// `bytes` bytes (at most `isize::MAX`) from `end`, at an address aligned to `align`, moving the mark if need be.
    /// Those of the low end are initialised.
    #[cold]
    #[inline(never)]
    pub(crate) fn take(&self, bytes: usize, align: usize, end: End) -> Option<NonNull<u8>> {
        if self.is_packed() {
            return self.take_packed(bytes, align, end);
        }
        if self.is_lent() {
            return None;
        }
        let other = match end {
            End::Low => self.high.get(),
            End::High => self.low.get(),
        };
        let reach = self.reach(self.size.get() - other, bytes, align, end)?;
        match end {
            End::Low if reach > self.init.get() => self.initialise(reach),
            End::High if reach > self.dirty.get() => {
                self.note_peak();
                self.dirty.set(reach);
                self.init.set(self.init.get().min(self.size.get() - reach));
                self.zeroed.set(self.zeroed.get().min(self.size.get() - reach));
            }
            _ => {}
        }
        Some(self.hand_out(reach, bytes, end))
    }

    #[inline(always)]
    fn reach(&self, most: usize, bytes: usize, align: usize, end: End) -> Option<usize> {
        match end {
            End::Low => offsets::reach_up(self.start.get().addr().get(), self.low.get(), most, bytes, align),
            End::High => offsets::reach_down(self.end.get().addr().get(), self.high.get(), most, bytes, align),
        }
    }

    /// The array of `bytes` bytes with which `end` reaches that far.
    #[inline(always)]
    fn hand_out(&self, reach: usize, bytes: usize, end: End) -> NonNull<u8> {
        match end {
            End::Low => {
                self.low.set(reach);
                // SAFETY: the array begins within the memory, its lines below `reach <= size` (invariants 1, 2).
                let array = unsafe { self.start.get().add(reach - whole_lines(bytes)) };
                // SAFETY: the bytes are in the memory and nothing refers to them yet (invariants 1, 4).
                unsafe { show_stale(array, bytes) };
                array
            }
            End::High => {
                self.high.set(reach);
                // SAFETY: `reach <= size`, so the array begins within the memory (invariants 1, 2).
                unsafe { self.end.get().sub(reach) }
            }
        }
    }

    /// Moves `init` up to `mark`, which leaves room for what the high end has handed out.
    fn initialise(&self, mark: usize) {
        self.note_peak();
        let zeros_from = self.init.get().max(self.zeroed.get());
        if zeros_from < mark {
            // SAFETY: `zeros_from < mark <= size`, so the pointer stays in the memory (invariants 1, 2).
            let fresh = unsafe { self.start.get().add(zeros_from) };
            // SAFETY: the bytes from there to `mark` are in the memory and lie between the ends' reaches, where nothing is
            // handed out (invariants 1, 2, 4).
            unsafe { fresh.write_bytes(0, mark - zeros_from) };
        }
        self.init.set(mark);
        self.dirty.set(self.dirty.get().min(self.size.get() - mark));
    }

    /// Forgets everything handed out. Invariant 5 is the caller's to keep.
    #[inline(always)]
    pub(crate) fn rewind(&self) {
        self.low.set(0);
        self.high.set(0);
    }

    /// Whether the end of the scope takes more than putting the level back.
    #[inline(always)]
    pub(crate) fn is_untidy(&self) -> bool {
        self.untidy.get()
    }

    /// Sets what [`Level::is_untidy`] tells.
    pub(crate) fn set_untidy(&self, untidy: bool) {
        self.untidy.set(untidy);
    }

    /// Makes `start` and `size` the memory that is handed out from, with nothing known of its contents.
    fn install(&self, start: NonNull<u8>, size: usize) {
        self.start.set(start);
        // SAFETY: the memory has `size` bytes, or there is none and `size` is 0 (invariant 1).
        self.end.set(unsafe { start.add(size) });
        self.size.set(size);
        self.zeroed.set(0);
        for mark in [&self.low, &self.init, &self.high, &self.dirty] {
            mark.set(0);
        }
    }

    /// Bytes handed out in the open scope, or the last one, padding to whole lines included.
    pub(crate) fn used(&self) -> usize {
        self.outgrown_used.get() + self.low.get() + self.high.get()
    }

    /// The most that was ever in use, each end of the memory at its furthest.
    pub(crate) fn peak(&self) -> usize {
        self.peak.get().max(self.outgrown_used.get() + self.init.get() + self.dirty.get())
    }

    fn note_peak(&self) {
        self.peak.set(self.peak());
    }
}

/// In debug builds (but for this module's own tests), makes memory of unspecified contents look like what it is: of no
/// meaning.
///
/// # Safety
///
/// The bytes may be written.
#[inline(always)]
unsafe fn show_stale(array: NonNull<u8>, bytes: usize) {
    if cfg!(all(debug_assertions, not(test))) {
        // SAFETY: the caller's promise.
        unsafe { array.write_bytes(0xFF, bytes) };
    }
}

impl fmt::Debug for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Level")
            .field("low", &self.low)
            .field("init", &self.init)
            .field("high", &self.high)
            .field("dirty", &self.dirty)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}
