//! Triangular systems of equations: by multiplying out again, and against solutions with twice as many digits. `tests/peers` has them
//! against nalgebra, and runs these tests once more with the feature `linalg`, with which faer's kernel solves some of them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ndarena::{SolveError, prelude::*};
use ndarena_testing::{Substitution, Triangle, assert_close, layouts, triangle};
use ndarray::{LinalgScalar, prelude::*};
use num_traits::Float;
use proptest::prelude::*;

fn check(n: usize, columns: usize) {
    let buffer = Buffer::new();
    let b = Array2::from_shape_fn((n, columns), |(i, j)| ((i * 31 + j * 17) % 13) as f64 - 6.0);
    // Each of n sums of at most n products, none larger than the right-hand side, of about 10.
    let epsilon = 20.0 * n as f64 * f64::EPSILON * 10.0;
    for lower in [true, false] {
        let (a, zeros_beyond) = (triangle(n, lower, f64::NAN), triangle(n, lower, 0.0));
        layouts(&a, &mut |a| {
            layouts(&b, &mut |b| {
                buffer.scope(|s| {
                    let x = if lower { s.solve_lower_triangular(&a, &b) } else { s.solve_upper_triangular(&a, &b) };
                    let x = x.unwrap();
                    assert_close(&zeros_beyond.dot(&x), &b, epsilon);
                    for (x, b) in x.columns().into_iter().zip(b.columns()) {
                        // As a vector, and with the number of axes known when it runs.
                        let (a, dynamic) = (a.view(), b.into_dyn());
                        let alone =
                            if lower { s.solve_lower_triangular(&a, &b) } else { s.solve_upper_triangular(&a, &b) };
                        assert_close(&alone.unwrap(), &x, epsilon);
                        let alone = if lower {
                            s.solve_lower_triangular(&a, &dynamic)
                        } else {
                            s.solve_upper_triangular(&a, &dynamic)
                        };
                        assert_close(&alone.unwrap(), &x.into_dyn(), epsilon);
                    }
                });
            });
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn they_solve(n in 1usize..80, columns in 1usize..6) {
        check(n, columns);
    }
}

#[test]
fn they_solve_the_largest_and_the_smallest() {
    check(131, 40);
    ndarena::scope(|s| {
        assert_eq!(s.solve_lower_triangular(&Array2::<f64>::zeros((0, 0)), &Array1::zeros(0)).unwrap().len(), 0);
        assert_eq!(s.solve_upper_triangular(&array![[2.0f32]], &array![[4.0f32, 6.0]]).unwrap(), array![[2.0, 3.0]]);
        let none = s.solve_lower_triangular(&array![[2.0]], &Array2::<f64>::zeros((1, 0))).unwrap();
        assert_eq!(none.dim(), (1, 0));
    });
}

#[test]
fn what_cannot_be_solved_is_an_error() {
    let buffer = Buffer::new();
    for n in [1, 2, 5, 40] {
        let (a, b) = (triangle(n, true, 0.0), Array1::ones(n));
        let solve = |a: &Array2<f64>, b: &Array1<f64>| {
            let vector = buffer.scope(|s| s.solve_lower_triangular(a, b).map(|x| x.to_vec()));
            let transposed = buffer.scope(|s| s.solve_upper_triangular(&a.t(), b).map(|x| x.to_vec()));
            let two = Array2::from_shape_fn((n, 2), |(i, _)| b[i]);
            let matrix = buffer.scope(|s| s.solve_lower_triangular(a, &two).map(|x| x.column(0).to_vec()));
            assert_eq!(vector.is_ok(), transposed.is_ok());
            assert_eq!(buffer.stats().in_use, 0);
            assert_eq!(vector.as_ref().err(), transposed.as_ref().err());
            assert_eq!(vector.as_ref().err(), matrix.as_ref().err());
            vector.map(|_| ())
        };
        assert_eq!(solve(&a, &b), Ok(()));
        for pivot in [0, n / 2, n - 1] {
            let mut singular = a.clone();
            singular[[pivot, pivot]] = -0.0;
            assert_eq!(solve(&singular, &b), Err(SolveError::Singular { pivot }));
        }
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            for (i, j) in [(0, 0), (n - 1, n - 1), (n - 1, 0), (n / 2, n / 4)] {
                let mut infinite = a.clone();
                infinite[[i, j]] = bad;
                assert_eq!(solve(&infinite, &b), Err(SolveError::NotFinite), "{bad} at {i}, {j} of {n}");
            }
            let mut infinite = b.clone();
            infinite[n / 2] = bad;
            assert_eq!(solve(&a, &infinite), Err(SolveError::NotFinite));
        }
        let mut tiny = a.clone();
        tiny[[n - 1, n - 1]] = 1e-300;
        assert_eq!(solve(&tiny, &(1e300 * &b)), Err(SolveError::NotFinite), "it overflows");
    }
    assert!(SolveError::Singular { pivot: 3 }.to_string().contains("element 3 of its diagonal"));
}

#[test]
fn shapes_that_do_not_fit_are_named() {
    let buffer = Buffer::new();
    let (square, wide) = (Array2::<f64>::ones((3, 3)), Array2::<f64>::ones((2, 3)));
    let said = |call: &dyn Fn(Scope<'_>)| {
        let panic = catch_unwind(AssertUnwindSafe(|| buffer.scope(call))).expect_err("it should panic");
        panic.downcast_ref::<String>().unwrap().clone()
    };
    let panic = said(&|s| drop(s.solve_lower_triangular(&square, &wide)));
    assert!(panic.contains("inputs 3 × 3 and [2, 3] are not compatible"), "{panic}");
    let panic = said(&|s| drop(s.solve_upper_triangular(&wide, &array![1.0, 2.0])));
    assert!(panic.contains("inputs 2 × 3 and [2] are not compatible"), "{panic}");
    let panic = said(&|s| drop(s.solve_upper_triangular(&square, &Array3::zeros((3, 1, 1)))));
    assert!(panic.contains("inputs 3 × 3 and [3, 1, 1] are not compatible"), "{panic}");
    let panic = said(&|s| drop(s.solve_lower_triangular(&Array2::zeros((0, 0)), &arr0(1.0))));
    assert!(panic.contains("inputs 0 × 0 and [] are not compatible"), "{panic}");
    assert_eq!(buffer.stats().growths, 0, "nothing was allocated");
}

/// An element of whose type it is known how large and small numbers are.
trait Element: LinalgScalar + Float + Into<f64> {
    /// Two to this power is among the largest, and to its negative among the smallest that have all digits.
    const EXPONENT: i32;
}

impl Element for f32 {
    const EXPONENT: i32 = 124;
}

impl Element for f64 {
    const EXPONENT: i32 = 1020;
}

/// Powers of two by which rows and columns are multiplied, with which no number is rounded differently.
type Grading<'a> = &'a dyn Fn(usize) -> (i32, i32);

fn times<T: Element>(x: f64, power: i32) -> T {
    // In two steps, as the power itself may be too large.
    [x, 2f64.powi(power / 2), 2f64.powi(power - power / 2)]
        .into_iter()
        .fold(T::one(), |product, x| product * num_traits::cast(x).expect("it is a number"))
}

fn solve<'s, T: Element, D: Dimension>(
    s: Scope<'s>,
    a: &ArrayRef2<T>,
    lower: bool,
    b: &ArrayRef<T, D>,
) -> Result<ArrayViewMut<'s, T, D>, SolveError> {
    if lower { s.solve_lower_triangular(a, b) } else { s.solve_upper_triangular(a, b) }
}

/// Solves systems with right-hand sides of these numbers of columns, and judges each element of the solutions.
fn judge<T: Element>(kind: Triangle, n: usize, columns: &[usize], gradings: &[(&str, Grading<'_>)]) {
    let buffer = Buffer::new();
    let most = columns.iter().copied().max().unwrap();
    let b = Array2::from_shape_fn((n, most), |(i, j)| ((i * 31 + j * 17) % 13) as f64 - 6.5);
    for lower in [true, false] {
        let a = kind.matrix(n, lower);
        let exact = Substitution::new(&a, lower, &b);
        for (grading, powers) in gradings {
            let a = Array2::from_shape_fn((n, n), |(i, j)| times::<T>(a[[i, j]], powers(i).0 + powers(j).1));
            let b = Array2::from_shape_fn((n, most), |(i, j)| times::<T>(b[[i, j]], powers(i).0));
            let judge = |x: Result<ArrayViewMut2<'_, T>, SolveError>, what: &str| {
                let what = format!("{kind:?}, lower: {lower}, {n} rows, {grading}, {what}");
                let x = x.unwrap_or_else(|error| panic!("{what}: {error}"));
                let x = Array2::from_shape_fn(x.dim(), |(i, j)| times::<f64>(x[[i, j]].into(), powers(i).1));
                exact.judge(&x, T::epsilon().into(), &what);
            };
            for (a, order) in [(a.view(), "row-major"), (a.t().as_standard_layout().t(), "column-major")] {
                buffer.scope(|s| {
                    let vector = solve(s, &a, lower, &b.column(0)).map(|x| x.insert_axis(Axis(1)));
                    judge(vector, &format!("{order}, a vector"));
                    for &columns in columns {
                        let b = b.slice(s![.., ..columns]);
                        let what = format!("{order}, {columns} columns");
                        judge(solve(s, &a, lower, &b.as_standard_layout()), &what);
                        let by_columns = b.reversed_axes();
                        let by_columns = by_columns.as_standard_layout().reversed_axes();
                        judge(solve(s, &a, lower, &by_columns), &format!("{what}, column-major"));
                    }
                });
            }
        }
    }
}

/// Whether a triangle with so many rows is judged: under Miri that takes long.
fn within(n: usize) -> bool {
    n <= 5 || !cfg!(miri)
}

const UNGRADED: (&str, Grading<'_>) = ("ungraded", &|_| (0, 0));

#[test]
fn elements_of_solutions_are_as_near_as_triangles_allow() {
    fn test<T: Element>() {
        for kind in Triangle::ALL {
            for n in (1..=12).chain([17, 31, 33, 50]).filter(|&n| within(n)) {
                judge::<T>(kind, n, &[1, 2, 4, n], &[UNGRADED]);
            }
            if !within(70) {
                continue;
            }
            // More right-hand sides than faer's kernel takes at once.
            judge::<T>(kind, 70, &[70], &[UNGRADED]);
        }
    }
    test::<f64>();
    test::<f32>();
}

#[test]
fn elements_may_be_among_the_largest_and_the_smallest() {
    fn test<T: Element>() {
        let most = T::EXPONENT;
        let up_and_down = move |i: usize| [most / 4, -most / 4, 0, most / 9, -most / 7][i % 5];
        let gradings: [(&str, Grading<'_>); 7] = [
            ("moderate", &|i| ([10, -10, 0, 3][i % 4], [-7, 0, 7][i % 3])),
            ("rows", &|i| (up_and_down(i), 0)),
            ("columns", &|i| (0, up_and_down(i))),
            ("both", &|i| (up_and_down(i), up_and_down(i + 2))),
            ("a row and a column", &|i| if i == 5 { (most / 2, most / 3) } else { (0, 0) }),
            ("huge", &|_| (most - 40, 0)),
            ("tiny", &|_| (40 - most, 0)),
        ];
        for kind in [Triangle::Well, Triangle::NearlySingular] {
            for n in [1, 2, 3, 4, 5, 8, 9, 17, 40].into_iter().filter(|&n| within(n)) {
                judge::<T>(kind, n, &[1, 3, n], &gradings);
            }
        }
    }
    test::<f64>();
    test::<f32>();
}

/// Of these, the right-hand side divided by the diagonal is too large, and what is to be subtracted from it, divided by the
/// diagonal, too; but not their difference.
#[test]
fn what_is_too_large_on_the_way_is_no_error() {
    for n in [2, 8, 33, 64, 128] {
        let mut a = Array2::<f64>::eye(n);
        let (first, second) = (n - 2, n - 1);
        (a[[second, first]], a[[second, second]]) = (2f64.powi(330), 2f64.powi(-460));
        for columns in [1, 4, n] {
            let mut b = Array2::<f64>::ones((n, columns));
            b.row_mut(first).fill(2f64.powi(330));
            b.row_mut(second).fill(2f64.powi(660));
            let mut expected = b.clone();
            expected.row_mut(second).fill(0.0);
            ndarena::scope(|s| {
                assert_eq!(s.solve_lower_triangular(&a, &b).unwrap(), expected);
                assert_eq!(s.solve_lower_triangular(&a, &b.column(0)).unwrap(), expected.column(0));
                // Upside down, it is an upper triangle.
                let (upside_down, b) = (a.slice(s![..;-1, ..;-1]), b.slice(s![..;-1, ..]));
                let upper = upside_down.as_standard_layout();
                assert_eq!(s.solve_upper_triangular(&upper, &b).unwrap(), expected.slice(s![..;-1, ..]));
            });
        }
    }
}
