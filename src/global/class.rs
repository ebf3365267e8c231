//! Size classes: how far a request is rounded up. This is arithmetic on integers only.
//!
//! There are eight classes to a doubling. Most allocators with segregated free lists space their classes so (jemalloc has
//! four to a doubling): a block is larger than what was asked for by no more than an eighth and a granule, and a block that
//! is freed serves any request of its class.
#![forbid(unsafe_code)]

/// Every block starts on a multiple of this many bytes, and its length is a multiple of it too. These are two cache lines,
/// since processors prefetch lines in pairs, and more than any SIMD register holds.
pub(super) const GRANULE: usize = 128;

/// The number of size classes: enough for blocks of [`MAX_BYTES`].
pub(super) const CLASSES: usize = 320;

/// The size in bytes that no arena, and so no block, exceeds.
pub(super) const MAX_BYTES: usize = if usize::BITS == 64 { 1 << 46 } else { 1 << (usize::BITS - 2) };

/// A size class: its number, and the length of its blocks in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Class {
    pub(super) index: usize,
    pub(super) bytes: usize,
}

impl Class {
    /// The smallest class with room for `size` bytes, which are at most [`MAX_BYTES`].
    ///
    /// The class follows from the number of the last granule that is needed, where the first has number 0. Each number
    /// below 16 has a class of its own; of a larger one, the leading four bits and the count of the others tell the class.
    #[inline]
    pub(super) const fn of(size: usize) -> Self {
        let last = size.saturating_sub(1) / GRANULE;
        let doubling = ((last | 8).ilog2() - 3) as usize;
        let leading = last >> doubling;
        Self { index: doubling * 8 + leading, bytes: ((leading + 1) << doubling) * GRANULE }
    }

    /// The number of the largest class whose blocks fit into `bytes` bytes, a positive multiple of [`GRANULE`].
    pub(super) fn within(bytes: usize) -> usize {
        let class = Self::of(bytes);
        if class.bytes == bytes { class.index } else { class.index - 1 }
    }
}

/// The number of words that have a bit for each class.
const WORDS: usize = CLASSES / 64;

/// A set of classes, by their numbers. Zeroed memory is an empty set.
#[derive(Debug)]
pub(super) struct ClassSet([u64; WORDS]);

impl ClassSet {
    pub(super) const EMPTY: Self = Self([0; WORDS]);

    #[inline]
    pub(super) fn insert(&mut self, class: usize) {
        if let Some(word) = self.0.get_mut(class / 64) {
            *word |= 1 << (class % 64);
        }
    }

    #[inline]
    pub(super) fn remove(&mut self, class: usize) {
        if let Some(word) = self.0.get_mut(class / 64) {
            *word &= !(1 << (class % 64));
        }
    }

    /// The smallest class of the set that is `class` or larger.
    pub(super) fn first_from(&self, class: usize) -> Option<usize> {
        let mut mask = u64::MAX << (class % 64);
        for (index, word) in self.0.iter().enumerate().skip(class / 64) {
            if word & mask != 0 {
                return Some(index * 64 + (word & mask).trailing_zeros() as usize);
            }
            mask = u64::MAX;
        }
        None
    }

    /// The largest class of the set.
    pub(super) fn last(&self) -> Option<usize> {
        let (index, word) = self.0.iter().enumerate().rev().find(|(_, word)| **word != 0)?;
        Some(index * 64 + word.ilog2() as usize)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{CLASSES, Class, ClassSet, GRANULE, MAX_BYTES};

    /// All classes, found by walking from each to the next.
    fn all() -> Vec<Class> {
        let mut classes = vec![Class::of(1)];
        while classes[classes.len() - 1].bytes < MAX_BYTES {
            classes.push(Class::of(classes[classes.len() - 1].bytes + 1));
        }
        classes
    }

    #[test]
    fn classes_are_numbered_without_gaps_and_eight_to_a_doubling() {
        let all = all();
        assert!(all.iter().enumerate().all(|(n, class)| class.index == n && class.bytes % GRANULE == 0));
        assert!(all.len() <= CLASSES);
        for pair in all.windows(9).skip(7) {
            assert_eq!(pair[8].bytes, 2 * pair[0].bytes);
        }
    }

    #[test]
    fn a_size_of_0_has_the_smallest_class() {
        assert_eq!(Class::of(0), Class { index: 0, bytes: GRANULE });
    }

    proptest! {
        #[test]
        fn the_class_is_the_smallest_with_room(size in prop_oneof![1..1_usize << 16, 1..MAX_BYTES]) {
            let expected = *all().iter().find(|class| class.bytes >= size).expect("a class with room");
            prop_assert_eq!(Class::of(size), expected);
            prop_assert!(expected.bytes < size + size / 8 + GRANULE);
        }

        #[test]
        fn within_is_the_largest_that_fits(granules in prop_oneof![1..1_usize << 10, 1..MAX_BYTES / GRANULE]) {
            let bytes = granules * GRANULE;
            let expected = all().iter().rev().find(|class| class.bytes <= bytes).map(|class| class.index);
            prop_assert_eq!(Some(Class::within(bytes)), expected);
        }

        #[test]
        fn a_set_is_a_set(steps in prop::collection::vec((any::<bool>(), 0..CLASSES), 0..100), from in 0..CLASSES + 9) {
            let (mut set, mut expected) = (ClassSet::EMPTY, std::collections::BTreeSet::new());
            for (insert, class) in steps {
                if insert {
                    set.insert(class);
                    expected.insert(class);
                } else {
                    set.remove(class);
                    expected.remove(&class);
                }
            }
            prop_assert_eq!(set.first_from(from), expected.range(from..).next().copied());
            prop_assert_eq!(set.last(), expected.last().copied());
        }
    }
}
