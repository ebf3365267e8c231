//! Matrix products into memory that is there.

use ndarray::linalg::general_mat_mul;
use ndarray::prelude::*;

/// Up to this many rows and columns, a loop takes less time than the set-up of ndarray's kernel, which also allocates.
const SMALL: usize = 6;

/// `c ← a b`
pub(crate) fn dot_into(a: ArrayView2<'_, f64>, b: ArrayView2<'_, f64>, mut c: ArrayViewMut2<'_, f64>) {
    let (m, k, n) = (a.nrows(), a.ncols(), b.ncols());
    if m.max(k).max(n) > SMALL {
        return general_mat_mul(1.0, &a, &b, 0.0, &mut c);
    }
    for i in 0..m {
        for j in 0..n {
            c[[i, j]] = (0..k).map(|l| a[[i, l]] * b[[l, j]]).sum();
        }
    }
}
