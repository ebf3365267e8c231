//! Arenas of next to nothing.
//!
//! A program of its own, as that is how the allocator is set up.
#![cfg(all(any(unix, windows), feature = "global"))]

use ndarena::global::{ArenaAlloc, arena, map_arena, stats};
use ndarray::Array2;

#[global_allocator]
static ALLOCATOR: ArenaAlloc = ArenaAlloc::system().capacity(1300);

#[test]
fn what_does_not_fit_falls_back() {
    let products = map_arena(1..40, |n| Array2::<f64>::eye(n).dot(&Array2::from_elem((n, n), n as f64)));
    assert!(products.iter().zip(1..).all(|(product, n)| product.iter().all(|&x| x == n as f64)));
    arena(|| {
        let mut grown = vec![1_u8; 1100];
        (0..12).for_each(|n| grown.resize(1000 << n, 1));
        assert!(grown.iter().all(|&byte| byte == 1));
        grown.truncate(1000);
        grown.shrink_to_fit();
    });
    let stats = stats();
    // Whole granules of 128 bytes.
    assert_eq!(stats.capacity, 1280);
    assert!(stats.served > 1 && stats.too_large > 50 && stats.fell_back > stats.too_large, "{stats}");
    drop(products);
}
