//! A region: the memory of one open scope, and the one place that decides which bytes an array gets.
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
//! `high`, the *cursors*, are how far the two ends reach now; `init` and `dirty`, the *marks*, how far each may reach
//! without a further look.
//!
//! The memory is a block of a [`level`](super::level)'s own, or part of what a [`FixedBuffer`](crate::FixedBuffer) was
//! given: then regions lend what they have left to each other ([`lending`](super::lending)), and where it is short,
//! arrays are packed ([`packing`](super::packing)).
//!
//! # Invariants
//!
//! - **Memory.** The bytes from `start` to `end` are part of one live allocation, and only this region, and the regions that
//!   it has lent some of them to, hand them out; or there are none, and the pointers may dangle. `start` and `end` are
//!   aligned to [`LINE`], unless the region is packed.
//! - **Order.** `low <= init`, `high <= dirty`, and `init + dirty` is at most the size; each is a whole number of lines. In a
//!   packed region `low <= packed_init`, `packed_init + high` is at most the size, and `init` and `dirty` are 0.
//! - **Initialised.** The `init` (`packed_init`) bytes from `start` are initialised. Those beyond `low` stay so, for they are
//!   not handed out; the first `low` of them stay so as well, for only `Pod` values, which have no padding, are written
//!   there, but for what lies from `soiled` on (see `lending`). The bytes from `init` to `zeroed` are zeros.
//! - **Disjoint.** What was handed out since the last [`Region::rewind`] lies in the first `low` or the last `high` bytes
//!   of the memory (of a level, perhaps in blocks that it outgrew); no byte was handed out twice. Where memory is lent, pins
//!   keep it so (Pinned of `lending`).
//! - **Idle.** A region is rewound, and its memory is freed, or goes back to the region that lent it, only when no
//!   [`Scope`](crate::Scope) on it is left, and so (their lifetime is the scope's) no array either; or when all its
//!   memory moves out, with its arrays.
//! - **Shut.** A region that has lent what it has left has its marks at its cursors, so that every request misses them.
//!
//! They hold together because `init + dirty` is at most the size: an array that ends within `init` fits *and* is
//! initialised, so handing it out takes one comparison; one from the high end that stays within `dirty` fits *and* leaves
//! `init` right, so it takes one as well. Only when an array goes beyond its mark is there work: zeroing what comes to lie
//! within `init`, or taking from `init` what may be written with uninitialised bytes.
//!
//! `dirty` could be the size less `init` itself; kept apart, the marks tell how much of the memory was ever in use, without
//! an instruction on the fast path.

use core::cell::Cell;
use core::fmt;
use core::ptr::NonNull;

use super::offsets::{LINE, Side, whole_lines};
use super::poison;

/// What an empty region points to: aligned, and never read or written.
#[repr(align(64))]
pub(super) struct Line;
const _: () = assert!(align_of::<Line>() == LINE);

/// The end of a region's memory that an array comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Initialised memory, for `Pod` elements.
    Low,
    /// Memory that is or may become uninitialised.
    High,
}

/// What the end of a scope takes, besides putting its region on the list of those that are not in use: a set, in one byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AtEnd(u8);

impl AtEnd {
    pub(super) const NOTHING: AtEnd = AtEnd(0);
    /// The rest of the region's memory is lent to another scope's.
    pub(super) const RECLAIM: AtEnd = AtEnd(1);
    /// The region's memory is lent by another scope's.
    pub(super) const RETURN: AtEnd = AtEnd(2);
    /// There is more to do than these two say: for levels, what [`clean_up`](super::stack::Stack::clean_up) does; for shares,
    /// more than moving the lender's marks.
    pub(super) const CLEANUP: AtEnd = AtEnd(4);
    /// The scope is counted, and what it asks for, which only [`Stack::take`](super::stack::Stack::take) does.
    pub(super) const COUNTED: AtEnd = AtEnd(8);

    #[inline(always)]
    pub(super) const fn has(self, part: AtEnd) -> bool {
        self.0 & part.0 != 0
    }

    #[inline(always)]
    pub(super) const fn with(self, more: AtEnd) -> AtEnd {
        AtEnd(self.0 | more.0)
    }

    #[inline(always)]
    pub(super) const fn without(self, part: AtEnd) -> AtEnd {
        AtEnd(self.0 & !part.0)
    }
}

/// One open scope's memory, or memory kept for the next. See the module's documentation for the invariants.
// The fields up to `packed` are those of the fast path: one cache line, if the region begins on one.
#[repr(C)]
pub(crate) struct Region {
    /// How many bytes up from `start` are handed out at the low end.
    pub(super) low: Cell<usize>,
    /// How far the low end may reach without a further look: so far all is initialised.
    pub(super) init: Cell<usize>,
    /// How many bytes down from `end` are handed out at the high end.
    pub(super) high: Cell<usize>,
    /// How far the high end may reach without a further look: so far nothing counts as initialised.
    pub(super) dirty: Cell<usize>,
    pub(super) start: Cell<NonNull<u8>>,
    pub(super) end: Cell<NonNull<u8>>,
    /// The next region in the buffer's list of those not in use.
    pub(super) next_free: Cell<Option<NonNull<Region>>>,
    /// What the end of the scope takes, besides putting the region on that list.
    pub(super) at_end: Cell<AtEnd>,
    /// Whether arrays lie side by side, and not in whole lines.
    pub(super) packed: Cell<bool>,

    /// How far from `start` the memory is known to be zeros, if that is further than `init`.
    pub(super) zeroed: Cell<usize>,
    /// The most that was in use before the marks were last moved back.
    pub(super) peak: Cell<usize>,
    /// Bytes in use in blocks that the scope outgrew.
    pub(super) used_before: Cell<usize>,
    /// In a packed region, how far from `start` all is initialised.
    pub(super) packed_init: Cell<usize>,
    /// The addresses between which all of the memory lies, where it is part of a fixed buffer's; else 0. Outside of whole
    /// lines it is handed out only when packed; what lies below the first line is initialised.
    pub(super) whole_from: Cell<usize>,
    pub(super) whole_to: Cell<usize>,
}

impl Region {
    /// A region without memory.
    #[inline(always)]
    pub(super) fn new() -> Self {
        let nothing = NonNull::<Line>::dangling().cast();
        Region {
            low: Cell::new(0),
            init: Cell::new(0),
            high: Cell::new(0),
            dirty: Cell::new(0),
            start: Cell::new(nothing),
            end: Cell::new(nothing),
            next_free: Cell::new(None),
            at_end: Cell::new(AtEnd::NOTHING),
            packed: Cell::new(false),
            zeroed: Cell::new(0),
            peak: Cell::new(0),
            used_before: Cell::new(0),
            packed_init: Cell::new(0),
            whole_from: Cell::new(0),
            whole_to: Cell::new(0),
        }
    }

    /// `bytes` bytes (at most `isize::MAX`) from `end`, at an address aligned to `align`, if they lie within its mark.
    /// Those of the low end are initialised.
    #[inline(always)]
    pub(crate) fn take_fast(&self, bytes: usize, align: usize, end: End) -> Option<NonNull<u8>> {
        let limit = match end {
            End::Low => self.init.get(),
            End::High => self.dirty.get(),
        };
        let reach = self.reach(limit, bytes, align, end)?;
        Some(self.hand_out(reach, bytes, end))
    }

    /// `bytes` bytes (at most `isize::MAX`) from `end`, at an address aligned to `align`, moving the mark if need be; nothing
    /// if there is no room, the rest is lent on, or what is asked for is counted. Those of the low end are initialised.
    #[cold]
    #[inline(never)]
    pub(crate) fn take_cold(&self, bytes: usize, align: usize, end: End) -> Option<NonNull<u8>> {
        if self.at_end.get().has(AtEnd::RECLAIM.with(AtEnd::COUNTED)) {
            return None;
        }
        if self.packed.get() {
            return self.take_packed(bytes, align, end);
        }
        self.take_beyond(bytes, align, end)
    }

    /// [`Region::take_cold`] of a region that is neither lent on nor packed, counted or not.
    #[inline]
    pub(super) fn take_beyond(&self, bytes: usize, align: usize, end: End) -> Option<NonNull<u8>> {
        let other = match end {
            End::Low => self.high.get(),
            End::High => self.low.get(),
        };
        let reach = self.reach(self.size() - other, bytes, align, end)?;
        match end {
            End::Low if reach > self.init.get() => self.initialise(reach),
            End::High if reach > self.dirty.get() => {
                self.note_peak();
                self.dirty.set(reach);
                self.init.set(self.init.get().min(self.size() - reach));
                self.zeroed.set(self.zeroed.get().min(self.size() - reach));
            }
            _ => {}
        }
        let array = self.hand_out(reach, bytes, end);
        self.check();
        Some(array)
    }

    #[inline(always)]
    fn reach(&self, limit: usize, bytes: usize, align: usize, end: End) -> Option<usize> {
        match end {
            End::Low => {
                Side { edge: self.start.get().addr().get(), used: self.low.get(), limit }.reach_up(bytes, align)
            }
            End::High => {
                Side { edge: self.end.get().addr().get(), used: self.high.get(), limit }.reach_down(bytes, align)
            }
        }
    }

    /// The array of `bytes` bytes with which `end` reaches that far.
    #[inline(always)]
    fn hand_out(&self, reach: usize, bytes: usize, end: End) -> NonNull<u8> {
        match end {
            End::Low => {
                self.low.set(reach);
                // SAFETY: the array begins within the memory, its lines below `reach`, which is at most the size (Memory,
                // Order).
                let array = unsafe { self.start.get().add(reach - whole_lines(bytes)) };
                poison::unpoison(array, bytes);
                // SAFETY: the bytes are in the memory and nothing refers to them yet (Memory, Disjoint).
                unsafe { show_stale(array, bytes) };
                array
            }
            End::High => {
                self.high.set(reach);
                // SAFETY: `reach` is at most the size, so the array begins within the memory (Memory, Order).
                let array = unsafe { self.end.get().sub(reach) };
                poison::unpoison(array, bytes);
                array
            }
        }
    }

    /// Moves `init` up to `mark`, which leaves room for what the high end has handed out.
    fn initialise(&self, mark: usize) {
        self.note_peak();
        let zeros_from = self.init.get().max(self.zeroed.get());
        if zeros_from < mark {
            // SAFETY: `zeros_from < mark`, which is at most the size, so the pointer stays in the memory (Memory, Order).
            let fresh = unsafe { self.start.get().add(zeros_from) };
            let bytes = mark - zeros_from;
            // SAFETY: the bytes from there to `mark` are in the memory and lie between the ends' reaches, where nothing is
            // handed out (Memory, Order, Disjoint).
            poison::around_write(fresh, bytes, || unsafe { fresh.write_bytes(0, bytes) });
        }
        self.init.set(mark);
        self.dirty.set(self.dirty.get().min(self.size() - mark));
    }

    /// Forgets everything handed out. The caller keeps Idle.
    #[inline(always)]
    pub(super) fn rewind(&self) {
        self.low.set(0);
        self.high.set(0);
    }

    /// Makes the `size` bytes from `start` the memory that is handed out from, with nothing known of its contents.
    pub(super) fn install(&self, start: NonNull<u8>, size: usize) {
        self.start.set(start);
        // SAFETY: the memory has `size` bytes, or there is none and `size` is 0 (Memory).
        self.end.set(unsafe { start.add(size) });
        self.zeroed.set(0);
        for mark in [&self.low, &self.init, &self.high, &self.dirty] {
            mark.set(0);
        }
    }

    /// Bytes of memory.
    #[inline(always)]
    pub(super) fn size(&self) -> usize {
        self.end.get().addr().get() - self.start.get().addr().get()
    }

    /// Bytes handed out in the open scope, or the last one, padding to whole lines included.
    pub(super) fn used(&self) -> usize {
        self.used_before.get() + self.low.get() + self.high.get()
    }

    /// The most that was ever in use, each end of the memory at its furthest.
    pub(super) fn peak(&self) -> usize {
        self.peak.get().max(self.used_before.get() + self.init.get() + self.dirty.get())
    }

    pub(super) fn note_peak(&self) {
        self.set_peak(self.peak());
    }

    /// Notes a peak, which the lender of the memory, if there is one, then has to be told.
    pub(super) fn set_peak(&self, peak: usize) {
        self.peak.set(peak);
        if self.at_end.get().has(AtEnd::RETURN) {
            self.add_at_end(AtEnd::CLEANUP);
        }
    }

    /// Whether the rest of the memory is lent on.
    #[inline(always)]
    pub(super) fn is_lent(&self) -> bool {
        self.at_end.get().has(AtEnd::RECLAIM)
    }

    #[inline(always)]
    pub(super) fn add_at_end(&self, more: AtEnd) {
        self.at_end.set(self.at_end.get().with(more));
    }

    /// The invariants that can be looked at, in debug builds: called where marks were moved.
    pub(super) fn check(&self) {
        if cfg!(debug_assertions) {
            let [low, init, high, dirty] = [&self.low, &self.init, &self.high, &self.dirty].map(Cell::get);
            let size = self.size();
            if self.packed.get() {
                let packed_init = self.packed_init.get();
                assert!(init + dirty == 0 && low <= packed_init && packed_init + high <= size, "Order: {self:?}");
            } else {
                let lines = [low, init, high, dirty, size].iter().all(|bytes| bytes % LINE == 0);
                assert!(lines && low <= init && high <= dirty && init + dirty <= size, "Order: {self:?}");
                assert!(!self.is_lent() || (low == init && high == dirty), "Shut: {self:?}");
            }
        }
    }
}

/// In debug builds (but for this module's own tests), makes memory of unspecified contents look like what it is: of no
/// meaning.
///
/// # Safety
///
/// The bytes are being handed out (Memory, Disjoint).
#[inline(always)]
pub(super) unsafe fn show_stale(array: NonNull<u8>, bytes: usize) {
    if cfg!(all(debug_assertions, not(test))) {
        // SAFETY: the caller has just been given the bytes, which nothing refers to yet (Disjoint).
        unsafe { array.write_bytes(0xFF, bytes) };
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Region")
            .field("low", &self.low)
            .field("init", &self.init)
            .field("high", &self.high)
            .field("dirty", &self.dirty)
            .field("size", &self.size())
            .finish_non_exhaustive()
    }
}
