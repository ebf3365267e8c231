//! Random programs on the allocator around another allocator.
#![cfg(unix)]

use ndarena::global::{ArenaAlloc, arena, clear_pool, no_arena, stats};
use ndarena_testing::arena_model::{Arenas, check, seed};

#[global_allocator]
static ALLOCATOR: ArenaAlloc<mimalloc::MiMalloc> =
    ArenaAlloc::new(mimalloc::MiMalloc).capacity(4 << 20).min_size(64).huge_pages(false);

#[test]
fn blocks_keep_their_contents() {
    let arenas = Arenas { arena: |run| arena(run), no_arena: |run| no_arena(run), clear_pool };
    check(arenas, seed(), 5, 4, 200, 60_000);
    clear_pool();
    let stats = stats();
    println!("{stats}");
    assert!(stats.served > 1_000 && stats.escaped > 0);
    assert_eq!((stats.live, stats.touched, stats.in_use, stats.retired), (0, 0, 0, 0));
}
