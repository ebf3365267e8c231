//! Giving memory of an arena back to the system: all of it when no block is in use, and what is free around blocks that are.

use core::sync::atomic::Ordering;
use core::time::Duration;
use std::time::Instant;

use super::{Arena, Owned};
use crate::global::recycling::Recycler;
use crate::global::steps;

/// So many free bytes around survivors are left at the end of a call.
const KEPT: usize = 1 << 20;

/// The smallest piece of free memory that is given back at the end of a call. Each takes a system call.
const SMALLEST: usize = 16 << 10;

/// How many pieces of free memory are joined, and how many are given back, at the end of a call.
const LIMIT: usize = 1 << 12;

/// For how long memory is left alone after so much was given back: about twenty times as long as it takes the system to
/// take it and to give as much again. So giving back costs a long-running program a twentieth of its time at most.
const REST_PER_MIB: Duration = Duration::from_millis(6);
const REST: Duration = Duration::from_millis(10);

/// How long after the first look memory is given back within calls: most calls have ended by then.
const LONG_CALL: Duration = Duration::from_millis(500);

impl Arena {
    /// Gives the memory of all whole free pages back, at any time.
    ///
    /// # Safety
    ///
    /// The caller owns the arena, which has memory.
    #[cold]
    pub(in crate::global) unsafe fn give_back(&self) {
        // SAFETY: the caller owns the arena, which has memory (`arena`: Ready), and nothing that is called below asks for
        // `owned` (`arena`: Owner only).
        let owned = unsafe { self.owned() };
        self.collect(owned, usize::MAX);
        self.give_pages_back(owned, owned.pages.page(), usize::MAX);
    }

    /// Gives memory back at the end of a call that blocks have outlived, if much is free around them: of an arena that is
    /// set aside at once, else if that was not done just now.
    pub(super) fn give_back_around_survivors(&self, owned: &mut Owned, aside: bool) {
        let used = owned.recycler.used();
        // What was never written to has no memory.
        let free = (owned.recycler.fresh() - owned.pages.start().addr().get()).saturating_sub(used);
        if free <= KEPT + used / 4 {
            return;
        }
        let now = Instant::now();
        if !aside && owned.give_back_after.is_some_and(|after| now < after) {
            return;
        }
        let bytes = self.give_pages_back(owned, SMALLEST, LIMIT);
        let rest = REST_PER_MIB.saturating_mul(u32::try_from(bytes >> 20).unwrap_or(u32::MAX));
        owned.give_back_after = now.checked_add(REST + rest);
    }

    /// Gives memory back within a call, if another thread has asked for that, or much has been free for a while: threads may
    /// live in a call. This is called when free neighbours are joined, so it looks at the clock only now and then.
    #[cold]
    pub(super) fn give_back_within_a_call(&self, owned: &mut Owned) {
        if self.counters.asked.load(Ordering::Relaxed) && self.counters.asked.swap(false, Ordering::Relaxed) {
            self.give_pages_back(owned, owned.pages.page(), usize::MAX);
        }
        owned.coalesced = owned.coalesced.wrapping_add(1);
        if owned.coalesced == 0 {
            let now = Instant::now();
            match owned.long_after {
                Some(after) if now >= after => self.give_back_around_survivors(owned, false),
                Some(_) => {}
                None => owned.long_after = now.checked_add(LONG_CALL),
            }
        }
    }

    /// Asks the owner, another thread, to give free memory back when it next joins free neighbours.
    pub(in crate::global) fn ask_to_give_back(&self) {
        self.counters.asked.store(true, Ordering::Relaxed);
    }

    /// Gives free memory back in pieces of `smallest` bytes or more, `limit` of them at most. Returns how many bytes that
    /// was, whether or not they had memory.
    #[cold]
    fn give_pages_back(&self, owned: &mut Owned, smallest: usize, limit: usize) -> usize {
        let Owned { pages, recycler, .. } = owned;
        let mut given = 0;
        recycler.coalesce(limit);
        recycler.give_back(smallest, limit, |span| {
            let bytes = pages.discard(span);
            given += bytes.unwrap_or(0);
            bytes.is_some()
        });
        let end = pages.start().addr().get() + pages.usable();
        let behind = steps::pages_within(end - recycler.tail(), end, pages.page());
        if behind.len() >= smallest {
            if let Some(span) = recycler.cut(behind.start) {
                match pages.decommit(span) {
                    Ok(()) => {
                        recycler.is_fresh_from(behind.start);
                        given += behind.len();
                    }
                    Err(span) => recycler.extend(span),
                }
            }
        }
        self.note_committed(owned);
        given
    }

    /// Gives all of the arena's memory back, if no block is in use. Returns whether that worked; if it did, the arena is as
    /// when its state was [`Unused`](crate::global::ownership::State::Unused).
    ///
    /// # Safety
    ///
    /// The caller owns the arena, which has memory. If this returns true, the caller leaves the arena in that state without
    /// using it any more.
    pub(in crate::global) unsafe fn give_all_back(&self) -> bool {
        // SAFETY: the caller owns the arena, which has memory (`arena`: Ready), and nothing that is called below asks for
        // `owned` (`arena`: Owner only).
        let owned = unsafe { self.owned() };
        self.collect(owned, usize::MAX);
        if owned.recycler.used() > 0 {
            return false;
        }
        // With its spans the recycler forgets its groups, whose marks were taken away when the arena became empty.
        let fresh = owned.recycler.fresh();
        owned.recycler = Recycler::new(owned.pages.start());
        // SAFETY: no block is in use, so all memory is free (`arena`: Counted), and the recycler, which had the spans and
        // the groups, has just forgotten them.
        let result = unsafe { owned.pages.decommit_all() };
        let worked = result.is_ok();
        if let Err((span, groups)) = result {
            owned.recycler.is_written_to(fresh);
            owned.recycler.extend_marks(groups);
            owned.recycler.extend(span);
        }
        self.note_committed(owned);
        self.counters.used.store(0, Ordering::Relaxed);
        worked
    }
}
