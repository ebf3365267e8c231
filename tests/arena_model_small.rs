//! Random programs on the allocator with arenas so small that they are full most of the time, for blocks of any size.
#![cfg(all(unix, feature = "global"))]

#[path = "support/arena_model.rs"]
mod arena_model;

use ndarena::global::ArenaAlloc;

#[global_allocator]
static ALLOCATOR: ArenaAlloc = ArenaAlloc::system().capacity(200_000).min_size(1);

#[test]
fn blocks_keep_their_contents() {
    arena_model::check(arena_model::seed(), 10, 4, 200, 30_000);
}
