//! Arenas on the allocator as it is, `ArenaAlloc::system()`. Figures are the process's, so that tests take turns.
//!
//! The files `tests/arena_*.rs` are programs of their own, and say why.
#![cfg(all(any(unix, windows), feature = "global"))]

mod escape;
mod lifecycle;
mod model;
mod operations;

use std::sync::MutexGuard;

use ndarena::global::{ArenaAlloc, clear_pool};

#[global_allocator]
static ALLOCATOR: ArenaAlloc = ArenaAlloc::system();

/// This test's turn, as long as it is held; nothing is left of the arenas of those before.
fn turn() -> MutexGuard<'static, ()> {
    let turn = ndarena_testing::turn();
    clear_pool();
    turn
}
