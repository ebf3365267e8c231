//! Blocks that were freed, on a list for each size class.
#![forbid(unsafe_code)]

use super::class::{CLASSES, ClassSet};
use super::span::{List, Span};

/// A list for each class.
#[derive(Debug)]
pub(super) struct Lists {
    lists: [List; CLASSES],
    /// The classes with a list that may have spans; the others' are empty.
    filled: ClassSet,
}

impl Lists {
    pub(super) const EMPTY: Self = Self { lists: [const { List::EMPTY }; CLASSES], filled: ClassSet::EMPTY };

    /// Pushes a span on the list of the class.
    #[inline]
    pub(super) fn push(&mut self, class: usize, span: Span) {
        if let Some(list) = self.lists.get_mut(class) {
            list.push(span);
            self.filled.insert(class);
        }
    }

    /// Pops the span that was pushed last on the list of the class.
    #[inline]
    pub(super) fn pop(&mut self, class: usize) -> Option<Span> {
        self.lists.get_mut(class)?.pop()
    }

    /// Pops a span of the largest class that has any.
    pub(super) fn pop_largest(&mut self) -> Option<Span> {
        loop {
            let class = self.filled.last()?;
            match self.pop(class) {
                Some(span) => return Some(span),
                // `pop` does not note that it emptied a list, so that is done here.
                None => self.filled.remove(class),
            }
        }
    }

    /// Makes all lists empty.
    #[inline]
    pub(super) fn clear(&mut self) {
        while let Some(class) = self.filled.last() {
            self.filled.remove(class);
            if let Some(list) = self.lists.get_mut(class) {
                *list = List::EMPTY;
            }
        }
    }
}
