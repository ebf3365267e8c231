//! Kernels by the library's factorisations: what they give written out, up to rounding, the same errors, and no call of the
//! allocator.

use approx::assert_abs_diff_eq;
use ndarena::prelude::*;
use ndarena_kernels::airline::PASSENGERS;
use ndarena_kernels::kalman::Model;
use ndarena_kernels::{Error, cholesky, expm, kalman, qr};
use ndarray::prelude::*;

use super::steady_calls;

const SIZES: [usize; 8] = [1, 2, 3, 8, 17, 33, 64, 100];

/// Numbers between -1 and 1 without a pattern.
fn numbers(m: usize, n: usize) -> Array2<f64> {
    Array2::from_shape_fn((m, n), |(i, j)| ((i * i * 13 + i * j * 31 + j * j * 7 + i + 2 * j + 1) as f64).sin())
}

/// The largest absolute value.
fn largest<D: Dimension>(x: &Array<f64, D>) -> f64 {
    x.iter().fold(0.0, |largest, x| x.abs().max(largest))
}

/// A positive definite matrix of the form `G Gᵀ + n`, whose condition is at most `n + 1`: `G Gᵀ` has no element above `n`, and so no
/// eigenvalue above `n²`.
fn positive_definite(n: usize) -> Array2<f64> {
    let g = numbers(n, n);
    g.dot(&g.t()) + Array2::<f64>::eye(n) * n as f64
}

#[test]
fn systems_of_equations() {
    for n in SIZES {
        let (a, b) = (positive_definite(n), numbers(1, n).row(0).to_owned());
        let (written_out, called) = ndarena::scope(|s| {
            let written_out = cholesky::in_a_scope(s, a.view(), b.view()).unwrap().to_owned();
            (written_out, cholesky::by_calls(s, a.view(), b.view()).unwrap().to_owned())
        });
        let tolerance = 4.0 * (n * (n + 1)) as f64 * f64::EPSILON * largest(&written_out);
        assert_abs_diff_eq!(called, written_out, epsilon = tolerance);
        assert_eq!(steady_calls(|s| cholesky::by_calls(s, a.view(), b.view()).unwrap().sum()), 0, "{n}");
        let less = &a - &(Array2::<f64>::eye(n) * 2.0 * largest(&a));
        ndarena::scope(|s| {
            let written_out = cholesky::in_a_scope(s, less.view(), b.view()).unwrap_err();
            assert_eq!(cholesky::by_calls(s, less.view(), b.view()).unwrap_err(), written_out);
        });
    }
}

#[test]
fn least_squares() {
    for n in SIZES {
        // Columns of a positive definite matrix above those of the identity, whose condition is no larger than that matrix's.
        let m = 2 * n;
        let mut a = Array2::eye(m).slice_move(ndarray::s![.., ..n]);
        a.slice_mut(ndarray::s![n.., ..]).assign(&positive_definite(n));
        let b = numbers(1, m).row(0).to_owned();
        let (written_out, called) = ndarena::scope(|s| {
            let written_out = qr::in_a_scope(s, a.view(), b.view()).unwrap().to_owned();
            (written_out, qr::by_calls(s, a.view(), b.view()).unwrap().to_owned())
        });
        let condition = (n + 1) as f64;
        let tolerance = 8.0 * m as f64 * condition * condition * f64::EPSILON * largest(&b).max(largest(&written_out));
        assert_abs_diff_eq!(called, written_out, epsilon = tolerance);
        assert_eq!(steady_calls(|s| qr::by_calls(s, a.view(), b.view()).unwrap().sum()), 0, "{n}");
    }
}

#[test]
fn exponentials() {
    for n in SIZES {
        // From matrices that are not squared to such as are, three times.
        for size in [0.001, 0.1, 1.0, 30.0] {
            let a = numbers(n, n) * (size / n as f64);
            let (written_out, called) = ndarena::scope(|s| {
                let written_out = expm::in_a_scope(s, a.view()).unwrap().to_owned();
                (written_out, expm::by_calls(s, a.view()).unwrap().to_owned())
            });
            // Both are as close to the exponential, which is at most so large.
            let tolerance = 64.0 * n as f64 * f64::EPSILON * size.exp();
            assert_abs_diff_eq!(called, written_out, epsilon = tolerance);
        }
    }
    let infinite = array![[f64::INFINITY]];
    ndarena::scope(|s| assert_eq!(expm::by_calls(s, infinite.view()).unwrap_err(), Error::NotFinite));
}

#[test]
fn filters() {
    let series: Array1<f64> = PASSENGERS.iter().map(|y| y.ln()).collect();
    for harmonics in 0..6 {
        let model = Model::structural(harmonics, 12);
        let ((means, likelihood), (called, called_likelihood)) = ndarena::scope(|s| {
            let (means, likelihood) = kalman::in_a_scope(s, &model, series.view()).unwrap();
            let (called, called_likelihood) = kalman::by_calls(s, &model, series.view()).unwrap();
            ((means.to_owned(), likelihood), (called.to_owned(), called_likelihood))
        });
        // Covariances begin at 10, observations are of a variance of 10⁻³, and differences between them are what counts.
        let tolerance = 1e4 * series.len() as f64 * f64::EPSILON * largest(&means);
        assert_abs_diff_eq!(called, means, epsilon = tolerance);
        assert_abs_diff_eq!(called_likelihood, likelihood, epsilon = 1e4 * tolerance);
        assert_eq!(steady_calls(|s| kalman::by_calls(s, &model, series.view()).unwrap().1), 0, "{harmonics}");
    }
}
