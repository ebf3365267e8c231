//! An arena whose memory is on the heap, against a model of what its blocks must hold. The system that it asks for memory is
//! one that sees whether pages without memory are written to, and refuses when the test says so (`system::none`).

use std::alloc::{alloc_zeroed, dealloc};
use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::global::pages::groups_of;
use crate::global::system::{GONE, REFUSES};

const BYTES: usize = 4 << 20;
const PAGE: usize = 4096;
/// The arena's memory, and that of its marks.
const LAYOUT: Layout = match Layout::from_size_align(BYTES + (64 << 10), PAGE) {
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
    ShrinkRemote { block: usize, percent: usize },
    Zeroed { size: usize },
    GiveBack,
    Refuse(bool),
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
        2 => (any::<usize>(), 0..100_usize).prop_map(|(block, percent)| Step::ShrinkRemote { block, percent }),
        2 => sizes().prop_map(|size| Step::Zeroed { size }),
        1 => Just(Step::GiveBack),
        1 => any::<bool>().prop_map(Step::Refuse),
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
        REFUSES.set(false);
        assert!(groups_of(BYTES) <= LAYOUT.size() - BYTES);
        // SAFETY: the layout's size is not zero, as `alloc_zeroed` asks (Test).
        let memory = NonNull::new(unsafe { alloc_zeroed(LAYOUT) }).expect("memory");
        // SAFETY: this is all of the memory (Test).
        unsafe { memory.write_bytes(GONE, LAYOUT.size()) };
        // SAFETY: the marks' memory lies behind the arena's (Test).
        let groups = unsafe { memory.add(BYTES) }.cast();
        let place = Place { start: memory, bytes: BYTES, groups, page: PAGE, huge_pages: true };
        // SAFETY: the test is the owner (Owner only), and the memory, which is aligned to pages, is the arena's until it is
        // dropped (Ready). It is reserved, as this system sees it.
        unsafe { arena.init(place) };
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
            Step::ShrinkRemote { block, percent } => {
                let Some(address) = self.pick(block) else { return };
                let (layout, _) = self.blocks[&address];
                let size = layout.size() * percent / 100;
                if Class::of(size).bytes == Class::of(layout.size()).bytes || size == 0 {
                    return;
                }
                self.check(address);
                let (layout, filled) = self.blocks.remove(&address).expect("a block");
                // SAFETY: the block is in use, with the model's size, of which it has less from now on (Given out); `block`
                // makes pointers that may be used for all of the memory.
                unsafe { self.arena.shrink_remote(self.block(address), layout.size(), size) };
                let first = self.edges(address, size).take(64);
                // SAFETY: the byte is in the block (Given out), and `fill` wrote it.
                assert!(first.into_iter().all(|at| unsafe { at.read() } == filled));
                self.fill(address, Layout::from_size_align(size, layout.align()).expect("a layout"), byte);
            }
            Step::Zeroed { size } => {
                let layout = Layout::from_size_align(size, 8).expect("a layout");
                // SAFETY: the test is the owner (Owner only), and the arena has memory (Ready).
                let Some((block, zeros)) = (unsafe { self.arena.alloc(layout) }) else { return };
                // SAFETY: the test is the owner (Owner only), and has just got the block.
                unsafe { self.arena.zero(block, size, zeros) };
                // SAFETY: the block has as many bytes (Given out), which are zeros.
                assert!(unsafe { std::slice::from_raw_parts(block.as_ptr(), size) } == vec![0; size]);
                self.fill(block.addr().get(), layout, byte);
            }
            Step::GiveBack => {
                // SAFETY: the test is the owner (Owner only), and the arena has memory (Ready).
                unsafe { self.arena.give_back() };
                // SAFETY: as above; if all memory is given back, the arena is `Unused`, and gets its place again (Owner only,
                // Ready).
                if unsafe { self.arena.give_all_back() } {
                    assert!(self.blocks.is_empty() && self.arena.counters.committed() == (0, 0));
                    // SAFETY: the test is the owner and has no other reference to `owned` (Owner only), and `owned` is
                    // initialised.
                    let place = unsafe { self.arena.owned() }.pages.place();
                    // SAFETY: the test is the owner (Owner only), and the place is the arena's until it is dropped (Ready).
                    unsafe { self.arena.init(place) };
                }
            }
            Step::Refuse(refuse) => REFUSES.set(refuse),
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
        self.arena.collect(owned, usize::MAX);
        let used = owned.recycler.used();
        let classes: usize = self.blocks.values().map(|(layout, _)| Class::of(layout.size()).bytes).sum();
        assert_eq!(used, classes);
        let free = owned.recycler.free_memory();
        assert_eq!(used + free.iter().map(|(_, bytes)| bytes).sum::<usize>(), owned.pages.usable());
        assert_eq!((self.arena.live(), self.arena.counters.committed()), (used, owned.pages.committed()));
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
        // SAFETY: the test is the owner and has no other reference to `owned` (Owner only), and the arena has memory (Ready).
        let owned = unsafe { model.arena.owned() };
        let touched = owned.recycler.fresh() - owned.pages.start().addr().get();
        assert!(touched < 2 << 20, "{round}: {touched}");
    }
}

/// What is free around a block that is in use goes back, and what it holds stays.
#[test]
fn pages_around_survivors_are_given_back() {
    let mut model = Model::new();
    let blocks: Vec<usize> = (0..30).filter_map(|_| model.alloc(100_000)).collect();
    blocks.iter().filter(|&&at| at != blocks[20]).for_each(|&at| model.free(at));
    model.step(&Step::GiveBack, 1);
    model.check(blocks[20]);
    let page = |at: usize| {
        // SAFETY: committed memory of the arena, which is zeros or what was written there since (`pages`: Prefix).
        unsafe { std::slice::from_raw_parts(model.block(at).as_ptr(), PAGE) }
    };
    let first_page = blocks[2].next_multiple_of(PAGE);
    assert!(page(first_page) == [0; PAGE] && page(blocks[12].next_multiple_of(PAGE)) == [0; PAGE]);
    // What lies behind the survivor is not committed any more.
    let (committed, _) = model.arena.counters.committed();
    assert!(committed <= blocks[21] + PAGE - model.memory.addr().get(), "{committed}");
    assert!(model.alloc(1_000_000).is_some() && model.alloc(3_000_000).is_none());
    model.check_free_memory();
}

/// A system that refuses to commit or to take memory back changes nothing else.
#[test]
fn refusals_lose_nothing() {
    let mut model = Model::new();
    REFUSES.set(true);
    assert_eq!(model.alloc(1000), None);
    REFUSES.set(false);
    let blocks: Vec<usize> = (0..10).filter_map(|_| model.alloc(100_000)).collect();
    assert_eq!(blocks.len(), 10);
    REFUSES.set(true);
    blocks[..9].iter().for_each(|&at| model.free(at));
    let committed = model.arena.counters.committed();
    model.step(&Step::GiveBack, 1);
    assert_eq!(model.arena.counters.committed(), committed);
    model.check_free_memory();
    assert_eq!(model.alloc(2_500_000), None);
    assert!(model.alloc(800_000).is_some());
    let layout = Layout::from_size_align(2_500_000, 8).expect("a layout");
    // SAFETY: the test is the owner (Owner only), and the arena has memory (Ready).
    assert_eq!(unsafe { model.arena.why_refused(layout) }, Refusal::NoMemory);
    REFUSES.set(false);
    assert!(model.alloc(2_500_000).is_some());
    // SAFETY: as above (Owner only, Ready).
    assert_eq!(unsafe { model.arena.why_refused(layout) }, Refusal::Full);
    model.check_free_memory();
}

/// A block that shrinks stays where it is, whatever lies behind it, and what it had serves others.
#[test]
fn shrinking_is_in_place() {
    let mut model = Model::new();
    let (block, behind) = (model.alloc(1_000_000).expect("a block"), model.alloc(1000).expect("a block"));
    for (n, size) in [900_000, 300_000, 2000].into_iter().enumerate() {
        let first = model.blocks.keys().position(|&at| at == block).expect("the block");
        match n {
            1 => model.step(&Step::ShrinkRemote { block: first, percent: 33 }, 1),
            _ => model.step(&Step::Resize { block: first, size }, 1),
        }
        assert!(model.blocks[&block].0.size() <= size);
    }
    model.check(behind);
    model.check_free_memory();
    let between = model.alloc(900_000).expect("a block");
    assert!(block < between && between < behind);
    // A block whose part another thread has given up is freed before the part is collected.
    let first = model.blocks.keys().position(|&at| at == between).expect("the block");
    model.step(&Step::ShrinkRemote { block: first, percent: 10 }, 1);
    [between, behind, block].iter().for_each(|&at| model.free(at));
    model.check_free_memory();
    assert!(model.arena.live() == 0 && model.alloc(4_000_000).is_some());
}
