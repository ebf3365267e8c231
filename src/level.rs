//! A level: the memory of one open scope, and the one place that decides which bytes an array gets.
//!
//! ```text
//! base                                                                base + size
//!   [ alloc_array  |  . . initialised . . |  . . . . . | . . . . . |  uninit, zeros, map, .. ]
//!   0             low                    init        floor        high
//! ```
//!
//! Two stacks grow towards each other in one block. From the low end come arrays of [`bytemuck::Pod`] elements,
//! handed out as they are, so their bytes must be initialised. From the high end come arrays whose elements are
//! written before they are read, of any `Copy` type; padding bytes there may stay or become uninitialised.
//!
//! # Invariants
//!
//! 1. **Block.** `base .. base + size` is one live allocation that only this level hands out, aligned to
//!    [`LINE`](cursor::LINE); or `size` is 0 and `base` dangles. Blocks outgrown since the scope began stay allocated
//!    in `outgrown` until it ends.
//! 2. **Order.** `0 <= low <= init <= floor <= high <= size`, each a whole number of lines.
//! 3. **Initialised.** The bytes `0 .. init` are initialised. They stay so: only `Pod` values, which have no padding,
//!    are ever written below `low`, and nothing is handed out between `low` and `high`.
//! 4. **Disjoint.** What was handed out since the last [`Level::rewind`] lies in `0 .. low` or `high .. size` of the
//!    block, or in `outgrown`; no byte was handed out twice.
//! 5. **Rewound late.** A level is rewound, and its blocks are freed, only when no [`Scope`](crate::Scope) on it is
//!    left, and so (their lifetime is the scope's) no array either.
//!
//! They hold together because `init <= floor <= high`: an array that ends at or below `init` fits *and* is initialised,
//! so handing it out takes one comparison; an array from the high end that starts at or above `floor` fits *and* leaves
//! `init` right, so it takes one as well. Only when an array goes beyond its mark is there work: zeroing what lies
//! above `init`, or lowering `init` because uninitialised bytes may now be written below it.
//!
//! `floor` is how far down the high end ever came. It could be `init` itself; kept apart, the two tell how much of the
//! block was ever in use, without an instruction on the fast path.

use alloc::vec::Vec;
use core::alloc::Layout;
use core::cell::Cell;
use core::fmt;
use core::ptr::NonNull;

use bumpalo::Bump;

use crate::cursor::{self, Fit, LINE};

/// What an empty level's `base` points to: aligned, and never read or written.
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
    high: Cell<usize>,
    init: Cell<usize>,
    size: Cell<usize>,
    base: Cell<NonNull<u8>>,
    floor: Cell<usize>,
    /// The next level in the buffer's list of those not in use.
    pub(crate) next_free: Cell<Option<NonNull<Level>>>,
    /// Whether `outgrown` has anything in it: what leaving a scope has to look at.
    grew: Cell<bool>,

    /// The level made before this one, in the list of all of a buffer's levels.
    pub(crate) next_made: Cell<Option<NonNull<Level>>>,
    /// The owner of the block: it has one chunk, or none.
    block: Cell<Bump>,
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
            size: Cell::new(0),
            base: Cell::new(NonNull::<Line>::dangling().cast()),
            floor: Cell::new(0),
            next_free: Cell::new(None),
            grew: Cell::new(false),
            next_made: Cell::new(None),
            block: Cell::new(Bump::new()),
            outgrown: Cell::new(Vec::new()),
            outgrown_size: Cell::new(0),
            outgrown_used: Cell::new(0),
            peak: Cell::new(0),
        }
    }

    /// `bytes` bytes (at most `isize::MAX`) from `end`, at an address aligned to `align`, if they lie on the near side
    /// of its mark. Those of the low end are initialised.
    #[inline(always)]
    pub(crate) fn take_quickly(&self, bytes: usize, align: usize, end: End) -> Option<NonNull<u8>> {
        match end {
            End::Low => {
                let fit = cursor::fit_low(self.address(), self.low.get(), self.init.get(), bytes, align)?;
                self.low.set(fit.next);
                Some(self.marked_in_debug(&fit, bytes))
            }
            End::High => {
                let fit = cursor::fit_high(self.address(), self.high.get(), self.floor.get(), bytes, align)?;
                self.high.set(fit.next);
                Some(self.at(&fit))
            }
        }
    }

    /// `bytes` bytes (at most `isize::MAX`) from `end`, at an address aligned to `align`, moving the mark if need be.
    /// Those of the low end are initialised.
    pub(crate) fn take(&self, bytes: usize, align: usize, end: End) -> Option<NonNull<u8>> {
        match end {
            End::Low => {
                let fit = cursor::fit_low(self.address(), self.low.get(), self.high.get(), bytes, align)?;
                if fit.next > self.init.get() {
                    self.initialise_to(fit.next);
                }
                self.low.set(fit.next);
                Some(self.marked_in_debug(&fit, bytes))
            }
            End::High => {
                let fit = cursor::fit_high(self.address(), self.high.get(), self.low.get(), bytes, align)?;
                if fit.next < self.floor.get() {
                    self.note_peak();
                    self.floor.set(fit.next);
                    self.init.set(self.init.get().min(fit.next));
                }
                self.high.set(fit.next);
                Some(self.at(&fit))
            }
        }
    }

    /// Moves `init` up to `mark`, which is at most `high`.
    fn initialise_to(&self, mark: usize) {
        let init = self.init.get();
        self.note_peak();
        // SAFETY: `init <= mark <= high <= size`, so the pointer stays in the block (invariants 1, 2).
        let fresh = unsafe { self.base.get().add(init) };
        // SAFETY: `init .. mark` is in the block and lies between `low` and `high`, where nothing is handed out
        // (invariants 1, 2, 4).
        unsafe { fresh.write_bytes(0, mark - init) };
        self.init.set(mark);
        self.floor.set(self.floor.get().max(mark));
    }

    /// The memory of `fit`, at the low end. In debug builds (but for this module's own tests) it is made to look like what
    /// it is: of no meaning.
    #[inline(always)]
    fn marked_in_debug(&self, fit: &Fit, bytes: usize) -> NonNull<u8> {
        let start = self.at(fit);
        if cfg!(all(debug_assertions, not(test))) {
            // SAFETY: the bytes are in the block and nothing refers to them yet (invariants 1, 4).
            unsafe { start.write_bytes(0xFF, bytes) };
        }
        start
    }

    #[inline(always)]
    fn at(&self, fit: &Fit) -> NonNull<u8> {
        // SAFETY: `fit.at <= size`, so the pointer stays in the block or one past its end; where the level has no block
        // it is 0 (invariants 1, 2).
        unsafe { self.base.get().add(fit.at) }
    }

    fn address(&self) -> usize {
        self.base.get().addr().get()
    }

    /// Forgets everything handed out. Invariant 5 is the caller's to keep.
    #[inline(always)]
    pub(crate) fn rewind(&self) {
        self.low.set(0);
        self.high.set(self.size.get());
    }

    /// Whether the scope outgrew a block, and [`Level::merge`] has work to do after the rewind.
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
        let Some((block, base)) = block else {
            self.outgrown.set(outgrown);
            return false;
        };
        self.note_peak();
        self.outgrown_used.set(self.used());
        self.outgrown_size.set(self.total_size());
        let had_block = self.size.get() > 0;
        let old = self.install(block, base, size);
        if had_block {
            outgrown.push(old);
            self.grew.set(true);
        }
        self.outgrown.set(outgrown);
        true
    }

    /// After a rewind: one block in place of all that the scope came to need. Where the system has no such block, the
    /// level is left without any. Invariant 5 is the caller's to keep.
    pub(crate) fn merge(&self) {
        let size = self.total_size();
        self.release();
        if let Some((block, base)) = new_block(size) {
            self.install(block, base, size);
        }
    }

    /// After a rewind: gives the level's memory back. Invariant 5 is the caller's to keep.
    pub(crate) fn release(&self) {
        self.note_peak();
        drop(self.install(Bump::new(), NonNull::<Line>::dangling().cast(), 0));
        drop(self.outgrown.take());
        self.outgrown_used.set(0);
        self.outgrown_size.set(0);
        self.grew.set(false);
    }

    fn install(&self, block: Bump, base: NonNull<u8>, size: usize) -> Bump {
        self.base.set(base);
        self.size.set(size);
        self.low.set(0);
        self.init.set(0);
        self.floor.set(size);
        self.high.set(size);
        self.block.replace(block)
    }

    /// Bytes handed out in the open scope, padding to whole lines included.
    pub(crate) fn used(&self) -> usize {
        self.outgrown_used.get() + self.low.get() + (self.size.get() - self.high.get())
    }

    /// Bytes between the two stacks.
    pub(crate) fn left(&self) -> usize {
        self.high.get() - self.low.get()
    }

    /// Size of the block and of those that the open scope outgrew.
    pub(crate) fn total_size(&self) -> usize {
        self.outgrown_size.get() + self.size.get()
    }

    /// The most that was ever in use, each end of the block at its furthest.
    pub(crate) fn peak(&self) -> usize {
        let marks = self.outgrown_used.get() + self.init.get() + (self.size.get() - self.floor.get());
        self.peak.get().max(marks)
    }

    fn note_peak(&self) {
        self.peak.set(self.peak());
    }
}

/// A `Bump` with one chunk, and the block of `size` bytes in it: the whole of what it will ever hand out.
fn new_block(size: usize) -> Option<(Bump, NonNull<u8>)> {
    let layout = Layout::from_size_align(size, LINE).ok()?;
    let block = Bump::new();
    let base = block.try_alloc_layout(layout).ok()?;
    Some((block, base))
}

impl fmt::Debug for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Level")
            .field("low", &self.low)
            .field("init", &self.init)
            .field("floor", &self.floor)
            .field("high", &self.high)
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
        let marks = [0, level.low.get(), level.init.get(), level.floor.get(), level.high.get(), level.size.get()];
        assert!(marks.is_sorted() && marks.iter().all(|mark| mark % LINE == 0), "invariant 2: {level:?}");
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
