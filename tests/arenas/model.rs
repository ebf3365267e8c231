//! Random programs on the allocator as it is.

use ndarena::global::{arena, clear_pool, no_arena, stats};
use ndarena_testing::arena_model::{Arenas, check, seed};

#[test]
fn blocks_keep_their_contents() {
    let _turn = crate::turn();
    let before = stats();
    let arenas = Arenas { arena: |run| arena(run), no_arena: |run| no_arena(run), clear_pool };
    check(arenas, seed(), 4, 4, 200, 100_000);
    clear_pool();
    let stats = stats();
    println!("{stats}");
    assert!(stats.served > before.served + 1_000 && stats.escaped > before.escaped);
    assert_eq!((stats.live, stats.touched, stats.in_use, stats.retired), (0, 0, 0, 0));
}
