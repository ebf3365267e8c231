use std::panic::{AssertUnwindSafe, catch_unwind};

use approx::assert_abs_diff_eq;
use nalgebra::{DMatrix, DVector};
use ndarena::prelude::*;
use ndarena_kernels::Error;
use ndarena_kernels::cholesky::{Workspace, by_hand, factor, in_a_scope, on_the_heap, solve};
use ndarray::prelude::*;
use ndarray::{Zip, s};

use super::{calls_of, steady_calls};

/// Not divided, once, and several times.
const SIZES: [usize; 11] = [1, 2, 3, 8, 31, 32, 33, 64, 65, 100, 150];

/// Whole numbers from -3 to 3 (G. Marsaglia, "Xorshift RNGs", *Journal of Statistical Software* 8, 2003).
fn whole_numbers() -> impl FnMut() -> f64 {
    let mut state = 88_172_645_463_325_252u64;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        ((state >> 32) % 7) as f64 - 3.0
    }
}

/// A lower triangular matrix of small whole numbers, and a vector of such numbers. On the diagonal are powers of two: faer's kernel
/// multiplies by reciprocals, which are exact of these.
fn triangle(n: usize) -> (Array2<f64>, Array1<f64>) {
    let mut next = whole_numbers();
    let mut element = |(i, j)| match next() {
        x if i == j => [1.0, 2.0, 4.0, 2.0][x.abs() as usize],
        x if i > j => x,
        _ => 0.0,
    };
    (Array2::from_shape_fn((n, n), &mut element), Array1::from_shape_fn(n, |i| element((i + 1, i))))
}

/// A positive definite matrix whose condition number is about 10, and a vector.
fn problem(n: usize) -> (Array2<f64>, Array1<f64>) {
    let mut next = whole_numbers();
    let g = Array2::from_shape_simple_fn((n, n), || next() / 3.0);
    (g.dot(&g.t()) + Array2::<f64>::eye(n) * (0.2 * n as f64), Array1::from_shape_simple_fn(n, &mut next))
}

/// What each of the three ways gives.
fn three_ways(a: ArrayView2<'_, f64>, b: ArrayView1<'_, f64>) -> [Result<Array1<f64>, Error>; 3] {
    let mut hand = Array1::zeros(b.len());
    let by_hand = by_hand(a, b, &mut Workspace::new(b.len()), hand.view_mut());
    let buffer = Buffer::new();
    let scope = buffer.scope(|s| in_a_scope(s, a, b).map(|x| x.to_owned()));
    assert_eq!(buffer.stats().in_use, 0);
    [on_the_heap(a, b), by_hand.map(|()| hand), scope]
}

fn all_fail(error: Error) -> [Result<Array1<f64>, Error>; 3] {
    [0; 3].map(|_| Err(error))
}

fn owned_factor(a: ArrayView2<'_, f64>) -> Array2<f64> {
    ndarena::scope(|s| factor(s, a).unwrap().to_owned())
}

/// How far two solutions of length 1 may be apart: each is exact for a matrix that differs by half of `(3n + 1) ε` (N. J.
/// Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd edition, 2002, theorem 10.4).
fn tolerance(a: &Array2<f64>) -> f64 {
    let values = dense(a).singular_values();
    (3 * a.nrows() + 1) as f64 * f64::EPSILON * values.max() / values.min()
}

fn dense(a: &Array2<f64>) -> DMatrix<f64> {
    DMatrix::from_fn(a.nrows(), a.ncols(), |i, j| a[[i, j]])
}

#[test]
fn three_ways_agree() {
    for n in SIZES {
        let (a, b) = problem(n);
        let [heap, hand, scope] = three_ways(a.view(), b.view()).map(Result::unwrap);
        let length = scope.dot(&scope).sqrt();
        if n <= 32 {
            // The same operations, in the same order.
            assert_eq!(hand, scope);
        } else {
            // faer's kernel solves triangular systems in a scope, and rounds in another order.
            assert_abs_diff_eq!(hand, scope, epsilon = tolerance(&a) * length);
        }
        // In small matrices, what is left of a column is subtracted from it, and not what is right of it changed.
        assert_abs_diff_eq!(heap, scope, epsilon = tolerance(&a) * length);
    }
}

#[test]
fn pascals_matrix_has_binomial_coefficients() {
    // 29 is the largest whose elements are exact.
    for n in 1..=29 {
        let mut pascal = Array2::<f64>::ones((n, n));
        for (i, j) in (1..n).flat_map(|i| (1..n).map(move |j| (i, j))) {
            pascal[[i, j]] = pascal[[i - 1, j]] + pascal[[i, j - 1]];
        }
        // C(i, j) = C(i - 1, j - 1) + C(i - 1, j)
        let mut binomial = Array2::<f64>::eye(n);
        binomial.column_mut(0).fill(1.0);
        for (i, j) in (1..n).flat_map(|i| (1..i).map(move |j| (i, j))) {
            binomial[[i, j]] = binomial[[i - 1, j - 1]] + binomial[[i - 1, j]];
        }
        assert_eq!(owned_factor(pascal.view()), binomial);
    }
}

#[test]
fn whole_numbers_are_found_again() {
    for n in SIZES {
        let (l, x) = triangle(n);
        let mut a = l.dot(&l.t());
        let b = a.dot(&x);
        assert_eq!(owned_factor(a.view()), l);
        for found in three_ways(a.view(), b.view()) {
            assert_eq!(found.unwrap(), x);
        }
        // What is above the diagonal does not count.
        Zip::indexed(&mut a).for_each(|(i, j), a| {
            if i < j {
                *a = f64::NAN
            }
        });
        assert_eq!(owned_factor(a.view()), l);
        for a in [a.view(), a.t().to_owned().t()] {
            assert!(three_ways(a, b.view()).iter().all(|found| found.as_ref() == Ok(&x)));
        }
    }
}

#[test]
fn a_is_l_times_its_transpose() {
    for n in SIZES {
        let (a, _) = problem(n);
        let l = owned_factor(a.view());
        assert!(l.indexed_iter().all(|((i, j), &l)| i >= j || l == 0.0));
        let product = l.dot(&l.t());
        for ((i, j), &a_ij) in a.indexed_iter() {
            // Half of this for the factor, by Higham's theorem 10.3, and half for the product.
            let tolerance = (n + 1) as f64 * f64::EPSILON * (a[[i, i]] * a[[j, j]]).sqrt();
            assert_abs_diff_eq!(product[[i, j]], a_ij, epsilon = tolerance);
        }
    }
}

#[test]
fn nalgebra_finds_the_same() {
    for n in SIZES {
        let (a, b) = problem(n);
        let cholesky = dense(&a).cholesky().unwrap();
        let theirs = cholesky.l();
        let l = Array2::from_shape_fn((n, n), |(i, j)| theirs[(i, j)]);
        assert_abs_diff_eq!(owned_factor(a.view()), l, epsilon = tolerance(&a) * theirs.norm());
        let x = cholesky.solve(&DVector::from_iterator(n, b.iter().copied()));
        for found in three_ways(a.view(), b.view()) {
            assert_abs_diff_eq!(found.unwrap(), aview1(x.as_slice()), epsilon = tolerance(&a) * x.norm());
        }
    }
}

#[test]
fn right_hand_sides_may_be_a_matrix() {
    for n in SIZES {
        let (l, _) = triangle(n);
        let x = Array2::from_shape_fn((n, 5), |(i, j)| (i as f64 - 2.0) * j as f64);
        ndarena::scope(|s| {
            let b = l.dot(&l.t().dot(&x));
            assert_eq!(solve(s, &l, &b).unwrap(), x);
            assert_eq!(solve(s, &l, &b.column(3)).unwrap(), x.column(3));
        });
    }
}

#[test]
fn the_first_pivot_that_is_not_positive_is_named() {
    for (n, pivot) in
        [(1, 0), (8, 0), (8, 7), (33, 16), (100, 3), (100, 24), (100, 25), (100, 50), (100, 80), (100, 99)]
    {
        // The leading minors are products of squares up to there, and then not positive.
        for last in [-1.0, 0.0] {
            let (l, b) = triangle(n);
            let signs = Array1::from_shape_fn(n, |i| if i == pivot { last } else { 1.0 });
            let a = (&l * &signs).dot(&l.t());
            assert_eq!(three_ways(a.view(), b.view()), all_fail(Error::NotPositiveDefinite { pivot }));
        }
    }
}

#[test]
fn what_is_not_finite_is_an_error() {
    for what in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for (i, j) in [(0, 0), (99, 0), (99, 99), (50, 49), (60, 55), (30, 10), (20, 20)] {
            let (mut a, b) = problem(100);
            a[[i, j]] = what;
            assert_eq!(three_ways(a.view(), b.view()), all_fail(Error::NotFinite));
        }
        for i in [0, 50, 99] {
            let (a, mut b) = problem(100);
            b[i] = what;
            assert_eq!(three_ways(a.view(), b.view()), all_fail(Error::NotFinite));
        }
    }
    ndarena::scope(|s| {
        let singular = solve(s, &array![[1.0, 0.0], [1.0, 0.0]], &array![1.0, 1.0]);
        assert_eq!(singular.unwrap_err(), Error::Singular { pivot: 1 });
    });
}

#[test]
fn small_ones_allocate_nothing_and_others_what_ndarrays_products_do() {
    for n in SIZES {
        let (a, b) = problem(n);
        let (mut work, mut x) = (Workspace::new(n), Array1::zeros(n));
        let hand = calls_of(|| by_hand(a.view(), b.view(), &mut work, x.view_mut()).unwrap());
        let scope = steady_calls(|s| in_a_scope(s, a.view(), b.view()).unwrap()[0]);
        // By hand, triangular systems of more than 32 rows take products, too; in a scope faer's kernel solves them.
        assert!(
            if n <= 65 { scope == hand } else { scope < hand },
            "{n} rows: {scope} calls in a scope, {hand} by hand"
        );
        assert_eq!(hand == 0, n <= 32);
    }
}

#[test]
fn shapes_that_do_not_fit_are_named() {
    let buffer = Buffer::new();
    for (a, b, message) in
        [((2, 3), 2, "not 2 × 3 and 2"), ((3, 2), 3, "not 3 × 2 and 3"), ((3, 3), 4, "not 3 × 3 and 4")]
    {
        let (a, b) = (Array2::<f64>::eye(3).slice(s![..a.0, ..a.1]).to_owned(), Array1::<f64>::ones(b));
        let mut x = Array1::zeros(b.len());
        let said = |call: &mut dyn FnMut()| {
            let panic = catch_unwind(AssertUnwindSafe(call)).expect_err("it should panic");
            assert!(panic.downcast_ref::<String>().unwrap().contains(message));
            assert_eq!(buffer.stats().in_use, 0);
        };
        said(&mut || drop(on_the_heap(a.view(), b.view())));
        said(&mut || by_hand(a.view(), b.view(), &mut Workspace::new(3), x.view_mut()).unwrap());
        said(&mut || buffer.scope(|s| drop(in_a_scope(s, a.view(), b.view()))));
    }
}
