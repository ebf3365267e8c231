use approx::{assert_abs_diff_eq, assert_relative_eq};
use nalgebra::DMatrix;
use ndarena::prelude::*;
use ndarena_kernels::Error;
use ndarena_kernels::expm::{PADE, Workspace, by_hand, in_a_scope, on_the_heap, solve};
use ndarray::prelude::*;

use super::{calls_of, steady_calls};

const EPS: f64 = f64::EPSILON;

/// The exponential all three ways.
fn exp(a: ArrayView2<f64>) -> Result<Array2<f64>, Error> {
    let heap = on_the_heap(a);
    let mut hand = Array2::zeros(a.dim());
    let failed = by_hand(a, &mut Workspace::new(a.nrows()), hand.view_mut()).err();
    assert_eq!(failed, heap.as_ref().err().copied());
    let buffer = Buffer::new();
    // The same operations, in the same order.
    assert_eq!(buffer.scope(|s| in_a_scope(s, a).map(|exp| exp.to_owned())), heap);
    assert_eq!(buffer.stats().in_use, 0);
    let heap = heap?;
    // Products of small matrices are rounded in other places.
    assert_abs_diff_eq!(hand, heap, epsilon = 4.0 * (a.nrows() as f64 + norm(&a.to_owned())) * EPS * norm(&heap));
    Ok(heap)
}

/// The 1-norm.
fn norm(a: &Array2<f64>) -> f64 {
    a.mapv(f64::abs).sum_axis(Axis(0)).fold(0.0, |norm, &sum| norm.max(sum))
}

/// Numbers from -1 to 1 without a pattern.
fn numbers(n: usize) -> Array2<f64> {
    let mut state = 1u64;
    Array2::from_shape_simple_fn((n, n), || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    })
}

/// C. Moler and C. Van Loan, "Nineteen dubious ways to compute the exponential of a matrix", *SIAM Review* 20 (1978), method
/// 2: of degree m, the coefficient of the jth power is (2m - j)! m! / ((2m)! (m - j)! j!). Here all are multiplied by (2m)! / m!.
#[test]
fn coefficients_are_quotients_of_factorials() {
    let factorial = |k: usize| (1..=k as u128).product::<u128>();
    for ((_, b), m) in PADE.iter().zip([3, 5, 7, 9, 13]) {
        let exact: Vec<u128> = b.iter().map(|&b| b as u128).collect();
        let quotient = |j| factorial(2 * m - j) / (factorial(m - j) * factorial(j));
        assert_eq!(exact, (0..=m).map(quotient).collect::<Vec<_>>());
    }
}

/// The approximant of degree m to e^x is e^(x + δ), where δ / x begins with (m!)² / ((2m)! (2m + 1)!) x²ᵐ. The norms are the
/// largest for which that is at most half a unit of rounding, later terms included, which are not many.
#[test]
fn norms_are_where_the_approximants_end() {
    let factorial = |k: i32| (1..=k).map(f64::from).product::<f64>();
    for ((bound, _), m) in PADE.iter().zip([3, 5, 7, 9, 13]) {
        let first = factorial(m).powi(2) / factorial(2 * m) / factorial(2 * m + 1);
        let alone = (EPS / 2.0 / first).powf(0.5 / f64::from(m));
        assert!((0.985 * alone..alone).contains(bound), "{m}: {bound} {alone}");
    }
}

/// The exponential of `a / 2²⁰` by its series, in steps of 2⁻⁹⁰.
fn series(a: &Array2<i128>) -> Array2<f64> {
    let one = 1 << 90;
    let mut term = Array2::from_diag_elem(a.nrows(), one);
    let mut sum = term.clone();
    for k in 1.. {
        term = term.dot(a).mapv(|x| x / (k << 20));
        if term.iter().all(|&x| x == 0) {
            break;
        }
        sum += &term;
    }
    sum.mapv(|x| x as f64 / one as f64)
}

#[test]
fn every_degree_is_exact_up_to_its_norm() {
    let shape = array![[3, -1, 2, 0], [1, 4, -2, 1], [-2, 1, 1, 3], [0, 2, -3, -2]]; // of norm 8
    for (bound, _) in PADE {
        // Just beyond its norm it is the next degree's turn, or that of a squaring.
        for part in [0.999, -0.999, 1.001, -1.001] {
            let a = shape.mapv(|x| (f64::from(x) * part * bound / 8.0 * f64::from(1 << 20)) as i128);
            let expected = series(&a);
            let a = a.mapv(|x| x as f64 / f64::from(1 << 20));
            assert_relative_eq!(norm(&a), bound * part.abs(), max_relative = 5e-4);
            assert_eq!(norm(&a) > bound, part.abs() > 1.0);
            // Up to the bounds, the approximant is off by half a rounding; sums of n = 4 terms add a few.
            assert!(norm(&(exp(a.view()).unwrap() - &expected)) <= 8.0 * EPS * norm(&expected), "{bound} {part}");
        }
    }
}

/// Their series is finite.
#[test]
fn nilpotent_matrices() {
    for scale in [1e-3, 0.1, 1.0, 10.0, 300.0] {
        let a =
            array![[0.0, 3.0, -1.0, 2.0], [0.0, 0.0, 2.0, 5.0], [0.0, 0.0, 0.0, -4.0], [0.0, 0.0, 0.0, 0.0]] * scale;
        let a2: Array2<f64> = a.dot(&a);
        let expected = Array2::eye(4) + &a + &a2 / 2.0 + a2.dot(&a) / 6.0;
        assert_relative_eq!(exp(a.view()).unwrap(), expected, max_relative = 8.0 * EPS, epsilon = 0.0);
    }
}

/// To round `a` may change the exponential by `norm(a)` roundings, where `a` is normal, and so may to compute it.
#[test]
fn rotations_and_numbers() {
    for x in [-1e5, -700.0, -30.0, -1.0, -1e-10, 0.0, 0.01, 0.1, 0.5, 1.5, 3.0, 100.0, 700.0f64] {
        let allowed = 4.0 * (1.0 + x.abs()) * EPS;
        let (sin, cos) = x.sin_cos();
        let rotation = exp(array![[0.0, -x], [x, 0.0]].view()).unwrap();
        assert_abs_diff_eq!(rotation, array![[cos, -sin], [sin, cos]], epsilon = allowed);
        assert_relative_eq!(exp(array![[x]].view()).unwrap(), array![[x.exp()]], max_relative = allowed, epsilon = 0.0);
    }
}

/// The example of Moler and Van Loan, section 3, method 1, with the eigenvalues -1 and -17, whose series gives nothing of use.
#[test]
fn moler_and_van_loans_example() {
    let a = array![[-49.0, 24.0], [-64.0, 31.0]];
    let (p, q) = ((-1f64).exp(), (-17f64).exp());
    let closed = array![[3.0 * q - 2.0 * p, 1.5 * (p - q)], [4.0 * (q - p), 3.0 * p - 2.0 * q]];
    let e = exp(a.view()).unwrap();
    assert_abs_diff_eq!(e, closed, epsilon = 4.0 * norm(&a) * EPS * norm(&closed));
    assert_abs_diff_eq!(e, array![[-0.735759, 0.551819], [-1.471518, 1.103638]], epsilon = 5e-7);
}

#[test]
fn inverses_squares_and_nalgebras() {
    for n in [0, 1, 2, 3, 4, 5, 8, 13, 20, 64] {
        for scale in [0.01, 0.3, 1.0, 4.0] {
            let a = numbers(n) * scale;
            let (e, inverse) = (exp(a.view()).unwrap(), exp((-&a).view()).unwrap());
            // Products have n terms.
            let allowed = 4.0 * (n as f64 + norm(&a)) * EPS * norm(&e);
            assert_abs_diff_eq!(e.dot(&inverse), Array2::eye(n), epsilon = allowed * norm(&inverse));
            assert_abs_diff_eq!(e.dot(&e), exp((&a * 2.0).view()).unwrap(), epsilon = allowed * norm(&e));
            if n > 0 {
                let theirs = DMatrix::from_row_iterator(n, n, a.iter().copied()).exp();
                assert_abs_diff_eq!(e, Array2::from_shape_fn((n, n), |ij| theirs[ij]), epsilon = allowed);
            }
        }
    }
}

#[test]
fn any_layout() {
    let a = numbers(12);
    let views = [a.t(), a.slice(s![..;2, ..;-2]), a.slice(s![3..7, 2..6])];
    for view in views {
        assert_eq!(exp(view), exp(view.as_standard_layout().view()));
    }
}

#[test]
fn it_allocates_nothing_but_what_products_do() {
    for (n, scale) in [(1, 1.0), (2, 0.004), (3, 0.07), (4, 0.2), (6, 0.3), (8, 10.0), (20, 1.0), (64, 0.1)] {
        let (a, mut work, mut e) = (numbers(n) * scale, Workspace::new(n), Array2::zeros((n, n)));
        let by_hand = calls_of(|| by_hand(a.view(), &mut work, e.view_mut()).unwrap());
        let in_a_scope = steady_calls(|s| in_a_scope(s, a.view()).unwrap().sum());
        assert_eq!(in_a_scope, if n <= 8 { 0 } else { by_hand }, "{n}");
    }
}

#[test]
fn what_is_not_finite_is_an_error() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut a = numbers(5);
        a[[3, 1]] = bad;
        assert_eq!(exp(a.view()), Err(Error::NotFinite));
    }
    // The exponential is not finite; nor is the norm.
    assert_eq!(exp(array![[1.0, 0.0], [0.0, 800.0]].view()), Err(Error::NotFinite));
    assert_eq!(exp(array![[-1e308, 0.0], [1e308, -1e308]].view()), Err(Error::NotFinite));
    assert_eq!(exp(array![[-1e300, 0.0], [0.0, -1e300]].view()), Ok(Array2::zeros((2, 2))));
}

#[test]
#[should_panic(expected = "not square, but (2, 3)")]
fn matrices_that_are_not_square_panic() {
    ndarena::scope(|s| in_a_scope(s, Array2::zeros((2, 3)).view()).map(drop)).unwrap();
}

#[test]
#[should_panic(expected = "of different sizes\n  left: ((1, 1), (2, 2))\n right: ((2, 2), (2, 2))")]
fn workspaces_of_another_size_panic() {
    by_hand(array![[1.0]].view(), &mut Workspace::new(2), Array2::zeros((2, 2)).view_mut()).unwrap();
}

#[test]
fn equations_are_solved() {
    for (n, m) in [(0, 0), (0, 2), (1, 0), (1, 1), (2, 3), (7, 2), (30, 30)] {
        let mut a = numbers(n);
        if n > 1 {
            a.diag_mut().fill(0.0); // nothing can be done before rows change places
        }
        let x = Array2::from_shape_fn((n, m), |(i, j)| i as f64 - j as f64);
        let mut solution = a.dot(&x);
        solve(&mut a.clone(), &mut solution).unwrap();
        let inverse = DMatrix::from_row_iterator(n, n, a.iter().copied()).try_inverse().unwrap();
        let condition = inverse.lp_norm(1) * norm(&a);
        assert_abs_diff_eq!(solution, x, epsilon = (n * (n + m)) as f64 * condition * EPS);
    }
}

#[test]
fn singular_matrices_are_an_error() {
    let singular = |mut a: Array2<f64>| solve(&mut a, &mut array![[1.0], [2.0]]);
    assert_eq!(singular(array![[0.0, 1.0], [0.0, 2.0]]), Err(Error::Singular { pivot: 0 }));
    assert_eq!(singular(array![[1.0, 2.0], [2.0, 4.0]]), Err(Error::Singular { pivot: 1 }));
    assert_eq!(singular(array![[0.0, 1.0], [1.0, 0.0]]), Ok(()));
}

#[test]
#[should_panic(expected = "left: (2, 2)\n right: (3, 3)")]
fn equations_that_do_not_fit_panic() {
    let _ = solve(&mut Array2::eye(2), &mut Array2::zeros((3, 1)));
}
