//! Where the next array goes: the arithmetic of a level's two stacks, on offsets into its memory.
//!
//! Nothing here touches memory. [`region`](super::region) turns the offsets into pointers, and its invariants say
//! what they must satisfy; the tests below check them against a search by brute force.

#![forbid(unsafe_code)]

/// Every array starts on a boundary of this many bytes, and so takes a multiple of it: one cache line on x86-64 and
/// most AArch64, the width of an AVX-512 register. Blocks start and end on one as well. (Only where memory that the caller
/// brought is short are arrays packed instead: [`Side::pack_up`], [`Side::pack_down`].)
pub(crate) const LINE: usize = 64;

/// `bytes` rounded up to whole lines, for `bytes <= isize::MAX`.
#[inline(always)]
pub(crate) const fn whole_lines(bytes: usize) -> usize {
    (bytes + (LINE - 1)) & !(LINE - 1)
}

/// One end of a region's memory, which more is to be handed out from.
///
/// In whole lines, `edge` and `used` are multiples of [`LINE`]. Memory is no larger than `isize::MAX` bytes, and nor is what is
/// asked for, so that the sum of two such sizes does not overflow.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Side {
    /// The address that this end counts from: where the memory starts, or ends.
    pub(crate) edge: usize,
    /// How many bytes from there are handed out.
    pub(crate) used: usize,
    /// How many there may be.
    pub(crate) limit: usize,
}

impl Side {
    /// How far the low end reaches, in bytes up from the edge, with `bytes` more at the next place aligned to `align`: the array
    /// begins `whole_lines(bytes)` below that. Nothing if that is beyond the limit.
    #[inline(always)]
    pub(crate) const fn reach_up(self, bytes: usize, align: usize) -> Option<usize> {
        let Side { edge, used, limit } = self;
        let reach = if align > LINE {
            let pad = edge.wrapping_add(used).wrapping_neg() & (align - 1);
            used.saturating_add(pad).saturating_add(whole_lines(bytes))
        } else {
            used + whole_lines(bytes)
        };
        if reach > limit {
            return None;
        }
        self.check(edge + reach - whole_lines(bytes), reach, bytes, align);
        Some(reach)
    }

    /// How far the high end reaches, in bytes down from the edge, with `bytes` more at the next place aligned to `align`: the
    /// array begins there. Nothing if that is beyond the limit.
    #[inline(always)]
    pub(crate) const fn reach_down(self, bytes: usize, align: usize) -> Option<usize> {
        let Side { edge, used, limit } = self;
        let mut reach = used + whole_lines(bytes);
        if align > LINE {
            reach = reach.saturating_add(edge.wrapping_sub(reach) & (align - 1));
        }
        if reach > limit {
            return None;
        }
        self.check(edge - reach, reach, bytes, align);
        Some(reach)
    }

    /// Where an array of `bytes` bytes begins, at the next place aligned to `align`, and how far the low end reaches with it,
    /// both in bytes up from the edge. Nothing if that is beyond the limit. Unlike [`Side::reach_up`] it counts in bytes, not in
    /// lines.
    pub(crate) const fn pack_up(self, bytes: usize, align: usize) -> Option<(usize, usize)> {
        let Side { edge, used, limit } = self;
        let at = used.saturating_add(edge.wrapping_add(used).wrapping_neg() & (align - 1));
        let reach = at.saturating_add(bytes);
        if reach > limit {
            return None;
        }
        self.check(edge + at, reach, bytes, align);
        Some((at, reach))
    }

    /// How far the high end reaches, in bytes down from the edge, with an array of `bytes` bytes more, aligned to `align`, which
    /// begins there. Nothing if that is beyond the limit. Unlike [`Side::reach_down`] it counts in bytes, not in lines.
    pub(crate) const fn pack_down(self, bytes: usize, align: usize) -> Option<usize> {
        let Side { edge, used, limit } = self;
        let reach = used.saturating_add(bytes);
        let reach = reach.saturating_add(edge.wrapping_sub(reach) & (align - 1));
        if reach > limit {
            return None;
        }
        self.check(edge - reach, reach, bytes, align);
        Some(reach)
    }

    /// What holds of each place that is found, in debug builds: it is aligned, has room, and lies within the limit.
    #[inline(always)]
    const fn check(self, address: usize, reach: usize, bytes: usize, align: usize) {
        debug_assert!(address % align == 0, "the place is aligned");
        debug_assert!(self.used + bytes <= reach && reach <= self.limit, "there is room, within the limit");
    }
}

/// The whole lines in `size` bytes from the address `start`: how far up they begin, and the bytes they take.
pub(crate) const fn lines_within(start: usize, size: usize) -> (usize, usize) {
    let pad = start.wrapping_neg() & (LINE - 1);
    if size < pad { (0, 0) } else { (pad, (size - pad) / LINE * LINE) }
}

/// The size of a block that holds `bytes` bytes aligned to `align` wherever the block lies, if there can be one.
pub(crate) const fn block_size(bytes: usize, align: usize) -> Option<usize> {
    if bytes > isize::MAX as usize {
        return None;
    }
    let slack = align.saturating_sub(LINE);
    let size = whole_lines(bytes).saturating_add(slack);
    // The largest size a `Layout` aligned to a line can have.
    if size <= isize::MAX as usize - (LINE - 1) { Some(size) } else { None }
}

/// Memory that nobody uses, from one address to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gap {
    pub(crate) from: usize,
    pub(crate) to: usize,
}

impl Gap {
    pub(crate) const NONE: Gap = Gap { from: 0, to: 0 };

    pub(crate) const fn len(self) -> usize {
        self.to.saturating_sub(self.from)
    }

    pub(crate) const fn is_none(self) -> bool {
        self.len() == 0
    }

    /// The larger of the two.
    pub(crate) const fn larger(self, other: Gap) -> Gap {
        if other.len() > self.len() { other } else { self }
    }

    /// The larger part of what is left without the bytes between these addresses.
    pub(crate) fn without(self, from: usize, to: usize) -> Gap {
        let below = Gap { from: self.from, to: self.to.min(from) };
        let above = Gap { from: self.from.max(to), to: self.to };
        if to <= self.from || from >= self.to { self } else { below.larger(above) }
    }

    /// The addresses of an array of `bytes` bytes in the gap, at the first place aligned to `align`, in whole lines unless it is
    /// `packed`; and what is left beyond.
    pub(crate) fn take(self, bytes: usize, align: usize, packed: bool) -> Option<(usize, usize, Gap)> {
        let align = if packed { align } else { align.max(LINE) };
        let from = self.from.saturating_add(self.from.wrapping_neg() & (align - 1));
        let to = from.saturating_add(if packed { bytes } else { whole_lines(bytes) });
        if to <= self.to { Some((from, to, Gap { from: to, to: self.to })) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The lowest offset from which `bytes` bytes in whole lines fit below `limit`, by trying each.
    fn search_up(start: usize, used: usize, limit: usize, bytes: usize, align: usize) -> Option<usize> {
        (used..=limit).find(|at| (start + at) % align.max(LINE) == 0 && at + bytes.div_ceil(LINE) * LINE <= limit)
    }

    /// The smallest distance from the end at which as many bytes fit.
    fn search_down(end: usize, used: usize, limit: usize, bytes: usize, align: usize) -> Option<usize> {
        (used..=limit).find(|reach| (end - reach) % align.max(LINE) == 0 && used + bytes <= *reach)
    }

    proptest! {
        #[test]
        fn the_next_place_is_what_a_search_finds(
            address in 100usize..200, used in 0usize..20, room in 0usize..40, bytes in 0usize..3000, log_align in 0u32..13,
        ) {
            let (address, used, limit, align) = (address * LINE, used * LINE, (used + room) * LINE, 1 << log_align);
            let side = Side { edge: address, used, limit };
            let up = side.reach_up(bytes, align);
            prop_assert_eq!(up.map(|reach| reach - whole_lines(bytes)), search_up(address, used, limit, bytes, align));
            let down = side.reach_down(bytes, align);
            prop_assert_eq!(down, search_down(address, used, limit, bytes, align));
            prop_assert!(up.into_iter().chain(down).all(|reach| reach % LINE == 0 && reach <= limit));
        }

        #[test]
        fn the_next_packed_place_is_what_a_search_finds(
            address in 1000usize..2000, used in 0usize..100, room in 0usize..300, bytes in 0usize..300, log_align in 0u32..9,
        ) {
            let (limit, align) = (used + room, 1 << log_align);
            let up = (used..=limit).find(|at| (address + at) % align == 0 && at + bytes <= limit);
            prop_assert_eq!(Side { edge: address, used, limit }.pack_up(bytes, align), up.map(|at| (at, at + bytes)));
            let down = (used..=limit).find(|reach| (address - reach) % align == 0 && used + bytes <= *reach);
            prop_assert_eq!(Side { edge: address, used, limit }.pack_down(bytes, align), down);
        }

        #[test]
        fn lines_within_memory_are_all_there_are(address in 1usize..1000, size in 0usize..1000) {
            let (pad, lines) = lines_within(address, size);
            let all = (address..address + size).filter(|at| at % LINE == 0 && at + LINE <= address + size).count();
            prop_assert_eq!(lines, all * LINE);
            prop_assert!(lines == 0 || ((address + pad) % LINE == 0 && pad + lines <= size));
        }

        #[test]
        fn a_block_of_block_size_is_enough_wherever_it_lies(
            base in 1usize..4096, bytes in 1usize..100_000, log_align in 0u32..14,
        ) {
            let (base, align) = (base * LINE, 1 << log_align);
            let size = block_size(bytes, align).unwrap();
            let (low, high) = (Side { edge: base, used: 0, limit: size }, Side { edge: base + size, used: 0, limit: size });
            prop_assert!(low.reach_up(bytes, align).is_some() && high.reach_down(bytes, align).is_some());
        }
    }

    #[test]
    fn the_largest_requests_neither_fit_nor_wrap() {
        let limit = isize::MAX as usize;
        let used = limit / LINE * LINE;
        for align in [8, 1 << 29] {
            let side = Side { edge: LINE, used, limit: used };
            assert_eq!((side.reach_up(limit, align), side.reach_down(limit, align)), (None, None));
            assert_eq!((side.pack_up(limit, align), side.pack_down(limit, align)), (None, None));
        }
        assert_eq!((block_size(limit, 8), block_size(usize::MAX, 8)), (None, None));
        assert_eq!(block_size(limit - LINE, 1 << 29), None);
        assert_eq!(block_size(limit - 2 * LINE + 1, 8), Some(limit - 2 * LINE + 1));
    }
}
