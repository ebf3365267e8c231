//! Arrays that outer scopes on fixed memory make while inner ones are open: what they cost, and how much memory is enough.

use std::mem::MaybeUninit;

use ndarena::{FixedBuffer, prelude::*};
use ndarray::prelude::*;

use super::fixed::Lines;

/// Temporaries of one turn of a loop, from either end or both, of 80 to 900 bytes.
fn temporaries(s: Scope<'_>, turn: usize, low: bool, high: bool) -> usize {
    let bytes = 80 + (turn * 37) % 821;
    let mut sum = 0;
    if low {
        let mut x = s.alloc_array::<u8>(bytes);
        x.fill(1);
        sum += x.iter().filter(|&&x| x == 1).count();
    }
    if high {
        sum += s.from_elem(900 - bytes, 2u8).iter().filter(|&&x| x == 2).count();
    }
    sum
}

/// A result that each turn of a loop leaves in an outer scope costs about as much as it takes, whatever the turn needed: a
/// thousand results of 24 bytes, a line each, fit into twice that and a few turns' temporaries.
#[test]
fn what_a_loop_leaves_outside_does_not_pile_up() {
    const TURNS: usize = if cfg!(miri) { 8 } else { 1000 };
    let mut memory = vec![MaybeUninit::uninit(); 2 * 64 * TURNS + 4 * 1800];
    for [low, high, low_result, two] in (0..16).map(|bits| [1, 2, 4, 8].map(|bit| bits & bit != 0)) {
        for between in [false, true] {
            let buffer = FixedBuffer::new(&mut memory);
            let run = |results: Scope<'_>, scratch: Scope<'_>| {
                let mut kept = Vec::new();
                for turn in 0..TURNS {
                    scratch.scope(|inner| {
                        temporaries(inner, turn, low, high);
                        let mut make = |s: Scope<'_>| {
                            temporaries(s, turn + 1, low && two, high && two);
                            kept.push(if low_result {
                                let mut result = results.alloc_array::<u64>(3);
                                result.fill(turn as u64);
                                result
                            } else {
                                results.from_elem(3, turn as u64)
                            });
                        };
                        if two { inner.scope(&mut make) } else { make(inner) }
                    });
                }
                assert!(kept.iter().enumerate().all(|(turn, x)| x.iter().all(|&x| x == turn as u64)));
            };
            // The loop runs in the scope of the results, or in one between.
            buffer.scope(|s| if between { s.scope(|scratch| run(s, scratch)) } else { run(s, s) });
            assert_eq!(buffer.stats().in_use, 0);
        }
    }
}

/// A recursion whose every level makes its result in its caller's scope, and two temporaries in its own.
fn power<'s>(s: Scope<'s>, a: ArrayView2<'_, f64>, n: u32) -> ArrayViewMut2<'s, f64> {
    s.scope(|inner| match n {
        0 => s.eye(a.nrows()),
        _ if n % 2 == 1 => s.dot(&a, &power(inner, a, n - 1)),
        _ => {
            let half = power(inner, a, n / 2);
            s.dot(&half, &half)
        }
    })
}

/// `stats()` tells how much memory is enough: on as many bytes, from a boundary of 64 on, the same program runs.
#[test]
fn the_peak_is_a_size_that_is_enough() {
    let a = Array2::from_shape_fn((7, 7), |(i, j)| if i == j { 1.0 } else { 0.125 / (1 + i + j) as f64 });
    let expected = |n: u32| (0..n).fold(Array2::eye(7), |power: Array2<f64>, _| power.dot(&a));
    for n in [0, 1, 2, 13, 30, 63] {
        let on_a_buffer = Buffer::new();
        let result = on_a_buffer.scope(|s| power(s, a.view(), n).to_owned());
        assert!(result.iter().zip(&expected(n)).all(|(x, y)| (x - y).abs() <= 1e-9 * y.abs()));
        let mut memory = Lines::<100_000>::new();
        let buffer = FixedBuffer::new(&mut memory.0);
        assert_eq!(buffer.scope(|s| power(s, a.view(), n).to_owned()), result);
        let enough = buffer.stats().peak;
        assert!(enough <= 2 * on_a_buffer.stats().peak, "{enough} of {}", on_a_buffer.stats());
        let mut memory = Lines::<100_000>::new();
        let buffer = FixedBuffer::new(&mut memory.0[..enough]);
        assert_eq!(buffer.scope(|s| power(s, a.view(), n).to_owned()), result, "{enough} bytes are enough");
        assert_eq!((buffer.stats().in_use, buffer.stats().peak), (0, enough));
    }
}
