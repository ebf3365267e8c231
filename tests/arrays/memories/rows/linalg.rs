//! Factorisations: of matrices whose factors are small whole numbers, so that nothing is rounded. How accurate they are else, the
//! package `tests/linalg` tests.

use ndarena::linalg::{Cholesky, LinalgError, Lu};
use ndarena::prelude::*;
use ndarray::prelude::*;

use super::{Row, bits, number};

/// The result; where there is no memory, the panic says so as that of an array does.
#[track_caller]
fn done<R>(result: Result<R, LinalgError>) -> R {
    result.unwrap_or_else(|error| panic!("{error}"))
}

/// Without optimisation faer's kernels take long, and its use of memory is no other for large matrices.
fn few(n: usize) -> usize {
    n.min(6)
}

/// Lower triangular, with a positive diagonal.
fn l(n: usize) -> Array2<f64> {
    let n = few(n);
    Array2::from_shape_fn((n, n), |(i, j)| match i {
        _ if i == j => [1.0, 2.0, 4.0][i % 3],
        _ if i > j => f64::from(number(i, j)),
        _ => 0.0,
    })
}

/// With ones on two diagonals, and so an inverse of whole numbers.
fn two_diagonals(n: usize) -> Array2<f64> {
    let n = few(n);
    Array2::from_shape_fn((n, n), |(i, j)| f64::from(u8::from(i == j || i == j + 1)))
}

/// The inverse of that.
fn alternating(n: usize) -> Array2<f64> {
    let n = few(n);
    Array2::from_shape_fn((n, n), |(i, j)| match i {
        _ if i < j => 0.0,
        _ if (i - j) % 2 == 0 => 1.0,
        _ => -1.0,
    })
}

/// With +0.0 for -0.0.
fn unsigned(a: &ArrayRef2<f64>) -> Array2<f64> {
    a + 0.0
}

fn cholesky<'s>(s: Scope<'s>, l: &Array2<f64>) -> Cholesky<'s, f64> {
    done(s.cholesky(&l.dot(&l.t())))
}

/// Upper triangular, with powers of two on the diagonal.
fn u(n: usize) -> Array2<f64> {
    let n = few(n);
    l(n).reversed_axes()
}

/// The product of a triangle of ones, in which pivots stay where they are, with `u`: but for the order of rows.
fn l_u(n: usize) -> Array2<f64> {
    let mut product = ones(n).dot(&u(n));
    product.invert_axis(Axis(0));
    product
}

/// Lower triangular, with ones on the diagonal, and halves.
fn ones(n: usize) -> Array2<f64> {
    let n = few(n);
    Array2::from_shape_fn((n, n), |(i, j)| match i {
        _ if i == j => 1.0,
        _ if i > j => 0.5 * f64::from(number(i, j) % 2),
        _ => 0.0,
    })
}

fn lu<'s>(s: Scope<'s>, n: usize) -> Lu<'s, f64> {
    done(s.lu(&l_u(n)))
}

/// The determinant: the order of rows is that of `n / 2` exchanges.
fn det(n: usize) -> f64 {
    let n = few(n);
    u(n).diag().product() * if n / 2 % 2 == 0 { 1.0 } else { -1.0 }
}

/// Whole numbers with independent columns, more rows than columns.
fn tall(n: usize) -> Array2<f64> {
    let n = few(n);
    Array2::from_shape_fn((n + 2, n), |(i, j)| f64::from(number(i, j)) + if i == j { 40.0 } else { 0.0 })
}

/// The whole numbers that are found but for rounding.
fn rounded<D: Dimension>(a: &ArrayRef<f64, D>) -> Array<f64, D> {
    a.mapv(|x| {
        assert!((x - x.round()).abs() < 1e-9, "{x}");
        x.round() + 0.0
    })
}

/// Eigenvalues: 1, 2, and so on.
fn v(n: usize) -> Vec<f64> {
    let n = few(n);
    (1..=n).map(|i| i as f64).collect()
}

/// Symmetric, with those eigenvalues: `h diag(values) h`, with a reflection `h`.
fn reflected(values: &[f64]) -> Array2<f64> {
    let n = values.len();
    let part = 2.0 / n as f64;
    let h = Array2::from_shape_fn((n, n), |(i, j)| f64::from(u8::from(i == j)) - part);
    h.dot(&Array2::from_diag(&aview1(values))).dot(&h)
}

fn solution(n: usize) -> Array2<f64> {
    let n = few(n);
    super::whole(n, 3)
}

pub(super) fn rows() -> Vec<Row> {
    vec![
        // A triangle is its own `r`.
        row!(Scope::qr, |s, n| s.qr(&u(n)).r(), |n| u(n)),
        row!(Qr::r, |s, n| s.qr(&u(n)).r(), |n| u(n)),
        row!(
            Qr::q,
            |s, n| {
                let qr = s.qr(&tall(n));
                rounded(&qr.q().dot(&qr.r()))
            },
            |n| tall(n)
        ),
        row!(Qr::solve, |s, n| rounded(&done(s.qr(&tall(n)).solve(&tall(n).dot(&solution(n))))), |n| solution(n)),
        row!(
            Qr::solve_in,
            |s, n| {
                let qr = s.qr(&tall(n));
                s.scope(|inner| rounded(&done(qr.solve_in(inner, &tall(n).dot(&solution(n).column(0))))))
            },
            |n| solution(n).column(0)
        ),
        row!(Scope::least_squares, |s, n| rounded(&done(s.least_squares(&tall(n), &tall(n).dot(&solution(n))))), |n| {
            solution(n)
        }),
        // Of equal columns, each has the same part in the smallest solution.
        row!(
            Scope::least_squares,
            |s, n| rounded(&done(s.least_squares(&Array2::ones((n, 4)), &Array1::from_elem(n, 12.0)))),
            |_| Array1::from_elem(4, 3.0)
        ),
        row!(Scope::eigh, |s, n| rounded(&done(s.eigh(&reflected(&v(n)))).0), |n| Array1::from_iter(v(n))),
        row!(Scope::svd, |s, n| rounded(&done(s.svd(&reflected(&v(n)))).1), |n| {
            Array1::from_iter(v(n).into_iter().rev())
        }),
        row!(Scope::matmul, |s, n| s.matmul(&super::whole(n, n + 1), &super::whole(n + 1, n)), |n| {
            super::whole(n, n + 1).dot(&super::whole(n + 1, n))
        }),
        row!(Scope::matmul, |s, n| s.matmul(&super::whole(n, n).slice(s![..;2, ..;-1]), &super::whole(n, n)), |n| {
            super::whole(n, n).slice(s![..;2, ..;-1]).dot(&super::whole(n, n))
        }),
        row!(Scope::matmul, |s, n| arr0(s.matmul(&super::whole(n, 1).column(0), &super::whole(n, 1).column(0))), |n| {
            arr0(super::whole(n, 1).column(0).dot(&super::whole(n, 1).column(0)))
        }),
        row!(Scope::lu, |s, n| lu(s, n).l(), |n| ones(n)),
        row!(Lu::l, |s, n| lu(s, n).l(), |n| ones(n)),
        row!(Lu::u, |s, n| lu(s, n).u(), |n| u(n)),
        row!(Lu::permutation, |s, n| lu(s, n).permutation().mapv(|i| i as i64), |n| {
            Array1::from_iter((0..few(n) as i64).rev())
        }),
        row!(Lu::solve, |s, n| done(lu(s, n).solve(&l_u(n).dot(&solution(n)))), |n| solution(n)),
        row!(
            Lu::solve_in,
            |s, n| {
                let lu = lu(s, n);
                s.scope(|inner| done(lu.solve_in(inner, &l_u(n).dot(&solution(n).column(0)))).to_owned())
            },
            |n| solution(n).column(0)
        ),
        row!(Lu::inv, |s, n| unsigned(&done(done(s.lu(&two_diagonals(n))).inv())), |n| alternating(n)),
        row!(Lu::det, |s, n| arr0(lu(s, n).det()), |n| arr0(det(n))),
        row!(Scope::solve, |s, n| done(s.solve(&l_u(n), &l_u(n).dot(&solution(n)))), |n| solution(n)),
        row!(Scope::inv, |s, n| unsigned(&done(s.inv(&two_diagonals(n).t()))), |n| alternating(n).reversed_axes()),
        row!(Scope::det, |s, n| arr0(s.det(&l_u(n))), |n| arr0(det(n))),
        row!(Scope::cholesky, |s, n| cholesky(s, &l(n)).l(), |n| l(n)),
        row!(Cholesky::l, |s, n| cholesky(s, &l(n)).l(), |n| l(n)),
        row!(Cholesky::factor, |s, n| cholesky(s, &l(n)).factor(), |n| l(n)),
        row!(
            Cholesky::solve,
            |s, n| {
                let b = l(n).dot(&l(n).t().dot(&solution(n)));
                done(cholesky(s, &l(n)).solve(&b))
            },
            |n| solution(n)
        ),
        row!(
            Cholesky::solve_in,
            |s, n| {
                let (b, cholesky) = (l(n).dot(&l(n).t().dot(&solution(n).column(1))), cholesky(s, &l(n)));
                s.scope(|inner| done(cholesky.solve_in(inner, &b)).to_owned())
            },
            |n| solution(n).column(1)
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
