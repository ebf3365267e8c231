//! Small matrices of every element in every layout, from scopes of buffers that grow and of fixed memory that is just enough: few
//! enough for Miri, which would take hours for the other tests of linear algebra.

#[allow(dead_code, reason = "part of it is for the other tests")]
#[path = "linalg/judge.rs"]
mod judge;

use std::mem::MaybeUninit;

use judge::*;
use ndarena::linalg::*;
use ndarena::{FixedBuffer, prelude::*};
use ndarray::prelude::*;
use num_complex::Complex64;

const SIZES: [usize; 5] = [0, 1, 2, 4, 6];

/// Runs `f` in a scope of fixed memory of so many bytes.
fn in_bytes<R>(bytes: usize, f: impl FnOnce(Scope<'_>) -> R) -> R {
    let mut memory = vec![MaybeUninit::uninit(); bytes + 63];
    let start = memory.as_ptr().addr().wrapping_neg() % 64;
    FixedBuffer::new(&mut memory[start..start + bytes]).scope(f)
}

fn factorisations<T: Number>() {
    let buffer = Buffer::new();
    for n in SIZES {
        let (definite, b) = (positive_definite::<T>(n, 1), random::<T>(n, 2, 2));
        in_all_layouts(&definite, |a, layout| {
            let steps = 30.0 * (n + 1) as f64;
            buffer.scope(|s| {
                let cholesky = s.cholesky(&a).unwrap();
                assert_solves(&a, &cholesky.solve(&b).unwrap(), &b, steps, layout);
                let lu = s.lu(&a).unwrap();
                assert_solves(&a, &lu.solve(&b).unwrap(), &b, steps, layout);
                assert_solves(&a, &lu.inv().unwrap(), &Array2::eye(n), steps, layout);
                assert_eq!(s.solve(&a, &b).unwrap(), lu.solve(&b).unwrap(), "{layout}");
                assert_eq!(s.det(&a), lu.det(), "{layout}");
                let qr = s.qr(&a);
                let product = exact(&qr.q()).dot(&exact(&qr.r()));
                assert_close::<T, _>(&product, &exact(&a), norm(&a), steps, layout);
                assert_solves(&a, &qr.solve(&b).unwrap(), &b, steps, layout);
                let (values, vectors) = s.eigh(&a).unwrap();
                let values = values.mapv(|x| Complex64::new(num_traits::ToPrimitive::to_f64(&x).unwrap(), 0.0));
                let scaled = exact(&vectors) * &values;
                assert_close::<T, _>(&exact(&a).dot(&exact(&vectors)), &scaled, norm(&a), steps, layout);
            });
            in_bytes(cholesky_scratch::<T>(n), |s| assert!(s.cholesky(&a).is_ok()));
            in_bytes(solve_scratch::<T>(n, 2), |s| assert!(s.solve(&a, &b).is_ok()));
            in_bytes(inv_scratch::<T>(n), |s| assert!(s.inv(&a).is_ok()));
            in_bytes(eigh_scratch::<T>(n), |s| assert!(s.eigh(&a).is_ok()));
            in_bytes(qr_scratch::<T>(n, n), |s| drop(s.qr(&a)));
        });
    }
}

#[test]
fn of_f64() {
    factorisations::<f64>();
}

#[test]
fn of_complex_f32() {
    factorisations::<num_complex::Complex<f32>>();
}

/// What faer's kernels do at every size.
#[test]
fn by_faer() {
    for n in [1, 3, 5] {
        let (a, b) = (random::<f64>(n + 1, n, 3), random::<f64>(n + 1, 2, 4));
        ndarena::scope(|s| {
            let (u, values, vt) = s.svd(&a).unwrap();
            let product = s.matmul(&s.mul(&u, &values), &vt);
            assert_close::<f64, _>(&exact(&product), &exact(&a), norm(&a), 100.0, "svd");
            let x = s.least_squares(&a, &b).unwrap();
            let left = s.sub(&b, &s.matmul(&a, &x));
            assert!(norm(&s.matmul(&a.t(), &left)) < 1e-13, "{n}");
        });
    }
}
