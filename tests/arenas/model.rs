//! Random programs on the allocator as it is.

use ndarena::global::{arena, clear_pool, no_arena, stats};
use ndarena_testing::arena_model::{Arenas, check, check_bytes, seed};
use ndarena_testing::corpus;

const ARENAS: Arenas = Arenas { arena: |run| arena(run), no_arena: |run| no_arena(run), clear_pool };

#[test]
fn blocks_keep_their_contents() {
    let _turn = crate::turn();
    let before = stats();
    check(ARENAS, seed(), 4, 4, 200, 100_000);
    clear_pool();
    let stats = stats();
    println!("{stats}");
    assert!(stats.served > before.served + 1_000 && stats.escaped > before.escaped);
    assert_eq!((stats.live, stats.touched, stats.in_use, stats.retired), (0, 0, 0, 0));
}

#[test]
fn programs_that_a_fuzzer_found() {
    let _turn = crate::turn();
    let found = corpus("arenas");
    let before = stats().served;
    found.iter().for_each(|(_, bytes)| check_bytes(ARENAS, bytes, 300_000));
    clear_pool();
    let stats = stats();
    assert!(found.len() > 20 && stats.served > before);
    assert_eq!((stats.live, stats.touched, stats.in_use, stats.retired), (0, 0, 0, 0), "{stats}");
}
