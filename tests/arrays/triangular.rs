//! Triangular systems of equations: by multiplying out again. `tests/peers` has them against nalgebra.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ndarena::{SolveError, prelude::*};
use ndarena_testing::{assert_close, layouts, triangle};
use ndarray::prelude::*;
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
