//! Random programs against the global allocator, on several threads that hand each other blocks, in and out of arenas. What
//! each block must hold, and where blocks are, is kept beside them: contents are checked byte by byte, no two blocks may
//! overlap, and each is aligned as asked for.

use std::alloc::{Layout, alloc, alloc_zeroed, dealloc, realloc};
use std::collections::BTreeMap;
use std::ptr::NonNull;
use std::sync::Mutex;

/// What the programs ask of arenas.
#[derive(Clone, Copy, Debug)]
pub struct Arenas {
    /// Runs what it is given in an arena.
    pub arena: fn(&mut dyn FnMut()),
    /// Runs what it is given outside of arenas.
    pub no_arena: fn(&mut dyn FnMut()),
    /// Gives the memory back that no arena needs.
    pub clear_pool: fn(),
}

/// A number for the runs to start from: `NDARENA_SEED`, or another each time; printed, so that a failure can be repeated.
pub fn seed() -> u64 {
    let given = std::env::var("NDARENA_SEED").ok().and_then(|seed| seed.parse().ok());
    let now = || std::time::UNIX_EPOCH.elapsed().map_or(1, |now| now.as_nanos() as u64);
    let seed = given.unwrap_or_else(now);
    println!("NDARENA_SEED={seed}");
    seed
}

/// Marsaglia's xorshift, after the numbers that bytes say.
#[derive(Debug)]
pub struct Random<'a> {
    bytes: &'a [u8],
    state: u64,
}

impl<'a> Random<'a> {
    /// Numbers that are the same for each seed.
    pub fn new(seed: u64) -> Self {
        Self { bytes: &[], state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1 }
    }

    /// Numbers that are made of the bytes, as long as there are any.
    pub fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, ..Self::new(0) }
    }

    /// The next one, below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        // As many bytes as such a number has.
        let length = (n.max(2) - 1).ilog2() as usize / 8 + 1;
        if let Some((number, rest)) = self.bytes.split_at_checked(length) {
            self.bytes = rest;
            return number.iter().fold(0, |all, &byte| all << 8 | usize::from(byte)) % n;
        }
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 20) as usize % n
    }
}

/// A block, and the byte that its contents start counting from.
struct Block {
    start: NonNull<u8>,
    layout: Layout,
    first: u8,
}

// SAFETY: a block is memory that belongs to this value alone.
unsafe impl Send for Block {}

/// Where blocks are, with the end of each.
static SHADOW: Mutex<BTreeMap<usize, usize>> = Mutex::new(BTreeMap::new());

impl Block {
    fn new(start: *mut u8, layout: Layout, first: u8) -> Option<Self> {
        let block = Block { start: NonNull::new(start)?, layout, first };
        block.enter();
        Some(block)
    }

    fn enter(&self) {
        let (start, end) = (self.start.addr().get(), self.start.addr().get() + self.layout.size());
        assert_eq!(start % self.layout.align(), 0, "aligned");
        let mut shadow = SHADOW.lock().unwrap();
        assert!(shadow.range(..start).next_back().is_none_or(|(_, &below)| below <= start), "apart from the one below");
        assert!(shadow.range(start..).next().is_none_or(|(&above, _)| end <= above), "apart from the one above");
        shadow.insert(start, end);
    }

    fn leave(&self) {
        SHADOW.lock().unwrap().remove(&self.start.addr().get()).expect("a block");
    }

    fn fill(&mut self) {
        let contents: Vec<u8> = (0..self.layout.size()).map(|i| self.first.wrapping_add(i as u8)).collect();
        // SAFETY: the block has as many bytes.
        unsafe { self.start.copy_from_nonoverlapping(NonNull::from(&contents[..]).cast(), contents.len()) };
    }

    fn check(&self, bytes: usize, step: u8) {
        // SAFETY: in the block, which has been filled.
        let contents = unsafe { std::slice::from_raw_parts(self.start.as_ptr(), bytes) };
        let first = if step == 0 { 0 } else { self.first };
        let expected: Vec<u8> = (0..bytes).map(|i| first.wrapping_add((i as u8).wrapping_mul(step))).collect();
        assert!(contents == expected, "contents are kept");
    }

    fn free(self) {
        self.check(self.layout.size(), 1);
        self.leave();
        // SAFETY: allocated with this layout, and given up.
        unsafe { dealloc(self.start.as_ptr(), self.layout) };
    }

    fn resized(mut self, size: usize) -> Self {
        let layout = Layout::from_size_align(size, self.layout.align()).expect("a layout");
        self.leave();
        // SAFETY: allocated with this layout.
        let start = unsafe { realloc(self.start.as_ptr(), self.layout, size) };
        let kept = self.layout.size().min(size);
        if let Some(start) = NonNull::new(start) {
            (self.start, self.layout) = (start, layout);
        }
        self.enter();
        self.check(kept.min(self.layout.size()), 1);
        self.fill();
        self
    }
}

fn allocate(random: &mut Random<'_>, largest: usize) -> Option<Block> {
    let magnitude = 1 + random.below(largest.ilog2() as usize);
    let size = 1 + random.below(1 << magnitude);
    let align = if random.below(4) == 0 { 1 << random.below(15) } else { 8 };
    let layout = Layout::from_size_align(size, align).expect("a layout");
    let zeroed = random.below(3) == 0;
    let allocate = if zeroed { alloc_zeroed } else { alloc };
    // SAFETY: not of size zero.
    let start = unsafe { allocate(layout) };
    let mut block = Block::new(start, layout, random.below(256) as u8)?;
    if zeroed {
        block.check(size, 0);
    }
    block.fill();
    Some(block)
}

struct Worker<'a> {
    random: Random<'a>,
    blocks: Vec<Block>,
    mail: &'a Mutex<Vec<Block>>,
    largest: usize,
    arenas: Arenas,
}

impl Worker<'_> {
    fn run(&mut self, steps: usize, depth: usize) {
        for _ in 0..steps {
            let pick = |random: &mut Random<'_>, blocks: &Vec<Block>| random.below(blocks.len().max(1));
            match self.random.below(24) {
                0..8 => self.blocks.extend(allocate(&mut self.random, self.largest)),
                8..15 if !self.blocks.is_empty() => {
                    let n = pick(&mut self.random, &self.blocks);
                    self.blocks.swap_remove(n).free();
                }
                15..18 if !self.blocks.is_empty() => {
                    let n = pick(&mut self.random, &self.blocks);
                    let magnitude = 1 + self.random.below(self.largest.ilog2() as usize);
                    let size = 1 + self.random.below(1 << magnitude);
                    let block = self.blocks.swap_remove(n).resized(size);
                    self.blocks.push(block);
                }
                18 | 19 => self.mail.lock().unwrap().extend(self.blocks.pop()),
                20 => {
                    let block = self.mail.lock().unwrap().pop();
                    self.blocks.extend(block);
                }
                21 | 22 if depth < 4 => {
                    let steps = self.random.below(30);
                    (self.arenas.arena)(&mut || self.run(steps, depth + 1));
                }
                23 if depth < 4 => {
                    let steps = self.random.below(20);
                    (self.arenas.no_arena)(&mut || self.run(steps, depth + 1));
                }
                _ if self.random.below(40) == 0 => (self.arenas.clear_pool)(),
                _ => {}
            }
        }
    }
}

/// So many threads, one generation after the other (ten times as many in a release), each with a program of so many steps;
/// some blocks outlive their thread, and none this call. Afterwards arenas have nothing, which is for the caller to look at.
///
/// # Panics
///
/// When a block does not hold what was written to it, is not aligned, or overlaps another one.
pub fn check(arenas: Arenas, seed: u64, generations: usize, threads: usize, steps: usize, largest: usize) {
    let mail = Mutex::new(Vec::new());
    let generations = if cfg!(debug_assertions) { generations } else { 10 * generations };
    for generation in 0..generations {
        std::thread::scope(|scope| {
            for thread in 0..threads {
                let mail = &mail;
                let random = Random::new(seed.wrapping_add((generation * threads + thread) as u64));
                scope.spawn(move || {
                    let mut worker = Worker { random, blocks: Vec::new(), mail, largest, arenas };
                    worker.run(steps, 0);
                    for (n, block) in worker.blocks.into_iter().enumerate() {
                        if n % 2 == 0 { block.free() } else { mail.lock().unwrap().push(block) }
                    }
                });
            }
        });
    }
    end(mail, Vec::new());
}

/// A program on this thread alone, whose steps the bytes say.
///
/// # Panics
///
/// As [`check`] does.
pub fn check_bytes(arenas: Arenas, bytes: &[u8], largest: usize) {
    let mail = Mutex::new(Vec::new());
    let mut worker = Worker { random: Random::of(bytes), blocks: Vec::new(), mail: &mail, largest, arenas };
    while !worker.random.bytes.is_empty() {
        worker.run(1, 0);
    }
    let blocks = worker.blocks;
    end(mail, blocks);
}

/// Frees all blocks that are left.
fn end(mail: Mutex<Vec<Block>>, blocks: Vec<Block>) {
    mail.into_inner().unwrap().into_iter().chain(blocks).for_each(Block::free);
    // The map's own memory may be an arena's.
    assert!(std::mem::take(&mut *SHADOW.lock().unwrap()).is_empty());
}
