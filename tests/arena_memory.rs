//! How much of the system's memory arenas take, as the system counts it, and when they give it back.
//!
//! A program of its own, as it looks at the memory of its process: each test runs in one more process, which does nothing
//! else.
#![cfg(all(target_os = "linux", feature = "global", target_pointer_width = "64"))]

use std::hint::black_box;
use std::io::{LineWriter, Stdout, Write};
use std::process::Command;
use std::sync::{Barrier, LazyLock, Mutex};
use std::thread;

use ndarena::global::{ArenaAlloc, arena, clear_pool, stats};
use ndarena_testing::arena_model::Random;
use ndarray::Array2;

#[global_allocator]
static ALLOCATOR: ArenaAlloc = ArenaAlloc::system();

const MIB: usize = 1 << 20;

fn page() -> usize {
    // SAFETY: it only asks.
    unsafe { libc::sysconf(libc::_SC_PAGESIZE) }.try_into().unwrap()
}

/// The memory that this process has, in bytes.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * page()
}

/// Runs the program in a process of its own: this test program once more, for the test of that name alone.
fn in_a_process(test: &str, program: impl FnOnce()) {
    const VARIABLE: &str = "NDARENA_MEMORY_TEST";
    if std::env::var(VARIABLE).is_ok_and(|name| name == test) {
        return program();
    }
    let this = std::env::current_exe().unwrap();
    let output = Command::new(this).args([test, "--exact", "--nocapture"]).env(VARIABLE, test).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

/// Asserts that the process has less memory than `mib` mebibytes more than `before`.
fn assert_less(before: usize, mib: usize, when: &str) {
    let more = resident().saturating_sub(before);
    assert!(more < mib * MIB, "{} MiB, {when}\n{}", more / MIB, stats());
}

/// Fills a vector of so many bytes.
fn touch(bytes: usize) -> Vec<u8> {
    black_box(vec![1; bytes])
}

#[test]
fn a_small_result_of_a_large_call() {
    in_a_process("a_small_result_of_a_large_call", || {
        let before = resident();
        let kept = arena(|| touch(900 * MIB)[..2000].to_vec());
        assert_less(before, 16, "at the end of the call");
        clear_pool();
        assert_less(before, 16, "once cleared");
        // Everything is free now, and the arena serves on.
        drop(kept);
        arena(|| drop(touch(300 * MIB)));
        assert!(resident() > before + 299 * MIB, "what is pooled is kept");
        clear_pool();
        assert_less(before, 4, "once all is free");
    });
}

/// What the standard library has for its standard output, which the test's harness has used already.
static PRINTED: LazyLock<Mutex<LineWriter<Stdout>>> = LazyLock::new(|| Mutex::new(LineWriter::new(std::io::stdout())));
/// The same with a larger buffer.
static LINES: LazyLock<Mutex<LineWriter<Stdout>>> =
    LazyLock::new(|| Mutex::new(LineWriter::with_capacity(2000, std::io::stdout())));

#[test]
fn a_line_that_is_printed_in_a_large_call() {
    in_a_process("a_line_that_is_printed_in_a_large_call", || {
        let before = resident();
        arena(|| {
            let large = touch(385 * MIB);
            // The buffers are made here, as that of `println!` is when it is first used, and live for as long as the process.
            writeln!(PRINTED.lock().unwrap(), "{}", large[7]).unwrap();
            writeln!(LINES.lock().unwrap(), "{}", large[8]).unwrap();
        });
        // That of `println!` is too small for an arena.
        assert_eq!(stats().escaped, 1);
        assert_less(before, 16, "at the end of the call");
        // Many calls in a row have the memory that they need at hand, and it is given back when that is asked for.
        (0..100).for_each(|_| arena(|| drop(touch(50 * MIB))));
        clear_pool();
        assert_less(before, 16, "once cleared");
    });
}

#[test]
fn many_threads_that_keep_a_little() {
    in_a_process("many_threads_that_keep_a_little", || {
        let before = resident();
        let all_in = Barrier::new(100);
        let kept: Vec<Vec<u8>> = thread::scope(|scope| {
            let call = || {
                arena(|| {
                    let large = touch(20 * MIB);
                    all_in.wait();
                    large[..1500].to_vec()
                })
            };
            let threads: Vec<_> = (0..100).map(|_| scope.spawn(call)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_less(before, 16, "when the threads have ended");
        assert!(kept.iter().flatten().all(|&byte| byte == 1));
    });
}

/// What so many threads in calls of 20 kB take at once.
fn threads_in_small_calls(threads: usize, mib: usize) {
    let before = resident();
    let (all_in, all_done) = (Barrier::new(threads + 1), Barrier::new(threads + 1));
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                arena(|| {
                    let block = touch(20_000);
                    all_in.wait();
                    all_done.wait();
                    drop(block);
                });
            });
        }
        all_in.wait();
        let more = resident() - before;
        all_done.wait();
        assert!(more < mib * MIB, "{} MiB", more / MIB);
    });
}

#[test]
fn many_threads_in_small_calls() {
    in_a_process("many_threads_in_small_calls", || threads_in_small_calls(64, 16));
}

#[test]
fn a_thousand_threads_in_small_calls() {
    in_a_process("a_thousand_threads_in_small_calls", || threads_in_small_calls(1000, 100));
}

#[test]
fn large_zeroed_blocks_cost_what_is_touched() {
    /// Makes zeros, looks whether they are, and writes to 800 of them.
    fn sparse() {
        let mut block = vec![0_u8; 800 * MIB];
        for place in (0..800).map(|n| n * MIB + 12_345) {
            assert_eq!(std::mem::replace(black_box(&mut block[place]), 1), 0);
        }
    }
    in_a_process("large_zeroed_blocks_cost_what_is_touched", || {
        let before = resident();
        arena(|| {
            (0..4).for_each(|_| sparse());
            assert_less(before, 16, "within a call");
        });
        arena(sparse);
        arena(sparse);
        assert_less(before, 16, "in later calls");
        arena(|| drop(touch(800 * MIB)));
        arena(|| {
            sparse();
            assert_less(before, 16, "in memory that was used before");
        });
        clear_pool();
        let before = resident();
        let sum = arena(|| {
            let mut matrix = Array2::<f64>::zeros((10_000, 10_000));
            (0..100).for_each(|n| matrix[[n * 100, n * 99]] = 1.0);
            assert_less(before, 16, "of a matrix");
            matrix.row(500).sum() + matrix.diag().sum()
        });
        assert_eq!(sum, 2.0);
    });
}

#[test]
fn results_that_are_kept_in_a_cache() {
    in_a_process("results_that_are_kept_in_a_cache", || {
        let (before, mut random) = (resident(), Random::new(7));
        let mut cache: Vec<Vec<u8>> = Vec::new();
        for _ in 0..20_000 {
            let size = 1000 << random.below(12);
            let size = size / 2 + random.below(size);
            let result = arena(|| {
                let temporary = touch(size);
                let other = temporary.clone();
                black_box(&other);
                temporary
            });
            if random.below(20) == 0 {
                match random.below(300) {
                    place if place < cache.len() => cache[place] = result,
                    _ => cache.push(result),
                }
            }
        }
        let live = cache.iter().map(Vec::len).sum::<usize>() / MIB;
        assert!(live > 50, "{live} MiB");
        clear_pool();
        assert_less(before, live + live / 8 + 16, "of which almost all is live");
        let mut n = 0;
        cache.retain(|_| {
            n += 1;
            n % 10 == 0
        });
        clear_pool();
        let live = cache.iter().map(Vec::len).sum::<usize>() / MIB;
        assert_less(before, live + live / 8 + 16, "when nine tenths are dropped");
        assert!(cache.iter().flatten().all(|&byte| byte == 1));
    });
}

/// Where the system limits what may be written to, an arena takes as much as it needs.
#[test]
fn commits_follow_use() {
    in_a_process("commits_follow_use", || {
        let limit = libc::rlimit { rlim_cur: 1_200_000 << 10, rlim_max: libc::RLIM_INFINITY };
        // SAFETY: a limit that is one.
        assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_DATA, &raw const limit) }, 0);
        arena(|| drop(touch(100_000)));
        let room = |mib: usize| black_box(Vec::<u8>::new()).try_reserve_exact(mib * MIB).is_ok();
        assert!(room(1100), "for malloc");
        arena(|| drop(touch(700 * MIB)));
        assert!(!room(600) && room(300), "the arena has kept what it needed");
        clear_pool();
        assert!(room(1100), "once cleared");
        // What the system does not give to the arena it does not give to malloc either, and nothing is lost by it.
        let outside = black_box(Vec::<u8>::with_capacity(600 * MIB));
        arena(|| {
            assert!(!room(700));
            assert!(touch(300 * MIB).iter().all(|&byte| byte == 1));
        });
        drop(outside);
        assert!(arena(|| room(700)));
        assert!(stats().to_string().contains("found no memory"), "{}", stats());
    });
}

/// Memory that is locked is taken at once, and cannot be given back in pieces.
#[test]
fn locked_memory_is_what_is_needed() {
    in_a_process("locked_memory_is_what_is_needed", || {
        // SAFETY: it locks what is mapped from now on.
        if unsafe { libc::mlockall(libc::MCL_FUTURE) } != 0 {
            eprintln!("skipped: this user may not lock memory");
            return;
        }
        let before = resident();
        let mut kept = vec![arena(|| touch(10_000))];
        assert_less(before, 16, "in a small call");
        for _ in 0..3 {
            kept.push(arena(|| touch(50 * MIB)[..5000].to_vec()));
        }
        clear_pool();
        assert!(kept.iter().flatten().all(|&byte| byte == 1));
        assert!(arena(|| vec![0_u8; 40 * MIB]).iter().all(|&byte| byte == 0));
    });
}

/// What `stats` says is what the system says, at each step: in small pages and huge ones, of what grows in place, of zeros
/// that nobody wrote to, and of what is given back.
#[test]
fn figures_are_those_of_the_system() {
    in_a_process("figures_are_those_of_the_system", || {
        // What the arenas' own notes, threads and the test need beside is less than this.
        const BESIDE: usize = 2 * MIB;
        arena(|| drop(touch(1000)));
        clear_pool();
        let before = resident();
        let check = |when: &str| {
            let (stats, more) = (stats(), resident().saturating_sub(before));
            assert!(stats.touched.abs_diff(more) < BESIDE, "{when}: {} MiB\n{stats}", more / MIB);
            assert!(stats.committed >= stats.touched && stats.committed >= stats.live, "{when}\n{stats}");
            stats
        };
        let kept = arena(|| {
            let mut grown = Vec::<u8>::new();
            for mib in [1, 3, 8, 21, 50, 121] {
                grown.resize(mib * MIB, 1);
                let stats = check("what grows in place");
                assert!(stats.live >= mib * MIB && stats.touched >= mib * MIB, "{stats}");
            }
            let mut zeros = vec![0_u8; 300 * MIB];
            (0..300).for_each(|n| zeros[n * MIB] = 1);
            let stats = check("zeros");
            assert!(stats.live >= 421 * MIB && stats.touched < 150 * MIB && stats.committed >= 421 * MIB, "{stats}");
            grown.truncate(40 * MIB);
            grown.shrink_to_fit();
            assert!(check("what shrinks").live < 400 * MIB);
            drop(zeros);
            grown
        });
        let stats = check("what is kept");
        assert!(stats.live < 50 * MIB && stats.touched < 50 * MIB && stats.committed < 140 * MIB, "{stats}");
        thread::spawn(move || drop(kept)).join().unwrap();
        assert_eq!(check("what another thread has freed").live, 0);
        clear_pool();
        let stats = check("what is cleared");
        assert_eq!((stats.live, stats.touched, stats.committed), (0, 0, 0));
    });
}
