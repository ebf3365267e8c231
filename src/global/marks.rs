//! Where the free spans that are in bins begin and end, noted outside of them: so a span that is freed finds its neighbours
//! without a search, and without a look at memory that may have left the cache long ago.
//!
//! There are two bits for each granule: whether a span in a bin begins there, and whether one ends there. A span that ends
//! in another group of 64 granules than it begins in is the only one of that kind in the group where it ends, since spans do
//! not overlap: so each group has room for where that one begins.
#![forbid(unsafe_code)]

use core::cell::Cell;
use core::fmt;

use super::class::GRANULE;

/// The number of granules to a group.
const GRANULES: usize = 64;

/// How many bytes of an arena have one group.
pub(super) const GROUP_BYTES: usize = GRANULES * GRANULE;

/// The marks of 64 granules. Zeroed memory has none.
#[derive(Debug)]
pub(super) struct Group {
    /// A bit for each granule at whose start a span begins.
    starts: Cell<u64>,
    /// A bit for each granule at whose end a span ends.
    ends: Cell<u64>,
    /// The number of the granule at which the span begins that ends in this group and begins in an earlier one. It means
    /// nothing if there is no such span.
    reach: Cell<usize>,
}

/// The marks of an arena as far as it is committed.
pub(super) struct Marks {
    /// The address of the first granule.
    first: usize,
    groups: &'static [Group],
}

/// A group's part and the bit of the granule with that number.
fn place(granule: usize) -> (usize, u64) {
    (granule / GRANULES, 1 << (granule % GRANULES))
}

fn set(bits: &Cell<u64>, bit: u64, on: bool) {
    bits.set(if on { bits.get() | bit } else { bits.get() & !bit });
}

impl Marks {
    /// The marks of the memory from the address `first` on. None of the groups has a mark.
    pub(super) fn new(first: usize, groups: &'static [Group]) -> Self {
        Self { first, groups }
    }

    /// These marks with more groups, which begin with those that there are.
    pub(super) fn extended(&self, groups: &'static [Group]) -> Self {
        Self { first: self.first, groups }
    }

    fn granule(&self, address: usize) -> usize {
        address.wrapping_sub(self.first) / GRANULE
    }

    /// Sets or takes away the marks of a span that is not empty.
    fn write(&self, start: usize, end: usize, on: bool) {
        let (first, last) = (self.granule(start), self.granule(end) - 1);
        let ((first_group, first_bit), (last_group, last_bit)) = (place(first), place(last));
        if let (Some(begin), Some(end)) = (self.groups.get(first_group), self.groups.get(last_group)) {
            set(&begin.starts, first_bit, on);
            set(&end.ends, last_bit, on);
            if on && first_group != last_group {
                end.reach.set(first);
            }
        }
    }

    /// Marks a span that is not empty, from one address to another.
    pub(super) fn mark(&self, start: usize, end: usize) {
        self.write(start, end, true);
    }

    /// Takes the marks of a span away.
    pub(super) fn unmark(&self, start: usize, end: usize) {
        self.write(start, end, false);
    }

    /// Whether a marked span begins at that address.
    pub(super) fn is_start(&self, address: usize) -> bool {
        let (group, bit) = place(self.granule(address));
        self.groups.get(group).is_some_and(|group| group.starts.get() & bit != 0)
    }

    /// Where the marked span begins that ends at that address, if one does.
    pub(super) fn start_of(&self, end: usize) -> Option<usize> {
        let last = self.granule(end).checked_sub(1)?;
        let (index, bit) = place(last);
        let group = self.groups.get(index)?;
        if group.ends.get() & bit == 0 {
            return None;
        }
        // The nearest start at this granule or below is the span's own, since no other begins within it.
        let starts = group.starts.get() & (bit | (bit - 1));
        let first = match starts.checked_ilog2() {
            Some(granule) => index * GRANULES + granule as usize,
            None => group.reach.get(),
        };
        Some(self.first + first * GRANULE)
    }

    /// Takes all marks away of memory below the address `end`.
    pub(super) fn clear(&self, end: usize) {
        for group in self.groups.iter().take(self.granule(end).div_ceil(GRANULES)) {
            group.starts.set(0);
            group.ends.set(0);
        }
    }
}

impl fmt::Debug for Marks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Marks").field("first", &self.first).field("groups", &self.groups.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    const FIRST: usize = 7 << 20;
    const ALL: usize = 5;

    fn groups() -> &'static [Group] {
        let new = || Group { starts: Cell::new(0), ends: Cell::new(0), reach: Cell::new(0) };
        Box::leak((0..ALL).map(|_| new()).collect())
    }

    proptest! {
        /// Spans that come and go, against a list of them.
        #[test]
        fn marks_tell_spans(steps in prop::collection::vec((0..ALL * GRANULES, 1..150_usize), 1..30)) {
            let (marks, mut spans) = (Marks::new(FIRST, groups()), BTreeMap::new());
            for (first, granules) in steps {
                let end = (first + granules).min(ALL * GRANULES);
                // What overlaps goes first.
                spans.retain(|&start: &usize, &mut until: &mut usize| {
                    let apart = until <= first || start >= end;
                    if !apart {
                        marks.unmark(FIRST + start * GRANULE, FIRST + until * GRANULE);
                    }
                    apart
                });
                spans.insert(first, end);
                marks.mark(FIRST + first * GRANULE, FIRST + end * GRANULE);
                for granule in 0..=ALL * GRANULES {
                    let address = FIRST + granule * GRANULE;
                    prop_assert_eq!(marks.is_start(address), spans.contains_key(&granule));
                    let start = spans.iter().find(|&(_, &end)| end == granule).map(|(start, _)| FIRST + start * GRANULE);
                    prop_assert_eq!(marks.start_of(address), start);
                }
            }
            marks.clear(FIRST + ALL * GROUP_BYTES);
            let any = (0..=ALL * GRANULES).any(|granule| marks.start_of(FIRST + granule * GRANULE).is_some());
            prop_assert!(!any);
        }
    }
}
