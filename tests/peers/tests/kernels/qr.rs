use std::panic::{AssertUnwindSafe, catch_unwind};

use approx::{assert_abs_diff_eq, assert_relative_eq};
use nalgebra::{DMatrix, DVector};
use ndarena::prelude::*;
use ndarena_kernels::Error;
use ndarena_kernels::qr::{Workspace, by_hand, in_a_scope, on_the_heap, triangularize};
use ndarray::prelude::*;
use ndarray::{concatenate, s};

use super::{calls_of, steady_calls};

/// Of one panel, and of several, which end at the last column, before it, or one after it.
const SHAPES: [(usize, usize); 9] =
    [(1, 1), (6, 3), (7, 7), (20, 5), (40, 32), (60, 33), (100, 64), (90, 65), (130, 97)];

/// Numbers between -1 and 1 (G. Marsaglia, "Xorshift RNGs", *Journal of Statistical Software* 8, 2003).
fn problem(m: usize, n: usize) -> (Array2<f64>, Array1<f64>) {
    let mut state = 88_172_645_463_325_252u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    };
    (Array2::from_shape_simple_fn((m, n), &mut next), Array1::from_shape_simple_fn(m, &mut next))
}

/// What each of the three ways gives.
fn three_ways(a: ArrayView2<'_, f64>, b: ArrayView1<'_, f64>) -> [Result<Array1<f64>, Error>; 3] {
    let mut hand = Array1::zeros(a.ncols());
    let by_hand = by_hand(a, b, &mut Workspace::new(a.nrows(), a.ncols()), hand.view_mut());
    let buffer = Buffer::new();
    let scope = buffer.scope(|s| in_a_scope(s, a, b).map(|x| x.to_owned()));
    assert_eq!(buffer.stats().in_use, 0);
    [on_the_heap(a, b), by_hand.map(|()| hand), scope]
}

fn all_fail(error: Error) -> [Result<Array1<f64>, Error>; 3] {
    [0; 3].map(|_| Err(error))
}

fn norm(x: ArrayView1<'_, f64>) -> f64 {
    x.dot(&x).sqrt()
}

fn dense(a: &Array2<f64>) -> DMatrix<f64> {
    DMatrix::from_fn(a.nrows(), a.ncols(), |i, j| a[[i, j]])
}

/// The condition number of `a` with its columns scaled to length 1: Householder's QR does the same whatever they are scaled
/// by (N. J. Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd edition, 2002, theorem 19.4: the error of each
/// column is relative to the column).
fn condition(a: &Array2<f64>) -> f64 {
    let values = dense(&(a / &a.map_axis(Axis(0), norm))).singular_values();
    values.max() / values.min()
}

#[test]
fn three_ways_agree() {
    for (m, n) in SHAPES {
        let (a, b) = problem(m, n);
        let mut gaps = Array2::from_elem((2 * m, 3 * n), f64::NAN);
        gaps.slice_mut(s![..;-2, ..;3]).assign(&a);
        let mut column_major = Array2::zeros((m, n).f());
        column_major.assign(&a);
        let [heap, hand, scope] = three_ways(a.view(), b.view()).map(Result::unwrap);
        // The same operations, in the same order.
        assert_eq!(scope, heap);
        assert_eq!(scope, hand);
        for a in [gaps.slice(s![..;-2, ..;3]), column_major.view()] {
            assert!(three_ways(a, b.view()).iter().all(|x| x.as_ref() == Ok(&scope)));
        }
    }
}

#[test]
fn a_is_q_r_and_q_is_orthogonal() {
    for (m, n) in SHAPES {
        let (a, _) = problem(m, n);
        let tolerance = m as f64 * f64::EPSILON;
        Buffer::new().scope(|scope| {
            let mut ac = concatenate![Axis(1), a, Array2::eye(m)];
            triangularize(scope, &mut ac, n).unwrap();
            let qt = ac.slice(s![.., n..]);
            assert_abs_diff_eq!(qt.dot(&qt.t()), Array2::eye(m), epsilon = tolerance);
            let r = Array2::from_shape_fn((m, n), |(i, j)| if i <= j { ac[[i, j]] } else { 0.0 });
            for (product, column) in qt.t().dot(&r).columns().into_iter().zip(a.columns()) {
                assert_abs_diff_eq!(product, column, epsilon = tolerance * norm(column));
            }
        });
    }
}

#[test]
fn the_residual_is_orthogonal_to_the_columns() {
    for (m, n) in SHAPES {
        let (a, b) = problem(m, n);
        for x in three_ways(a.view(), b.view()) {
            let x = x.unwrap();
            let residual = &b - &a.dot(&x);
            // `x` is exact for a matrix and a vector that differ by a few ε: Higham, theorem 20.3.
            let scale = norm(b.view()) + norm(a.flatten().view()) * norm(x.view());
            for column in a.columns() {
                let tolerance = m as f64 * f64::EPSILON * norm(column) * scale;
                assert_abs_diff_eq!(column.dot(&residual), 0.0, epsilon = tolerance);
            }
        }
    }
}

#[test]
fn nalgebras_singular_values_give_the_same() {
    for (m, n) in SHAPES {
        let (a, b) = problem(m, n);
        let expected = dense(&a).svd(true, true).solve(&DVector::from_iterator(m, b.iter().copied()), 0.0).unwrap();
        let expected = Array1::from_iter(expected.iter().copied());
        let residual = norm((&b - &a.dot(&expected)).view());
        // How far a small change of the problem moves `x`: Wedin's theorem, Higham's 20.1.
        let condition = condition(&a);
        let steepness = residual / norm(a.dot(&expected).view());
        let tolerance = m as f64 * f64::EPSILON * condition * (1.0 + condition * steepness) * norm(expected.view());
        for x in three_ways(a.view(), b.view()) {
            assert_abs_diff_eq!(x.unwrap(), expected, epsilon = tolerance);
        }
    }
}

#[test]
fn a_polynomial_is_found_again() {
    let a = Array2::from_shape_fn((10, 4), |(i, j)| (i as f64).powi(j as i32));
    let x = array![3.0, -1.0, 2.0, -5.0];
    for found in three_ways(a.view(), a.dot(&x).view()) {
        assert_relative_eq!(found.unwrap(), x, max_relative = 10.0 * f64::EPSILON * condition(&a));
    }
}

#[test]
fn columns_may_be_where_they_go_already() {
    for below in [0.0, 1e-9, -1e-17] {
        let a = Array2::from_shape_fn((50, 40), |(i, j)| {
            if i == j {
                1.0
            } else if i > j {
                below
            } else {
                0.0
            }
        });
        let x = Array1::from_shape_fn(40, |i| i as f64 - 20.0);
        for found in three_ways(a.view(), a.dot(&x).view()) {
            assert_abs_diff_eq!(found.unwrap(), x, epsilon = 50.0 * f64::EPSILON * norm(x.view()));
        }
    }
}

/// Employment, and what it is to be explained by: prices, national product, unemployed, armed forces, population, year.
///
/// J. W. Longley, "An appraisal of least squares programs for the electronic computer from the point of view of the user",
/// *Journal of the American Statistical Association* 62 (1967), as in NIST's Statistical Reference Datasets.
const LONGLEY: [[f64; 7]; 16] = [
    [60323.0, 83.0, 234289.0, 2356.0, 1590.0, 107608.0, 1947.0],
    [61122.0, 88.5, 259426.0, 2325.0, 1456.0, 108632.0, 1948.0],
    [60171.0, 88.2, 258054.0, 3682.0, 1616.0, 109773.0, 1949.0],
    [61187.0, 89.5, 284599.0, 3351.0, 1650.0, 110929.0, 1950.0],
    [63221.0, 96.2, 328975.0, 2099.0, 3099.0, 112075.0, 1951.0],
    [63639.0, 98.1, 346999.0, 1932.0, 3594.0, 113270.0, 1952.0],
    [64989.0, 99.0, 365385.0, 1870.0, 3547.0, 115094.0, 1953.0],
    [63761.0, 100.0, 363112.0, 3578.0, 3350.0, 116219.0, 1954.0],
    [66019.0, 101.2, 397469.0, 2904.0, 3048.0, 117388.0, 1955.0],
    [67857.0, 104.6, 419180.0, 2822.0, 2857.0, 118734.0, 1956.0],
    [68169.0, 108.4, 442769.0, 2936.0, 2798.0, 120445.0, 1957.0],
    [66513.0, 110.8, 444546.0, 4681.0, 2637.0, 121950.0, 1958.0],
    [68655.0, 112.6, 482704.0, 3813.0, 2552.0, 123366.0, 1959.0],
    [69564.0, 114.2, 502601.0, 3931.0, 2514.0, 125368.0, 1960.0],
    [69331.0, 115.7, 518173.0, 4806.0, 2572.0, 127852.0, 1961.0],
    [70551.0, 116.9, 554894.0, 4007.0, 2827.0, 130081.0, 1962.0],
];

/// NIST's certified values for them, of the constant and of each column.
const CERTIFIED: [f64; 7] = [
    -3482258.63459582,
    15.0618722713733,
    -0.358191792925910e-1,
    -2.02022980381683,
    -1.03322686717359,
    -0.511041056535807e-1,
    1829.15146461355,
];

#[test]
fn longley_is_what_nist_certifies() {
    let employment = Array1::from_iter(LONGLEY.map(|row| row[0]));
    let a = Array2::from_shape_fn((16, 7), |(i, j)| if j == 0 { 1.0 } else { LONGLEY[i][j] });
    // The condition number is 43 thousand, so that is 1.5e-10.
    let tolerance = 16.0 * f64::EPSILON * condition(&a);
    for x in three_ways(a.view(), employment.view()) {
        assert_relative_eq!(x.unwrap(), aview1(&CERTIFIED), max_relative = tolerance);
    }
}

#[test]
fn columns_may_be_of_any_size() {
    let (a, b) = problem(50, 40);
    let scale = Array1::from_shape_fn(40, |j| 2f64.powi(25 * (j as i32 % 20 - 10)));
    // Nothing but exponents differs.
    let [x, scaled] = [a.view(), (&a * &scale).view()].map(|a| three_ways(a, b.view()).map(Result::unwrap));
    assert_eq!(scaled.map(|x| &x * &scale), x);
}

#[test]
fn one_panel_allocates_nothing_and_several_what_ndarrays_products_do() {
    for (m, n) in SHAPES {
        let (a, b) = problem(m, n);
        let (mut work, mut x) = (Workspace::new(m, n), Array1::zeros(n));
        let hand = calls_of(|| by_hand(a.view(), b.view(), &mut work, x.view_mut()).unwrap());
        assert_eq!(steady_calls(|s| in_a_scope(s, a.view(), b.view()).unwrap()[0]), hand);
        // Four products for each panel but the last, with a buffer each.
        assert_eq!(hand, 4 * ((n - 1) / 32));
    }
}

#[test]
fn what_depends_on_other_columns_is_an_error() {
    for (pivot, n) in [(0, 1), (0, 3), (2, 3), (31, 40), (32, 33), (39, 40), (65, 66), (70, 100)] {
        let (mut a, b) = problem(n + 20, n);
        a.column_mut(pivot).fill(0.0);
        assert_eq!(three_ways(a.view(), b.view()), all_fail(Error::Singular { pivot }));
        if pivot > 0 {
            let sum = &a.column(0) + &(&a.column(pivot - 1) * 3.0);
            a.column_mut(pivot).assign(&sum);
            assert_eq!(three_ways(a.view(), b.view()), all_fail(Error::Singular { pivot }));
        }
    }
}

#[test]
fn what_is_not_finite_is_an_error() {
    // 1e200 is, but its square is not.
    for what in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e200] {
        for (i, j) in [(0, 0), (59, 0), (20, 10), (10, 20), (3, 49), (59, 49)] {
            let (mut a, b) = problem(60, 50);
            a[[i, j]] = what;
            assert_eq!(three_ways(a.view(), b.view()), all_fail(Error::NotFinite));
        }
    }
    for i in [0, 30, 59] {
        let (a, mut b) = problem(60, 50);
        b[i] = f64::NAN;
        assert_eq!(three_ways(a.view(), b.view()), all_fail(Error::NotFinite));
    }
}

#[test]
fn shapes_that_do_not_fit_are_named() {
    let buffer = Buffer::new();
    for (a, b, message) in
        [((2, 3), 2, "not 2 × 3 and 2"), ((3, 2), 4, "not 3 × 2 and 4"), ((3, 3), 0, "not 3 × 3 and 0")]
    {
        let (a, b) = (Array2::<f64>::ones(a), Array1::<f64>::ones(b));
        let mut x = Array1::zeros(a.ncols());
        let said = |call: &mut dyn FnMut()| {
            let panic = catch_unwind(AssertUnwindSafe(call)).expect_err("it should panic");
            assert!(panic.downcast_ref::<String>().unwrap().contains(message));
            assert_eq!(buffer.stats().in_use, 0);
        };
        said(&mut || drop(on_the_heap(a.view(), b.view())));
        said(&mut || by_hand(a.view(), b.view(), &mut Workspace::new(3, 3), x.view_mut()).unwrap());
        said(&mut || buffer.scope(|s| drop(in_a_scope(s, a.view(), b.view()))));
    }
}
