//! rayon inside arenas: its queues' blocks are made in a call, and live on in other threads.
//!
//! A program of its own, as rayon's threads and queues keep blocks of arenas until the process ends: they would show in the
//! figures that other tests look at.
#![cfg(all(any(unix, windows), feature = "rayon"))]

use std::sync::atomic::{AtomicUsize, Ordering};

use ndarena::global::{ArenaAlloc, arena, clear_pool, par_map_arena, stats};
use ndarena_testing::turn;
use ndarray::{Array1, Array2, Zip};
use rayon::prelude::*;

#[global_allocator]
static ALLOCATOR: ArenaAlloc = ArenaAlloc::system();

fn triangle(n: usize) -> f64 {
    (Array1::from_iter(0..=n).mapv(|i| i as f64) * 1.0).sum()
}

/// What rayon can be asked for, from wherever this is called.
fn everything(n: usize) {
    let expected = |n: usize| (n * (n + 1) / 2) as f64;
    let (a, b) = rayon::join(|| triangle(1000 + n), || arena(|| triangle(2000 + n)));
    assert_eq!((a, b), (expected(1000 + n), expected(2000 + n)));
    let total: f64 = (0..200_usize).into_par_iter().map(|i| arena(|| triangle(500 + i))).sum();
    assert_eq!(total, (0..200).map(|i| expected(500 + i)).sum::<f64>());
    let collected: Vec<Vec<usize>> = (0..100_usize).into_par_iter().map(|i| vec![i; 300]).collect();
    assert!(collected.iter().enumerate().all(|(i, row)| row.iter().all(|&x| x == i)));
    let count = AtomicUsize::new(0);
    rayon::scope(|scope| {
        for _ in 0..100 {
            scope.spawn(|scope| {
                let kept = arena(|| vec![1_usize; 400]);
                scope.spawn(|_| {
                    count.fetch_add(kept.iter().sum(), Ordering::Relaxed);
                    drop(kept);
                });
            });
        }
    });
    assert_eq!(count.into_inner(), 40_000);
    let (mut x, y) = (Array2::zeros((300, 40)), Array2::from_elem((300, 40), n));
    Zip::from(&mut x).and(&y).par_for_each(|x, y| *x = y + 1);
    assert!(x.iter().all(|&x| x == n + 1));
}

/// Jobs that nobody waits for but the channel. Not for all of a pool's threads at once, which would leave none to run them.
fn spawned() {
    let (to, from) = std::sync::mpsc::channel();
    for i in 0..50 {
        let to = to.clone();
        rayon::spawn(move || to.send(arena(|| vec![i; 500])).unwrap());
    }
    drop(to);
    let mut first: Vec<usize> = from.into_iter().map(|row| row[499]).collect();
    first.sort_unstable();
    assert!(first.into_iter().eq(0..50));
}

#[test]
fn any_number_of_times_inside_and_outside_the_pool() {
    let _turn = turn();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(4).build().unwrap();
    for n in 0..if cfg!(debug_assertions) { 20 } else { 200 } {
        arena(|| everything(n));
        arena(spawned);
        pool.install(|| arena(|| everything(n)));
        pool.install(|| arena(spawned));
        arena(|| pool.install(|| everything(n)));
        pool.broadcast(|_| arena(|| everything(n)));
    }
    let results = arena(|| par_map_arena(0..1000_usize, |n| (n, vec![n as f64; 1000])));
    assert!(results.iter().enumerate().all(|(i, (n, row))| i == *n && row.iter().all(|&x| x == i as f64)));
    let stats = stats();
    // This thread, four of ours, rayon's own, and three of the other test, with the thread that it ran on.
    assert!(stats.in_use + stats.pooled + stats.retired <= 5 + rayon::current_num_threads() + 4, "{stats}");
    assert!(stats.escaped > 500, "{stats}");
    drop(results);
    clear_pool();
}

/// A pool whose threads live in `arena`: what a library does on them is served, though it knows nothing of arenas, and what
/// is free goes back while they go on.
#[test]
fn threads_that_live_in_an_arena() {
    let _turn = turn();
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(3)
        .spawn_handler(|thread| {
            std::thread::spawn(|| arena(|| thread.run()));
            Ok(())
        })
        .build()
        .unwrap();
    // Each of them has begun, and got its arena.
    pool.broadcast(|_| drop(std::hint::black_box(vec![1_u8; 10_000])));
    let before = stats();
    let totals: Vec<f64> = pool.install(|| (0..300_usize).into_par_iter().map(|n| triangle(2000 + n)).collect());
    assert!(totals.iter().enumerate().all(|(n, &total)| total == ((2000 + n) * (2001 + n) / 2) as f64));
    let now = stats();
    assert!(now.served - before.served >= 600 && now.in_use >= 3, "{now}");
    // Results outlive the jobs that made them, which no call's end tells, and `live` says how much they are.
    let kept: Vec<Vec<u8>> = pool.install(|| (0..300_usize).into_par_iter().map(|n| vec![n as u8; 10_000]).collect());
    assert!(stats().live >= 300 * 10_000, "{}", stats());
    // Memory that was asked for is given back when the threads next have freed something.
    pool.broadcast(|_| drop(std::hint::black_box(vec![1_u8; 60 << 20])));
    let held = stats().touched;
    assert!(held >= 180 << 20 || cfg!(windows), "{}", stats());
    clear_pool();
    pool.broadcast(|_| {
        let mut blocks: Vec<Vec<u8>> = (0..100).map(|n| vec![1; 10_000 + 100 * n]).collect();
        blocks.retain(|block| block.len() % 200 == 0);
        assert!(std::hint::black_box(vec![1_u8; 300_000]).iter().all(|&byte| byte == 1));
    });
    let now = stats();
    assert!(now.touched + (100 << 20) < held || cfg!(windows), "{held}\n{now}");
    assert!(kept.iter().enumerate().all(|(n, block)| block.iter().all(|&byte| byte == n as u8)));
}
