//! Around an allocator that refuses: nothing is lost, and arenas go on serving.
#![cfg(all(unix, feature = "global"))]

mod support;

use std::alloc::{Layout, alloc, alloc_zeroed};

use ndarena::global::{ArenaAlloc, arena, no_arena, stats};
use support::{Counting, calls_of, refusing_from};

const CAPACITY: usize = 1 << 20;

#[global_allocator]
static ALLOCATOR: ArenaAlloc<Counting> = ArenaAlloc::new(Counting).capacity(CAPACITY);

fn room_for<T>(n: usize) -> Result<Vec<T>, std::collections::TryReserveError> {
    let mut room = Vec::new();
    room.try_reserve_exact(n)?;
    Ok(room)
}

#[test]
fn refusals_lose_nothing() {
    let mut foreign: Vec<u64> = (0..1000).collect();
    arena(|| {
        let mut own: Vec<u64> = (0..1000).collect();
        let above: Vec<u64> = (0..1000).collect();
        refusing_from(1000, || {
            // The arena serves what it has room for, without a call of the wrapped allocator's.
            assert_eq!(calls_of(|| assert!((0..100).all(|_| room_for::<u8>(900_000).is_ok()))), 0);
            assert!(room_for::<u8>(CAPACITY).is_err());
            assert!(room_for::<u8>(CAPACITY + 1).is_err());
            assert!(room_for::<u8>(usize::MAX >> 1).is_err());
            assert!(own.try_reserve_exact(CAPACITY).is_err());
            assert!(foreign.try_reserve_exact(2000).is_err(), "a foreign block stays with its allocator");
            assert!(no_arena(|| own.try_reserve_exact(2000)).is_err());
            assert!(no_arena(|| room_for::<u8>(1000)).is_err());
            for (size, align, zeroed) in [(CAPACITY + 1, 8, true), (5000, 2 << 20, false)] {
                let layout = Layout::from_size_align(size, align).unwrap();
                let allocate = if zeroed { alloc_zeroed } else { alloc };
                // SAFETY: not of size zero.
                assert!(unsafe { allocate(layout) }.is_null());
            }
            assert!(own.try_reserve_exact(2000).is_ok());
        });
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
