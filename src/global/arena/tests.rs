//! An arena on the heap, against a model of what it must hold.

use std::alloc::{alloc_zeroed, dealloc};
use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const BYTES: usize = 4 << 20;
const LAYOUT: Layout = match Layout::from_size_align(BYTES, 4096) {
    Ok(layout) => layout,
    Err(_) => unreachable!(),
};

/// An arena on the heap, and what it must hold: each block's size, and the byte it is full of.
struct Model {
    arena: Arena,
    memory: NonNull<u8>,
    blocks: BTreeMap<usize, (Layout, u8)>,
}

#[derive(Clone, Debug)]
enum Step {
    Alloc { size: usize, align: usize },
    Free(usize),
    FreeRemote(usize),
    Resize { block: usize, size: usize },
    Reopen,
    Coalesce,
}

fn sizes() -> impl Strategy<Value = usize> {
    prop_oneof![1..300_usize, 1000..10_000_usize, 20_000..300_000_usize]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (sizes(), 0..14_usize).prop_map(|(size, log)| Step::Alloc { size, align: 1 << log }),
        8 => sizes().prop_map(|size| Step::Alloc { size, align: 8 }),
        10 => any::<usize>().prop_map(Step::Free),
        3 => any::<usize>().prop_map(Step::FreeRemote),
        3 => (any::<usize>(), sizes()).prop_map(|(block, size)| Step::Resize { block, size }),
        1 => Just(Step::Reopen),
        1 => Just(Step::Coalesce),
    ];
    prop::collection::vec(step, 0..if cfg!(miri) { 60 } else { 400 })
}

impl Model {
    fn new() -> Self {
        // SAFETY: all zeroes is an arena.
        let arena: Arena = unsafe { MaybeUninit::zeroed().assume_init() };
        // SAFETY: not of size zero.
        let memory = NonNull::new(unsafe { alloc_zeroed(LAYOUT) }).expect("memory");
        // SAFETY: this is the owner, and the memory is the arena's until the end.
        unsafe { arena.init(memory, BYTES) };
        Self { arena, memory, blocks: BTreeMap::new() }
    }

    fn block(&self, address: usize) -> NonNull<u8> {
        self.memory.with_addr(address.try_into().expect("an address"))
    }

    /// The first and last bytes of a block.
    fn edges(&self, address: usize, size: usize) -> impl Iterator<Item = NonNull<u8>> {
        let block = self.block(address);
        let edges = (0..size.min(64)).chain(size.saturating_sub(64).max(64)..size);
        // SAFETY: in the block.
        edges.map(move |i| unsafe { block.add(i) })
    }

    fn check(&self, address: usize) {
        let (layout, byte) = self.blocks[&address];
        // SAFETY: in the block, and initialised.
        assert!(self.edges(address, layout.size()).all(|at| unsafe { at.read() } == byte));
    }

    fn fill(&mut self, address: usize, layout: Layout, byte: u8) {
        // SAFETY: in the block.
        self.edges(address, layout.size()).for_each(|at| unsafe { at.write(byte) });
        assert_eq!(address % layout.align(), 0);
        assert!(address >= self.memory.addr().get() && address + layout.size() <= self.memory.addr().get() + BYTES);
        let below = self.blocks.range(..address).next_back();
        assert!(below.is_none_or(|(&at, (below, _))| at + below.size() <= address));
        let above = self.blocks.range(address..).next();
        assert!(above.is_none_or(|(&at, _)| address + layout.size() <= at));
        self.blocks.insert(address, (layout, byte));
    }

    fn pick(&self, n: usize) -> Option<usize> {
        self.blocks.keys().nth(n.checked_rem(self.blocks.len())?).copied()
    }

    fn step(&mut self, step: &Step, byte: u8) {
        match *step {
            Step::Alloc { size, align } => {
                let layout = Layout::from_size_align(size, align).expect("a layout");
                // SAFETY: this is the owner.
                let Some((block, zeroed)) = (unsafe { self.arena.alloc(layout) }) else { return };
                let address = block.addr().get();
                // SAFETY: in the block; memory of the arena is initialised, by zeroes or by what was written since.
                assert!(!zeroed || self.edges(address, size).all(|at| unsafe { at.read() } == 0));
                self.fill(address, layout, byte);
            }
            Step::Free(n) | Step::FreeRemote(n) => {
                let Some(address) = self.pick(n) else { return };
                self.check(address);
                let (layout, _) = self.blocks.remove(&address).expect("a block");
                if matches!(step, Step::Free(_)) {
                    // SAFETY: this is the owner; the block is no longer in the model.
                    unsafe { self.arena.free(self.block(address), layout.size()) };
                } else {
                    // SAFETY: the block is no longer in the model.
                    unsafe { self.arena.free_remote(self.block(address), layout.size()) };
                }
            }
            Step::Resize { block, size } => {
                let Some(address) = self.pick(block) else { return };
                let (layout, byte) = self.blocks[&address];
                // SAFETY: this is the owner; the block is in use.
                if unsafe { self.arena.resize(self.block(address), layout.size(), size) } {
                    self.blocks.remove(&address);
                    let smaller = size.min(layout.size());
                    // SAFETY: in the block, and initialised.
                    assert!(self.edges(address, smaller).take(64).all(|at| unsafe { at.read() } == byte));
                    self.fill(address, Layout::from_size_align(size, layout.align()).expect("a layout"), byte);
                }
            }
            Step::Reopen => {
                // SAFETY: this is the owner.
                unsafe { self.arena.close() };
                // SAFETY: as above.
                unsafe { self.arena.open() };
            }
            Step::Coalesce => self.check_free_memory(),
        }
    }

    /// All memory that is not in use is free, and none of it in more pieces than blocks keep apart.
    fn check_free_memory(&self) {
        // SAFETY: this is the owner, and has no other reference.
        let owned = unsafe { self.arena.owned() };
        self.arena.collect(owned);
        let used = owned.recycler.used();
        let classes: usize = self.blocks.values().map(|(layout, _)| Class::of(layout.size()).bytes).sum();
        assert_eq!(used, classes);
        let free = owned.recycler.free_memory();
        assert_eq!(used + free.iter().map(|(_, bytes)| bytes).sum::<usize>(), BYTES);
        assert!(free.len() <= self.blocks.len() + 1);
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        // SAFETY: allocated with this layout, and nothing uses it any more.
        unsafe { dealloc(self.memory.as_ptr(), LAYOUT) };
    }
}

proptest! {
    #[test]
    fn blocks_are_apart_and_free_memory_is_not_lost(steps in steps()) {
        let mut model = Model::new();
        for (n, step) in steps.iter().enumerate() {
            model.step(step, n as u8 | 1);
        }
        model.blocks.keys().for_each(|&address| model.check(address));
        model.check_free_memory();
    }
}

impl Model {
    fn alloc(&mut self, size: usize) -> Option<usize> {
        let before = self.blocks.len();
        let known: Vec<usize> = self.blocks.keys().copied().collect();
        self.step(&Step::Alloc { size, align: 8 }, 1);
        (self.blocks.len() > before).then(|| *self.blocks.keys().find(|at| !known.contains(at)).expect("a block"))
    }

    fn free(&mut self, address: usize) {
        let n = self.blocks.keys().position(|&at| at == address).expect("a block");
        self.step(&Step::Free(n), 1);
    }
}

/// Neighbours of one size make room for a larger one when there is no other.
#[test]
fn a_larger_block_fits_where_smaller_ones_were() {
    let mut model = Model::new();
    let small: Vec<usize> = (0..63).filter_map(|_| model.alloc(64 << 10)).collect();
    assert_eq!(small.len(), 63);
    // So little that it is left on the list otherwise.
    small[10..18].iter().for_each(|&at| model.free(at));
    assert_eq!(model.alloc(512 << 10), Some(small[10]));
    assert_eq!(model.alloc(128 << 10), None);
    model.check_free_memory();
}

/// Sizes that change from round to round, up to 90 kB and nine at a time, are served from the same memory.
#[test]
fn other_sizes_do_not_walk_through_memory() {
    let mut model = Model::new();
    let mut kept = None;
    for round in 0..30 {
        let blocks: Vec<usize> = (0..8).filter_map(|_| model.alloc((60 << 10) + (round << 10))).collect();
        // The last one lives on for a round, so there is never nothing in use.
        let (last, others) = blocks.split_last().expect("blocks");
        others.iter().for_each(|&at| model.free(at));
        if let Some(kept) = kept.replace(*last) {
            model.free(kept);
        }
        let touched = model.arena.counters.touched.load(Ordering::Relaxed);
        assert!(touched < 2 << 20, "{round}: {touched}");
    }
}
