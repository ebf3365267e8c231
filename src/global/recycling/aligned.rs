//! Blocks that are aligned to more than all blocks are.
#![forbid(unsafe_code)]

use super::Recycler;
use crate::global::class::Class;
use crate::global::span::{List, Span};

/// The limit on how many blocks of a list are searched for one that is aligned to more than
/// [`GRANULE`](crate::global::class::GRANULE).
const SEARCH_LIMIT: usize = 8;

impl Recycler {
    /// A block of this class that starts on a multiple of `align`, which is more than [`GRANULE`](crate::global::class::GRANULE).
    #[cold]
    pub(in crate::global) fn carve_aligned(&mut self, class: Class, align: usize) -> Option<Span> {
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
            let span = self.find(with_gap)?;
            self.replace_top(span);
        }
        let start = self.top.start().addr().get();
        let gap = self.top.split_front(start.next_multiple_of(align) - start)?;
        let span = self.top.split_front(class.bytes)?;
        self.fresh = self.fresh.max(span.end());
        self.bin(gap);
        Some(self.hand_out(span))
    }
}
