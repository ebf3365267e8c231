//! The median of 10⁷ numbers, 32 times, on one thread and on all: the standard library's code as it is, on the heap and in
//! arenas. `cargo run --release -p ndarena-unaware --example medians`

use ndarena::global::{ArenaAlloc, map_arena, par_map_arena, stats};
use rayon::prelude::*;
use unaware::median::{median, numbers};
use unaware::timed;

#[global_allocator]
static ALLOCATOR: ArenaAlloc = ArenaAlloc::system();

const TIMES: usize = 32;

fn main() {
    let values = numbers(10_000_000, 42);
    // Another median each time.
    let part = |i: usize| &values[i * 1000..];

    let (heap, on_heap) = timed(|| (0..TIMES).map(|i| median(part(i))).collect::<Vec<_>>());
    let (ours, in_arena) = timed(|| map_arena(0..TIMES, |i| median(part(i))));
    assert_eq!(heap, ours, "the same medians");
    let ratio = on_heap.div_duration_f64(in_arena);
    println!("one thread:   heap {on_heap:.2?}, arena {in_arena:.2?}: {ratio:.2} times as fast");

    let (heap, on_heap) = timed(|| (0..TIMES).into_par_iter().map(|i| median(part(i))).collect::<Vec<_>>());
    let (theirs, in_arenas) = timed(|| par_map_arena(0..TIMES, |i| median(part(i))));
    assert_eq!((&heap, &heap), (&ours, &theirs), "the same medians");
    let (threads, ratio) = (rayon::current_num_threads(), on_heap.div_duration_f64(in_arenas));
    println!("{threads} threads:    heap {on_heap:.2?}, arenas {in_arenas:.2?}: {ratio:.2} times as fast");

    println!("\n{}", stats());
}
