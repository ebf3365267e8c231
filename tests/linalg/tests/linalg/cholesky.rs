//! The Cholesky factorisation.

use ndarena::linalg::LinalgError;
use ndarena::prelude::*;
use ndarray::prelude::*;
use num_complex::Complex64;
use num_traits::ToPrimitive;

use crate::judge::*;

const SIZES: [usize; 11] = [0, 1, 2, 3, 4, 5, 8, 16, 33, 65, 129];

fn factors_give_the_matrix<T: Number>() {
    for n in SIZES {
        let a = positive_definite::<T>(n, 1);
        in_all_layouts(&a, |a, layout| {
            ndarena::scope(|s| {
                let cholesky = s.cholesky(&a).unwrap();
                let l = cholesky.l();
                let what = format!("{n}, {layout}");
                assert_close::<T, _>(&exact(&l).dot(&adjoint(&l)), &exact(&a), norm(&a), 4.0 + n as f64 / 8.0, &what);
                for ((i, j), x) in l.indexed_iter() {
                    assert!(i >= j || *x == T::zero(), "{what}: above the diagonal");
                    assert!(i != j || (x.exact().re > 0.0 && x.exact().im == 0.0), "{what}: on the diagonal");
                }
                assert_eq!(l.strides().first(), if n > 0 { Some(&1) } else { l.strides().first() });
                let copy = l.to_owned();
                assert_eq!(cholesky.factor(), copy);
            });
        });
    }
}

#[test]
fn factors_of_all_elements_give_the_matrix() {
    for_all_elements!(factors_give_the_matrix());
}

fn solves<T: Number>() {
    for n in SIZES {
        let a = positive_definite::<T>(n, 2);
        for columns in [0, 1, 5] {
            in_all_layouts(&random::<T>(n, columns, 3), |b, layout| {
                ndarena::scope(|s| {
                    let x = s.cholesky(&a).unwrap().solve(&b).unwrap();
                    assert_eq!(x.dim(), b.dim());
                    assert_solves(&a, &x, &b, 4.0 + n as f64 / 8.0, &format!("{n}, {columns} {layout}"));
                });
            });
        }
        ndarena::scope(|s| {
            let (b, cholesky) = (random::<T>(n, 1, 4), s.cholesky(&a).unwrap());
            let x = cholesky.solve(&b.column(0)).unwrap();
            assert_solves(&a, &x.view().insert_axis(Axis(1)), &b, 4.0 + n as f64 / 8.0, &format!("{n}, a vector"));
            assert_eq!(cholesky.solve(&b.column(0).into_dyn()).unwrap(), x.into_dyn());
            // The inverse's columns are solutions, too.
            let inverse = cholesky.inv().unwrap();
            assert_solves(&a, &inverse, &Array2::eye(n), 8.0 + n as f64, &format!("{n}, the inverse"));
            assert_eq!(exact(&inverse), adjoint(&inverse), "{n}: the inverse is Hermitian");
        });
    }
}

#[test]
fn systems_of_all_elements_are_solved() {
    for_all_elements!(solves());
}

fn determinants<T: Number>() {
    for n in 0..9 {
        // l has whole numbers, and so has its product with itself.
        let l = Array2::from_shape_fn((n, n), |(i, j)| match i {
            _ if i == j => T::near(Complex64::new([1.0, 2.0, 4.0][i % 3], 0.0)),
            _ if i > j => T::near(Complex64::new((i * j) as f64 - 3.0, (i + j) as f64 % 3.0)),
            _ => T::zero(),
        });
        let a = exact(&l).dot(&adjoint(&l)).mapv(T::near);
        ndarena::scope(|s| {
            let cholesky = s.cholesky(&a).unwrap();
            assert_eq!(cholesky.l(), l);
            let expected: f64 = (0..n).map(|i| [1.0, 4.0, 16.0][i % 3]).product();
            assert_eq!(cholesky.det().to_f64(), Some(expected));
            let off = cholesky.ln_det().to_f64().unwrap() - expected.ln();
            assert!(off.abs() <= 8.0 * T::EPSILON * expected.ln());
        });
    }
}

fn no_pivot_is_missed<T: Number>() {
    for n in (1..=20).chain([33, 64, 65, 70]) {
        let l = Array2::from_shape_fn((n, n), |(i, j)| {
            let part = if i > j { ((i * 7 + j * 3) % 5) as f64 - 2.0 } else { f64::from(u8::from(i == j)) };
            Complex64::new(part, if i > j { ((i + j) % 3) as f64 - 1.0 } else { 0.0 })
        });
        let l = l.mapv(T::near);
        for pivot in (0..n).step_by(1 + n / 16) {
            for value in [0.0, -1.0] {
                // Products of small whole numbers: nothing is rounded, so that a pivot of zero is one.
                let mut scaled = exact(&l);
                scaled.column_mut(pivot).map_inplace(|x| *x *= value);
                let a = scaled.dot(&adjoint(&l)).mapv(T::near);
                ndarena::scope(|s| {
                    let error = s.cholesky(&a).map(drop).unwrap_err();
                    assert_eq!(error, LinalgError::NotPositiveDefinite { pivot }, "{n}");
                });
            }
        }
    }
}

#[test]
fn the_pivot_that_is_not_positive_is_named() {
    for_all_elements!(no_pivot_is_missed());
}

#[test]
fn determinants_are_products() {
    for_all_elements!(determinants());
}

#[test]
fn only_the_lower_triangle_is_looked_at() {
    let mut a = positive_definite::<Complex64>(40, 5);
    ndarena::scope(|s| {
        let expected = s.cholesky(&a).unwrap().factor();
        for i in 0..40 {
            a.slice_mut(s![i, i + 1..]).fill(Complex64::new(f64::NAN, f64::INFINITY));
            a[[i, i]].im = 1.0;
        }
        assert_eq!(s.cholesky(&a).unwrap().l(), expected);
        assert_eq!(s.cholesky(&a.as_standard_layout()).unwrap().l(), expected);
    });
}

#[test]
fn what_is_not_finite_is_refused() {
    for (i, j) in [(0, 0), (3, 1), (19, 19), (19, 0)] {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let mut a = positive_definite::<f64>(20, 6);
            a[[i, j]] = bad;
            ndarena::scope(|s| assert_eq!(s.cholesky(&a).map(drop), Err(LinalgError::NotFinite)));
            let mut b = Array1::<f64>::zeros(20);
            b[i] = bad;
            let a = positive_definite::<f64>(20, 6);
            ndarena::scope(|s| {
                let cholesky = s.cholesky(&a).unwrap();
                assert_eq!(cholesky.solve(&b).map(drop), Err(LinalgError::NotFinite));
            });
        }
    }
    ndarena::scope(|s| {
        let tiny = s.cholesky(&array![[1e-300]]).unwrap();
        assert_eq!(tiny.solve(&array![1e300]).map(drop), Err(LinalgError::NotFinite), "too large a result");
    });
}

#[test]
fn shapes_that_do_not_fit_are_refused() {
    ndarena::scope(|s| {
        let error = s.cholesky(&Array2::<f64>::ones((2, 3))).map(drop);
        assert_eq!(error, Err(LinalgError::NotSquare { rows: 2, columns: 3 }));
        let cholesky = s.cholesky(&Array2::<f64>::eye(2)).unwrap();
        assert_eq!(cholesky.solve(&array![1.0]).map(drop), Err(LinalgError::Rows { needed: 2, given: 1 }));
        assert_eq!(cholesky.solve(&Array3::ones((2, 1, 1))).map(drop), Err(LinalgError::Axes { given: 3 }));
        assert_eq!(cholesky.solve(&arr0(1.0)).map(drop), Err(LinalgError::Axes { given: 0 }));
    });
}
