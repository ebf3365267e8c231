//! Around an allocator that refuses: nothing is lost, and arenas go on serving.
//!
//! A program of its own, as arenas are around an allocator that can be told to refuse.
#![cfg(all(any(unix, windows), feature = "global"))]

use std::alloc::{Layout, alloc, alloc_zeroed};
use std::hint::black_box;

use ndarena::global::{ArenaAlloc, arena, no_arena, stats};
use ndarena_testing::{Counting, calls_of, refusing_from};

const CAPACITY: usize = 1 << 20;

/// Aligned beyond what an arena has.
#[repr(align(2097152))]
struct Page(#[expect(dead_code, reason = "it is as large as its alignment")] [u8; 5000]);

#[global_allocator]
static ALLOCATOR: ArenaAlloc<Counting> = ArenaAlloc::new(Counting).capacity(CAPACITY);

/// Whether there is memory for so many bytes, now.
fn room_for(bytes: usize) -> bool {
    black_box(Vec::<u8>::new()).try_reserve_exact(bytes).is_ok()
}

#[test]
fn refusals_lose_nothing() {
    let mut foreign: Vec<u64> = (0..1000).collect();
    arena(|| {
        let mut own: Vec<u64> = (0..1000).collect();
        let above: Vec<u64> = (0..1000).collect();
        let mut calls = 0;
        // What is found is looked at afterwards: a failed assertion needs memory for its message.
        let (fits, refused) = refusing_from(1000, || {
            let mut fits = [false; 101];
            calls = calls_of(|| fits[..100].fill_with(|| room_for(900_000)));
            let refused = [
                room_for(CAPACITY),
                room_for(CAPACITY + 1),
                room_for(usize::MAX >> 1),
                own.try_reserve_exact(CAPACITY).is_ok(),
                // A foreign block stays with its allocator.
                foreign.try_reserve_exact(2000).is_ok(),
                no_arena(|| own.try_reserve_exact(2000)).is_ok(),
                no_arena(|| room_for(1000)),
                // SAFETY: not of size zero.
                !black_box(unsafe { alloc_zeroed(Layout::new::<[u8; CAPACITY + 1]>()) }).is_null(),
                // SAFETY: as above.
                !black_box(unsafe { alloc(Layout::new::<Page>()) }).is_null(),
            ];
            fits[100] = own.try_reserve_exact(2000).is_ok();
            (fits, refused)
        });
        assert_eq!((fits, calls, refused), ([true; 101], 0, [false; 9]));
        assert!(own.iter().copied().eq(0..1000) && above.iter().copied().eq(0..1000));
        // What does not fit is the wrapped allocator's when that has it.
        let large = vec![1_u8; 2 * CAPACITY];
        assert!(large.iter().all(|&byte| byte == 1));
    });
    assert!(foreign.iter().copied().eq(0..1000));
    let stats = stats();
    assert_eq!((stats.in_use, stats.live), (0, 0));
    // A class is up to an eighth larger than what was asked for, so the whole of an arena has one.
    assert!(stats.too_large > 0 && stats.fell_back > stats.too_large, "{stats}");
    assert!(stats.to_string().contains("larger than an arena: raise ArenaAlloc::capacity, now 1 MiB"), "{stats}");
    assert!(stats.to_string().contains("found their arena full"), "{stats}");
}
