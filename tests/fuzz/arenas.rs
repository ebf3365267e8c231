//! Programs on the global allocator, of whatever bytes find new code, on arenas that are soon full: the model of
//! `tests/support/src/arena_model.rs`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ndarena::global::{ArenaAlloc, arena, clear_pool, no_arena, stats};
use ndarena_testing::arena_model::{Arenas, check_bytes};

#[global_allocator]
static ALLOCATOR: ArenaAlloc = ArenaAlloc::system().capacity(1 << 20).min_size(64);

fuzz_target!(|bytes: &[u8]| {
    let arenas = Arenas { arena: |run| arena(run), no_arena: |run| no_arena(run), clear_pool };
    check_bytes(arenas, bytes, 300_000);
    clear_pool();
    let stats = stats();
    assert_eq!((stats.live, stats.touched, stats.in_use, stats.retired), (0, 0, 0, 0), "{stats}");
});
