//! Kinds of memory × ways to open scopes on it: what the tables of operations, of the documentation's examples and of kernels
//! are run on.
//!
//! `tests/peers` includes this file as well, for the kernels. It is not in `tests/support`, which may not depend on ndarena.

mod kinds;
mod profiled;

use std::mem::MaybeUninit;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ndarena::{FixedBuffer, Guard, prelude::*};
use ndarena_testing::{Panic, panic_of};
use ndarray::prelude::*;

use kinds::{Counted, Default, Memory};

/// A call that is to give the same on every memory.
pub(crate) struct Program<'a> {
    pub(crate) name: &'a str,
    pub(crate) run: &'a dyn Fn(Scope<'_>) -> Vec<u64>,
    /// The bits of what it gives.
    pub(crate) expected: &'a [u64],
    /// How many sizes of fixed memory to try, at most. Where they are few the program takes long, and runs in fewer ways.
    pub(crate) sizes: usize,
}

/// Bytes that no array from the low end may show: fixed memory is full of such before it is used, and so is what lies at the
/// high end. (In debug builds the library writes over what it hands out, so that they can be seen in released ones only.)
pub(crate) const POISON: u8 = 0xA0;

/// What takes another amount of memory at another address, so that no peak tells how much is enough on fixed memory: by the
/// beginning of its name, and why.
const MORE_THAN_ITS_PEAK: [(&str, &str); 2] = [
    ("Aligned::", "How much is skipped for boundaries larger than 64 depends on where the memory begins and ends."),
    ("Scope::align", "The same."),
];

/// What takes memory that counts towards a limit but not towards the peak, and why.
const BESIDE_THE_PEAK: [(&str, &str); 1] =
    [("Scope::bump", "A `Bump` asks the global allocator by itself, in amounts of its own.")];

fn excepted(p: &Program<'_>, list: &[(&str, &str)]) -> bool {
    list.iter().any(|(name, _)| p.name.starts_with(name))
}

/// A limit under which nothing is refused, for what comes to `peak` on a buffer without one and has so many scopes with
/// arrays open at a time.
// A level has at most twice the most that its scopes ever used, or its first block, if that is more.
pub(crate) fn limit_that_is_enough(peak: usize, scopes_deep: usize) -> usize {
    2 * peak + 2048 * scopes_deep
}

/// Arrays that are there while something else runs, one from each end, and may not change.
struct Bystanders<'s> {
    low: &'s mut [u8],
    high: ArrayViewMut1<'s, u8>,
    mark: u8,
}

impl<'s> Bystanders<'s> {
    fn new(s: Scope<'s>, mark: u8) -> Self {
        let low = s.alloc_slice::<u8>(5 + 8 * usize::from(mark));
        let shows_poison = low.chunks_exact(8).any(|bytes| bytes[0] & 0xF0 == POISON && bytes == [bytes[0]; 8]);
        assert!(!shows_poison, "uninitialised memory: {low:x?}");
        low.fill(mark);
        Bystanders { low, high: s.from_elem(20 + usize::from(mark), POISON + mark), mark }
    }

    #[track_caller]
    fn check(&self) {
        let same = self.low.iter().all(|&x| x == self.mark) && self.high.iter().all(|&x| x == POISON + self.mark);
        assert!(same, "bystander {}: {:?} {:?}", self.mark, self.low, self.high);
    }
}

const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

impl Program<'_> {
    fn takes_long(&self) -> bool {
        self.sizes < 20
    }

    #[track_caller]
    fn check(&self, s: Scope<'_>, what: &str, way: &str) {
        assert_eq!((self.run)(s), self.expected, "{} on {what}, {way}", self.name);
    }

    /// In guards that are ended in that order, with arrays in each.
    fn in_guards(&self, guards: [Guard<'_>; 3], order: [usize; 3], what: &str) {
        let mut guards = guards.map(Some);
        let [first, second, third] = order.map(|n| guards[n].take().expect("each once"));
        let first_kept = Bystanders::new(first.scope(), 1);
        let (second_kept, third_kept) = (Bystanders::new(second.scope(), 2), Bystanders::new(third.scope(), 3));
        if !self.takes_long() {
            for guard in [&first, &second, &third] {
                self.check(guard.scope(), what, "in three guards");
            }
        }
        first_kept.check();
        drop(first);
        self.check(second.scope(), what, "in guards of which one has ended");
        if !self.takes_long() {
            third.scope().scope(|s| self.check(s, what, "in a scope inside a guard, as one has ended"));
            self.check(third.scope(), what, "in another guard, as one has ended");
        }
        second_kept.check();
        drop(second);
        self.check(third.scope(), what, "in the last guard");
        third_kept.check();
    }

    /// In scopes of each kind: at once, inside others, in outer ones while inner ones are open, in guards.
    fn in_every_way(&self, memory: &dyn Memory, what: &str) {
        memory.open(&mut |s| self.check(s, what, "at once"));
        memory.open(&mut |outer| {
            let outermost = Bystanders::new(outer, 1);
            let late = outer.scope(|between| {
                let between_kept = Bystanders::new(between, 2);
                let late = between.scope(|inner| {
                    let innermost = Bystanders::new(inner, 3);
                    self.check(inner, what, "three deep");
                    let late = (Bystanders::new(outer, 4), Bystanders::new(between, 5));
                    self.check(outer, what, "in the outermost of three");
                    self.check(between, what, "in the middle one of three");
                    innermost.check();
                    late
                });
                // What the last scope inside has left trapped serves for this.
                let later = between.scope(|_| (Bystanders::new(outer, 6), Bystanders::new(between, 7)));
                between_kept.check();
                late.1.check();
                later.1.check();
                [late.0, later.0]
            });
            let after = outer.scope(|inner| {
                let innermost = Bystanders::new(inner, 3);
                let after = [5, 7, 8].map(|mark| Bystanders::new(outer, mark));
                innermost.check();
                after
            });
            self.check(outer, what, "after inner scopes");
            late.iter().chain(&after).for_each(Bystanders::check);
            outermost.check();
        });
        memory.open(&mut |s| {
            let kept = Bystanders::new(s, 1);
            let guard = s.guard();
            let in_guard = Bystanders::new(guard.scope(), 2);
            guard.scope().scope(|inner| {
                let innermost = Bystanders::new(inner, 3);
                // With that in the way at the high end, what is made outside is carved at the low one.
                let high = inner.from_elem(300, POISON);
                let late = Bystanders::new(s, 4);
                self.check(inner, what, "in a scope inside a guard");
                late.check();
                assert!(high.iter().all(|&x| x == POISON));
                self.check(guard.scope(), what, "in a guard around a scope");
                innermost.check();
            });
            self.check(s, what, "in a scope around a guard");
            in_guard.check();
            drop(guard);
            self.check(s, what, "after a guard");
            kept.check();
        });
        for order in ORDERS {
            if let [Some(a), Some(b), Some(c)] = [memory.guard(), memory.guard(), memory.guard()] {
                self.in_guards([a, b, c], order, what);
            }
            if !self.takes_long() {
                memory.open(&mut |s| {
                    let kept = Bystanders::new(s, 4);
                    self.in_guards([s.guard(), s.guard(), s.guard()], order, what);
                    kept.check();
                });
            }
        }
        for detached in memory.detached(self.run).into_iter().flatten() {
            assert_eq!(detached.as_slice(), Some(self.expected), "{} on {what}, detached", self.name);
        }
        assert_eq!(memory.in_use(), 0, "{} on {what}", self.name);
    }

    /// Whether `call`, which runs it, comes to its end; if not, it must have been refused memory by what says `refusal`.
    fn succeeds(&self, call: impl FnOnce(), refusal: &str, what: &str) -> bool {
        match panic_of(call) {
            Ok(()) => true,
            Err(Panic { message, file, line }) => {
                assert!(message.contains(refusal), "{} on {what}, {file}:{line}: {message}", self.name);
                false
            }
        }
    }
}

/// Leaves poison in so many bytes from the high end of what the next scope may be handed.
fn flood(memory: &dyn Memory, bytes: usize) {
    memory.open(&mut |s| {
        s.uninit::<u8>(bytes).fill(MaybeUninit::new(POISON));
    });
}

/// How programs fared under a limit of exactly their peak.
#[derive(Debug, Default)]
pub(crate) struct AtTheirPeak {
    programs: usize,
    fit: usize,
    /// The least limit that was found to be enough, by bisection, as a ratio of the peak.
    least: Vec<(f64, String)>,
}

impl AtTheirPeak {
    /// Prints it, for `cargo test -- --nocapture`.
    pub(crate) fn print(mut self, of: &str) {
        let fit = self.least.iter().filter(|(ratio, _)| *ratio <= 1.0).count();
        self.least.sort_by(|a, b| a.0.total_cmp(&b.0));
        println!("{of}: {} of {} ran under a limit of exactly their peak", self.fit, self.programs);
        if let [(best, _), .., (worst, name)] = &self.least[..] {
            let median = self.least[self.least.len() / 2].0;
            println!("{of}: the least limit, of the peak: {best:.2} to {worst:.2} ({name}), median {median:.2}");
            println!("{of}: for {fit} of {} that take memory the peak or less was enough", self.least.len());
        }
    }
}

/// Runs the program on every memory, opened in every way: on each it must give what is expected, and all memory must be back.
/// `used` is a buffer that others have run on.
pub(crate) fn on_every_memory(program: &Program<'_>, used: &Buffer, at_peak: &mut AtTheirPeak) {
    let trial = Buffer::new();
    trial.scope(|s| program.check(s, "a new buffer", "once"));
    let peak = trial.stats().peak;
    if cfg!(miri) {
        return under_miri(program, used);
    }
    program.in_every_way(used, "a buffer that has run others");
    program.in_every_way(&trial, "a buffer that has run it");
    program.in_every_way(&Buffer::new(), "a new buffer");
    // Of a block of zeros no more than a byte was used.
    let full = Buffer::new();
    full.scope(|s| s.alloc_slice::<u8>(1).fill(1));
    flood(&full, full.stats().reserved);
    full.scope(|s| program.check(s, "a block that was full", "once"));
    program.in_every_way(&Buffer::with_capacity(peak), "a buffer with the capacity of its peak");
    program.in_every_way(&Default, "the default buffer");
    ndarena::with_buffer(&Buffer::new(), || program.in_every_way(&Default, "another default buffer"));
    let chunks = Arc::new(AtomicUsize::new(0));
    let buffer = Buffer::from_source(Counted(chunks.clone()));
    program.in_every_way(&buffer, "a source");
    // Each level that was ever used has one block by now.
    let (peak_of_ways, scopes_deep) = (buffer.stats().peak, chunks.load(Ordering::Relaxed));
    drop(buffer);
    assert_eq!(chunks.load(Ordering::Relaxed), 0, "{}: chunks go back to their source", program.name);
    profiled::check(program);
    under_limits(program, peak, peak_of_ways, scopes_deep, at_peak);
    on_fixed_memory(program, peak, peak_of_ways);
}

/// The least that looks at each mechanism: Miri takes ten thousand times as long.
fn under_miri(p: &Program<'_>, used: &Buffer) {
    used.scope(|s| s.scope(|s| p.check(s, "a buffer that has run others", "nested")));
    let mut memory = Vec::with_capacity(8000);
    let buffer = FixedBuffer::new(&mut memory.spare_capacity_mut()[1..]);
    buffer.scope(|outer| {
        let kept = Bystanders::new(outer, 1);
        let guard = outer.guard();
        outer.scope(|inner| {
            p.check(inner, "fixed memory", "in the innermost scope");
            p.check(guard.scope(), "fixed memory", "in a guard around a scope");
        });
        drop(guard);
        kept.check();
    });
    let enough = buffer.stats().peak;
    drop(buffer);
    for size in [enough / 8, enough / 3] {
        let buffer = FixedBuffer::new(&mut memory.spare_capacity_mut()[3..3 + size]);
        let run = || buffer.scope(|s| s.scope(|_| p.check(s, "little memory", "around a scope")));
        p.succeeds(run, "bytes are left for this scope of the fixed buffer's", "little memory");
        assert_eq!(buffer.stats().in_use, 0, "{} on {size} bytes", p.name);
    }
}

/// In the rows are up to two guards, which keep up to 320 bytes each of fixed memory for themselves.
fn most_of_guards(p: &Program<'_>) -> usize {
    if p.name.to_lowercase().contains("guard") { 2 * 320 } else { 0 }
}

fn under_limits(p: &Program<'_>, peak: usize, peak_of_ways: usize, scopes_deep: usize, at_peak: &mut AtTheirPeak) {
    if !excepted(p, &BESIDE_THE_PEAK) {
        let enough = limit_that_is_enough(peak_of_ways, scopes_deep);
        p.in_every_way(&Buffer::with_limit(enough), "a buffer with a limit that is enough");
    }
    let fits = |limit: usize| {
        let (buffer, what) = (Buffer::with_limit(limit), &*format!("a limit of {limit} bytes"));
        let run = || buffer.scope(|s| p.check(s, what, "at once"));
        let fits = p.succeeds(run, "bytes are left of the buffer's limit of", what);
        assert_eq!(buffer.stats().in_use, 0, "{} on {what}", p.name);
        assert!(buffer.scope(|s| s.try_uninit::<u8>(limit).is_ok()), "{} on {what}: all memory is back", p.name);
        fits
    };
    at_peak.programs += 1;
    at_peak.fit += usize::from(fits(peak));
    let (mut least, mut most) = (0, limit_that_is_enough(peak, scopes_deep) / 64);
    if peak == 0 || excepted(p, &BESIDE_THE_PEAK) {
        return;
    }
    while least < most {
        let lines = (least + most) / 2;
        if fits(64 * lines) { most = lines } else { least = lines + 1 }
    }
    at_peak.least.push((64.0 * least as f64 / peak as f64, format!("{}, {peak} bytes", p.name)));
}

fn on_fixed_memory(p: &Program<'_>, peak: usize, peak_of_ways: usize) {
    let mut memory = vec![MaybeUninit::uninit(); 4 * peak_of_ways + 10_000];
    let aligned = memory.as_ptr().addr().wrapping_neg() % 64;
    let whole = |buffer: &FixedBuffer<'_>, what: &str| {
        assert_eq!(buffer.stats().in_use, 0, "{} on {what}", p.name);
        let size = buffer.stats().reserved;
        assert!(buffer.scope(|s| s.try_uninit::<u8>(size).is_ok()), "{} on {what}: all memory is back", p.name);
    };
    // First of all on memory that nobody has written to, which valgrind and Miri can tell.
    let buffer = FixedBuffer::new(&mut memory[aligned..]);
    p.in_every_way(&buffer, "fixed memory");
    let enough_for_all = buffer.stats().peak;
    whole(&buffer, "fixed memory");
    memory.fill(MaybeUninit::new(POISON));
    for off in [0, 1, 24] {
        let what = format!("fixed memory {off} bytes from a line");
        let buffer = FixedBuffer::new(&mut memory[aligned + off..]);
        p.in_every_way(&buffer, &what);
        flood(&buffer, buffer.stats().reserved / 64 * 64 - 64);
        p.in_every_way(&buffer, &what);
        whole(&buffer, &what);
    }
    let buffer = FixedBuffer::new(&mut memory[aligned..]);
    buffer.scope(|s| p.check(s, "fixed memory", "once"));
    let enough = buffer.stats().peak;
    drop(buffer);
    let ample = 2 * peak + most_of_guards(p);
    assert!(
        enough <= ample || excepted(p, &MORE_THAN_ITS_PEAK),
        "{} takes {enough} bytes of fixed memory, and {peak} of a buffer",
        p.name
    );

    let refusal = "bytes are left for this scope of the fixed buffer's";
    let mut fits_from = |start: usize, size: usize, every_way: bool| {
        let what = &*format!("{size} bytes, {} from a line", start % 64);
        let memory = &mut memory[aligned + start..aligned + start + size];
        memory.fill(MaybeUninit::new(POISON));
        let buffer = FixedBuffer::new(memory);
        let run = || if every_way { p.in_every_way(&buffer, what) } else { buffer.scope(|s| p.check(s, what, "once")) };
        let fits = p.succeeds(run, refusal, what);
        whole(&buffer, what);
        if fits && !p.takes_long() {
            flood(&buffer, size);
            // Which has packed it, if it was not: what just fits beside lines may not fit side by side.
            p.succeeds(|| buffer.scope(|s| p.check(s, what, "again, when it was full")), refusal, what);
            whole(&buffer, what);
        }
        fits
    };
    // What `stats()` calls the peak is enough, on a boundary of 64.
    for (size, every_way) in [(enough, false), (enough_for_all, true)] {
        let fits = fits_from(0, size, every_way) || excepted(p, &MORE_THAN_ITS_PEAK);
        assert!(fits, "{} does not fit its peak, {size} bytes", p.name);
    }
    // In less, arrays are packed in the end; and what does not fit leaves nothing behind.
    let mut fits = |size: usize, every_way: bool| fits_from(size * 29 % 64, size, every_way);
    for size in (0..=enough).rev().step_by(enough / p.sizes + 1) {
        fits(size, false);
    }
    for part in 3..=16 {
        if !p.takes_long() || part % 4 == 0 {
            fits(enough_for_all * part / 16, true);
        }
    }
    // The least that is enough, and all sizes about it.
    let (mut least, mut most) = (0, enough + 64);
    while least < most {
        let size = (least + most) / 2;
        if fits(size, false) { most = size } else { least = size + 1 }
    }
    if !p.takes_long() {
        for size in least.saturating_sub(40)..least + 24 {
            fits(size, false);
        }
    }
}
