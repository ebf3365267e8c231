//! The free memory of one arena, and which of it the next block is.
//!
//! Free memory is in three places:
//!
//! - the **hole**, off whose front blocks are cut. At first it is the whole arena; a freed block that ends where it starts
//!   joins it again, so temporaries that are freed in reverse order leave nothing behind;
//! - **lists**, one for each size class: blocks that were freed elsewhere, the last one first, which is the one that is
//!   still in the cache;
//! - **bins**: other holes, by the largest class that fits into them. There are none until [`Recycler::coalesce`] makes them
//!   from all that is free, neighbours joined.
//!
//! A block comes from its class's list if there is one, else off the hole, else from the bin of the smallest hole it fits
//! into, which then is the hole. Lists alone would keep memory to the sizes it was first used for, so when more lies on
//! them than is in use, it is swept. As a sweep empties the lists, and what is on them was freed since the last one, its
//! cost is a share of the frees' own.
//!
//! Deferred joining of neighbours is as old as Knuth (The Art of Computer Programming, 2.5); searching bins by the first
//! bit set above a class is how TLSF (Masmano and others, 2004) finds a good fit without a search.
#![forbid(unsafe_code)]

use super::class::{CLASSES, Class};
use super::span::{List, NODE_BYTES, Span};

/// So much may lie on lists before it is swept, however little is in use: what a core's own cache has room for.
const COALESCE_FROM: usize = 512 << 10;

/// How many blocks of a list are looked at for one that is aligned beyond the usual.
const SEARCH_LIMIT: usize = 8;

#[derive(Debug)]
pub(super) struct Recycler {
    top: Span,
    lists: Lists,
    bins: Lists,
    /// Bytes on `lists`.
    listed: usize,
    /// Blocks in use.
    blocks: usize,
    /// Bytes in use.
    used: usize,
    /// Nothing at or above this address was ever written to.
    touched: usize,
}

impl Recycler {
    /// All of an arena free, none of it ever written to.
    pub(super) fn new(whole: Span) -> Self {
        let touched = whole.start().addr().get();
        Self { top: whole, lists: Lists::EMPTY, bins: Lists::EMPTY, listed: 0, blocks: 0, used: 0, touched }
    }

    pub(super) fn blocks(&self) -> usize {
        self.blocks
    }

    pub(super) fn used(&self) -> usize {
        self.used
    }

    /// Memory from this address on is as the system gave it.
    pub(super) fn touched(&self) -> usize {
        self.touched
    }

    /// The block of this class that was freed last.
    #[inline]
    pub(super) fn reuse(&mut self, class: Class) -> Option<Span> {
        let span = self.lists.pop(class.index)?;
        self.listed -= class.bytes;
        Some(self.hand_out(span))
    }

    /// A block of this class from what is not on lists, and whether it is as the system gave it: zero.
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

    /// A block of this class on a multiple of `align`, which is more than every block is on.
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

    #[inline]
    fn hand_out(&mut self, span: Span) -> Span {
        self.blocks += 1;
        self.used += span.bytes();
        span
    }

    /// Takes a block back. If it was the last, all that is known about free memory may be forgotten:
    /// [`restart`](Self::restart).
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

    /// Whether all memory is in the hole, so that `restart` would change nothing.
    #[inline]
    pub(super) fn is_whole(&self, bytes: usize) -> bool {
        self.top.bytes() == bytes
    }

    /// Begins anew, with all of the arena in the hole.
    #[inline]
    pub(super) fn restart(&mut self, whole: Span) {
        self.top = whole;
        self.lists.clear();
        self.bins.clear();
        self.listed = 0;
    }

    /// Grows or shrinks a block without moving it, if it is the one before the hole; or gives it back as it was.
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
        // There is room: the hole has `all` bytes now.
        let resized = self.top.split_front(to.bytes).unwrap_or(Span::EMPTY);
        self.used = self.used - from.bytes + to.bytes;
        self.touched = self.touched.max(resized.end());
        Ok(resized)
    }

    /// Makes a hole with room for so many bytes the one that blocks are cut from.
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

    fn put_in_bin(&mut self, span: Span) {
        if span.bytes() != 0 {
            self.touched = self.touched.max(span.start().addr().get() + NODE_BYTES);
            self.bins.push(Class::within(span.bytes()), span);
        }
    }

    /// Puts all free memory in bins, neighbours joined, the lower ones to be found first; no hole is left open.
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
        // From the highest down, since a bin gives out first what was put into it last.
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

/// The first `count` spans of a list, by address. A merge sort: each half the other way round, as taking the front of one
/// list and putting it in front of another turns the order.
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

const WORDS: usize = CLASSES / 64;

/// A list for each class, and a bit for each that tells whether there is anything on it.
#[derive(Debug)]
struct Lists {
    lists: [List; CLASSES],
    filled: [u64; WORDS],
}

impl Lists {
    const EMPTY: Self = Self { lists: [const { List::EMPTY }; CLASSES], filled: [0; WORDS] };

    #[inline]
    fn push(&mut self, class: usize, span: Span) {
        if let (Some(list), Some(word)) = (self.lists.get_mut(class), self.filled.get_mut(class / 64)) {
            list.push(span);
            *word |= 1 << (class % 64);
        }
    }

    #[inline]
    fn pop(&mut self, class: usize) -> Option<Span> {
        self.lists.get_mut(class)?.pop()
    }

    /// From the first list at or after `class` that has any.
    fn pop_from(&mut self, class: usize) -> Option<Span> {
        let mut mask = u64::MAX << (class % 64);
        for (index, word) in self.filled.iter_mut().enumerate().skip(class / 64) {
            while *word & mask != 0 {
                let bit = (*word & mask).trailing_zeros() as usize;
                let list = self.lists.get_mut(index * 64 + bit)?;
                match list.pop() {
                    Some(span) => return Some(span),
                    // `pop` leaves the bit of a list that it emptied.
                    None => *word &= !(1 << bit),
                }
            }
            mask = u64::MAX;
        }
        None
    }

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
    /// The pieces that free memory is in, after a sweep: address and length of each.
    pub(super) fn free_memory(&mut self) -> Vec<(usize, usize)> {
        self.coalesce();
        let spans: Vec<Span> = core::iter::from_fn(|| self.bins.pop_from(0)).collect();
        let found = spans.iter().map(|span| (span.start().addr().get(), span.bytes())).collect();
        spans.into_iter().for_each(|span| self.put_in_bin(span));
        found
    }
}
