//! How far memory is committed at a time, and which pages lie within a piece of it: arithmetic on integers only.
#![forbid(unsafe_code)]

use core::ops::Range;

/// The largest size of ordinary pages on the systems that are supported. Memory is committed in multiples of it.
pub(super) const PAGE: usize = 64 << 10;

/// How large huge pages are, and how far into an arena they begin to be asked for: one that serves little should not take
/// two megabytes for each page that it touches.
pub(super) const HUGE_PAGE: usize = crate::memory::block::HUGE_PAGE;
pub(super) const HUGE_FROM: usize = 2 * HUGE_PAGE;

/// The limit on how much more is committed at a time than is needed.
const AHEAD_LIMIT: usize = 32 << 20;

/// How many bytes of an arena are to be committed when `committed` are, at least `needed` must be, and `limit` can be, all
/// but `needed` in whole pages. Commits grow with what is committed already, so that they are few, and what is committed
/// follows what is used.
pub(super) fn commit_to(committed: usize, needed: usize, limit: usize) -> usize {
    let ahead = (committed / 2).clamp(PAGE, AHEAD_LIMIT);
    let page = if needed <= HUGE_FROM { PAGE } else { HUGE_PAGE };
    committed.saturating_add(ahead).max(needed).checked_next_multiple_of(page).map_or(limit, |to| to.min(limit))
}

/// The whole pages of `page` bytes, a power of two, from the address `start` to the address `end`.
pub(super) fn pages_within(start: usize, end: usize, page: usize) -> Range<usize> {
    let first = start.checked_next_multiple_of(page).unwrap_or(end);
    first..(end / page * page).max(first)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{AHEAD_LIMIT, PAGE, commit_to, pages_within};

    proptest! {
        #[test]
        fn commits_have_room_and_follow_use(pages in 0..50_000_usize, more in 1..1_usize << 31, limit in 1..50_000_usize) {
            let (committed, limit) = (pages.min(limit) * PAGE, limit * PAGE);
            let needed = committed.saturating_add(more).min(limit);
            let to = commit_to(committed, needed, limit);
            prop_assert!(to >= needed && to <= limit && to % PAGE == 0);
            prop_assert!(to - needed <= AHEAD_LIMIT.min(committed / 2 + PAGE) + super::HUGE_PAGE);
        }

        #[test]
        fn pages_within_are_all_and_whole(start in 0..1_000_000_usize, bytes in 0..1_000_000_usize, log in 12..17) {
            let (end, page) = (start + bytes, 1_usize << log);
            let pages = pages_within(start, end, page);
            let expected: Vec<usize> =
                (0..2_000_000).step_by(page).filter(|&at| at >= start && at + page <= end).collect();
            prop_assert_eq!(pages.clone().step_by(page).collect::<Vec<_>>(), expected);
            prop_assert!(pages.end % page == 0 && pages.start % page == 0);
        }
    }

    #[test]
    fn a_million_steps_are_never_needed() {
        let mut committed = 0;
        let steps = (0..).take_while(|_| {
            committed = commit_to(committed, committed + 1, 1 << 30);
            committed < 1 << 30
        });
        assert!(steps.count() < 60);
    }
}
