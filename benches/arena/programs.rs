//! Programs whose memory and whose pauses tell allocators apart.

use std::cell::RefCell;
use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use ndarena::global::{arena, clear_pool};
use ndarray::Array2;

const MIB: usize = 1 << 20;

/// What a program took: seconds, and mebibytes beyond what the process had before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    pub(crate) seconds: f64,
    /// Of the longest call that was looked at.
    pub(crate) longest: f64,
    pub(crate) resident: f64,
    /// Once the allocator was asked to give back what it does not need.
    pub(crate) cleared: f64,
}

impl Outcome {
    /// As one line.
    pub(crate) fn line(self) -> String {
        format!("{} {} {} {}", self.seconds, self.longest, self.resident, self.cleared)
    }

    pub(crate) fn parse(line: &str) -> Option<Self> {
        let numbers: Vec<f64> = line.split_whitespace().map(str::parse).collect::<Result<_, _>>().ok()?;
        let [seconds, longest, resident, cleared] = numbers[..] else { return None };
        Some(Self { seconds, longest, resident, cleared })
    }

    /// The least of the times, and the medians of the others.
    pub(crate) fn of_all(all: &[Self]) -> Self {
        let sorted = |figure: fn(&Self) -> f64| {
            let mut figures: Vec<f64> = all.iter().map(figure).collect();
            figures.sort_by(f64::total_cmp);
            figures
        };
        let median = |figure| sorted(figure)[all.len() / 2];
        Self {
            seconds: sorted(|all| all.seconds)[0],
            longest: sorted(|all| all.longest)[0],
            resident: median(|all| all.resident),
            cleared: median(|all| all.cleared),
        }
    }
}

/// The memory of this process.
#[cfg(unix)]
fn resident() -> f64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    // SAFETY: it only asks.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as f64;
    statm.split(' ').nth(1).map_or(f64::NAN, |pages| pages.parse::<f64>().unwrap_or(f64::NAN) * page / MIB as f64)
}

/// The memory of this process, which is not asked for here.
#[cfg(not(unix))]
fn resident() -> f64 {
    f64::NAN
}

unsafe extern "C" {
    /// mimalloc's function by which it gives memory back.
    fn mi_collect(force: bool);
}

/// Asks all allocators to give back what they do not need.
fn give_back() {
    clear_pool();
    // SAFETY: this may be called at any time; it collects what the thread has freed.
    unsafe { mi_collect(true) };
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: this may be called at any time.
    unsafe {
        libc::malloc_trim(0);
    }
    #[cfg(unix)]
    {
        // All of jemalloc's arenas, by the number that stands for all.
        // SAFETY: the name is a string that ends in zero, and no value is read or written.
        unsafe {
            tikv_jemalloc_sys::mallctl(
                c"arena.4096.purge".as_ptr(),
                std::ptr::null_mut(),
                std::ptr::null_mut(),
                std::ptr::null_mut(),
                0,
            );
        }
    }
}

thread_local! {
    static LONGEST: RefCell<f64> = const { RefCell::new(0.0) };
}

/// Runs `f`, and notes how long that takes if it is the longest.
fn call<R>(f: impl FnOnce() -> R) -> R {
    let start = Instant::now();
    let result = f();
    let seconds = start.elapsed().as_secs_f64();
    LONGEST.with_borrow_mut(|longest| *longest = longest.max(seconds));
    result
}

/// Runs `f` in `arena` or as it is.
fn run<R>(in_arena: bool, f: impl FnOnce() -> R) -> R {
    if in_arena { arena(f) } else { f() }
}

/// Runs a program, and looks at memory while what it returns still lives.
fn measured<R>(program: impl FnOnce() -> R) -> Outcome {
    let (before, start) = (resident(), Instant::now());
    let kept = program();
    let (seconds, at_end) = (start.elapsed().as_secs_f64(), resident());
    give_back();
    let cleared = resident() - before;
    drop(black_box(kept));
    Outcome { seconds, longest: LONGEST.take(), resident: at_end - before, cleared }
}

/// Numbers that are the same each time, below `n`.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) as usize % n
    }
}

fn touched(bytes: usize) -> Vec<u8> {
    black_box(vec![1; bytes])
}

/// 2 kB of a call that has 900 MiB.
fn survivor(in_arena: bool) -> Outcome {
    measured(|| run(in_arena, || touched(900 * MIB)[..2000].to_vec()))
}

/// 1.5 kB of each of 100 threads that have 20 MiB at once.
fn threads_keep(in_arena: bool) -> Outcome {
    let all_in = Barrier::new(100);
    measured(|| {
        let one = || {
            run(in_arena, || {
                let large = touched(20 * MIB);
                all_in.wait();
                large[..1500].to_vec()
            })
        };
        thread::scope(|scope| {
            let threads: Vec<_> = (0..100).map(|_| scope.spawn(one)).collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect::<Vec<_>>()
        })
    })
}

/// Threads in calls of 20 kB, all at once: what they have then.
fn small_calls<const N: usize>(in_arena: bool) -> Outcome {
    let (all_in, all_done) = (Barrier::new(N + 1), Barrier::new(N + 1));
    let start = Instant::now();
    let before = resident();
    let more = thread::scope(|scope| {
        for _ in 0..N {
            scope.spawn(|| {
                run(in_arena, || {
                    let block = touched(20_000);
                    all_in.wait();
                    all_done.wait();
                    drop(block);
                });
            });
        }
        all_in.wait();
        let more = resident() - before;
        all_done.wait();
        more
    });
    let seconds = start.elapsed().as_secs_f64();
    give_back();
    Outcome { seconds, longest: f64::NAN, resident: more, cleared: resident() - before }
}

/// 800 MiB of zeros, of which 800 bytes are written, four times.
fn sparse_zeros(in_arena: bool) -> Outcome {
    measured(|| {
        let mut at_most: f64 = 0.0;
        let before = resident();
        for _ in 0..4 {
            run(in_arena, || {
                let mut block = call(|| black_box(vec![0_u8; 800 * MIB]));
                (0..800).for_each(|n| block[n * MIB + 12_345] = 1);
                at_most = at_most.max(resident() - before);
                call(|| drop(black_box(block)));
            });
        }
    })
}

/// A matrix of 10,000 × 10,000 zeros, of which 100 are written.
fn sparse_matrix(in_arena: bool) -> Outcome {
    measured(|| {
        run(in_arena, || {
            let mut matrix = call(|| Array2::<f64>::zeros((10_000, 10_000)));
            (0..100).for_each(|n| matrix[[n * 100, n * 99]] = 1.0);
            matrix
        })
    })
}

/// A server that keeps 5 % of its results of 1 kB to 2 MB, in a cache of 1000; `dropped` of ten are dropped in the end.
fn server<const DROPPED: usize>(in_arena: bool) -> Outcome {
    measured(|| {
        let (mut cache, mut random) = (Vec::<Vec<u8>>::with_capacity(1000), Random(88_172_645_463_325_252));
        for _ in 0..100_000 {
            let magnitude = 1000 << random.below(11);
            let size = magnitude + random.below(magnitude);
            let result = run(in_arena, || {
                let mut temporary = call(|| Vec::<u8>::with_capacity(size));
                temporary.resize(size, 1);
                let result = call(|| black_box(&temporary).clone());
                call(|| drop(temporary));
                result
            });
            if random.below(20) > 0 {
                call(|| drop(result));
            } else if cache.len() < 1000 {
                cache.push(result);
            } else {
                cache[random.below(1000)] = result;
            }
        }
        let mut n = 0;
        cache.retain(|_| {
            n += 1;
            n % 10 >= DROPPED
        });
        cache
    })
}

/// 500,000 blocks of 1100 bytes, large enough for an arena, of which five eighths are freed at random, by this thread or another, and then larger ones are made.
fn holes<const ELSEWHERE: bool>(in_arena: bool) -> Outcome {
    measured(|| {
        run(in_arena, || {
            let (mut blocks, mut random) = (Vec::with_capacity(500_000), Random(88_172_645_463_325_252));
            blocks.extend((0..500_000).map(|_| touched(1100)));
            for last in (1..blocks.len()).rev() {
                blocks.swap(last, random.below(last + 1));
            }
            let freed = blocks.split_off(3 * blocks.len() / 8);
            if ELSEWHERE {
                thread::scope(|scope| scope.spawn(|| drop(freed)).join().expect("no panic"));
            } else {
                freed.into_iter().for_each(|block| call(|| drop(block)));
            }
            for n in 0..100_000 {
                call(|| black_box(Vec::<u8>::with_capacity(2000 + n % 20_000)));
            }
            call(|| black_box(Vec::<u8>::with_capacity(64 * MIB)));
            blocks
        })
    })
}

/// A vector of 120 MiB that shrinks to 100 with a block behind it.
fn shrink(in_arena: bool) -> Outcome {
    measured(|| {
        run(in_arena, || {
            for _ in 0..3 {
                let mut large = touched(120 * MIB);
                let behind = touched(100_000);
                large.truncate(100 * MIB);
                call(|| large.shrink_to_fit());
                black_box(&large);
                drop(behind);
            }
        });
    })
}

/// Temporaries of 50 to 750 MiB, whose first page is written to, with 20 results of 2 kB kept.
fn rolling(in_arena: bool) -> Outcome {
    measured(|| {
        let (mut kept, mut random) = (vec![Vec::new(); 20], Random(88_172_645_463_325_252));
        for n in 0..2000 {
            kept[n % 20] = run(in_arena, || {
                let mut large = call(|| Vec::<u8>::with_capacity((50 + random.below(700)) * MIB));
                large.resize(4096, 1);
                let result = call(|| large[..2000].to_vec());
                call(|| drop(black_box(large)));
                result
            });
        }
        kept
    })
}

/// What [`over_time`] is called.
pub(crate) const OVER_TIME: &str = "calls over time";

/// Calls of three parts, each with two temporaries of as many bytes and a result of 20 kB, which is kept as long as that part
/// lasts: of 4 MiB, of 40 MiB, and of 4 MiB again. Prints now and then how many calls were made, and what memory there is in the
/// midst of one and after it.
pub(crate) fn over_time(in_arena: bool) {
    const EACH: usize = 200;
    let (before, mut calls) = (resident(), 0);
    for size in [4 * MIB, 40 * MIB, 4 * MIB] {
        let mut kept = Vec::new();
        for _ in 0..EACH {
            let look = calls % 10 == 0;
            kept.push(run(in_arena, || {
                let (x, y) = (touched(size), touched(size));
                if look {
                    println!("{calls} {}", resident() - before);
                }
                drop(black_box(x));
                y[..20_000].to_vec()
            }));
            if look {
                println!("{calls}.5 {}", resident() - before);
            }
            calls += 1;
        }
    }
    println!("{calls} {}", resident() - before);
    give_back();
    println!("{calls}.5 {}", resident() - before);
}

/// What a program is called, and the program, which is told whether to run in `arena`.
type Program = (&'static str, fn(bool) -> Outcome);

pub(crate) const PROGRAMS: [Program; 12] = [
    ("2 kB kept of a call of 900 MiB", survivor),
    ("1.5 kB kept of 20 MiB, 100 threads", threads_keep),
    ("20 kB in each of 64 threads", small_calls::<64>),
    ("20 kB in each of 1000 threads", small_calls::<1000>),
    ("800 of 800 Mi zeros written, 4 times", sparse_zeros),
    ("100 of 10⁸ zeros written", sparse_matrix),
    ("server, 5 % cached", server::<0>),
    ("server, nine tenths of the cache dropped", server::<9>),
    ("500,000 blocks, five eighths freed", holes::<false>),
    ("500,000 blocks, five eighths freed elsewhere", holes::<true>),
    ("120 MiB shrunk to 100", shrink),
    ("50 to 750 MiB, 20 results kept", rolling),
];
