//! The free memory of one arena, and which of it the next block is.
//!
//! Free memory is in three places:
//!
//! - The **top** is the span off whose front new blocks are carved. At first it is the whole arena. A freed block that ends
//!   where the top starts joins it again, so temporaries that are freed in reverse order leave nothing behind.
//! - The **lists**, one for each size class, hold the other blocks that were freed. The block that was freed last is handed
//!   out first, since it is the one that is still in the cache.
//! - The **bins** hold other free spans, each in the bin of the largest class that fits into it. Most of them are made by
//!   [`Recycler::coalesce`], which joins all free neighbours; a top that was replaced, and the gap before an aligned block,
//!   go there as well.
//!
//! A block comes from the list of its class if there is one on it, else off the top, else off a span from the first bin in
//! which every span has room for it; that span is the top from then on. Lists alone would tie memory to the sizes it was
//! first used for, so free memory is coalesced when more bytes lie on lists than are in use. That empties the lists, and
//! what is on them was freed since the time before, so the cost of coalescing is in proportion to the number of frees.
//!
//! Coalescing that is deferred is as old as Knuth (The Art of Computer Programming, 2.5). TLSF (Masmano and others, 2004)
//! finds a good fit without a search in the same way: it looks for the first bit that is set above a class.
#![forbid(unsafe_code)]

use super::class::{CLASSES, Class};
use super::span::{List, NODE_BYTES, Span};

/// This many bytes may lie on lists, however little is in use, before they are coalesced: a core's own cache has room for
/// as many.
const COALESCE_FROM: usize = 512 << 10;

/// The limit on how many blocks of a list are searched for one that is aligned to more than
/// [`GRANULE`](super::class::GRANULE).
const SEARCH_LIMIT: usize = 8;

/// The free memory of an arena, and counts of what is in use.
#[derive(Debug)]
pub(super) struct Recycler {
    /// The span off whose front new blocks are carved; it may be empty.
    top: Span,
    /// Freed blocks, by their class.
    lists: Lists,
    /// Other free spans, by the largest class that fits into them.
    bins: Lists,
    /// The bytes of the blocks on `lists`.
    listed: usize,
    /// How many blocks are in use.
    blocks: usize,
    /// The bytes of the blocks in use.
    used: usize,
    /// The address from which on nothing was ever written to.
    touched: usize,
}

impl Recycler {
    /// A recycler that has all of an arena as free memory, to which nothing was ever written.
    pub(super) fn new(whole: Span) -> Self {
        let touched = whole.start().addr().get();
        Self { top: whole, lists: Lists::EMPTY, bins: Lists::EMPTY, listed: 0, blocks: 0, used: 0, touched }
    }

    /// How many blocks are in use.
    pub(super) fn blocks(&self) -> usize {
        self.blocks
    }

    /// The bytes of the blocks in use.
    pub(super) fn used(&self) -> usize {
        self.used
    }

    /// The address from which on nothing was ever written to, so that memory is as the system gave it.
    pub(super) fn touched(&self) -> usize {
        self.touched
    }

    /// The block of this class that was freed last, off its list.
    #[inline]
    pub(super) fn reuse(&mut self, class: Class) -> Option<Span> {
        let span = self.lists.pop(class.index)?;
        self.listed -= class.bytes;
        Some(self.hand_out(span))
    }

    /// A block of this class from memory that is not on lists, and whether all of it is zeros, as the system gave it.
    #[inline]
    pub(super) fn carve(&mut self, class: Class) -> Option<(Span, bool)> {
        if self.listed > COALESCE_FROM && self.listed > self.used {
            self.coalesce();
        }
        let span = match self.top.split_front(class.bytes) {
            Some(span) => span,
            None => {
                self.replace_top(class.bytes)?;
                self.top.split_front(class.bytes)?
            }
        };
        let fresh = span.start().addr().get() >= self.touched;
        self.touched = self.touched.max(span.end());
        Some((self.hand_out(span), fresh))
    }

    /// A block of this class that starts on a multiple of `align`, which is more than [`GRANULE`](super::class::GRANULE).
    #[cold]
    pub(super) fn carve_aligned(&mut self, class: Class, align: usize) -> Option<Span> {
        let mut others = List::EMPTY;
        let mut found = None;
        for _ in 0..SEARCH_LIMIT {
            match self.lists.pop(class.index) {
                Some(span) if span.start().addr().get() % align == 0 => {
                    found = Some(span);
                    break;
                }
                Some(span) => others.push(span),
                None => break,
            }
        }
        while let Some(span) = others.pop() {
            self.lists.push(class.index, span);
        }
        if let Some(span) = found {
            self.listed -= class.bytes;
            return Some(self.hand_out(span));
        }
        let with_gap = class.bytes.checked_add(align)?;
        if self.top.bytes() < with_gap {
            self.replace_top(with_gap)?;
        }
        let start = self.top.start().addr().get();
        let gap = self.top.split_front(start.next_multiple_of(align) - start)?;
        self.put_in_bin(gap);
        let span = self.top.split_front(class.bytes)?;
        self.touched = self.touched.max(span.end());
        Some(self.hand_out(span))
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
            self.join_top(span);
        } else {
            self.listed += class.bytes;
            self.lists.push(class.index, span);
        }
    }

    /// Joins a span that ends where the top starts with the top.
    #[inline]
    fn join_top(&mut self, span: Span) {
        let top = core::mem::replace(&mut self.top, Span::EMPTY);
        match span.join(top) {
            Ok(joined) => self.top = joined,
            Err((span, top)) => {
                self.top = top;
                self.put_in_bin(span);
            }
        }
    }

    /// Whether the top has all of the arena's `bytes` bytes, so that [`restart`](Self::restart) would change nothing.
    #[inline]
    pub(super) fn is_whole(&self, bytes: usize) -> bool {
        self.top.bytes() == bytes
    }

    /// Makes `whole`, which is all of the arena, the top, and forgets all other spans. No block is in use.
    #[inline]
    pub(super) fn restart(&mut self, whole: Span) {
        self.top = whole;
        self.lists.clear();
        self.bins.clear();
        self.listed = 0;
    }

    /// Grows or shrinks a block without moving it, if it ends where the top starts and there is room; otherwise gives it
    /// back as it was.
    #[inline]
    pub(super) fn resize(&mut self, span: Span, from: Class, to: Class) -> Result<Span, Span> {
        if span.end() != self.top.start().addr().get() {
            return Err(span);
        }
        let all = span.bytes() + self.top.bytes();
        if all < to.bytes {
            return Err(span);
        }
        self.join_top(span);
        // This cannot fail, as the top has `all` bytes now.
        let resized = self.top.split_front(to.bytes).unwrap_or(Span::EMPTY);
        self.used = self.used - from.bytes + to.bytes;
        self.touched = self.touched.max(resized.end());
        Ok(resized)
    }

    /// Makes a free span with room for `bytes` bytes the top, if there is one in the bins, or once all is coalesced.
    #[cold]
    fn replace_top(&mut self, bytes: usize) -> Option<()> {
        let class = Class::of(bytes).index;
        let found = match self.bins.pop_from(class) {
            None if self.listed >= bytes && self.listed > self.used / 8 => {
                self.coalesce();
                self.bins.pop_from(class)
            }
            found => found,
        };
        let old = core::mem::replace(&mut self.top, found?);
        self.put_in_bin(old);
        Some(())
    }

    /// Puts a span in the bin of the largest class that fits into it, unless it is empty.
    fn put_in_bin(&mut self, span: Span) {
        if span.bytes() != 0 {
            self.touched = self.touched.max(span.start().addr().get() + NODE_BYTES);
            self.bins.push(Class::within(span.bytes()), span);
        }
    }

    /// Joins all free memory that is adjacent, and puts the resulting spans in bins, in which those at lower addresses are
    /// found first. The top goes into a bin as well, and is empty afterwards.
    #[cold]
    pub(super) fn coalesce(&mut self) {
        let (mut all, mut count) = (List::EMPTY, 0);
        let top = core::mem::replace(&mut self.top, Span::EMPTY);
        self.touched = self.touched.max(top.start().addr().get() + NODE_BYTES.min(top.bytes()));
        for span in core::iter::from_fn(|| self.lists.pop_from(0).or_else(|| self.bins.pop_from(0))).chain([top]) {
            count += 1;
            all.push(span);
        }
        self.listed = 0;
        // The spans go into bins from the highest down, since a bin gives out first what was put into it last.
        let mut sorted = sorted(&mut all, count, false);
        let mut above = Span::EMPTY;
        while let Some(span) = sorted.pop() {
            above = match span.join(above) {
                Ok(joined) => joined,
                Err((span, above)) => {
                    self.put_in_bin(above);
                    span
                }
            };
        }
        self.put_in_bin(above);
    }
}

/// The first `count` spans of a list, sorted by address. This is a merge sort. Moving spans from the front of one list to
/// the front of another reverses their order, so each half is sorted the other way round.
fn sorted(list: &mut List, count: usize, ascending: bool) -> List {
    let mut result = List::EMPTY;
    if count < 2 {
        if let Some(span) = (count == 1).then(|| list.pop()).flatten() {
            result.push(span);
        }
        return result;
    }
    let mut left = sorted(list, count / 2, !ascending);
    let mut right = sorted(list, count - count / 2, !ascending);
    loop {
        let left_first = match (left.first_addr(), right.first_addr()) {
            (Some(left), Some(right)) => (left > right) == ascending,
            (left, _) => left.is_some(),
        };
        match if left_first { left.pop() } else { right.pop() } {
            Some(span) => result.push(span),
            None => return result,
        }
    }
}

/// The number of words that have a bit for each class.
const WORDS: usize = CLASSES / 64;

/// A list for each class.
#[derive(Debug)]
struct Lists {
    lists: [List; CLASSES],
    /// A bit for each class: where it is not set, the list is empty.
    filled: [u64; WORDS],
}

impl Lists {
    const EMPTY: Self = Self { lists: [const { List::EMPTY }; CLASSES], filled: [0; WORDS] };

    /// Pushes a span on the list of the class.
    #[inline]
    fn push(&mut self, class: usize, span: Span) {
        if let (Some(list), Some(word)) = (self.lists.get_mut(class), self.filled.get_mut(class / 64)) {
            list.push(span);
            *word |= 1 << (class % 64);
        }
    }

    /// Pops the span that was pushed last on the list of the class.
    #[inline]
    fn pop(&mut self, class: usize) -> Option<Span> {
        self.lists.get_mut(class)?.pop()
    }

    /// Pops a span off the first list that is not empty, of those of `class` and the classes after it.
    fn pop_from(&mut self, class: usize) -> Option<Span> {
        let mut mask = u64::MAX << (class % 64);
        for (index, word) in self.filled.iter_mut().enumerate().skip(class / 64) {
            while *word & mask != 0 {
                let bit = (*word & mask).trailing_zeros() as usize;
                let list = self.lists.get_mut(index * 64 + bit)?;
                match list.pop() {
                    Some(span) => return Some(span),
                    // `pop` does not clear the bit of a list that it emptied, so that is done here.
                    None => *word &= !(1 << bit),
                }
            }
            mask = u64::MAX;
        }
        None
    }

    /// Makes all lists empty.
    #[inline]
    fn clear(&mut self) {
        for (word, lists) in self.filled.iter_mut().zip(self.lists.chunks_exact_mut(64)) {
            while *word != 0 {
                let bit = word.trailing_zeros() as usize;
                *word &= *word - 1;
                if let Some(list) = lists.get_mut(bit) {
                    *list = List::EMPTY;
                }
            }
        }
    }
}

#[cfg(test)]
impl Recycler {
    /// The spans that free memory consists of once it is coalesced: the address and the length of each.
    pub(super) fn free_memory(&mut self) -> Vec<(usize, usize)> {
        self.coalesce();
        let spans: Vec<Span> = core::iter::from_fn(|| self.bins.pop_from(0)).collect();
        let found = spans.iter().map(|span| (span.start().addr().get(), span.bytes())).collect();
        spans.into_iter().for_each(|span| self.put_in_bin(span));
        found
    }
}
