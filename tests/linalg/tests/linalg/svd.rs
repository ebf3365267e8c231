//! The singular value decomposition.

use ndarena::linalg::LinalgError;
use ndarena::prelude::*;
use ndarray::prelude::*;
use num_complex::Complex64;
use num_traits::ToPrimitive;

use crate::judge::*;

/// Asserts that it is that of `a`, and gives the singular values.
#[track_caller]
fn check<T: Number>(a: ArrayView2<'_, T>, what: &str) -> Vec<f64> {
    check_within(a, 8.0 + a.nrows().max(a.ncols()) as f64, what)
}

/// [`check`] with so many roundings allowed.
#[track_caller]
pub(crate) fn check_within<T: Number>(a: ArrayView2<'_, T>, steps: f64, what: &str) -> Vec<f64> {
    let (m, n) = a.dim();
    ndarena::scope(|s| {
        let (u, values, vt) = s.svd(&a).unwrap();
        assert_eq!((u.dim(), values.dim(), vt.dim()), ((m, m.min(n)), m.min(n), (m.min(n), n)));
        let values: Vec<f64> = values.iter().map(|x| x.to_f64().unwrap()).collect();
        let scaled = exact(&u) * Array1::from_iter(values.iter().map(|&x| Complex64::new(x, 0.0)));
        assert_close::<T, _>(&scaled.dot(&exact(&vt)), &exact(&a), norm(&a), steps, what);
        assert_orthonormal(&u, steps, what);
        assert_orthonormal(&vt.mapv(|x| x.conjugate()).reversed_axes(), steps, what);
        assert!(values.iter().rev().is_sorted() && values.iter().all(|&x| x >= 0.0), "{what}: {values:?}");
        values
    })
}

fn decomposes<T: Number>() {
    for (m, n) in SHAPES {
        in_all_layouts(&random::<T>(m, n, 41), |a, layout| drop(check(a, &format!("{m} × {n}, {layout}"))));
        for rank in [0, 1, 2, m.min(n) / 2] {
            let values = check(of_rank::<T>(rank, m, n, 42).view(), &format!("{m} × {n}, of rank {rank}"));
            let small = values.first().map_or(0.0, |x| x * 8.0 * (m + n) as f64 * T::EPSILON);
            assert!(values.iter().skip(rank).all(|&x| x <= small), "{m} × {n}, of rank {rank}: {values:?}");
        }
        let mut graded = random::<T>(m, n, 43);
        for ((i, j), x) in graded.indexed_iter_mut() {
            *x *= T::near(Complex64::new(0.7f64.powi((i + j) as i32), 0.0));
        }
        check(graded.view(), &format!("{m} × {n}, graded"));
    }
}

#[test]
fn matrices_of_all_elements_are_decomposed() {
    for_all_elements!(decomposes());
}

/// Up to beyond where loops for small matrices give way to faer's kernels.
#[test]
fn matrices_of_every_shape_are_decomposed() {
    for (m, n) in (1..=34).flat_map(|m| (1..=34).map(move |n| (m, n))) {
        check(random::<f64>(m, n, 44).view(), &format!("{m} × {n}"));
        if m.abs_diff(n) <= 1 {
            check(random::<f32>(m, n, 45).view(), &format!("{m} × {n}, f32"));
            check(random::<Complex64>(m, n, 46).view(), &format!("{m} × {n}, complex"));
        }
    }
}

/// A triangle of ones has the singular values 1 / (2 sin((2 k - 1) π / (4 n + 2))).
#[test]
fn the_singular_values_of_a_triangle_of_ones_are_known() {
    for n in [1, 2, 5, 40, 200] {
        let a = Array2::from_shape_fn((n, n), |(i, j)| f64::from(u8::from(i >= j)));
        for (k, x) in check(a.view(), "triangle").into_iter().enumerate() {
            let expected = 0.5 / ((2 * k + 1) as f64 * std::f64::consts::PI / (4 * n + 2) as f64).sin();
            assert!((x - expected).abs() <= 4.0 * n as f64 * f64::EPSILON * n as f64, "{n}: {x} for {expected}");
        }
    }
}

#[test]
fn what_is_not_finite_is_refused() {
    ndarena::scope(|s| assert_eq!(s.svd(&array![[f64::NAN, 1.0]]).map(drop), Err(LinalgError::NotFinite)));
}
