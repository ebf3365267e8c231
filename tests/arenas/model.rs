//! Random programs on the allocator as it is.
#![cfg(all(unix, feature = "global"))]

#[path = "support/arena_model.rs"]
mod arena_model;

use ndarena::global::ArenaAlloc;

#[global_allocator]
static ALLOCATOR: ArenaAlloc = ArenaAlloc::system();

#[test]
fn blocks_keep_their_contents() {
    arena_model::check(arena_model::seed(), 4, 4, 200, 100_000);
}
