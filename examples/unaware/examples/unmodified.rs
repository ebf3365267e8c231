//! A published solver that knows nothing of arenas, argmin's BFGS, on the heap and in an arena: the results are the same to
//! the last bit. `cargo run --release -p ndarena-unaware --example unmodified`

use std::time::Duration;

use argmin::core::Error;
use ndarena::global::{ArenaAlloc, arena, stats};
use unaware::bfgs::minimum;
use unaware::timed;

#[global_allocator]
static ALLOCATOR: ArenaAlloc = ArenaAlloc::system();

/// The fastest of five: the very first `arena` sets the allocator up.
fn fastest<R>(mut f: impl FnMut() -> R) -> (R, Duration) {
    let (result, first) = timed(&mut f);
    (result, (1..5).map(|_| timed(&mut f).1).fold(first, Duration::min))
}

fn main() -> Result<(), Error> {
    for n in [8, 32, 64, 128] {
        let (heap, on_heap) = fastest(|| minimum(n, 60));
        let (ours, in_arena) = fastest(|| arena(|| minimum(n, 60)));
        let bits = |x: &ndarray_0_16::Array1<f64>| x.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        let (heap, ours) = (heap?, ours?);
        assert_eq!(bits(&heap), bits(&ours), "the same point, to the last bit");
        println!("n = {n:3}: heap {on_heap:.2?}, arena {in_arena:.2?}, x[0] = {:.6}", ours[0]);
    }
    println!("\n{}", stats());
    Ok(())
}
