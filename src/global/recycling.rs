//! The free memory of one arena, and which of it the next block is.
//!
//! Free memory is in four places:
//!
//! - The **top** is the span off whose front new blocks are carved. A freed block that ends where the top starts joins it
//!   again, so temporaries that are freed in reverse order leave nothing behind.
//! - The **lists**, one for each size class, hold the other blocks that were freed. The block that was freed last is handed
//!   out first, since it is the one that is still in the cache.
//! - The **bins** hold other free spans, each in the bin of the largest class that fits into it. No two of them are
//!   neighbours: what goes into a bin is joined with what is free on either side.
//! - The **rest** is what lies behind all blocks, up to where committed memory ends, if the top is elsewhere. When more
//!   memory is committed, it joins the rest, or the top where that is the last.
//!
//! A block comes from the list of its class if there is one on it, else off a span from the first bin in which every span has
//! room for it, else off the top, or off the rest, which is the top from then on. Bins come before the top, so that memory
//! that was used before is used up before any that was not. Lists alone would tie memory to the sizes it was first used for,
//! so when more bytes lie on lists than an eighth of what is in use, each block that is carved moves some from the lists to
//! the bins. That takes the same time for each, and each was freed before, so it costs a share of what freeing costs, and no
//! call waits for the rest of them.
//!
//! Coalescing that is deferred is as old as Knuth (The Art of Computer Programming, 2.5). TLSF (Masmano and others, 2004)
//! finds a good fit without a search in the same way: it looks for the first bit that is set above a class.
#![forbid(unsafe_code)]

use core::ptr::NonNull;

use super::bins::Bins;
use super::class::Class;
use super::lists::Lists;
use super::marks::Group;
use super::span::Span;

mod aligned;

/// This many bytes may lie on lists, however little is in use, before they are coalesced: a core's own cache has room for
/// as many.
const COALESCE_FROM: usize = 512 << 10;

/// Of what is in use, so small a part may lie on lists.
const COALESCE_SHARE: usize = 8;

/// How many blocks move from lists to bins when one is carved.
pub(super) const COALESCE_STEP: usize = 32;

/// How many blocks move from lists to bins at most when there is no room for one. They take some milliseconds.
const COALESCE_LIMIT: usize = 1 << 14;

/// The free memory of an arena, and counts of what is in use.
#[derive(Debug)]
pub(super) struct Recycler {
    /// The span off whose front new blocks are carved; it may be empty.
    top: Span,
    /// The free memory up to `end`, if the top does not end there; it may be empty.
    rest: Span,
    /// Freed blocks, by their class.
    lists: Lists,
    /// Other free spans, by the largest class that fits into them.
    bins: Bins,
    /// The bytes of the blocks on `lists`.
    listed: usize,
    /// How many blocks are in use.
    blocks: usize,
    /// The bytes of the blocks in use.
    used: usize,
    /// The address from which on nothing was written to since it was committed. What lies there is the top's or the rest's.
    fresh: usize,
    /// The address at which committed memory ends.
    end: usize,
}

impl Recycler {
    /// A recycler for memory from `start` on, a pointer that may be used for all of it, none of which is committed yet.
    pub(super) fn new(start: NonNull<u8>) -> Self {
        let end = start.addr().get();
        let bins = Bins::new(start);
        Self {
            top: Span::EMPTY,
            rest: Span::EMPTY,
            lists: Lists::EMPTY,
            bins,
            listed: 0,
            blocks: 0,
            used: 0,
            fresh: end,
            end,
        }
    }

    /// How many blocks are in use.
    #[inline]
    pub(super) fn blocks(&self) -> usize {
        self.blocks
    }

    /// The bytes of the blocks in use.
    #[inline]
    pub(super) fn used(&self) -> usize {
        self.used
    }

    /// The address from which on memory is as the system gave it.
    pub(super) fn fresh(&self) -> usize {
        self.fresh
    }

    /// Takes marks over for as much memory as will be committed, which begin with those that there were.
    pub(super) fn extend_marks(&mut self, groups: &'static [Group]) {
        self.bins.extend(groups);
    }

    /// Takes committed memory over that lies where the other ends, and for which there are marks.
    pub(super) fn extend(&mut self, span: Span) {
        self.end = span.end();
        let start = span.start().addr().get();
        if self.top.end() == start {
            self.top = joined(core::mem::replace(&mut self.top, Span::EMPTY), span);
        } else if self.rest.end() == start {
            self.rest = joined(core::mem::replace(&mut self.rest, Span::EMPTY), span);
        } else {
            self.rest = span;
        }
    }

    /// How many bytes of free memory end where committed memory ends.
    pub(super) fn tail(&self) -> usize {
        if self.top.end() == self.end { self.top.bytes() } else { self.rest.bytes() }
    }

    /// Gives the free memory away that lies behind the address `from`, if there is any that ends where committed memory ends.
    /// That is `from` afterwards.
    pub(super) fn cut(&mut self, from: usize) -> Option<Span> {
        let tail = if self.top.end() == self.end { &mut self.top } else { &mut self.rest };
        let start = tail.start().addr().get();
        if tail.bytes() == 0 || start > from || tail.end() <= from {
            return None;
        }
        let front = tail.split_front(from - start)?;
        self.end = from;
        Some(core::mem::replace(tail, front))
    }

    /// Notes that what will be committed from that address on will be zeros.
    pub(super) fn is_fresh_from(&mut self, address: usize) {
        self.fresh = self.fresh.min(address);
    }

    /// Notes that what lies before that address may not be zeros.
    pub(super) fn is_written_to(&mut self, address: usize) {
        self.fresh = self.fresh.max(address);
    }

    /// The block of this class that was freed last, off its list.
    #[inline]
    pub(super) fn reuse(&mut self, class: Class) -> Option<Span> {
        let span = self.lists.pop(class.index)?;
        self.listed -= class.bytes;
        Some(self.hand_out(span))
    }

    /// Whether so much lies on lists that some should be moved to the bins before a block is carved.
    #[inline]
    pub(super) fn has_much_listed(&self) -> bool {
        self.listed > COALESCE_FROM && self.listed > self.used / COALESCE_SHARE
    }

    /// A block of this class from memory that is not on lists, and whether all of it is zeros, as the system gave it.
    #[inline]
    pub(super) fn carve(&mut self, class: Class) -> Option<(Span, bool)> {
        if !self.bins.is_empty() {
            if let Some(span) = self.carve_from_bins(class) {
                return Some((span, false));
            }
        }
        let span = match self.top.split_front(class.bytes) {
            Some(span) => span,
            None => {
                let span = self.find(class.bytes)?;
                self.replace_top(span);
                self.top.split_front(class.bytes)?
            }
        };
        let fresh = span.start().addr().get() >= self.fresh;
        self.fresh = self.fresh.max(span.end());
        Some((self.hand_out(span), fresh))
    }

    /// A block of this class off the front of a span from a bin.
    #[inline(never)]
    fn carve_from_bins(&mut self, class: Class) -> Option<Span> {
        let mut span = self.bins.take_from(class.index)?;
        let block = span.split_front(class.bytes)?;
        // What is left has no free neighbour, as the whole had none.
        self.bins.insert(span);
        Some(self.hand_out(block))
    }

    /// Counts a block as in use.
    #[inline]
    fn hand_out(&mut self, span: Span) -> Span {
        self.blocks += 1;
        self.used += span.bytes();
        span
    }

    /// Takes a block back. If no other block is in use, the caller may [`restart`](Self::restart) the recycler, as all
    /// memory is free then.
    #[inline]
    pub(super) fn free(&mut self, span: Span, class: Class) {
        self.blocks -= 1;
        self.used -= class.bytes;
        if span.end() == self.top.start().addr().get() {
            self.top = joined(span, core::mem::replace(&mut self.top, Span::EMPTY));
        } else {
            self.listed += class.bytes;
            self.lists.push(class.index, span);
        }
    }

    /// Takes a part of a block back that goes on without it.
    pub(super) fn free_part(&mut self, span: Span) {
        self.used -= span.bytes();
        self.bin(span);
    }

    /// Whether the top has all `bytes` bytes of committed memory, so that [`restart`](Self::restart) would change nothing.
    #[inline]
    pub(super) fn is_whole(&self, bytes: usize) -> bool {
        self.top.bytes() == bytes
    }

    /// Makes `whole`, which is all committed memory, the top, and forgets all other spans. No block is in use.
    #[inline]
    pub(super) fn restart(&mut self, whole: Span) {
        self.top = whole;
        self.rest = Span::EMPTY;
        self.lists.clear();
        self.bins.clear(self.end);
        self.listed = 0;
    }

    /// Whether a block ends where the top starts, and the top where committed memory ends, so that it could grow if more
    /// were committed.
    pub(super) fn is_last(&self, span: &Span) -> bool {
        span.end() == self.top.start().addr().get() && self.top.end() == self.end
    }

    /// Shrinks a block without moving it, or grows it if it ends where the top starts and there is room; otherwise gives it
    /// back as it was.
    #[inline]
    pub(super) fn resize(&mut self, mut span: Span, from: Class, to: Class) -> Result<Span, Span> {
        if to.bytes <= from.bytes {
            let Some(front) = span.split_front(to.bytes) else { return Err(span) };
            self.free_part(span);
            return Ok(front);
        }
        if span.end() != self.top.start().addr().get() {
            return Err(span);
        }
        let Some(more) = self.top.split_front(to.bytes - from.bytes) else { return Err(span) };
        let resized = joined(span, more);
        self.used = self.used - from.bytes + to.bytes;
        self.fresh = self.fresh.max(resized.end());
        Ok(resized)
    }

    /// Takes a free span with room for `bytes` bytes out of the bins, or the rest.
    #[cold]
    fn find(&mut self, bytes: usize) -> Option<Span> {
        self.bins.take_from(Class::of(bytes).index).or_else(|| {
            let has_room = self.rest.bytes() >= bytes;
            has_room.then(|| core::mem::replace(&mut self.rest, Span::EMPTY))
        })
    }

    /// Whether a block of `bytes` bytes can be carved without more memory.
    pub(super) fn has_room(&self, bytes: usize) -> bool {
        self.top.bytes().max(self.rest.bytes()) >= bytes || self.bins.has_from(Class::of(bytes).index)
    }

    /// Makes a free span the top, and puts the one before away.
    fn replace_top(&mut self, span: Span) {
        let old = core::mem::replace(&mut self.top, span);
        self.bin(old);
    }

    /// Joins a span that is not in use with what is free on either side. That goes into a bin, unless the top is a part of
    /// it, which it is the top then, or it is the rest.
    fn bin(&mut self, mut span: Span) {
        if span.bytes() == 0 {
            return;
        }
        if let Some(below) = self.bins.take_ending_at(span.start().addr().get()) {
            span = joined(below, span);
        }
        if let Some(above) = self.bins.take_starting_at(span.end()) {
            span = joined(span, above);
        }
        let mut is_top = false;
        if self.top.end() == span.start().addr().get() {
            span = joined(core::mem::replace(&mut self.top, Span::EMPTY), span);
            is_top = true;
        } else if self.top.start().addr().get() == span.end() {
            span = joined(span, core::mem::replace(&mut self.top, Span::EMPTY));
            is_top = true;
        }
        if self.rest.start().addr().get() == span.end() {
            span = joined(span, core::mem::replace(&mut self.rest, Span::EMPTY));
        }
        if is_top {
            self.top = span;
        } else if span.end() == self.end {
            self.rest = span;
        } else {
            self.bins.insert(span);
        }
    }

    /// Moves `limit` blocks from lists to bins, the largest first, which make most room. Tells whether others are left.
    #[cold]
    pub(super) fn coalesce(&mut self, limit: usize) -> bool {
        for _ in 0..limit {
            let Some(span) = self.lists.pop_largest() else { return false };
            self.listed -= span.bytes();
            self.bin(span);
        }
        self.listed > 0
    }

    /// Moves blocks from lists to bins until there is room for a block of `bytes` bytes, as far as that is done in one call.
    /// Tells whether there is.
    #[cold]
    pub(super) fn make_room(&mut self, bytes: usize) -> bool {
        for _ in 0..COALESCE_LIMIT / COALESCE_STEP {
            if self.has_room(bytes) || !self.coalesce(COALESCE_STEP) {
                break;
            }
        }
        self.has_room(bytes)
    }

    /// Shows free memory to `give_back`, once the top is in a bin as well: pieces of `smallest` bytes or more, and as many as
    /// `limit`, each but for what a bin notes at its start. Those of which it says that their pages were given back are not
    /// shown again.
    pub(super) fn give_back(&mut self, smallest: usize, limit: usize, give_back: impl FnMut(&Span) -> bool) {
        let top = core::mem::replace(&mut self.top, Span::EMPTY);
        self.bin(top);
        self.bins.give_back(Class::of(smallest).index, limit, give_back);
    }
}

/// The span of two of which the first ends where the second starts.
#[inline]
fn joined(front: Span, back: Span) -> Span {
    match front.join(back) {
        Ok(span) => span,
        Err((front, _)) => {
            debug_assert!(false, "every caller has compared the addresses");
            front
        }
    }
}

#[cfg(test)]
impl Recycler {
    /// The spans that free memory consists of once it is coalesced: the address and the length of each.
    pub(super) fn free_memory(&mut self) -> Vec<(usize, usize)> {
        while self.coalesce(usize::MAX) {}
        let top = core::mem::replace(&mut self.top, Span::EMPTY);
        self.bin(top);
        let spans: Vec<Span> = core::iter::from_fn(|| self.bins.take_from(0)).collect();
        let place = |span: &Span| (span.start().addr().get(), span.bytes());
        let rest = (self.rest.bytes() != 0).then(|| place(&self.rest));
        let found = spans.iter().map(place).chain(rest).collect();
        spans.into_iter().for_each(|span| self.bin(span));
        found
    }
}
