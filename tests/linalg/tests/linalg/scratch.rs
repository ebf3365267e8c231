//! What operations say that they take is what they take.

use std::mem::MaybeUninit;

use ndarena::linalg::*;
use ndarena::{FixedBuffer, prelude::*};

use crate::judge::*;

/// Runs `f` on a buffer, on fixed memory of exactly so many bytes, and on less, of which it must say so.
#[track_caller]
fn check(told: usize, at_most: bool, what: &str, f: impl Fn(Scope<'_>) -> Result<(), LinalgError>) {
    let buffer = Buffer::new();
    buffer.scope(&f).unwrap();
    let peak = buffer.stats().peak;
    // With several scopes one after the other, the peak adds up what came from each end at its time, and is more than is needed.
    assert!(told == peak || at_most, "{what}: told {told}, took {peak}");
    let mut memory = vec![MaybeUninit::uninit(); told + 63];
    let start = memory.as_ptr().addr().wrapping_neg() % 64;
    FixedBuffer::new(&mut memory[start..start + told]).scope(&f).unwrap_or_else(|error| panic!("{what}: {error}"));
    for part in 0..8 {
        let less = told * part / 16;
        match FixedBuffer::new(&mut memory[start..start + less]).scope(&f) {
            Err(LinalgError::Alloc(error)) => {
                assert!(error.bytes() + align_of::<usize>() > error.left(), "{what}: {error}")
            }
            Err(other) => panic!("{what}: {other}"),
            // Side by side instead of on lines of their own, small arrays need less.
            Ok(()) => assert!(at_most || told < 4096, "{what}: {less} of {told} bytes were enough"),
        }
    }
}

fn is_told<T: Number>() {
    for n in [0, 1, 2, 3, 4, 7, 8, 20, 50, 90] {
        let (a, positive, b) = (random::<T>(n, n, 71), positive_definite::<T>(n, 72), random::<T>(n, 3, 73));
        check(cholesky_scratch::<T>(n), false, &format!("cholesky {n}"), |s| s.cholesky(&positive).map(drop));
        check(solve_scratch::<T>(n, 3), false, &format!("solve {n}"), |s| s.solve(&a, &b).map(drop));
        check(solve_scratch::<T>(n, 1), false, &format!("solve {n}, 1"), |s| s.solve(&a, &b.column(0)).map(drop));
        check(inv_scratch::<T>(n), false, &format!("inv {n}"), |s| s.inv(&a).map(drop));
        check(eigh_scratch::<T>(n), false, &format!("eigh {n}"), |s| s.eigh(&positive).map(drop));
    }
    for (m, n) in SHAPES {
        let (a, b) = (random::<T>(m, n, 74), random::<T>(m, 2, 75));
        check(lu_scratch::<T>(m, n), false, &format!("lu {m} × {n}"), |s| s.lu(&a).map(drop));
        check(svd_scratch::<T>(m, n), false, &format!("svd {m} × {n}"), |s| s.svd(&a).map(drop));
        let buffer = Buffer::new();
        buffer.scope(|s| drop(s.qr(&a)));
        assert_eq!(qr_scratch::<T>(m, n), buffer.stats().peak, "qr {m} × {n}");
        for a in [&a, &of_rank::<T>(m.min(n) / 2, m, n, 76)] {
            let what = format!("least squares {m} × {n}");
            check(least_squares_scratch::<T>(m, n, 2), true, &what, |s| s.least_squares(a, &b).map(drop));
        }
    }
}

#[test]
fn it_is_told_of_all_elements() {
    for_all_elements!(is_told());
}

#[test]
fn what_is_too_large_is_told_as_such() {
    assert_eq!(cholesky_scratch::<f64>(1 << 40), usize::MAX);
    assert_eq!(lu_scratch::<f32>(usize::MAX, 2), usize::MAX);
}
