//! Levels whose memory is part of a [`FixedBuffer`](crate::FixedBuffer)'s.
//!
//! The first level has all of it. An inner one is lent what lies between the two stacks of the level that was innermost
//! before, and hands it back when its scope ends. Guards may end in any order; where one ends whose memory is lent on, the
//! loan goes on between the levels around it, and the memory comes back with the last of them.
//!
//! Memory of a few lines is *packed*: arrays lie side by side, aligned as their elements are and no more. Larger memory is
//! handed out in whole lines, and packed from the first request on that finds no room in whole lines but would so.

use core::cell::Cell;
use core::ptr::NonNull;

use super::{End, Level, Line, show_stale};
use crate::memory::offsets::{LINE, lines_within, pack_down, pack_up};

/// Memory smaller than this is packed from the start.
const SHORT: usize = 4 * LINE;

/// What a level over memory that it does not own knows about it.
pub(crate) struct Fixed {
    /// All of the memory, and its size. Outside of whole lines it is handed out only when packed; what lies below the first
    /// is initialised.
    whole: Cell<NonNull<u8>>,
    whole_size: Cell<usize>,
    packed: Cell<bool>,
    pub(super) packed_init: Cell<usize>,
    lent: Cell<bool>,
    pub(crate) loan: Loan,
}

/// Who lent a level its memory, and to whom it was lent on; `None` stands for the first level, and for nobody.
#[derive(Default)]
pub(crate) struct Loan {
    pub(crate) lender: Cell<Option<NonNull<Level>>>,
    /// Where the lender's high end was before.
    pub(crate) lender_high: Cell<usize>,
    pub(crate) borrower: Cell<Option<NonNull<Level>>>,
}

impl Fixed {
    pub(super) fn new() -> Self {
        Fixed {
            whole: Cell::new(NonNull::<Line>::dangling().cast()),
            whole_size: Cell::new(0),
            packed: Cell::new(false),
            packed_init: Cell::new(0),
            lent: Cell::new(false),
            loan: Loan::default(),
        }
    }
}

impl Level {
    pub(super) fn is_packed(&self) -> bool {
        self.fixed.packed.get()
    }

    pub(crate) fn is_lent(&self) -> bool {
        self.fixed.lent.get()
    }

    /// Makes the `size` bytes from `start` this level's memory, the first `init` of which are initialised.
    ///
    /// # Safety
    ///
    /// They are part of a live allocation, and nobody else reads or writes them while this level hands them out.
    pub(crate) unsafe fn lay_over(&self, start: NonNull<u8>, size: usize, init: usize) {
        self.fixed.whole.set(start);
        self.fixed.whole_size.set(size);
        let (pad, lines) = lines_within(start.addr().get(), size);
        let packed = size < SHORT;
        self.fixed.packed.set(packed);
        self.fixed.packed_init.set(init);
        if packed {
            return self.install(start, size);
        }
        if init < pad {
            self.zero(start, init, pad);
        }
        // SAFETY: `pad <= size`.
        self.install(unsafe { start.add(pad) }, lines);
        self.init.set(init.saturating_sub(pad) / LINE * LINE);
    }

    /// Lends all that is left to `inner`, which has no memory yet.
    pub(crate) fn lend_to(&self, inner: &Level) {
        self.note_peak();
        let (start, size) = self.between();
        let init = self.initialised_to() - start.addr().get();
        // SAFETY: what lies between the stacks is nobody's, and this level hands out nothing while it is lent (invariants
        // 1, 4, 6).
        unsafe { inner.lay_over(start, size, init) };
        if !self.is_packed() {
            if !inner.is_packed() {
                inner.dirty.set(self.dirty.get() - self.high.get());
            }
            self.init.set(self.low.get());
            self.dirty.set(self.high.get());
        }
        self.fixed.lent.set(true);
    }

    /// Takes back what it lent from `inner`, to which it, or the memory of a level that had it meanwhile, was lent. The
    /// high end goes back to `high`, where it was before it made room for `inner` itself.
    ///
    /// No scope on `inner` is left.
    pub(crate) fn take_back(&self, inner: &Level, high: usize) {
        self.peak.set(self.peak().max(self.used() + inner.peak()));
        let init_to = inner.initialised_to();
        let init = init_to.saturating_sub(self.start.get().addr().get());
        if self.is_packed() {
            self.fixed.packed_init.set(init);
        } else {
            let whole = self.fixed.whole.get();
            let below = self.start.get().addr().get() - whole.addr().get();
            let init_from_whole = init_to - whole.addr().get();
            if init_from_whole < below {
                self.zero(whole, init_from_whole, below);
            }
            let dirty = if inner.is_packed() {
                self.high.get()
            } else {
                self.end.get().addr().get() - (inner.end.get().addr().get() - inner.dirty.get())
            };
            self.dirty.set(dirty);
            // No more than `size - dirty`: beyond the lines there is less than another.
            self.init.set(init / LINE * LINE);
        }
        self.high.set(high);
        self.fixed.lent.set(false);
    }

    /// Counts what a level had in use that ends before the one that it lent its memory to.
    pub(crate) fn note_use_of(&self, ended: &Level) {
        self.peak.set(self.peak().max(self.used() + ended.peak()));
    }

    /// How far the high end reaches, for [`take_back`](Level::take_back).
    pub(crate) fn high(&self) -> usize {
        self.high.get()
    }

    /// Bytes that one array could still have: those between the two stacks.
    pub(crate) fn left(&self) -> usize {
        if self.is_lent() { 0 } else { self.between().1 }
    }

    /// [`Level::take`], side by side with what is there. If that takes packing, the level is packed from now on.
    pub(crate) fn take_or_pack(&self, bytes: usize, align: usize, end: End) -> Option<NonNull<u8>> {
        let found = self.take(bytes, align, end);
        if found.is_none() && self.pack_for(bytes, align, end) { self.take(bytes, align, end) } else { found }
    }

    /// Makes room for a level, and says where the high end was before.
    pub(crate) fn take_for_level(&self) -> Option<(NonNull<Level>, usize)> {
        let (bytes, align) = (size_of::<Level>(), align_of::<Level>());
        let mut high = self.high.get();
        let mut place = self.take(bytes, align, End::High);
        if place.is_none() && self.pack_for(bytes, align, End::High) {
            high = self.high.get();
            place = self.take(bytes, align, End::High);
        }
        Some((place?.cast(), high))
    }

    /// Packs the level if there is room then for what has none in whole lines.
    fn pack_for(&self, bytes: usize, align: usize, end: End) -> bool {
        let (start, size) = self.between();
        let fits = match end {
            End::Low => pack_up(start.addr().get(), 0, size, bytes, align).is_some(),
            End::High => pack_down(start.addr().get() + size, 0, size, bytes, align).is_some(),
        };
        let helps = fits && !self.is_packed() && !self.is_lent();
        if helps {
            self.pack();
        }
        helps
    }

    /// Counts in bytes from now on, from one end of all of the memory to the other.
    fn pack(&self) {
        self.note_peak();
        let whole = self.fixed.whole.get();
        let offset = |address: usize| address - whole.addr().get();
        let (start, size) = self.between();
        let (low, init) = (offset(start.addr().get()), offset(self.initialised_to()));
        let whole_size = self.fixed.whole_size.get();
        self.install(whole, whole_size);
        self.low.set(low);
        self.high.set(whole_size - (low + size));
        self.fixed.packed.set(true);
        self.fixed.packed_init.set(init);
    }

    pub(super) fn take_packed(&self, bytes: usize, align: usize, end: End) -> Option<NonNull<u8>> {
        if self.is_lent() {
            return None;
        }
        let (low, high, size) = (self.low.get(), self.high.get(), self.size.get());
        let (start, init) = (self.start.get(), &self.fixed.packed_init);
        let at = match end {
            End::Low => {
                let (at, reach) = pack_up(start.addr().get(), low, size - high, bytes, align)?;
                if reach > init.get() {
                    self.zero(start, init.get(), reach);
                    init.set(reach);
                }
                self.low.set(reach);
                at
            }
            End::High => {
                let reach = pack_down(self.end.get().addr().get(), high, size - low, bytes, align)?;
                init.set(init.get().min(size - reach));
                self.high.set(reach);
                size - reach
            }
        };
        self.peak.set(self.peak.get().max(self.used()));
        // SAFETY: the array begins within the memory (invariants 1, 2).
        let array = unsafe { start.add(at) };
        if end == End::Low {
            // SAFETY: its bytes are in the memory, and nothing refers to them yet (invariants 1, 4).
            unsafe { show_stale(array, bytes) };
        }
        Some(array)
    }

    /// What lies between the two stacks, and beyond whole lines as well where nothing was taken from that end.
    fn between(&self) -> (NonNull<u8>, usize) {
        let (whole, whole_size) = (self.fixed.whole.get(), self.fixed.whole_size.get());
        let from_whole = |used: &Cell<usize>| used.get() == 0 && whole_size > 0;
        // SAFETY: `low <= size`, so the pointer stays in the memory (invariants 1, 2).
        let start = if from_whole(&self.low) { whole } else { unsafe { self.start.get().add(self.low.get()) } };
        let end = if from_whole(&self.high) {
            whole.addr().get() + whole_size
        } else {
            self.end.get().addr().get() - self.high.get()
        };
        (start, end - start.addr().get())
    }

    /// The address up to which, from where the memory starts, all is initialised.
    fn initialised_to(&self) -> usize {
        let init = if self.is_packed() { self.fixed.packed_init.get() } else { self.init.get() };
        self.start.get().addr().get() + init
    }

    /// Zeroes the bytes of `from..to` up from `start`, which are in the level's memory and not handed out.
    fn zero(&self, start: NonNull<u8>, from: usize, to: usize) {
        // SAFETY: `from <= to`, and these are in the memory.
        let fresh = unsafe { start.add(from) };
        // SAFETY: nothing refers to them (invariant 4).
        unsafe { fresh.write_bytes(0, to - from) };
    }
}
