//! Nothing allocates, once the buffer has grown, and all runs on fixed memory.

use std::hint::black_box;
use std::mem::MaybeUninit;

use ndarena::linalg::LinalgError;
use ndarena::{FixedBuffer, prelude::*};
use ndarena_testing::calls_of;
use ndarray::prelude::*;

use crate::judge::*;

/// Which sizes run, up to the largest of them.
#[derive(Clone, Copy)]
struct Sizes {
    /// Up to this one, every size; beyond, every 37th and the largest.
    all: usize,
    most: usize,
}

impl Sizes {
    /// From the largest on: that makes the buffer grow, and faer's kernel set up what it keeps for the thread.
    fn downwards(self) -> impl Iterator<Item = usize> {
        let Sizes { all, most } = self;
        (1..=most).rev().filter(move |&n| n <= all || n % 37 == 0 || n == most)
    }
}

/// Runs `f` in scopes of a buffer, and where sizes are few of fixed memory, and counts.
fn allocates_nothing<T: Number>(
    sizes: Sizes,
    operand: impl Fn(usize) -> Array2<T>,
    f: impl Fn(Scope<'_>, &ArrayRef2<T>, &ArrayRef1<T>) -> Result<(), LinalgError>,
) {
    let buffer = Buffer::new();
    let mut memory = Vec::new();
    for n in sizes.downwards() {
        let (a, b) = (operand(n), random::<T>(n, 1, 7).remove_axis(Axis(1)));
        let run = || buffer.scope(|s| f(s, &a, &b).unwrap());
        if n == sizes.most {
            run();
            memory = vec![MaybeUninit::uninit(); 2 * buffer.stats().peak + 1000];
        }
        assert_eq!(calls_of(run), 0, "{n}");
        if n <= 16 || n % 37 == 0 {
            let fixed = FixedBuffer::new(&mut memory);
            assert_eq!(calls_of(|| fixed.scope(|s| f(s, &a, &b).unwrap())), 0, "{n}, fixed memory");
        }
    }
}

/// At other sizes operations are left out that do once more what another has done, since they take long.
fn does_all(n: usize) -> bool {
    n <= 128 || n % 37 == 0 || n == 512
}

/// Tests of operations of `f64` at every size to 512, or to `$all` if they take long; of other elements up to 100.
macro_rules! of_all_elements {
    ($test:ident, $all:literal) => {
        $test::<f64>(Sizes { all: $all, most: 512 });
        let fewer = Sizes { all: 40, most: 100 };
        $test::<f32>(fewer);
        $test::<num_complex::Complex<f64>>(fewer);
        $test::<num_complex::Complex<f32>>(fewer);
    };
}

#[test]
fn cholesky() {
    fn test<T: Number>(sizes: Sizes) {
        let operand = |n| {
            let mut a = random::<T>(n, n, 8);
            a.diag_mut().fill(T::near((n as f64).into()));
            a
        };
        allocates_nothing(sizes, operand, |s, a, b| {
            let cholesky = s.cholesky(a)?;
            let x = cholesky.solve(b)?;
            black_box((cholesky.inv()?, x, cholesky.det(), cholesky.ln_det()));
            Ok(())
        });
    }
    of_all_elements!(test, 512);
}

#[test]
fn lu() {
    fn test<T: Number>(sizes: Sizes) {
        allocates_nothing(
            sizes,
            |n| random::<T>(n, n, 9),
            |s, a, b| {
                let lu = s.lu(a)?;
                black_box((lu.solve(b)?, lu.det(), s.inv(a)?));
                if does_all(a.nrows()) {
                    black_box((lu.l(), lu.u(), lu.inv()?, s.solve(a, b)?, s.det(a)));
                }
                Ok(())
            },
        );
    }
    of_all_elements!(test, 512);
}

#[test]
fn qr() {
    fn test<T: Number>(sizes: Sizes) {
        allocates_nothing(
            sizes,
            |n| random::<T>(n, n, 10),
            |s, a, b| {
                let qr = s.qr(a);
                black_box((qr.r(), qr.solve(b)?));
                if does_all(a.nrows()) {
                    black_box(qr.q());
                }
                Ok(())
            },
        );
    }
    of_all_elements!(test, 512);
}

#[test]
fn least_squares() {
    fn test<T: Number>(sizes: Sizes) {
        allocates_nothing(
            sizes,
            |n| random::<T>(n, n, 10),
            |s, a, b| {
                black_box(s.least_squares(a, b)?);
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
    of_all_elements!(test, 96);
}

#[test]
fn eigenvalues_and_singular_values() {
    fn test<T: Number>(sizes: Sizes) {
        allocates_nothing(
            sizes,
            |n| random::<T>(n, n, 10),
            |s, a, _| {
                black_box((s.eigh(a)?, s.svd(a)?, s.svd(&a.slice(s![..a.nrows() / 2, ..]))?));
                Ok(())
            },
        );
    }
    of_all_elements!(test, 96);
}

#[test]
fn triangular_systems() {
    fn test<T: Number + num_traits::Float>(sizes: Sizes) {
        let operand = |n| {
            let mut a = random::<T>(n, n, 11);
            a.diag_mut().fill(T::near((n as f64).into()));
            a
        };
        allocates_nothing(sizes, operand, |s, a, b| {
            black_box((s.solve_lower_triangular(a, a).unwrap(), s.solve_upper_triangular(a, &a.t()).unwrap()));
            black_box((s.solve_lower_triangular(a, b).unwrap(), s.solve_upper_triangular(&a.t(), a).unwrap()));
            Ok(())
        });
    }
    test::<f64>(Sizes { all: 96, most: 512 });
    test::<f32>(Sizes { all: 40, most: 100 });
}

#[test]
fn products() {
    fn test<T: Number>(sizes: Sizes) {
        allocates_nothing(
            sizes,
            |n| random::<T>(n, n, 10),
            |s, a, b| {
                black_box((s.matmul(a, a), s.matmul(&a.t(), a), s.matmul(a, b), s.matmul(b, a), s.matmul(b, b)));
                black_box(s.matmul(&a.slice(s![..;2, ..;2]), &b.slice(s![..;2])));
                Ok(())
            },
        );
    }
    of_all_elements!(test, 512);
}
