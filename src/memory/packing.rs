//! Regions of fixed memory that is short: arrays lie side by side, aligned as their elements are and no more.
//!
//! A buffer's memory of a few lines is *packed* from the start. Larger memory is handed out in whole lines, and packed from the first
//! request on that finds no room in whole lines but would so. A packed region counts in bytes, from one end of all of the
//! memory to the other, and its marks are 0, so that each request takes the cold path.

use core::num::NonZero;
use core::ptr::NonNull;

use super::offsets::{LINE, Side, lines_within};
use super::poison;
use super::region::{End, Region, show_stale};

/// Memory smaller than this is packed from the start.
const SHORT: usize = 4 * LINE;

impl Region {
    /// Makes the `size` bytes from `start` this region's memory, the first `init` of which are initialised.
    ///
    /// # Safety
    ///
    /// They are part of a live allocation, and nobody else reads or writes them while this region hands them out.
    pub(super) unsafe fn lay_over(&self, start: NonNull<u8>, size: usize, init: usize) {
        self.whole_from.set(start.addr().get());
        self.whole_to.set(start.addr().get() + size);
        let (pad, lines) = lines_within(start.addr().get(), size);
        let packed = size < SHORT;
        self.packed.set(packed);
        self.packed_init.set(init);
        if packed {
            return self.install(start, size);
        }
        // SAFETY: `pad` is at most `size`, so the pointer stays in the memory (Memory).
        self.install(unsafe { start.add(pad) }, lines);
        self.zero(start.addr().get() + init, start.addr().get() + pad);
        self.init.set(init.saturating_sub(pad) / LINE * LINE);
        self.check();
    }

    /// [`Region::take_cold`], side by side with what is there. If that takes packing, the region is packed from now on.
    pub(super) fn take_or_pack(&self, bytes: usize, align: usize, end: End) -> Option<NonNull<u8>> {
        let found = self.take_cold(bytes, align, end);
        if found.is_none() && self.pack_for(bytes, align, end) { self.take_cold(bytes, align, end) } else { found }
    }

    /// Packs the region if there is room then for what has none in whole lines.
    pub(super) fn pack_for(&self, bytes: usize, align: usize, end: End) -> bool {
        let (from, to) = self.rest();
        let fits = match end {
            End::Low => Side { edge: from, used: 0, limit: to - from }.pack_up(bytes, align).is_some(),
            End::High => Side { edge: to, used: 0, limit: to - from }.pack_down(bytes, align).is_some(),
        };
        let helps = fits && !self.packed.get() && !self.is_lent();
        if helps {
            self.pack();
        }
        helps
    }

    /// Counts in bytes from now on, from one end of all of the memory to the other.
    pub(super) fn pack(&self) {
        self.note_peak();
        let ((from, to), init_to) = (self.rest(), self.initialised_to());
        let (first, last) = (self.whole_from.get(), self.whole_to.get());
        self.install(self.at(first), last - first);
        self.low.set(from - first);
        self.high.set(last - to);
        self.packed.set(true);
        self.packed_init.set(init_to - first);
        self.note_use();
        self.check();
    }

    /// [`Region::take_cold`] where arrays are packed.
    pub(super) fn take_packed(&self, bytes: usize, align: usize, end: End) -> Option<NonNull<u8>> {
        let (low, high, size) = (self.low.get(), self.high.get(), self.size());
        let (start, init) = (self.start.get(), &self.packed_init);
        let at = match end {
            End::Low => {
                let side = Side { edge: start.addr().get(), used: low, limit: size - high };
                let (at, reach) = side.pack_up(bytes, align)?;
                self.zero(start.addr().get() + init.get(), start.addr().get() + reach);
                init.set(init.get().max(reach));
                self.low.set(reach);
                at
            }
            End::High => {
                let side = Side { edge: self.end.get().addr().get(), used: high, limit: size - low };
                let reach = side.pack_down(bytes, align)?;
                init.set(init.get().min(size - reach));
                self.high.set(reach);
                size - reach
            }
        };
        self.note_use();
        self.check();
        // SAFETY: the array begins within the memory (Memory, Order).
        let array = unsafe { start.add(at) };
        poison::unpoison(array, bytes);
        if end == End::Low {
            // SAFETY: its bytes are in the memory, and nothing refers to them yet (Memory, Disjoint).
            unsafe { show_stale(array, bytes) };
        }
        Some(array)
    }

    /// Notes what is in use, for the peak: the marks of a packed region do not tell.
    pub(super) fn note_use(&self) {
        self.set_peak(self.peak.get().max(self.used()));
    }

    /// The addresses between which nothing is handed out, of fixed memory: those between the two cursors, and beyond whole
    /// lines as well where nothing was taken from that end.
    #[inline(always)]
    pub(super) fn rest(&self) -> (usize, usize) {
        (self.low_reaches(self.low.get()), self.high_reaches(self.high.get()))
    }

    /// The address that the low end has come to if `low` bytes are handed out there.
    #[inline(always)]
    pub(super) fn low_reaches(&self, low: usize) -> usize {
        if low == 0 { self.whole_from.get() } else { self.start.get().addr().get() + low }
    }

    /// The address that the high end has come to if `high` bytes are handed out there.
    #[inline(always)]
    pub(super) fn high_reaches(&self, high: usize) -> usize {
        if high == 0 { self.whole_to.get() } else { self.end.get().addr().get() - high }
    }

    /// A pointer to that address in the memory, or to its end.
    pub(super) fn at(&self, address: usize) -> NonNull<u8> {
        self.start.get().with_addr(NonZero::new(address).expect("memory does not begin at address 0"))
    }

    /// The address up to which, from where the memory starts, all is initialised.
    pub(super) fn initialised_to(&self) -> usize {
        let init = if self.packed.get() { self.packed_init.get() } else { self.init.get() };
        self.start.get().addr().get() + init
    }

    /// Zeroes the bytes from one address to another, if that is higher: they are in the memory and not handed out.
    pub(super) fn zero(&self, from: usize, to: usize) {
        if from < to {
            let (start, bytes) = (self.at(from), to - from);
            // SAFETY: they are in the memory (Memory), and nothing refers to them (Disjoint).
            poison::around_write(start, bytes, || unsafe { start.write_bytes(0, bytes) });
        }
    }
}
