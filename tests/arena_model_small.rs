//! Random programs on the allocator with arenas so small that they are full most of the time, for blocks of any size.
#![cfg(all(unix, feature = "global"))]

#[path = "support/arena_model.rs"]
mod arena_model;

use ndarena::global::{ArenaAlloc, clear_pool, stats};

#[global_allocator]
static ALLOCATOR: ArenaAlloc = ArenaAlloc::system().capacity(200_000).min_size(1);

#[test]
fn blocks_keep_their_contents() {
    arena_model::check(arena_model::seed(), 10, 4, 200, 30_000);
    clear_pool();
    let stats = stats();
    println!("{stats}");
    assert!(stats.served > 1_000 && stats.escaped > 0);
    assert_eq!((stats.live, stats.touched, stats.in_use, stats.retired), (0, 0, 0, 0));
}
