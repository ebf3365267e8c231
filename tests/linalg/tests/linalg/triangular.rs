//! Triangular systems of equations, of which faer's kernel solves those with several right-hand sides.

use ndarena::SolveError;
use ndarena::prelude::*;
use ndarena_testing::Substitution;
use ndarray::prelude::*;
use num_complex::Complex64;
use num_traits::Float;

use crate::judge::*;

/// A triangle that is well-conditioned, with this beyond it.
fn triangle<T: Number>(n: usize, is_lower: bool, beyond: f64) -> Array2<T> {
    let mut a = random::<T>(n, n, 111);
    for ((i, j), x) in a.indexed_iter_mut() {
        match i {
            _ if i == j => *x = T::near(Complex64::new(n as f64, 0.0)),
            _ if (i > j) == is_lower => {}
            _ => *x = T::near(Complex64::new(beyond, 0.0)),
        }
    }
    a
}

fn solution<'s, T: Number + Float>(
    s: Scope<'s>,
    a: &ArrayRef2<T>,
    is_lower: bool,
    b: &ArrayRef2<T>,
) -> Result<ArrayViewMut2<'s, T>, SolveError> {
    if is_lower { s.solve_lower_triangular(a, b) } else { s.solve_upper_triangular(a, b) }
}

fn solves<T: Number + Float>() {
    for (n, is_lower) in (0..20).chain([33, 70]).flat_map(|n| [(n, true), (n, false)]) {
        let whole = triangle::<T>(n, is_lower, 0.0);
        let real = |a: &ArrayRef2<T>| a.mapv(|x| x.exact().re);
        let exactly = Substitution::new(&real(&whole), is_lower, &real(&random::<T>(n, 3, 112)));
        in_all_layouts(&triangle::<T>(n, is_lower, f64::NAN), |a, first| {
            in_all_layouts(&random::<T>(n, 3, 112), |b, second| {
                ndarena::scope(|s| {
                    let x = solution(s, &a, is_lower, &b).unwrap();
                    let what = format!("{n}, lower: {is_lower}, {first}, {second}");
                    exactly.judge(&real(&x), T::EPSILON, &what);
                    assert_eq!(x.strides(), s.copy_of(&b).strides(), "{what}");
                    let one = solution(s, &a, is_lower, &b.slice(s![.., 1..2])).unwrap();
                    assert_close::<T, _>(&exact(&one), &exact(&x.slice(s![.., 1..2])), norm(&x), 8.0 + n as f64, &what);
                });
            });
        });
    }
}

#[test]
fn systems_are_solved() {
    solves::<f64>();
    solves::<f32>();
}

/// Rows and columns are multiplied by powers of two, with which nothing is rounded differently, if no element is lost.
#[test]
fn elements_may_be_as_large_and_small_as_there_are() {
    for (n, is_lower) in [1, 2, 7, 8, 9, 40].into_iter().flat_map(|n| [(n, true), (n, false)]) {
        let (a, b) = (triangle::<f64>(n, is_lower, 0.0), random::<f64>(n, 2, 113));
        let rows = Array1::from_shape_fn(n, |i| 2f64.powi([500, -500, 0, 300, -250][i % 5]));
        let columns = Array1::from_shape_fn(n, |j| 2f64.powi([-500, 480, 350, 0][j % 4]));
        let graded = Array2::from_shape_fn((n, n), |(i, j)| a[[i, j]] * rows[i] * columns[j]);
        let graded_b = Array2::from_shape_fn((n, 2), |(i, j)| b[[i, j]] * rows[i]);
        ndarena::scope(|s| {
            let (found, expected) =
                (solution(s, &graded, is_lower, &graded_b).unwrap(), solution(s, &a, is_lower, &b).unwrap());
            let found = Array2::from_shape_fn((n, 2), |(i, j)| found[[i, j]] * columns[i]);
            let what = format!("{n}, lower: {is_lower}");
            assert_close::<f64, _>(&exact(&found), &exact(&expected), norm(&expected), 8.0 + n as f64, &what);
        });
        // Below the least number that has all digits there are no reciprocals.
        let small = a.mapv(|x| x * f64::MIN_POSITIVE / 1024.0);
        let small_b = small.dot(&Array2::<f64>::ones((n, 2)));
        ndarena::scope(|s| {
            let x = solution(s, &small, is_lower, &small_b).unwrap();
            assert!(x.iter().all(|x| (x - 1.0).abs() < 1e-9), "{n}, lower: {is_lower}: {x}");
        });
    }
}
