//! A long run of others' solver in one call.
#![cfg(unix)]

use ndarena::global::{ArenaAlloc, arena, stats};
use unaware::bfgs::minimum;

#[global_allocator]
static ALLOCATOR: ArenaAlloc = ArenaAlloc::system().capacity(16 << 20);

#[test]
fn a_long_run_does_not_walk_through_memory() {
    let before = stats();
    let inside = arena(|| minimum(64, 400).unwrap());
    let now = stats();
    assert_eq!(inside, minimum(64, 400).unwrap());
    // Most of what it makes are matrices of 32 kB, a few at a time.
    let served = now.served - before.served;
    assert!(served > 2000, "{served}");
    assert!(now.touched < 1 << 20, "{now}");
}
