//! How calls begin and end on an arena, and what comes back to it from other threads.

use core::sync::atomic::Ordering;

use super::counters::count;
use super::{Arena, COLLECT_LIMIT, Owned};
use crate::global::class::Class;

impl Arena {
    /// Whether other threads have freed blocks that are not free yet.
    #[inline]
    pub(super) fn has_freed(&self, owned: &Owned) -> bool {
        !self.remote_frees.is_empty() || !owned.pending.is_empty()
    }

    /// Collects blocks that other threads have freed, `limit` of them at most.
    pub(super) fn collect(&self, owned: &mut Owned, limit: usize) {
        self.collect_each(owned, limit, |_| ());
    }

    /// Collects all blocks that were freed as other threads free them, and shows where each began.
    ///
    /// # Safety
    ///
    /// The caller owns the arena, which has memory; `freed` does nothing with arenas.
    pub(in crate::global) unsafe fn collect_all(&self, freed: impl FnMut(usize)) {
        // SAFETY: the caller owns the arena, which has memory (`arena`: Ready), and nothing that is called below asks for `owned`
        // (Caller, `arena`: Owner only).
        let owned = unsafe { self.owned() };
        self.collect_each(owned, usize::MAX, freed);
    }

    #[inline(always)]
    fn collect_each(&self, owned: &mut Owned, limit: usize, mut freed: impl FnMut(usize)) {
        let mut bytes = 0;
        for _ in 0..limit {
            if owned.pending.is_empty() && !self.remote_frees.is_empty() {
                owned.pending = self.remote_frees.take();
            }
            let Some((span, is_part)) = owned.pending.pop_freed() else { break };
            bytes += span.bytes();
            if is_part {
                owned.recycler.free_part(span);
            } else {
                freed(span.start().addr().get());
                let class = Class::of(span.bytes());
                owned.recycler.free(span, class);
            }
        }
        Self::restart_if_empty(owned);
        self.counters.used.store(owned.recycler.used(), Ordering::Relaxed);
        self.remote_frees.counted(bytes);
    }

    /// The bytes of the blocks in use, for anybody to ask.
    pub(in crate::global) fn live(&self) -> usize {
        self.counters.used.load(Ordering::Relaxed).saturating_sub(self.remote_frees.bytes())
    }

    /// Whether an arena that was set aside is of use again: when little of it is in use, and none if what is free was in
    /// pieces.
    pub(in crate::global) fn is_of_use_again(&self) -> bool {
        let (live, bytes) = (self.live(), self.counters.bytes.load(Ordering::Relaxed));
        live == 0 || (has_room(live, bytes) && !self.counters.in_pieces.load(Ordering::Relaxed))
    }

    /// Begins an outermost call: collects what was freed since the arena was last owned.
    ///
    /// # Safety
    ///
    /// The caller owns the arena, which has memory.
    #[inline]
    pub(in crate::global) unsafe fn open(&self) {
        // SAFETY: the caller owns the arena, which has memory (`arena`: Ready), and nothing that is called below asks for `owned`
        // (`arena`: Owner only).
        let owned = unsafe { self.owned() };
        owned.blocks_before = 0;
        owned.refused = 0;
        // While nothing is in use, nobody has anything to free (`arena`: Counted).
        if owned.recycler.used() != 0 {
            self.collect(owned, COLLECT_LIMIT);
            owned.blocks_before = owned.recycler.blocks();
        }
    }

    /// Ends an outermost call. Returns whether the arena is to be set aside, as it is too full to be of use, or what is free
    /// in pieces that are too small.
    ///
    /// # Safety
    ///
    /// The caller owns the arena, which has memory.
    #[inline]
    pub(in crate::global) unsafe fn close(&self) -> bool {
        // SAFETY: the caller owns the arena, which has memory (`arena`: Ready), and nothing that is called below asks for `owned`
        // (`arena`: Owner only).
        let owned = unsafe { self.owned() };
        if owned.recycler.used() == 0 {
            return false;
        }
        self.close_around_survivors(owned)
    }

    /// Ends an outermost call that blocks may have outlived. Returns what `close` returns.
    fn close_around_survivors(&self, owned: &mut Owned) -> bool {
        self.collect(owned, COLLECT_LIMIT);
        count(&self.counters.escaped, owned.recycler.blocks().saturating_sub(owned.blocks_before));
        let (used, bytes) = (owned.recycler.used(), owned.pages.bytes());
        // What was refused may have room by now, as the call has freed its temporaries.
        let refused = owned.refused;
        let behind = owned.pages.usable() - owned.recycler.tail();
        let in_pieces = refused > 0 && behind.saturating_add(refused) > bytes && !owned.recycler.make_room(refused);
        self.counters.in_pieces.store(in_pieces, Ordering::Relaxed);
        let aside = used > bytes / 2 || in_pieces || (refused > 0 && !has_room(used, bytes));
        self.give_back_around_survivors(owned, aside);
        aside
    }
}

/// Whether an arena of `bytes` bytes, `used` of which are in use, is worth another try after it refused a request.
fn has_room(used: usize, bytes: usize) -> bool {
    used < bytes / 8
}
