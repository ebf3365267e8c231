//! When a buffer asks the system for memory, counted.

use ndarena::{Buffer, prelude::*};
use ndarena_testing::calls_of;

#[test]
fn nothing_is_allocated_before_the_first_use() {
    let calls = calls_of(|| {
        let (buffer, limited) = const { (Buffer::new(), Buffer::with_limit(1000)) };
        assert_eq!(buffer.stats().reserved + limited.stats().reserved, 0);
    });
    assert_eq!(calls, 0);
}

fn kernel(s: Scope<'_>, n: usize) -> f64 {
    let x = s.from_shape_fn(n, |i| i as f64);
    let y = s.map(&x, |x| 2.0 * x);
    let mut z = s.alloc_array::<f64>((2, n));
    z.row_mut(0).assign(&x);
    z.row_mut(1).assign(&y);
    s.scope(|inner| inner.zip_map(&z, &x, |z, x| z + x).sum())
}

#[test]
fn the_steady_state_allocates_nothing() {
    let buffer = Buffer::new();
    for n in [1, 10, 1000, if cfg!(miri) { 200 } else { 100_000 }] {
        buffer.scope(|s| kernel(s, n));
        let calls = calls_of(|| {
            for _ in 0..10 {
                let expected = 2.5 * n as f64 * (n as f64 - 1.0);
                assert_eq!(buffer.scope(|s| kernel(s, n)), expected);
            }
        });
        assert_eq!(calls, 0, "n = {n}");
    }
    let calls = calls_of(|| {
        for n in (1..1000).step_by(if cfg!(miri) { 111 } else { 1 }) {
            buffer.scope(|s| kernel(s, n));
        }
    });
    assert_eq!(calls, 0, "smaller ones fit as well");
}

#[test]
fn a_scope_that_outgrew_its_block_does_so_once() {
    const ARRAYS: usize = if cfg!(miri) { 100 } else { 1000 };
    let buffer = Buffer::new();
    let fill = || {
        buffer.scope(|s| {
            for i in 0..ARRAYS as i32 {
                let x = s.from_elem(100, i);
                assert!(x.iter().all(|&x| x == i));
            }
        });
    };
    let first = calls_of(fill);
    assert!(first > 2 && first < 100, "{first}");
    assert_eq!(calls_of(fill), 0);
    // One block, as large as all that was in use.
    assert_eq!(buffer.stats().peak, ARRAYS * 448);
    assert!(buffer.stats().reserved >= ARRAYS * 448 && buffer.stats().reserved < 3 * ARRAYS * 448);
}

#[test]
fn a_first_array_that_outgrows_its_block_replaces_it() {
    let buffer = Buffer::with_capacity(1000);
    for n in [10_000, 100_000] {
        assert_eq!(calls_of(|| buffer.scope(|s| drop(s.alloc_array::<u8>(64 * n)))), 2, "one block for another");
        assert_eq!(buffer.stats().reserved, 64 * n);
        assert_eq!(calls_of(|| buffer.scope(|s| drop(s.uninit::<u8>(64 * n)))), 0);
    }
    assert_eq!(buffer.stats().growths, 3);
}

#[test]
fn an_inner_loop_at_the_end_of_a_block_allocates_nothing() {
    // In Bumper.jl such a loop makes and frees a slab each time round.
    for bytes in (0..10_000).step_by(if cfg!(miri) { 704 } else { 64 }) {
        let buffer = Buffer::with_capacity(4096);
        let turn = |s: Scope<'_>| {
            s.scope(|inner| {
                drop(inner.uninit::<u8>(bytes));
                inner.scope(|innermost| drop(innermost.alloc_array::<u8>(4096)));
                drop(inner.alloc_array::<u8>(200));
            });
        };
        buffer.scope(|s| {
            drop(s.uninit::<u8>(bytes));
            turn(s);
            let calls = calls_of(|| {
                for _ in 0..if cfg!(miri) { 5 } else { 100 } {
                    turn(s);
                }
            });
            assert_eq!(calls, 0, "{bytes} bytes in the block");
        });
    }
}

#[test]
fn a_scope_that_needs_a_little_more_each_time_grows_seldom() {
    let buffer = Buffer::new();
    let calls = calls_of(|| {
        for n in (1..10_000).step_by(if cfg!(miri) { 99 } else { 1 }) {
            buffer.scope(|s| drop((s.alloc_array::<u8>(n), s.uninit::<u8>(n))));
        }
    });
    assert!(calls < 60, "{calls} calls to reach twice 10,000 bytes in 10,000 steps");
}

#[test]
fn a_capacity_is_enough_for_as_much() {
    let buffer = Buffer::with_capacity(100_000);
    let stats = buffer.stats();
    assert!(stats.reserved >= 100_000 && stats.growths == 1 && stats.peak == 0);
    let calls = calls_of(|| {
        buffer.scope(|s| drop(s.alloc_array::<u8>(100_000)));
        buffer.scope(|s| drop(s.uninit::<u8>(100_000)));
        buffer.scope(|s| drop((s.alloc_array::<u8>(50_048), s.uninit::<u8>(49_920))));
    });
    assert_eq!(calls, 0);
    assert_eq!(Buffer::with_capacity(0).stats().reserved, 0);
}

#[test]
fn what_stats_call_the_peak_is_a_capacity_that_never_grows() {
    let work = |s: Scope<'_>| {
        for n in [10, 1000, 300] {
            drop((s.zeros::<f64>(n), s.alloc_array::<f64>(2 * n)));
        }
    };
    let probe = Buffer::new();
    probe.scope(work);
    let buffer = Buffer::with_capacity(probe.stats().peak);
    assert_eq!(calls_of(|| buffer.scope(work)), 0);
}

#[test]
fn stats_tell_what_is_in_use() {
    let buffer = Buffer::new();
    buffer.scope(|outer| {
        drop((outer.alloc_array::<u8>(1000), outer.zeros::<u8>(1000)));
        assert_eq!(buffer.stats().in_use, 2048);
        outer.scope(|inner| {
            drop(inner.alloc_array::<f64>(100_000));
            assert_eq!(buffer.stats().in_use, 2048 + 800_000);
            // Beyond the block: what the scope used so far stays in use.
            drop(inner.alloc_array::<f64>(200_000));
            assert_eq!(buffer.stats().in_use, 2048 + 2_400_000);
        });
        assert_eq!(buffer.stats().in_use, 2048);
    });
    let stats = buffer.stats();
    assert_eq!((stats.in_use, stats.peak, stats.limit), (0, 2048 + 2_400_000, None));
    assert!(stats.reserved >= stats.peak && stats.growths >= 3);
    assert!(stats.to_string().contains("no limit"), "{stats}");
}

#[test]
fn a_reset_gives_everything_back() {
    let mut buffer = Buffer::with_limit(1 << 20);
    buffer.scope(|s| s.scope(|s| drop(s.zeros::<f64>(1000))));
    assert!(calls_of(|| buffer.reset()) > 0);
    let stats = buffer.stats();
    assert_eq!((stats.reserved, stats.peak, stats.growths, stats.limit), (0, 0, 0, Some(1 << 20)));
    buffer.scope(|s| assert_eq!(s.ones::<f64>(1000).sum(), 1000.0));
}
