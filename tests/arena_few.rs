//! Arenas so large that there are addresses for two.
//!
//! A program of its own, as there are addresses for so many arenas in a process.
#![cfg(all(any(unix, windows), feature = "global", target_pointer_width = "64"))]

use std::sync::Barrier;
use std::thread;

use ndarena::global::{ArenaAlloc, arena, stats};
use ndarray::Array1;

#[global_allocator]
static ALLOCATOR: ArenaAlloc = ArenaAlloc::system().capacity(400 << 30);

#[test]
fn threads_without_an_arena_run_on_the_wrapped_allocator() {
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
    assert_eq!((most_in_use, stats.pooled, stats.without), (Some(2), 2, 4), "{stats}");
    assert!(stats.to_string().contains("4 calls found no arena; all arenas are in use or set aside"), "{stats}");
    assert_eq!(stats.live, 0);
}
