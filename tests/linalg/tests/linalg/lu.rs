//! The LU factorisation, solutions, inverses and determinants.

use ndarena::linalg::{LinalgElement, LinalgError};
use ndarena::prelude::*;
use ndarray::prelude::*;
use num_complex::Complex64;

use crate::judge::*;

fn factors_give_the_matrix<T: Number>() {
    for (m, n) in SHAPES {
        let a = random::<T>(m, n, 11);
        in_all_layouts(&a, |a, layout| {
            ndarena::scope(|s| {
                let lu = s.lu(&a).unwrap();
                let (l, u, what) = (lu.l(), lu.u(), format!("{m} × {n}, {layout}"));
                assert_eq!((l.dim(), u.dim()), ((m, m.min(n)), (m.min(n), n)));
                let permuted = a.select(Axis(0), lu.permutation().as_slice().unwrap());
                let steps = 4.0 + m.min(n) as f64 / 8.0;
                assert_close::<T, _>(&exact(&l).dot(&exact(&u)), &exact(&permuted), norm(&a), steps, &what);
                for ((i, j), x) in l.indexed_iter() {
                    assert!(i > j || *x == if i == j { T::one() } else { T::zero() }, "{what}: l");
                    // The largest sum of parts is the pivot: a modulus is at most √2 times as large.
                    assert!(x.exact().norm() <= 1.5, "{what}: l");
                }
                assert!(u.indexed_iter().all(|((i, j), x)| i <= j || *x == T::zero()), "{what}: u");
            });
        });
    }
}

#[test]
fn factors_of_all_elements_give_the_matrix() {
    for_all_elements!(factors_give_the_matrix());
}

fn solves<T: Number>() {
    for n in [0, 1, 2, 3, 5, 8, 16, 33, 65, 129] {
        let a = random::<T>(n, n, 12);
        in_all_layouts(&a, |a, layout| {
            ndarena::scope(|s| {
                let steps = 4.0 + n as f64 / 4.0;
                for columns in [0, 1, 5] {
                    let b = random::<T>(n, columns, 13);
                    let x = s.solve(&a, &b.view().reversed_axes().as_standard_layout().reversed_axes()).unwrap();
                    assert_solves(&a, &x, &b, steps, &format!("{n}, {layout}, {columns}"));
                    assert_eq!(s.lu(&a).unwrap().solve(&b).unwrap(), x);
                }
                let b = random::<T>(n, 1, 14);
                let x = s.solve(&a, &b.column(0)).unwrap();
                assert_solves(&a, &x.view().insert_axis(Axis(1)), &b, steps, &format!("{n}, a vector"));
                // Of the inverse only its columns' errors together are bounded, by its own size.
                let inverse = s.inv(&a).unwrap();
                let scale = norm(&a) * norm(&inverse);
                let product = exact(&a).dot(&exact(&inverse));
                assert_close::<T, _>(&product, &Array2::eye(n), scale + 1.0, steps, &format!("{n}, the inverse"));
                let by_factors = s.lu(&a).unwrap().inv().unwrap();
                if n == 2 {
                    // That of two rows is found by the determinant.
                    let product = exact(&a).dot(&exact(&by_factors));
                    assert_close::<T, _>(&product, &Array2::eye(n), scale + 1.0, steps, "the inverse by factors");
                } else {
                    assert_eq!(by_factors, inverse);
                }
            });
        });
    }
}

#[test]
fn systems_of_all_elements_are_solved() {
    for_all_elements!(solves());
}

/// By all permutations' products, in whole numbers.
fn determinant(a: &Array2<Complex64>) -> Complex64 {
    if a.is_empty() {
        return Complex64::ONE;
    }
    let sign = |j: usize| if j % 2 == 0 { 1.0 } else { -1.0 };
    let part = |j| {
        let columns: Vec<usize> = (0..a.ncols()).filter(|&k| k != j).collect();
        a.slice(s![1.., ..]).select(Axis(1), &columns)
    };
    (0..a.ncols()).map(|j| a[[0, j]] * sign(j) * determinant(&part(j))).sum()
}

fn determinants<T: Number>() {
    for n in 0..7 {
        for seed in 0..20 {
            let a = random::<T>(n, n, seed).mapv(|x| {
                let x = x.exact() * 3.0;
                T::near(Complex64::new(x.re.round(), x.im.round()))
            });
            let (found, expected) = (ndarena::scope(|s| s.det(&a)).exact(), determinant(&exact(&a)));
            let scale = (0..n).map(|i| norm(&a.row(i))).product::<f64>();
            let off = (found - expected).norm() / (T::EPSILON * scale.max(1e-9));
            assert!(off <= 4.0 + n as f64, "{n}: {found} for {expected}");
        }
    }
}

#[test]
fn determinants_are_sums_of_products() {
    for_all_elements!(determinants());
}

#[test]
fn singular_matrices_are_refused_at_their_first_column_that_depends_on_others() {
    // Small whole numbers and powers of two: nothing is rounded.
    for n in 1..=40 {
        for pivot in [0, n / 3, n - 1] {
            let mut a =
                Array2::from_shape_fn((n, n), |(i, j)| f64::from(u8::from(i >= j)) * if i == j { 2.0 } else { 1.0 });
            let column = if pivot == 0 { Array1::zeros(n) } else { a.column(pivot - 1).to_owned() * 2.0 };
            a.column_mut(pivot).assign(&column);
            ndarena::scope(|s| {
                let error = LinalgError::Singular { pivot };
                assert_eq!(s.lu(&a).map(drop), Err(error.clone()), "{n}");
                assert_eq!(s.solve(&a, &Array1::ones(n)).map(drop), Err(error.clone()));
                assert_eq!(s.inv(&a).map(drop), Err(error));
                assert_eq!(s.det(&a), 0.0);
            });
        }
    }
}

#[test]
fn what_does_not_fit_or_is_not_finite_is_refused() {
    let (wide, square) = (Array2::<f64>::ones((2, 3)), Array2::<f64>::eye(2));
    ndarena::scope(|s| {
        let not_square = LinalgError::NotSquare { rows: 2, columns: 3 };
        let lu = s.lu(&array![[2.0, 1.0, 1.0], [1.0, 2.0, 1.0]]).unwrap();
        assert_eq!(lu.solve(&array![1.0, 1.0]).map(drop), Err(not_square.clone()));
        assert_eq!(lu.inv().map(drop), Err(not_square.clone()));
        assert_eq!(s.solve(&wide, &array![1.0, 1.0]).map(drop), Err(not_square.clone()));
        assert_eq!(s.inv(&wide).map(drop), Err(not_square));
        let rows = LinalgError::Rows { needed: 2, given: 3 };
        assert_eq!(s.solve(&square, &array![1.0, 1.0, 1.0]).map(drop), Err(rows));
        for bad in [f64::NAN, f64::INFINITY] {
            assert_eq!(s.lu(&array![[1.0, 2.0], [3.0, bad]]).map(drop), Err(LinalgError::NotFinite));
            assert!(s.det(&array![[1.0, 2.0], [3.0, bad]]).is_nan());
            assert_eq!(s.solve(&square, &array![bad, 1.0]).map(drop), Err(LinalgError::NotFinite));
        }
        assert_eq!(s.solve(&array![[1e-200]], &array![1e200]).map(drop), Err(LinalgError::NotFinite));
        assert_eq!(s.inv(&array![[f64::MIN_POSITIVE / 64.0]]).map(drop), Err(LinalgError::NotFinite));
    });
}

/// Where every pivot is as small as can be found, elements grow by 2 at each step: Wilkinson's example.
#[test]
fn pivots_keep_elements_from_growing_but_in_wilkinsons_example() {
    let n = 24;
    let a = Array2::from_shape_fn((n, n), |(i, j)| match i {
        _ if i == j || j == n - 1 => 1.0,
        _ if i > j => -1.0,
        _ => 0.0,
    });
    ndarena::scope(|s| {
        let u = s.lu(&a).unwrap().u();
        assert_eq!(u[[n - 1, n - 1]], 2f64.powi(n as i32 - 1));
        assert_eq!(s.det(&a), 2f64.powi(n as i32 - 1));
    });
}

#[test]
fn it_is_generic() {
    fn residual<T: LinalgElement>(s: Scope<'_>, a: ArrayView2<T>, b: ArrayView1<T>) -> Result<T, LinalgError> {
        s.scope(|inner| Ok(inner.sub(&b, &inner.dot(&a, &inner.solve(&a, &b)?)).sum()))
    }
    assert_eq!(ndarena::scope(|s| residual(s, array![[2f32]].view(), array![4f32].view())), Ok(0.0));
}
