//! A program whose global allocator is another one: there are no arenas, and all else is as usual.
//!
//! A program of its own, as `ArenaAlloc` is not its global allocator.
#![cfg(feature = "global")]

use ndarena::global::{ArenaAlloc, arena, clear_pool, copy_out, map_arena, no_arena, stats};
use ndarray::Array1;

/// Not the global allocator.
static UNUSED: ArenaAlloc = ArenaAlloc::system();

#[test]
fn everything_runs_without() {
    assert_eq!(arena(|| no_arena(|| arena(|| Array1::<f64>::ones(100_000).sum()))), 1e5);
    assert_eq!(map_arena(0..3, |n| vec![n; 1000]), [vec![0; 1000], vec![1; 1000], vec![2; 1000]]);
    assert_eq!(copy_out([1, 2].as_slice()), [1, 2]);
    assert!(std::panic::catch_unwind(|| arena(|| panic!("through"))).is_err());
    clear_pool();
    let stats = stats();
    assert!(!stats.installed);
    assert_eq!((stats.capacity, stats.in_use + stats.pooled, stats.served, stats.without), (0, 0, 0, 0));
    assert!(stats.to_string().contains("#[global_allocator] static A: ArenaAlloc = ArenaAlloc::system();"), "{stats}");
    assert!(format!("{UNUSED:?}").contains("min_size: 1033"));
}
