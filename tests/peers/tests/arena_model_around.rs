//! Random programs on the allocator around another allocator.
#![cfg(all(unix, feature = "global"))]

#[path = "support/arena_model.rs"]
mod arena_model;

use ndarena::global::ArenaAlloc;

#[global_allocator]
static ALLOCATOR: ArenaAlloc<mimalloc::MiMalloc> =
    ArenaAlloc::new(mimalloc::MiMalloc).capacity(4 << 20).min_size(64).huge_pages(false);

#[test]
fn blocks_keep_their_contents() {
    arena_model::check(arena_model::seed(), 5, 4, 200, 60_000);
}
