//! A level: the memory of one open scope, and the one place that decides which bytes an array gets.
//!
//! ```text
//! start                                                                           end
//!   [ alloc_array  |  . . initialised . . |  . . . . . | . . . . . |  uninit, zeros, map, .. ]
//!   |---- low ---->|                                               |<------- high ----------|
//!   |-------------- init ---------------->|            |<-------------- dirty --------------|
//! ```
//!
//! Two stacks grow towards each other in one block. From the low end come arrays of [`bytemuck::Pod`] elements,
//! handed out as they are, so their bytes must be initialised. From the high end come arrays whose elements are
//! written before they are read, of any `Copy` type; padding bytes there may stay or become uninitialised. `low` and
//! `high` are how far the two ends reach now, `init` and `dirty` how far each may without a further look.
//!
//! # Invariants
//!
//! 1. **Block.** `size` bytes from `start` to `end` are one live allocation that only this level hands out, aligned to
//!    [`LINE`](cursor::LINE); or `size` is 0 and the pointers dangle. Blocks outgrown since the scope began stay
//!    allocated in `outgrown` until it ends.
//! 2. **Order.** `low <= init`, `high <= dirty`, and `init + dirty <= size`; each is a whole number of lines.
//! 3. **Initialised.** The `init` bytes from `start` are initialised. They stay so: only `Pod` values, which have no
//!    padding, are ever written to the first `low` of them, and the others are not handed out.
//! 4. **Disjoint.** What was handed out since the last [`Level::rewind`] lies in the first `low` or the last `high` bytes
//!    of the block, or in `outgrown`; no byte was handed out twice.
//! 5. **Rewound late.** A level is rewound, and its blocks are freed, only when no [`Scope`](crate::Scope) on it is
//!    left, and so (their lifetime is the scope's) no array either.
//!
//! They hold together because `init + dirty <= size`: an array that ends within `init` fits *and* is initialised, so
//! handing it out takes one comparison; one from the high end that stays within `dirty` fits *and* leaves `init` right,
//! so it takes one as well. Only when an array goes beyond its mark is there work: zeroing what comes to lie within
//! `init`, or taking from `init` what may be written with uninitialised bytes.
//!
//! `dirty` could be `size - init` itself; kept apart, the marks tell how much of the block was ever in use, without an
//! instruction on the fast path.

use alloc::vec::Vec;
use core::alloc::Layout;
use core::cell::Cell;
use core::fmt;
use core::ptr::NonNull;

use bumpalo::Bump;

use crate::cursor::{self, LINE, whole_lines};

/// What an empty level points to: aligned, and never read or written.
#[repr(align(64))]
struct Line;
const _: () = assert!(align_of::<Line>() == LINE);

/// The end of a block that an array comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum End {
    /// Initialised memory, for `Pod` elements.
    Low,
    /// Memory that is or may become uninitialised.
    High,
}

/// One open scope's memory, or memory kept for the next. See the module's documentation for the invariants.
// The fields up to `grew` are those of the fast path: one cache line.
#[repr(C, align(64))]
pub(crate) struct Level {
    low: Cell<usize>,
    init: Cell<usize>,
    high: Cell<usize>,
    dirty: Cell<usize>,
    start: Cell<NonNull<u8>>,
    end: Cell<NonNull<u8>>,
    /// The next level in the buffer's list of those not in use.
    pub(crate) next_free: Cell<Option<NonNull<Level>>>,
    /// Whether `outgrown` has anything in it: what leaving a scope has to look at.
    grew: Cell<bool>,

    /// The level made before this one, in the list of all of a buffer's levels.
    pub(crate) next_made: Cell<Option<NonNull<Level>>>,
    /// The owner of the block: it has one chunk, or none.
    block: Cell<Bump>,
    size: Cell<usize>,
    /// The blocks that the open scope outgrew.
    outgrown: Cell<Vec<Bump>>,
    outgrown_size: Cell<usize>,
    outgrown_used: Cell<usize>,
    /// The most that was in use before the marks were last moved back.
    peak: Cell<usize>,
}

impl Level {
    pub(crate) fn new() -> Self {
        Level {
            low: Cell::new(0),
            high: Cell::new(0),
            init: Cell::new(0),
            dirty: Cell::new(0),
            start: Cell::new(NonNull::<Line>::dangling().cast()),
            end: Cell::new(NonNull::<Line>::dangling().cast()),
            next_free: Cell::new(None),
            grew: Cell::new(false),
            next_made: Cell::new(None),
            block: Cell::new(Bump::new()),
            size: Cell::new(0),
            outgrown: Cell::new(Vec::new()),
            outgrown_size: Cell::new(0),
            outgrown_used: Cell::new(0),
            peak: Cell::new(0),
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
    pub(crate) fn take(&self, bytes: usize, align: usize, end: End) -> Option<NonNull<u8>> {
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
            }
            _ => {}
        }
        Some(self.hand_out(reach, bytes, end))
    }

    #[inline(always)]
    fn reach(&self, most: usize, bytes: usize, align: usize, end: End) -> Option<usize> {
        match end {
            End::Low => cursor::reach_up(self.start.get().addr().get(), self.low.get(), most, bytes, align),
            End::High => cursor::reach_down(self.end.get().addr().get(), self.high.get(), most, bytes, align),
        }
    }

    /// The array of `bytes` bytes with which `end` reaches that far.
    #[inline(always)]
    fn hand_out(&self, reach: usize, bytes: usize, end: End) -> NonNull<u8> {
        match end {
            End::Low => {
                self.low.set(reach);
                // SAFETY: the array begins within the block, its lines below `reach <= size` (invariants 1, 2).
                let array = unsafe { self.start.get().add(reach - whole_lines(bytes)) };
                // In debug builds (but for this module's own tests) it is made to look like what it is: of no meaning.
                if cfg!(all(debug_assertions, not(test))) {
                    // SAFETY: the bytes are in the block and nothing refers to them yet (invariants 1, 4).
                    unsafe { array.write_bytes(0xFF, bytes) };
                }
                array
            }
            End::High => {
                self.high.set(reach);
                // SAFETY: `reach <= size`, so the array begins within the block (invariants 1, 2).
                unsafe { self.end.get().sub(reach) }
            }
        }
    }

    /// Moves `init` up to `mark`, which leaves room for what the high end has handed out.
    fn initialise(&self, mark: usize) {
        let init = self.init.get();
        self.note_peak();
        // SAFETY: `init <= mark <= size`, so the pointer stays in the block (invariants 1, 2).
        let fresh = unsafe { self.start.get().add(init) };
        // SAFETY: the bytes from `init` to `mark` are in the block and lie between the ends' reaches, where nothing is
        // handed out (invariants 1, 2, 4).
        unsafe { fresh.write_bytes(0, mark - init) };
        self.init.set(mark);
        self.dirty.set(self.dirty.get().min(self.size.get() - mark));
    }

    /// Forgets everything handed out. Invariant 5 is the caller's to keep.
    #[inline(always)]
    pub(crate) fn rewind(&self) {
        self.low.set(0);
        self.high.set(0);
    }

    /// Whether the scope outgrew a block, and [`Level::merge`] has work to do when it ends.
    #[inline(always)]
    pub(crate) fn grew(&self) -> bool {
        self.grew.get()
    }

    /// Goes on in a new block of `size` bytes (whole lines), keeping the present one until the scope ends. Where the
    /// system has no such block, says so and changes nothing.
    pub(crate) fn grow(&self, size: usize) -> bool {
        let mut outgrown = self.outgrown.take();
        let block = match outgrown.try_reserve(1) {
            Ok(()) => new_block(size),
            Err(_) => None,
        };
        let Some((block, start)) = block else {
            self.outgrown.set(outgrown);
            return false;
        };
        self.note_peak();
        self.outgrown_used.set(self.used());
        self.outgrown_size.set(self.total_size());
        let had_block = self.size.get() > 0;
        let old = self.install(block, start, size);
        if had_block {
            outgrown.push(old);
            self.grew.set(true);
        }
        self.outgrown.set(outgrown);
        true
    }

    /// One block in place of all that the scope came to need, which has ended. Where the system has no such block, the
    /// level is left without any. Invariant 5 is the caller's to keep.
    pub(crate) fn merge(&self) {
        let size = self.total_size();
        self.release();
        if let Some((block, start)) = new_block(size) {
            self.install(block, start, size);
        }
    }

    /// Gives the level's memory back. Invariant 5 is the caller's to keep.
    pub(crate) fn release(&self) {
        self.note_peak();
        drop(self.install(Bump::new(), NonNull::<Line>::dangling().cast(), 0));
        drop(self.outgrown.take());
        self.outgrown_used.set(0);
        self.outgrown_size.set(0);
        self.grew.set(false);
    }

    fn install(&self, block: Bump, start: NonNull<u8>, size: usize) -> Bump {
        self.start.set(start);
        // SAFETY: the block has `size` bytes, or there is none and `size` is 0 (invariant 1).
        self.end.set(unsafe { start.add(size) });
        self.size.set(size);
        self.low.set(0);
        self.init.set(0);
        self.high.set(0);
        self.dirty.set(0);
        self.block.replace(block)
    }

    /// Bytes handed out in the open scope, or the last one, padding to whole lines included.
    pub(crate) fn used(&self) -> usize {
        self.outgrown_used.get() + self.low.get() + self.high.get()
    }

    /// Bytes between the two stacks.
    pub(crate) fn left(&self) -> usize {
        self.size.get() - self.low.get() - self.high.get()
    }

    /// Size of the block and of those that the open scope outgrew.
    pub(crate) fn total_size(&self) -> usize {
        self.outgrown_size.get() + self.size.get()
    }

    /// The most that was ever in use, each end of the block at its furthest.
    pub(crate) fn peak(&self) -> usize {
        self.peak.get().max(self.outgrown_used.get() + self.init.get() + self.dirty.get())
    }

    fn note_peak(&self) {
        self.peak.set(self.peak());
    }
}

/// A `Bump` with one chunk, and the block of `size` bytes in it: the whole of what it will ever hand out.
fn new_block(size: usize) -> Option<(Bump, NonNull<u8>)> {
    let layout = Layout::from_size_align(size, LINE).ok()?;
    let block = Bump::new();
    let start = block.try_alloc_layout(layout).ok()?;
    Some((block, start))
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Stands for what a `Pod` value writes, and for bytes that may be uninitialised.
    const POD: u8 = 0x55;
    const UNINIT: u8 = 0xAA;

    #[derive(Debug, Clone, Copy)]
    enum Step {
        Take { bytes: usize, align: usize, end: End, quickly_first: bool },
        Leave,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let take =
            (1usize..700, 0u32..9, any::<bool>(), any::<bool>()).prop_map(|(bytes, log_align, low, quickly_first)| {
                let end = if low { End::Low } else { End::High };
                Step::Take { bytes, align: 1 << log_align, end, quickly_first }
            });
        prop::collection::vec(prop_oneof![9 => take, 1 => Just(Step::Leave)], 1..80)
    }

    fn check_order(level: &Level) {
        let [low, init, high, dirty] = [&level.low, &level.init, &level.high, &level.dirty].map(Cell::get);
        let ordered = low <= init && high <= dirty && init + dirty <= level.size.get();
        let whole = [low, init, high, dirty, level.size.get()].iter().all(|bytes| bytes % LINE == 0);
        assert!(ordered && whole, "invariant 2: {level:?}");
    }

    proptest! {
        /// Against a list of all that was handed out: invariants 2 to 4, and the peak.
        #[test]
        fn both_ends_hand_out_what_they_promise(steps in steps(), growth in 200usize..5000) {
            let level = Level::new();
            let mut out: Vec<(NonNull<u8>, usize, u8)> = Vec::new();
            let mut most = 0;
            for step in steps {
                match step {
                    Step::Take { bytes, align, end, quickly_first } => {
                        let quick = if quickly_first { level.take_quickly(bytes, align, end) } else { None };
                        let start = quick.or_else(|| level.take(bytes, align, end)).unwrap_or_else(|| {
                            assert!(level.grow(cursor::block_size(bytes.max(growth), align).unwrap()));
                            level.take(bytes, align, end).expect("the new block is large enough")
                        });
                        prop_assert_eq!(start.addr().get() % align.max(LINE), 0);
                        // SAFETY: what the level hands out is `bytes` long, and no reference to it is left.
                        let memory = unsafe { core::slice::from_raw_parts_mut(start.as_ptr(), bytes) };
                        let fill = match end {
                            End::Low => {
                                let stale = memory.iter().find(|&&byte| byte != 0 && byte != POD);
                                prop_assert!(stale.is_none(), "invariant 3: {stale:?} in {level:?}");
                                POD
                            }
                            End::High => UNINIT,
                        };
                        memory.fill(fill);
                        for &(other, len, _) in &out {
                            let apart = start.addr().get() + bytes <= other.addr().get()
                                || other.addr().get() + len <= start.addr().get();
                            prop_assert!(apart, "invariant 4");
                        }
                        out.push((start, bytes, fill));
                        let least: usize = out.iter().map(|&(_, len, _)| len).sum();
                        prop_assert!(level.used() >= least);
                        most = most.max(level.used());
                    }
                    Step::Leave => {
                        for (start, len, fill) in out.drain(..) {
                            // SAFETY: handed out since the last rewind, and filled.
                            let memory = unsafe { core::slice::from_raw_parts(start.as_ptr(), len) };
                            prop_assert!(memory.iter().all(|&byte| byte == fill));
                        }
                        let total = level.total_size();
                        level.rewind();
                        if level.grew() {
                            level.merge();
                        }
                        prop_assert_eq!((level.used(), level.total_size(), level.size.get()), (0, total, total));
                    }
                }
                check_order(&level);
                prop_assert!(level.peak() >= most);
            }
        }
    }
}
