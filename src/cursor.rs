//! Where the next array goes: the arithmetic of a level's two stacks, on offsets into one block.
//!
//! Nothing here touches memory. [`level`](crate::level) turns the offsets into pointers, and its invariants say
//! what they must satisfy; the tests below check them against a search by brute force.

#![forbid(unsafe_code)]

/// Every array starts on a boundary of this many bytes, and so takes a multiple of it: one cache line on x86-64 and
/// most AArch64, the width of an AVX-512 register. Blocks start and end on one as well.
pub(crate) const LINE: usize = 64;

/// A place found for an array.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fit {
    /// Offset of its first byte.
    pub(crate) at: usize,
    /// Offset the cursor moves to.
    pub(crate) next: usize,
}

/// `bytes` rounded up to whole lines, for `bytes <= isize::MAX`.
#[inline(always)]
pub(crate) const fn whole_lines(bytes: usize) -> usize {
    (bytes + (LINE - 1)) & !(LINE - 1)
}

/// The place just above `low` for `bytes` bytes aligned to `align`, if it ends at or below `top`.
///
/// `base` is the block's address (a multiple of [`LINE`]); it matters only where `align` is larger than that.
/// Offsets are whole lines with `low <= top`, and `bytes <= isize::MAX`.
#[inline(always)]
pub(crate) const fn fit_low(base: usize, low: usize, top: usize, bytes: usize, align: usize) -> Option<Fit> {
    let pad = if align > LINE { base.wrapping_add(low).wrapping_neg() & (align - 1) } else { 0 };
    let need = pad + whole_lines(bytes);
    if need > top - low {
        return None;
    }
    Some(Fit { at: low + pad, next: low + need })
}

/// The place just below `high` for `bytes` bytes aligned to `align`, if it starts at or above `bottom`.
///
/// The same conditions hold as for [`fit_low`], with `bottom <= high`.
#[inline(always)]
pub(crate) const fn fit_high(base: usize, high: usize, bottom: usize, bytes: usize, align: usize) -> Option<Fit> {
    let lines = whole_lines(bytes);
    if lines > high - bottom {
        return None;
    }
    let mut at = high - lines;
    if align > LINE {
        let over = base.wrapping_add(at) & (align - 1);
        if over > at - bottom {
            return None;
        }
        at -= over;
    }
    Some(Fit { at, next: at })
}

/// The size of a block that holds `bytes` bytes aligned to `align` wherever the block lies, if there can be one.
pub(crate) const fn block_size(bytes: usize, align: usize) -> Option<usize> {
    if bytes > isize::MAX as usize {
        return None;
    }
    let slack = if align > LINE { align - LINE } else { 0 };
    let size = whole_lines(bytes).saturating_add(slack);
    // The largest size a `Layout` aligned to a line can have.
    if size <= isize::MAX as usize - (LINE - 1) { Some(size) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The lowest offset from which `bytes` bytes fit between `low` and `top`, by trying each.
    fn search_up(base: usize, low: usize, top: usize, bytes: usize, align: usize) -> Option<usize> {
        (low..=top).find(|at| (base + at) % align.max(LINE) == 0 && at + bytes.div_ceil(LINE) * LINE <= top)
    }

    /// The highest such offset.
    fn search_down(base: usize, high: usize, bottom: usize, bytes: usize, align: usize) -> Option<usize> {
        (bottom..=high).rev().find(|at| (base + at) % align.max(LINE) == 0 && at + bytes <= high)
    }

    proptest! {
        #[test]
        fn fits_are_what_a_search_finds(
            base in 1usize..64, from in 0usize..20, room in 0usize..40, bytes in 0usize..3000, log_align in 0u32..13,
        ) {
            let (base, from, to, align) = (base * LINE, from * LINE, (from + room) * LINE, 1 << log_align);
            let up = fit_low(base, from, to, bytes, align);
            prop_assert_eq!(up.as_ref().map(|fit| fit.at), search_up(base, from, to, bytes, align));
            if let Some(fit) = up {
                prop_assert!(fit.next % LINE == 0 && fit.at + bytes <= fit.next && fit.next <= to);
            }
            let down = fit_high(base, to, from, bytes, align);
            prop_assert_eq!(down.as_ref().map(|fit| fit.at), search_down(base, to, from, bytes, align));
            if let Some(fit) = down {
                prop_assert!(fit.next == fit.at && fit.at % LINE == 0);
            }
        }

        #[test]
        fn a_block_of_block_size_is_enough_wherever_it_lies(
            base in 1usize..4096, bytes in 1usize..100_000, log_align in 0u32..14,
        ) {
            let (base, align) = (base * LINE, 1 << log_align);
            let size = block_size(bytes, align).unwrap();
            prop_assert!(fit_low(base, 0, size, bytes, align).is_some());
            prop_assert!(fit_high(base, size, 0, bytes, align).is_some());
        }
    }

    #[test]
    fn the_largest_requests_neither_fit_nor_wrap() {
        let most = isize::MAX as usize;
        assert_eq!(fit_low(LINE, 0, 1 << 20, most, 1 << 29), None);
        assert_eq!(fit_high(LINE, 1 << 20, 0, most, 1 << 29), None);
        assert_eq!((block_size(most, 8), block_size(usize::MAX, 8)), (None, None));
        assert_eq!(block_size(most - LINE, 1 << 29), None);
        assert_eq!(block_size(most - 2 * LINE + 1, 8), Some(most - 2 * LINE + 1));
    }
}
