//! The QR factorisation.

use ndarena::linalg::LinalgError;
use ndarena::prelude::*;
use ndarray::prelude::*;
use num_complex::Complex64;

use crate::judge::*;

/// `taken_for_zero` more roundings, where what is left of columns is.
#[track_caller]
fn check<T: Number>(a: ArrayView2<'_, T>, taken_for_zero: f64, what: &str) {
    check_within(a, 8.0 + a.nrows().max(a.ncols()) as f64 / 8.0, taken_for_zero, what);
}

/// [`check`] with so many roundings allowed.
#[track_caller]
pub(crate) fn check_within<T: Number>(a: ArrayView2<'_, T>, steps: f64, taken_for_zero: f64, what: &str) {
    let (m, n) = a.dim();
    ndarena::scope(|s| {
        let qr = s.qr(&a);
        let (q, r) = (qr.q(), qr.r());
        assert_eq!((q.dim(), r.dim()), ((m, m.min(n)), (m.min(n), n)));
        assert_close::<T, _>(&exact(&q).dot(&exact(&r)), &exact(&a), norm(&a), steps + taken_for_zero, what);
        assert_orthonormal(&q, steps, what);
        assert!(r.indexed_iter().all(|((i, j), x)| i <= j || *x == T::zero()), "{what}: r");
    });
}

fn factors_give_the_matrix<T: Number>() {
    for (m, n) in SHAPES {
        in_all_layouts(&random::<T>(m, n, 21), |a, layout| check(a, 0.0, &format!("{m} × {n}, {layout}")));
        for rank in [0, 1, 2, m.min(n) / 2] {
            check(of_rank::<T>(rank, m, n, 22).view(), 16.0 * m as f64, &format!("{m} × {n}, of rank {rank}"));
        }
        // Columns of all sizes, the first ones zero.
        let mut graded = random::<T>(m, n, 23);
        for (j, mut column) in graded.columns_mut().into_iter().enumerate() {
            let size = if j < 2 { 0.0 } else { 10f64.powi(10 - j as i32 % 20) };
            column.map_inplace(|x| *x *= T::near(Complex64::new(size, 0.0)));
        }
        check(graded.view(), 0.0, &format!("{m} × {n}, graded"));
    }
}

#[test]
fn factors_of_all_elements_give_the_matrix() {
    for_all_elements!(factors_give_the_matrix());
}

fn solves<T: Number>() {
    for (m, n) in SHAPES.into_iter().filter(|(m, n)| m >= n) {
        let a = random::<T>(m, n, 24);
        in_all_layouts(&random::<T>(m, 3, 25), |b, layout| {
            ndarena::scope(|s| {
                let x = s.qr(&a).solve(&b).unwrap();
                let what = format!("{m} × {n}, {layout}");
                // What is left is orthogonal to the columns of `a`.
                let left = exact(&b) - exact(&a).dot(&exact(&x));
                let scale = norm(&a) * (norm(&a) * norm(&x) + norm(&b));
                let none = Array2::zeros((n, 3));
                assert_close::<T, _>(&adjoint(&a).dot(&left), &none, scale, 8.0 + m as f64 / 8.0, &what);
                if m == n {
                    assert_solves(&a, &x, &b, 8.0 + m as f64 / 4.0, &what);
                }
                let one = s.qr(&a).solve(&b.column(1)).unwrap();
                assert_eq!(one.dim(), n);
                assert_close::<T, _>(&exact(&one), &exact(&x.column(1)), norm(&x), 1e4, &what);
            });
        });
    }
}

#[test]
fn systems_of_all_elements_are_solved() {
    for_all_elements!(solves());
}

#[test]
fn what_has_no_single_solution_is_refused() {
    ndarena::scope(|s| {
        let wide = s.qr(&array![[1.0, 2.0]]).solve(&array![1.0]).map(drop);
        assert_eq!(wide, Err(LinalgError::Underdetermined { rows: 1, columns: 2 }));
        let rows = s.qr(&Array2::<f64>::eye(2)).solve(&array![1.0]).map(drop);
        assert_eq!(rows, Err(LinalgError::Rows { needed: 2, given: 1 }));
        let bad = s.qr(&array![[1.0, f64::NAN], [0.0, 1.0]]).solve(&array![1.0, 1.0]).map(drop);
        assert_eq!(bad, Err(LinalgError::NotFinite));
        for n in [2, 5, 20, 60] {
            for pivot in [0, n / 2, n - 1] {
                let mut a = random::<f64>(n + 3, n, 26);
                let sum = a.slice(s![.., ..pivot]).sum_axis(Axis(1));
                a.column_mut(pivot).assign(&sum);
                let error = s.qr(&a).solve(&Array1::ones(n + 3)).map(drop);
                assert_eq!(error, Err(LinalgError::Singular { pivot }), "{n}");
            }
        }
    });
}
