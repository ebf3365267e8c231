//! Factorisations: of matrices whose factors are small whole numbers, so that nothing is rounded. How accurate they are else, the
//! package `tests/linalg` tests.

use ndarena::linalg::{Cholesky, LinalgError};
use ndarena::prelude::*;
use ndarray::prelude::*;

use super::{Row, bits, number, whole};

/// The result; where there is no memory, the panic says so as that of an array does.
#[track_caller]
fn done<R>(result: Result<R, LinalgError>) -> R {
    result.unwrap_or_else(|error| panic!("{error}"))
}

/// Lower triangular, with a positive diagonal.
fn l(n: usize) -> Array2<f64> {
    Array2::from_shape_fn((n, n), |(i, j)| match i {
        _ if i == j => [1.0, 2.0, 4.0][i % 3],
        _ if i > j => f64::from(number(i, j)),
        _ => 0.0,
    })
}

/// With ones on two diagonals, and so an inverse of whole numbers.
fn two_diagonals(n: usize) -> Array2<f64> {
    Array2::from_shape_fn((n, n), |(i, j)| f64::from(u8::from(i == j || i == j + 1)))
}

/// The inverse of that.
fn alternating(n: usize) -> Array2<f64> {
    Array2::from_shape_fn((n, n), |(i, j)| match i {
        _ if i < j => 0.0,
        _ if (i - j) % 2 == 0 => 1.0,
        _ => -1.0,
    })
}

fn cholesky<'s>(s: Scope<'s>, l: &Array2<f64>) -> Cholesky<'s, f64> {
    done(s.cholesky(&l.dot(&l.t())))
}

pub(super) fn rows() -> Vec<Row> {
    vec![
        row!(Scope::cholesky, |s, n| cholesky(s, &l(n)).l(), |n| l(n)),
        row!(Cholesky::l, |s, n| cholesky(s, &l(n)).l(), |n| l(n)),
        row!(Cholesky::factor, |s, n| cholesky(s, &l(n)).factor(), |n| l(n)),
        row!(
            Cholesky::solve,
            |s, n| {
                let b = l(n).dot(&l(n).t().dot(&whole(n, 3)));
                done(cholesky(s, &l(n)).solve(&b))
            },
            |n| whole(n, 3)
        ),
        row!(
            Cholesky::solve_in,
            |s, n| {
                let (b, cholesky) = (l(n).dot(&l(n).t().dot(&whole(n, 3).column(1))), cholesky(s, &l(n)));
                s.scope(|inner| done(cholesky.solve_in(inner, &b)).to_owned())
            },
            |n| whole(n, 3).column(1)
        ),
        row!(Cholesky::inv, |s, n| done(cholesky(s, &two_diagonals(n)).inv()), |n| {
            alternating(n).t().dot(&alternating(n))
        }),
        row!(Cholesky::det, |s, n| arr0(cholesky(s, &l(n)).det()), |n| arr0(
            l(n).diag().fold(1.0, |det, x| det * x * x)
        )),
        row!(Cholesky::ln_det, |s, n| arr0(cholesky(s, &two_diagonals(n)).ln_det()), |_| arr0(0.0)),
    ]
}
