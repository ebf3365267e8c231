//! Arenas so large that there are addresses for two.
//!
//! A program of its own, as there are addresses for so many arenas in a process.
#![cfg(all(any(unix, windows), feature = "global", target_pointer_width = "64"))]

use std::sync::Barrier;
use std::thread;

use ndarena::global::{ArenaAlloc, arena, stats};
use ndarena_testing::turn;
use ndarray::Array1;

#[global_allocator]
static ALLOCATOR: ArenaAlloc = ArenaAlloc::system().capacity(400 << 30);

#[test]
fn threads_without_an_arena_run_on_the_wrapped_allocator() {
    let _turn = turn();
    let before = stats().without;
    let (all_in, all_done) = (Barrier::new(6), Barrier::new(6));
    let most_in_use = thread::scope(|scope| {
        let threads: Vec<_> = (0..6)
            .map(|n| {
                let (all_in, all_done) = (&all_in, &all_done);
                scope.spawn(move || {
                    arena(|| {
                        all_in.wait();
                        let x = Array1::from_elem(50_000, n as f64) * 2.0;
                        assert!(x.iter().all(|&x| x == 2.0 * n as f64));
                        let in_use = stats().in_use;
                        all_done.wait();
                        in_use
                    })
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).max()
    });
    let stats = stats();
    assert_eq!((most_in_use, stats.pooled, stats.without - before), (Some(2), 2, 4), "{stats}");
    assert!(
        stats.to_string().contains(&format!("{} calls found no arena; all arenas are in use or set aside", before + 4)),
        "{stats}"
    );
    assert_eq!(stats.live, 0);
}

/// A thread that found none does not look for one at each call, but gets one before long when there is one again.
#[test]
fn a_thread_gets_an_arena_when_there_is_one_again() {
    let _turn = turn();
    let (both_in, found) = (Barrier::new(3), Barrier::new(3));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                arena(|| {
                    both_in.wait();
                    found.wait();
                });
                found.wait();
            });
        }
        both_in.wait();
        let served = || {
            let before = stats().served;
            arena(|| drop(std::hint::black_box(vec![1_u8; 10_000])));
            stats().served > before
        };
        let before = stats().without;
        assert!((0..1000).all(|_| !served()));
        assert_eq!(stats().without - before, 1000);
        found.wait();
        found.wait();
        assert!((0..256).any(|_| served()));
        assert!((0..1000).all(|_| served()));
    });
}
