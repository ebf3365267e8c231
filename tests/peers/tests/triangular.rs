//! Triangular systems of equations against nalgebra. `tests/arrays/triangular.rs` multiplies out again.

use nalgebra::{DMatrix, DVector};
use ndarena::prelude::*;
use ndarena_testing::{Substitution, assert_close, layouts, triangle};
use ndarray::prelude::*;

#[test]
fn solutions_are_nalgebras() {
    let buffer = Buffer::new();
    for (n, columns) in (1..80).step_by(3).map(|n| (n, 1 + n % 5)).chain([(131, 40)]) {
        let b = Array2::from_shape_fn((n, columns), |(i, j)| ((i * 31 + j * 17) % 13) as f64 - 6.0);
        // Each of n sums of at most n products, none larger than the right-hand side, of about 10.
        let epsilon = 20.0 * n as f64 * f64::EPSILON * 10.0;
        for lower in [true, false] {
            let dense = triangle(n, lower, 0.0);
            let exactly = Substitution::new(&dense, lower, &b);
            let dense = DMatrix::from_fn(n, n, |i, j| dense[[i, j]]);
            layouts(&triangle(n, lower, f64::NAN), &mut |a| {
                layouts(&b, &mut |b| {
                    buffer.scope(|s| {
                        let x = if lower { s.solve_lower_triangular(&a, &b) } else { s.solve_upper_triangular(&a, &b) };
                        let x = x.unwrap();
                        exactly.judge(&x, f64::EPSILON, &format!("{n} × {n}, {columns} columns, lower: {lower}"));
                        for (x, b) in x.columns().into_iter().zip(b.columns()) {
                            let b = DVector::from_iterator(n, b.iter().copied());
                            let theirs =
                                if lower { dense.solve_lower_triangular(&b) } else { dense.solve_upper_triangular(&b) };
                            assert_close(&x, &aview1(theirs.unwrap().as_slice()), epsilon);
                        }
                    });
                });
            });
        }
    }
}
