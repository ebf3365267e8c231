//! Products into memory that is there.

use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayRef1, ArrayRef2, prelude::*};

/// Up to this many rows and columns, a loop takes less time than the set-up of ndarray's kernel, which also allocates.
const SMALL: usize = 6;

/// `c ← a b`
pub(crate) fn dot_into(a: ArrayView2<'_, f64>, b: ArrayView2<'_, f64>, mut c: ArrayViewMut2<'_, f64>) {
    if a.nrows().max(a.ncols()).max(b.ncols()) > SMALL {
        return general_mat_mul(1.0, &a, &b, 0.0, &mut c);
    }
    assert_eq!((a.nrows(), a.ncols(), b.ncols()), (c.nrows(), b.nrows(), c.ncols()), "matrices that do not fit");
    for i in 0..a.nrows() {
        let (a, mut c) = (a.row(i), c.row_mut(i));
        let mut sums = [0.0; SMALL];
        for l in 0..a.len() {
            let (x, b) = (a[l], b.row(l));
            for j in 0..b.len() {
                sums[j] += x * b[j];
            }
        }
        for j in 0..c.len() {
            c[j] = sums[j];
        }
    }
}

/// `c ← c + weight · a bᵀ`
pub(crate) fn add_outer(c: &mut ArrayRef2<f64>, weight: f64, a: &ArrayRef1<f64>, b: &ArrayRef1<f64>) {
    for (mut row, x) in c.rows_mut().into_iter().zip(a) {
        row.scaled_add(weight * x, b);
    }
}
