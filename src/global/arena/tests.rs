//! An arena whose memory is on the heap, against a model of what its blocks must hold.

use std::alloc::{alloc_zeroed, dealloc};
use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const BYTES: usize = 4 << 20;
const LAYOUT: Layout = match Layout::from_size_align(BYTES, 4096) {
    Ok(layout) => layout,
    Err(_) => unreachable!(),
};

/// An arena, and the layout of each of its blocks with the byte that the block is full of. The test owns the arena, and
/// calls its functions one at a time.
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
        // SAFETY: zeroed memory is an arena without memory: its atomics are integers and pointers, and `owned` may be
        // uninitialised (Ready).
        let arena: Arena = unsafe { MaybeUninit::zeroed().assume_init() };
        // SAFETY: the layout's size is not zero, as `alloc_zeroed` asks.
        let memory = NonNull::new(unsafe { alloc_zeroed(LAYOUT) }).expect("memory");
        // SAFETY: the test is the owner (Owner only), and the memory, which is aligned to 4096, is the arena's until it is
        // dropped (Ready).
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
        // SAFETY: these bytes are in the block, which has `size` (Given out).
        edges.map(move |i| unsafe { block.add(i) })
    }

    fn check(&self, address: usize) {
        let (layout, byte) = self.blocks[&address];
        // SAFETY: the byte is in a block in use (Given out), and `fill` wrote it.
        assert!(self.edges(address, layout.size()).all(|at| unsafe { at.read() } == byte));
    }

    fn fill(&mut self, address: usize, layout: Layout, byte: u8) {
        // SAFETY: the byte is in a block that the arena has just handed out or resized (Given out).
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
                // SAFETY: the test is the owner (Owner only), and the arena has memory (Ready).
                let Some((block, zeroed)) = (unsafe { self.arena.alloc(layout) }) else { return };
                let address = block.addr().get();
                // SAFETY: the byte is in the block (Given out); all memory of the arena is initialised, by zeros or by what
                // was written since.
                assert!(!zeroed || self.edges(address, size).all(|at| unsafe { at.read() } == 0));
                self.fill(address, layout, byte);
            }
            Step::Free(n) | Step::FreeRemote(n) => {
                let Some(address) = self.pick(n) else { return };
                self.check(address);
                let (layout, _) = self.blocks.remove(&address).expect("a block");
                if matches!(step, Step::Free(_)) {
                    // SAFETY: the test is the owner (Owner only), and has just taken the block out of the model, so gives
                    // it up (Given out).
                    unsafe { self.arena.free(self.block(address), layout.size()) };
                } else {
                    // SAFETY: the test has just taken the block out of the model, so gives it up (Given out); `block` makes
                    // pointers that may be used for all of the memory.
                    unsafe { self.arena.free_remote(self.block(address), layout.size()) };
                }
            }
            Step::Resize { block, size } => {
                let Some(address) = self.pick(block) else { return };
                let (layout, byte) = self.blocks[&address];
                // SAFETY: the test is the owner (Owner only), and the block is in use, with the model's size (Given out).
                if unsafe { self.arena.resize(self.block(address), layout.size(), size) } {
                    self.blocks.remove(&address);
                    let smaller = size.min(layout.size());
                    // SAFETY: the byte is in the block (Given out), and `fill` wrote it.
                    assert!(self.edges(address, smaller).take(64).all(|at| unsafe { at.read() } == byte));
                    self.fill(address, Layout::from_size_align(size, layout.align()).expect("a layout"), byte);
                }
            }
            Step::Reopen => {
                // SAFETY: the test is the owner (Owner only), and the arena has memory (Ready).
                unsafe { self.arena.close() };
                // SAFETY: the test still is the owner (Owner only), and the arena has memory (Ready).
                unsafe { self.arena.open() };
            }
            Step::Coalesce => self.check_free_memory(),
        }
    }

    /// Checks that all memory that is not in use is free, and in no more pieces than the blocks in use keep apart.
    fn check_free_memory(&self) {
        // SAFETY: the test is the owner and has no other reference to `owned` (Owner only), and the arena has memory
        // (Ready).
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
        // SAFETY: the memory was allocated with this layout, and nothing uses an arena's memory once the arena is gone
        // (Ready).
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
    // These are so few bytes that they are coalesced only for want of other memory.
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
        // The last block lives on for a round, so that the arena never starts anew.
        let (last, others) = blocks.split_last().expect("blocks");
        others.iter().for_each(|&at| model.free(at));
        if let Some(kept) = kept.replace(*last) {
            model.free(kept);
        }
        let touched = model.arena.counters.touched.load(Ordering::Relaxed);
        assert!(touched < 2 << 20, "{round}: {touched}");
    }
}
