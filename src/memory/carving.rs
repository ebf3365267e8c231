//! Arrays for scopes whose memory is lent on: carved out of what the innermost scope has left, or out of a gap. What this is for,
//! and the invariants, are told by [`lending`](super::lending).

use core::cmp::Ordering;
use core::ptr::{self, NonNull};

use super::lending::{Lending, Own};
use super::offsets::LINE;
use super::poison;
use super::region::{End, Region, show_stale};
use super::share::{Share, Span};

impl Lending {
    /// `bytes` bytes for the scope on `region`, for as long as it is open, wherever there is room for them.
    pub(super) fn take(&self, own: &Own, region: &Region, bytes: usize, align: usize, end: End) -> Option<NonNull<u8>> {
        let owner = self.find(own, region);
        if !region.is_lent() {
            if let Some(found) = region.take_cold(bytes, align, end) {
                return Some(found);
            }
        }
        // The search goes from the owner inwards, as what is taken from a gap nearer to the owner comes back sooner.
        let mut share = owner;
        loop {
            if let Some(span) = share.take_from_gap(bytes, align) {
                return Some(self.hand_out(own, owner, share, span, bytes, end));
            }
            let Some(borrower) = share.borrower() else { break };
            share = self.at(own, Some(borrower));
        }
        let end_of_region = if region.is_lent() { self.end_that_traps_less(owner, share, own, end) } else { end };
        let innermost = &share.region;
        let (low, high) = (innermost.low.get(), innermost.high.get());
        let array = innermost.take_or_pack(bytes, align, end_of_region)?;
        debug_assert!(innermost.low.get() >= low && (innermost.packed.get() || innermost.high.get() >= high));
        let from = array.addr().get();
        let to = match end_of_region {
            End::Low => innermost.start.get().addr().get() + innermost.low.get(),
            End::High if innermost.packed.get() => from + bytes,
            End::High => from + bytes.next_multiple_of(LINE),
        };
        let span = Span { from, to, end: end_of_region, packed: innermost.packed.get() };
        Some(self.hand_out(own, owner, share, span, bytes, end))
    }

    /// Hands a span in the memory of `share` out for the scope on `owner`, as memory of `end`.
    fn hand_out(&self, own: &Own, owner: &Share, share: &Share, span: Span, bytes: usize, end: End) -> NonNull<u8> {
        let mut inner = share;
        loop {
            if end == End::High && span.end == End::Low {
                inner.soil(span.from);
            }
            if ptr::eq(inner, owner) {
                break;
            }
            let lender = self.at(own, inner.lender.get());
            lender.pin(span, inner);
            inner = lender;
        }
        let array = share.region.at(span.from);
        poison::unpoison(array, bytes);
        if end == End::Low {
            // SAFETY: the span's bytes are in the memory, and nothing refers to them yet (Memory, Gap, Disjoint).
            unsafe { array.write_bytes(0, bytes) };
            // SAFETY: the bytes are in the memory, and nothing refers to them yet (Memory, Gap, Disjoint).
            unsafe { show_stale(array, bytes) };
        }
        array
    }

    /// The end of the innermost region at which an array of `owner`'s traps less; if that is as much at both, `end`.
    fn end_that_traps_less(&self, owner: &Share, innermost: &Share, own: &Own, end: End) -> End {
        let Some(borrower) = owner.borrower() else { return end };
        let borrower = self.at(own, Some(borrower));
        let (region, pins, rest) = (&owner.region, owner.pins(), innermost.region.rest());
        let low = pins.low.max(region.low_reaches(region.low.get()));
        let high = pins.high.min(region.high_reaches(borrower.lender_high.get()));
        let (trapped_low, trapped_high) = (rest.0.saturating_sub(low), high.saturating_sub(rest.1));
        match trapped_low.cmp(&trapped_high) {
            Ordering::Less => End::Low,
            Ordering::Equal => end,
            Ordering::Greater => End::High,
        }
    }
}
