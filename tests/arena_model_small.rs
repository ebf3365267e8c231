//! Random programs on the allocator with arenas so small that they are full most of the time, for blocks of any size.
//!
//! A program of its own, as that is how the allocator is set up.
#![cfg(all(any(unix, windows), feature = "global"))]

use ndarena::global::{ArenaAlloc, arena, clear_pool, no_arena, stats};
use ndarena_testing::arena_model::{Arenas, check, seed};

#[global_allocator]
static ALLOCATOR: ArenaAlloc = ArenaAlloc::system().capacity(200_000).min_size(1);

#[test]
fn blocks_keep_their_contents() {
    let arenas = Arenas { arena: |run| arena(run), no_arena: |run| no_arena(run), clear_pool };
    check(arenas, seed(), 10, 4, 200, 30_000);
    clear_pool();
    let stats = stats();
    println!("{stats}");
    assert!(stats.served > 1_000 && stats.escaped > 0);
    assert_eq!((stats.live, stats.touched, stats.in_use, stats.retired), (0, 0, 0, 0));
}
