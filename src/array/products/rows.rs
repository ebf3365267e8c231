//! Loops for products of small matrices.

#![forbid(unsafe_code)]

use ndarray::{ArrayRef2, Axis, LinalgScalar};

/// Up to so many rows and columns, a matrix counts as small.
pub(super) const LIMIT: usize = 12;

/// `c ← a b`, by [`rows_of`] with arrays of a size that fits `b`.
#[inline(always)]
pub(super) fn rows<A: LinalgScalar>(
    a: &ArrayRef2<A>,
    b: &ArrayRef2<A>,
    c: &mut ArrayRef2<A>,
    multiply_add: impl Fn(A, A, A) -> A,
    finish: impl Fn(A) -> A,
) {
    match b.nrows().max(b.ncols()) {
        0..=2 => rows_of::<A, 2, 2>(a, b, c, multiply_add, finish),
        3..=4 => rows_of::<A, 4, 4>(a, b, c, multiply_add, finish),
        5..=8 => rows_of::<A, 8, 8>(a, b, c, multiply_add, finish),
        _ => {
            let middle = b.ncols().min(8);
            let (b1, b2) = b.view().split_at(Axis(1), middle);
            let (mut c1, mut c2) = c.view_mut().split_at(Axis(1), middle);
            rows_of::<A, 8, LIMIT>(a, &b1, &mut c1, &multiply_add, &finish);
            rows_of::<A, 8, LIMIT>(a, &b2, &mut c2, &multiply_add, &finish);
        }
    }
}

/// `c ← a b`, row by row. `b` has at most `DEPTH` rows and `WIDTH` columns, and is taken to have as many, so that the compiler knows.
#[inline(always)]
fn rows_of<A: LinalgScalar, const WIDTH: usize, const DEPTH: usize>(
    a: &ArrayRef2<A>,
    b: &ArrayRef2<A>,
    c: &mut ArrayRef2<A>,
    multiply_add: impl Fn(A, A, A) -> A,
    finish: impl Fn(A) -> A,
) {
    let mut wide = [[A::zero(); WIDTH]; DEPTH];
    for (l, wide) in wide.iter_mut().enumerate().take(b.nrows()) {
        let b = b.row(l);
        for (j, to) in wide.iter_mut().enumerate().take(b.len()) {
            *to = b[j];
        }
    }
    for i in 0..a.nrows() {
        let (a, mut c) = (a.row(i), c.row_mut(i));
        let mut sums = [A::zero(); WIDTH];
        for (l, b) in wide.iter().enumerate().take(a.len()) {
            let x = a[l];
            for (sum, &y) in sums.iter_mut().zip(b) {
                *sum = multiply_add(x, y, *sum);
            }
        }
        let sums = sums.map(&finish);
        for (j, &sum) in sums.iter().enumerate().take(c.len()) {
            c[j] = sum;
        }
    }
}

/// `c ← a b` of matrices of any elements, of which `b` is no larger than [`LIMIT`], rounded after each product and each sum.
#[cfg(feature = "linalg")]
pub(crate) fn plain_product<A: LinalgScalar>(a: &ArrayRef2<A>, b: &ArrayRef2<A>, c: &mut ArrayRef2<A>) {
    rows(a, b, c, |x, y, sum| sum + x * y, |sum| sum);
}
