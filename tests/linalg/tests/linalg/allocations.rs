//! Nothing allocates, once the buffer has grown, and all runs on fixed memory.

use std::hint::black_box;
use std::mem::MaybeUninit;

use ndarena::linalg::LinalgError;
use ndarena::{FixedBuffer, prelude::*};
use ndarena_testing::calls_of;
use ndarray::prelude::*;

use crate::judge::*;

/// Runs `f` in scopes of a buffer and of fixed memory, at sizes up to `most`, and counts.
fn allocates_nothing<T: Number>(
    most: usize,
    operand: impl Fn(usize) -> Array2<T>,
    f: impl Fn(Scope<'_>, &ArrayRef2<T>, &ArrayRef1<T>) -> Result<(), LinalgError>,
) {
    let buffer = Buffer::new();
    let mut memory = Vec::new();
    // The largest makes faer's kernel set up what it keeps for the thread.
    for n in (1..=most).rev().filter(|n| *n <= 64 || n % 37 == 0 || *n == most) {
        let (a, b) = (operand(n), random::<T>(n, 1, 7).remove_axis(Axis(1)));
        let run = || buffer.scope(|s| f(s, &a, &b).unwrap());
        run();
        assert_eq!(calls_of(run), 0, "{n}");
        let enough = 2 * buffer.stats().peak + 1000;
        if memory.len() < enough {
            memory = vec![MaybeUninit::uninit(); enough];
        }
        let fixed = FixedBuffer::new(&mut memory);
        assert_eq!(calls_of(|| fixed.scope(|s| f(s, &a, &b).unwrap())), 0, "{n}, fixed memory");
    }
}

macro_rules! of_all_elements {
    ($test:ident) => {
        $test::<f64>(512);
        $test::<f32>(100);
        $test::<num_complex::Complex<f64>>(100);
        $test::<num_complex::Complex<f32>>(100);
    };
}

#[test]
fn cholesky() {
    fn test<T: Number>(most: usize) {
        let operand = |n| {
            let mut a = random::<T>(n, n, 8);
            a.diag_mut().fill(T::near((n as f64).into()));
            a
        };
        allocates_nothing(most, operand, |s, a, b| {
            let cholesky = s.cholesky(a)?;
            let x = cholesky.solve(b)?;
            black_box((cholesky.inv()?, x, cholesky.det(), cholesky.ln_det()));
            Ok(())
        });
    }
    of_all_elements!(test);
}

#[test]
fn lu() {
    fn test<T: Number>(most: usize) {
        allocates_nothing(
            most,
            |n| random::<T>(n, n, 9),
            |s, a, b| {
                let lu = s.lu(a)?;
                black_box((lu.l(), lu.u(), lu.solve(b)?, lu.inv()?, lu.det()));
                black_box((s.solve(a, b)?, s.inv(a)?, s.det(a)));
                Ok(())
            },
        );
    }
    of_all_elements!(test);
}

#[test]
fn qr_and_least_squares() {
    fn test<T: Number>(most: usize) {
        allocates_nothing(
            most,
            |n| random::<T>(n, n, 10),
            |s, a, b| {
                let qr = s.qr(a);
                black_box((qr.q(), qr.r(), qr.solve(b)?, s.least_squares(a, b)?));
                // Two columns of one kind, and more columns than rows.
                let mut dependent = s.copy_of(a);
                dependent.column_mut(a.ncols() - 1).assign(&a.column(0));
                black_box(s.least_squares(&dependent, b)?);
                let half = a.nrows() / 2;
                black_box(s.least_squares(&a.slice(s![..half, ..]), &b.slice(s![..half]))?);
                Ok(())
            },
        );
    }
    of_all_elements!(test);
}

#[test]
fn eigenvalues_and_singular_values() {
    fn test<T: Number>(most: usize) {
        allocates_nothing(
            most,
            |n| random::<T>(n, n, 10),
            |s, a, _| {
                black_box((s.eigh(a)?, s.svd(a)?, s.svd(&a.slice(s![..a.nrows() / 2, ..]))?));
                Ok(())
            },
        );
    }
    of_all_elements!(test);
}

#[test]
fn products() {
    fn test<T: Number>(most: usize) {
        allocates_nothing(
            most,
            |n| random::<T>(n, n, 10),
            |s, a, b| {
                black_box((s.matmul(a, a), s.matmul(&a.t(), a), s.matmul(a, b), s.matmul(b, a), s.matmul(b, b)));
                black_box(s.matmul(&a.slice(s![..;2, ..;2]), &b.slice(s![..;2])));
                Ok(())
            },
        );
    }
    of_all_elements!(test);
}
