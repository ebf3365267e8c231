//! What a profile has seen: allocations by size, and the blocks that are in use.
#![forbid(unsafe_code)]

use core::hash::BuildHasherDefault;
use std::collections::HashMap;
use std::hash::DefaultHasher;
use std::vec::Vec;

use super::Sizes;
use crate::global::arena::Arena;

/// Whether an arena would serve an allocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Served {
    /// It is smaller than [`ArenaAlloc::min_size`](crate::global::ArenaAlloc::min_size).
    TooSmall,
    /// It would.
    Yes,
    /// The arena had no room, or the system no memory.
    NoRoom,
}

impl Served {
    pub(super) fn in_words(self) -> &'static str {
        match self {
            Served::TooSmall => "no, too small",
            Served::Yes => "yes",
            Served::NoRoom => "no, no room",
        }
    }
}

/// A block that an arena serves, until it is freed.
struct Block {
    size: usize,
    /// How many allocations there were when it was made, itself included.
    born: usize,
}

/// Allocations of similar size.
struct Group {
    sizes: Sizes,
    in_use: usize,
    /// How many blocks were freed, by the logarithm of the number of allocations that they were there for, rounded up.
    lifetimes: [usize; usize::BITS as usize + 1],
}

pub(super) struct Seen {
    /// The profile's arena.
    pub(super) arena: Option<&'static Arena>,
    /// The bytes of blocks in it that were there before.
    before: usize,
    /// The most bytes that other blocks of it had at a time.
    pub(super) peak: usize,
    /// How many allocations there were.
    allocations: usize,
    /// The blocks in use, by address.
    blocks: HashMap<usize, Block, BuildHasherDefault<DefaultHasher>>,
    groups: Vec<Group>,
}

impl Seen {
    pub(super) fn new(arena: Option<&'static Arena>) -> Self {
        let before = arena.map_or(0, Arena::live);
        Seen { arena, before, peak: 0, allocations: 0, blocks: HashMap::default(), groups: Vec::new() }
    }

    /// Notes an allocation.
    pub(super) fn note(&mut self, size: usize, served: Served) {
        self.allocations += 1;
        // Where there is no memory for another group, it is not noted: this is called by an allocator, which does not panic.
        let Some(group) = self.group(size, served) else { return };
        group.in_use += size;
        let sizes = &mut group.sizes;
        sizes.allocations += 1;
        sizes.bytes = sizes.bytes.saturating_add(size);
        (sizes.from, sizes.to) = (sizes.from.min(size), sizes.to.max(size));
        if let Some(peak) = &mut sizes.peak {
            *peak = group.in_use.max(*peak);
        }
    }

    /// Notes a block at that address which the arena serves, of which `in_use` bytes are in use now.
    pub(super) fn note_block(&mut self, address: usize, size: usize, in_use: usize) {
        // One that was there before is gone, as another thread freed it at this moment.
        self.note_freed(address);
        self.note(size, Served::Yes);
        self.peak = self.peak.max(in_use.saturating_sub(self.before));
        if self.blocks.try_reserve(1).is_ok() {
            self.blocks.insert(address, Block { size, born: self.allocations });
        }
    }

    /// Notes that the block at that address was freed, if there is one.
    pub(super) fn note_freed(&mut self, address: usize) {
        let Some(block) = self.blocks.remove(&address) else { return };
        let lifetime = self.allocations + 1 - block.born;
        if let Some(group) = self.group(block.size, Served::Yes) {
            // Not all of them may have been noted, where there was no memory for a group.
            group.in_use = group.in_use.saturating_sub(block.size);
            group.lifetimes[lifetime.next_power_of_two().ilog2() as usize] += 1;
        }
    }

    /// The group of allocations of that size.
    fn group(&mut self, size: usize, served: Served) -> Option<&mut Group> {
        let key = (size.max(1).ilog2(), served);
        let key_of = |group: &Group| (group.sizes.to.max(1).ilog2(), group.sizes.served);
        let at = match self.groups.binary_search_by_key(&key, key_of) {
            Ok(at) => at,
            Err(at) => {
                self.groups.try_reserve(1).ok()?;
                let known = (served == Served::Yes).then_some(0);
                let sizes = Sizes {
                    from: size,
                    to: size,
                    allocations: 0,
                    bytes: 0,
                    served,
                    peak: known,
                    outlived: known,
                    lifetime: None,
                };
                self.groups.insert(at, Group { sizes, in_use: 0, lifetimes: [0; usize::BITS as usize + 1] });
                at
            }
        };
        self.groups.get_mut(at)
    }

    /// Allocations by size.
    pub(super) fn sizes(&self) -> Vec<Sizes> {
        let finished = |group: &Group| {
            let freed: usize = group.lifetimes.iter().sum();
            let mut counted = 0;
            let median = group.lifetimes.iter().position(|freed_then| {
                counted += freed_then;
                freed > 0 && 2 * counted >= freed
            });
            let sizes = group.sizes;
            Sizes {
                outlived: sizes.outlived.map(|_| sizes.allocations.saturating_sub(freed)),
                lifetime: median.map(|log| 1_usize.checked_shl(log as u32).unwrap_or(usize::MAX)),
                ..sizes
            }
        };
        self.groups.iter().map(finished).collect()
    }
}
