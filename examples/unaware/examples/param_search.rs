//! A search for three parameters, in three nested loops with a map over 10⁵ numbers each: ndarray code as it is, on the heap
//! and in an arena, on one thread and on all. `cargo run --release -p ndarena-unaware --example param_search`

use ndarena::global::{ArenaAlloc, arena, par_map_arena, stats};
use rayon::prelude::*;
use unaware::search::{data, search};
use unaware::timed;

#[global_allocator]
static ALLOCATOR: ArenaAlloc = ArenaAlloc::system();

fn main() {
    let (x, y) = data(100_000);
    let grid: Vec<f64> = (0..12).map(|i| f64::from(i) * 0.25).collect();

    let (heap, on_heap) = timed(|| search(&x, &y, &grid));
    let (ours, in_arena) = timed(|| arena(|| search(&x, &y, &grid)));
    assert_eq!(heap, ours, "the same parameters");
    let ratio = on_heap.div_duration_f64(in_arena);
    println!("one thread:   heap {on_heap:.2?}, arena {in_arena:.2?}: {ratio:.2} times as fast");

    // Several searches at once, for data of several heights.
    let heights = [0.5, 1.0, 1.5, 2.0];
    let one = |height: &f64| search(&x, &(&y * *height), &grid);
    let (heap, on_heap) = timed(|| heights.par_iter().map(one).collect::<Vec<_>>());
    let (ours, in_arenas) = timed(|| par_map_arena(&heights, one));
    assert_eq!(heap, ours, "the same parameters");
    let (threads, ratio) = (rayon::current_num_threads(), on_heap.div_duration_f64(in_arenas));
    println!("{threads} threads:    heap {on_heap:.2?}, arenas {in_arenas:.2?}: {ratio:.2} times as fast");

    println!("\nfound a, b, c = {:?}\n{}", ours[1], stats());
}
