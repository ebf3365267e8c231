//! Allocators around the arenas' one, and inside it, that use arenas themselves whenever they are called. A program of its
//! own, as the allocator is the process's.
#![cfg(all(any(unix, windows), feature = "global"))]

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;

use ndarena::global::{ArenaAlloc, arena, clear_pool, no_arena, profile, stats};
use ndarena_testing::{Of, at_call, called};
use ndarray::Array1;

/// Counts the calls of the thread, and runs the hook at the one that it is meant for.
struct Hooked<A>(A);

// SAFETY: passes every call on, after code that leaves the block in question alone.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Hooked<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        called(Of::Allocator);
        // SAFETY: the caller's promise.
        unsafe { self.0.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        called(Of::Allocator);
        // SAFETY: the caller's promise.
        unsafe { self.0.dealloc(block, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        called(Of::Allocator);
        // SAFETY: the caller's promise.
        unsafe { self.0.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        called(Of::Allocator);
        // SAFETY: the caller's promise.
        unsafe { self.0.realloc(block, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Hooked<ArenaAlloc<Hooked<System>>> =
    Hooked(ArenaAlloc::new(Hooked(System)).capacity(1 << 18).huge_pages(false));

/// Blocks of many sizes, which grow and shrink, all at once; each holds what was written there.
fn blocks() {
    let mut blocks: Vec<Vec<usize>> = Vec::new();
    for n in [10, 200, 3000, 40_000] {
        let mut block = vec![n; n];
        block.extend(n..2 * n);
        block.shrink_to(n);
        blocks.push(block);
        blocks.push(vec![0; n]);
    }
    for pair in blocks.chunks(2) {
        let n = pair[1].len();
        assert!(pair[0][..n].iter().all(|&x| x == n) && pair[0][n..].iter().copied().eq(n..2 * n));
        assert!(pair[1].iter().all(|&x| x == 0));
    }
}

const HOOKS: [(&str, fn()); 7] = [
    ("blocks", blocks),
    ("an arena", || arena(blocks)),
    ("no arena", || no_arena(blocks)),
    ("arenas inside each other", || arena(|| no_arena(|| arena(blocks)))),
    ("a profile", || drop(profile(blocks))),
    ("figures", || assert!(stats().in_use <= 1)),
    ("giving memory back", clear_pool),
];

const PROGRAMS: [(&str, fn()); 5] = [
    ("blocks in an arena", || arena(blocks)),
    ("arrays that leave", || {
        let kept = arena(|| (0..4).map(|n| Array1::from_elem(1000 * (n + 1), n)).collect::<Vec<_>>());
        assert!(kept.iter().enumerate().all(|(n, array)| array.iter().all(|&x| x == n)));
        arena(|| black_box(kept.iter().map(|array| array + 1).collect::<Vec<_>>()));
    }),
    ("blocks in a profile", || {
        let seen = profile(|| arena(blocks));
        assert!(seen.had_arena && seen.sizes.iter().any(|sizes| sizes.outlived == Some(0)));
    }),
    ("off and on", || arena(|| no_arena(|| arena(blocks)))),
    ("figures and giving back", || {
        arena(|| black_box(vec![1u8; 100_000]));
        clear_pool();
        arena(|| assert!(stats().to_string().contains("1 in use")));
    }),
];

#[test]
fn allocators_may_use_arenas_at_any_call() {
    // The very first: arenas find out whether they are installed by asking for memory.
    at_call(Of::Allocator, 0, || arena(blocks), || arena(blocks));
    assert!(stats().installed && stats().served > 0, "{}", stats());
    for (program_name, program) in PROGRAMS {
        for (hook_name, hook) in HOOKS {
            let (mut call, mut calls) = (0, 1);
            while call < calls {
                calls = at_call(Of::Allocator, call, hook, program);
                let now = stats();
                assert_eq!((now.in_use, now.live), (0, 0), "{program_name}, {hook_name} at call {call}: {now}");
                call += 1;
            }
            assert!(calls > 2, "{program_name} makes calls");
        }
    }
}
