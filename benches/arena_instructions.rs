//! How many instructions the allocator of arenas adds to a program, counted by valgrind:
//! `cargo bench -p ndarena-benches --bench arena_instructions`.

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;

use ndarena::global::{ArenaAlloc, arena, no_arena};
use ndarena_benches::counted::{self, Case, each};
use ndarena_benches::record;

#[global_allocator]
static ALLOCATOR: ArenaAlloc = ArenaAlloc::system();

const SMALL: usize = 240;
const LARGE: usize = 20_000;

fn layout(size: usize) -> Layout {
    // SAFETY: far below the largest.
    unsafe { Layout::from_size_align_unchecked(size, 8) }
}

/// A block of the program's allocator, made and freed.
#[inline(always)]
fn pair(size: usize) -> *const u8 {
    // SAFETY: not of size zero.
    let block = black_box(unsafe { std::alloc::alloc(layout(size)) });
    // SAFETY: allocated with this layout.
    unsafe { std::alloc::dealloc(block, layout(size)) };
    block
}

/// The same of the system's.
#[inline(always)]
fn system_pair(size: usize) -> *const u8 {
    // SAFETY: not of size zero.
    let block = black_box(unsafe { System.alloc(layout(size)) });
    // SAFETY: allocated with this layout.
    unsafe { System.dealloc(block, layout(size)) };
    block
}

const CASES: [Case; 10] = [
    ("nothing", |turns, _| each(turns, SMALL, |n| n as *const u8)),
    ("240 bytes made and freed, system", |turns, _| each(turns, SMALL, system_pair)),
    ("240 bytes made and freed, no arena open", |turns, _| each(turns, SMALL, pair)),
    ("240 bytes made and freed, in `arena`", |turns, _| arena(|| each(turns, SMALL, pair))),
    ("20 kB made and freed, system", |turns, _| each(turns, LARGE, system_pair)),
    ("20 kB made and freed, no arena open", |turns, _| each(turns, LARGE, pair)),
    ("20 kB made and freed, in `arena`", |turns, _| arena(|| each(turns, LARGE, pair))),
    ("20 kB made and freed, in `arena`, another block in use", |turns, _| {
        arena(|| {
            let kept = vec![0_u8; LARGE];
            each(turns, LARGE, pair);
            drop(black_box(kept));
        });
    }),
    ("`arena(|| ())`", |turns, _| each(turns, SMALL, |n| arena(|| n as *const u8))),
    ("`no_arena(|| ())` in `arena`", |turns, _| {
        arena(|| each(turns, SMALL, |n| no_arena(|| n as *const u8)));
    }),
];

fn main() {
    if let Some(rows) = counted::run("made of blocks", &CASES, 0) {
        record::keep(rows, false);
    }
}
