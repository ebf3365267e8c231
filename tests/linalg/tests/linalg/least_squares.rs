//! Least squares.

use ndarena::linalg::LinalgError;
use ndarena::prelude::*;
use ndarray::prelude::*;
use num_complex::Complex64;

use crate::judge::*;

/// The smallest of all `x` for which `a x - b` is smallest, by the singular value decomposition, of which so many are kept.
fn by_singular_values<T: Number>(a: &ArrayRef2<T>, b: &ArrayRef2<T>, rank: usize) -> Array2<Complex64> {
    let a = exact(a);
    ndarena::scope(|s| {
        let (u, values, vt) = s.svd(&a).unwrap();
        let mut inner = adjoint(&u).dot(&exact(b));
        for (i, mut row) in inner.rows_mut().into_iter().enumerate() {
            let inverse = if i < rank { 1.0 / values[i] } else { 0.0 };
            row.map_inplace(|x| *x *= inverse);
        }
        adjoint(&vt).dot(&inner)
    })
}

fn solves<T: Number>() {
    for (m, n) in SHAPES {
        let full = m.min(n);
        for rank in [0, 1, full / 2, full] {
            let a = if rank == full { random::<T>(m, n, 61) } else { of_rank::<T>(rank, m, n, 61) };
            in_all_layouts(&random::<T>(m, 2, 62), |b, layout| {
                ndarena::scope(|s| {
                    let what = format!("{m} × {n}, of rank {rank}, {layout}");
                    let x = s.least_squares(&a, &b).unwrap();
                    assert_eq!(x.dim(), (n, 2));
                    let expected = by_singular_values(&a, &b, rank);
                    // As far as the condition allows, which is some thousands for these.
                    let scale = norm(&expected) + norm(&b);
                    assert_close::<T, _>(&exact(&x), &expected, scale, 3e4 * (1.0 + full as f64), &what);
                    let one = s.least_squares(&a, &b.column(1)).unwrap();
                    assert_close::<T, _>(&exact(&one), &expected.column(1), scale, 3e4 * (1.0 + full as f64), &what);
                });
            });
        }
    }
}

#[test]
fn systems_of_all_elements_and_ranks_are_solved() {
    for_all_elements!(solves());
}

#[test]
fn what_does_not_fit_or_is_not_finite_is_refused() {
    ndarena::scope(|s| {
        let a = array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]];
        let error = s.least_squares(&a, &array![1.0, 2.0]).map(drop);
        assert_eq!(error, Err(LinalgError::Rows { needed: 3, given: 2 }));
        let error = s.least_squares(&a, &array![1.0, 2.0, f64::NAN]).map(drop);
        assert_eq!(error, Err(LinalgError::NotFinite));
        let error = s.least_squares(&array![[f64::INFINITY]], &array![1.0]).map(drop);
        assert_eq!(error, Err(LinalgError::NotFinite));
    });
}

/// Columns whose sizes differ by more than their type has digits are no less independent.
#[test]
fn columns_of_all_sizes_are_independent() {
    let a: Array2<f64> =
        array![[1e-150, 1.0, 1e150], [2e-150, -1.0, 1e150], [-1e-150, 3.0, 2e150], [1e-150, 1.0, -1e150]];
    let x: Array1<f64> = array![3e150, -2.0, 1e-150];
    ndarena::scope(|s| {
        let found = s.least_squares(&a, &a.dot(&x)).unwrap();
        for (found, x) in found.iter().zip(&x) {
            assert!((found / x - 1.0).abs() < 1e-14, "{found} for {x}");
        }
    });
}
