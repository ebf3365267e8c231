//! Eigenvalues and eigenvectors.

use std::f64::consts::PI;

use ndarena::linalg::LinalgError;
use ndarena::prelude::*;
use ndarray::prelude::*;
use num_complex::Complex64;
use num_traits::ToPrimitive;

use crate::judge::*;

/// Asserts that they are those of `a`, and gives the eigenvalues.
#[track_caller]
fn check<T: Number>(a: ArrayView2<'_, T>, what: &str) -> Vec<f64> {
    check_within(a, 8.0 + a.nrows() as f64 / 4.0, what)
}

/// [`check`] with so many roundings allowed.
#[track_caller]
pub(crate) fn check_within<T: Number>(a: ArrayView2<'_, T>, steps: f64, what: &str) -> Vec<f64> {
    ndarena::scope(|s| {
        let (values, vectors) = s.eigh(&a).unwrap();
        let values: Vec<f64> = values.iter().map(|x| x.to_f64().unwrap()).collect();
        let scaled = exact(&vectors) * Array1::from_iter(values.iter().map(|&x| Complex64::new(x, 0.0)));
        assert_close::<T, _>(&exact(&a).dot(&exact(&vectors)), &scaled, norm(&a), steps, what);
        assert_orthonormal(&vectors, steps, what);
        assert!(values.is_sorted(), "{what}: {values:?}");
        values
    })
}

fn hermitian<T: Number>(n: usize, seed: u64) -> Array2<T> {
    let a = random::<T>(n, n, seed);
    Array2::from_shape_fn((n, n), |(i, j)| match i {
        _ if i == j => T::near(Complex64::new(a[[i, i]].exact().re, 0.0)),
        _ if i > j => a[[i, j]],
        _ => a[[j, i]].conjugate(),
    })
}

fn decomposes<T: Number>() {
    for n in [0, 1, 2, 3, 4, 5, 8, 17, 33, 65, 130, 200] {
        in_all_layouts(&hermitian::<T>(n, 31), |a, layout| drop(check(a, &format!("{n}, {layout}"))));
        check(Array2::<T>::eye(n).view(), &format!("{n}, one"));
        check(Array2::<T>::zeros((n, n)).view(), &format!("{n}, zero"));
        // Two eigenvalues, many times each: a reflection.
        let mut v = exact(&random::<T>(n, 1, 32));
        let size = norm(&v);
        v.map_inplace(|x| *x /= size);
        let reflection = Array2::eye(n) - v.dot(&v.t().mapv(|x| x.conj())) * Complex64::new(2.0, 0.0);
        if n > 0 {
            let values = check::<T>(reflection.mapv(T::near).view(), &format!("{n}, a reflection"));
            let off = 8.0 * n as f64 * T::EPSILON;
            assert!((values[0] + 1.0).abs() < off && values[1..].iter().all(|x| (x - 1.0).abs() < off), "{values:?}");
        }
        // Graded from large to small.
        let mut graded = hermitian::<T>(n, 33);
        for ((i, j), x) in graded.indexed_iter_mut() {
            *x *= T::near(Complex64::new(0.7f64.powi((i + j) as i32), 0.0));
        }
        check(graded.view(), &format!("{n}, graded"));
    }
}

#[test]
fn matrices_of_all_elements_are_decomposed() {
    for_all_elements!(decomposes());
}

/// -1, 2, -1: the second difference, with eigenvalues that are known.
#[test]
fn the_eigenvalues_of_the_second_difference_are_known() {
    for n in [1, 2, 3, 10, 100, 300] {
        let a = Array2::from_shape_fn((n, n), |(i, j)| match i.abs_diff(j) {
            0 => 2.0,
            1 => -1.0,
            _ => 0.0,
        });
        for (k, x) in check(a.view(), "second difference").into_iter().enumerate() {
            let expected = 2.0 - 2.0 * (PI * (k + 1) as f64 / (n + 1) as f64).cos();
            assert!((x - expected).abs() <= 4.0 * n as f64 * f64::EPSILON, "{n}: {x} for {expected}");
        }
    }
}

/// Wilkinson's W21+: the two largest eigenvalues agree in 14 digits (The Algebraic Eigenvalue Problem, 1965, p. 309).
#[test]
fn wilkinsons_matrix_has_pairs_of_eigenvalues() {
    let a = Array2::from_shape_fn((21, 21), |(i, j)| match i.abs_diff(j) {
        0 => i.abs_diff(10) as f64,
        1 => 1.0,
        _ => 0.0,
    });
    let values = check(a.view(), "W21+");
    assert!((values[20] - 10.746194182903393).abs() < 1e-13, "{values:?}");
    assert!((values[19] - 10.746194182903322).abs() < 1e-13, "{values:?}");
    assert!((values[0] + 1.125441522119984).abs() < 1e-13, "{values:?}");
}

#[test]
fn only_the_lower_triangle_is_looked_at() {
    let mut a = hermitian::<Complex64>(30, 34);
    let expected = check(a.view(), "whole");
    for i in 0..30 {
        a.slice_mut(s![i, i + 1..]).fill(Complex64::new(f64::NAN, 0.0));
        a[[i, i]].im = 1.0;
    }
    ndarena::scope(|s| assert_eq!(s.eigh(&a).unwrap().0.to_vec(), expected));
}

#[test]
fn what_does_not_fit_or_is_not_finite_is_refused() {
    ndarena::scope(|s| {
        let error = s.eigh(&Array2::<f64>::ones((2, 3))).map(drop);
        assert_eq!(error, Err(LinalgError::NotSquare { rows: 2, columns: 3 }));
        assert_eq!(s.eigh(&array![[f64::INFINITY]]).map(drop), Err(LinalgError::NotFinite));
    });
}
