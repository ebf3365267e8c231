// The functions in the examples of README.md and docs/kernels.md, letter by letter: `documents` compares them.

use ndarena::{SolveError, prelude::*};
use ndarray::prelude::*;

pub(super) fn sum_of_increments(x: ArrayView1<i64>) -> i64 {
    ndarena::scope(|s| {
        let mut y = s.alloc_array::<i64>(x.len()); // no malloc, no fill
        y.assign(&x);
        y += 1;
        y.sum()
    }) // `y`'s memory is there for the next scope
}

pub(super) fn lengths<'s>(s: Scope<'s>, a: ArrayView2<f64>) -> ArrayViewMut1<'s, f64> {
    s.scope(|inner| {
        let squares = inner.map(&a, |x| x * x);
        let lengths = s.from_shape_fn(a.nrows(), |i| squares.row(i).sum().sqrt());
        let mean = lengths.mean().unwrap_or(0.0);
        s.map(&lengths, |x| x - mean)
    })
}

pub(super) fn residual<'s>(
    s: Scope<'s>,
    a: ArrayView2<f64>,
    x: ArrayView1<f64>,
    b: ArrayView1<f64>,
) -> ArrayViewMut1<'s, f64> {
    s.scope(|inner| s.sub(&b, &inner.dot(&a, &x)))
}

pub(super) fn error(s: Scope<'_>, a: ArrayView2<f64>, x: ArrayView1<f64>, b: ArrayView1<f64>) -> f64 {
    s.scope(|inner| {
        let r = residual(inner, a, x, b);
        r.dot(&r).sqrt()
    })
}

pub(super) fn largest_eigenvalue(s: Scope<'_>, a: ArrayView2<f64>) -> f64 {
    s.scope(|state| {
        let mut x = state.ones::<f64>(a.nrows());
        let mut eigenvalue = 0.0;
        for _ in 0..100 {
            state.scope(|turn| {
                let y = turn.dot(&a, &x);
                eigenvalue = y.dot(&y).sqrt();
                x.assign(&turn.div(&y, eigenvalue));
            });
        }
        eigenvalue
    })
}

pub(super) fn heat<'s>(s: Scope<'s>, start: ArrayView1<f64>, steps: usize) -> f64 {
    s.scope(|inner| {
        let (mut now, mut next) = (inner.copy_of(&start), inner.copy_of(&start));
        for _ in 0..steps {
            for (next, window) in next.iter_mut().skip(1).zip(now.windows(3)) {
                *next = 0.25 * window[0] + 0.5 * window[1] + 0.25 * window[2];
            }
            std::mem::swap(&mut now, &mut next); // the views change places, not the numbers
        }
        now.sum()
    })
}

pub(super) fn solve<'s>(s: Scope<'s>, l: ArrayView2<f64>, b: ArrayView1<f64>) -> Result<ArrayViewMut1<'s, f64>, SolveError> {
    s.scope(|inner| s.solve_upper_triangular(&l.t(), &inner.solve_lower_triangular(&l, &b)?))
}

pub(super) fn kernel(s: Scope<'_>, n: usize) -> f64 {
    s.scope(|inner| inner.scope(|i| i.from_elem((n, n), 0.5).sum()) + inner.linspace(0.0, 1.0, n).sum())
}
