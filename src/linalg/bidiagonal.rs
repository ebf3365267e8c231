//! The singular value decomposition of small matrices by way of bidiagonal ones (Golub and Van Loan, Matrix Computations, 4th
//! edition, 8.6; Demmel and Kahan, Accurate singular values of bidiagonal matrices, 1990), for which faer's kernels take longer to set up
//! than to run. Matrices are slices as in [`small`](super::small).

#![forbid(unsafe_code)]

use num_traits::{Float, Zero};

use super::LinalgElement;
use super::reflections::{norm, reflect, reflection};
use super::small::subtract;
use super::symmetric::{exchange, length, negligible, rotate, start_of_block};

/// Matrices of up to so many rows and columns are for it.
pub(super) const LIMIT: usize = 32;

/// Whether a matrix of this shape is.
pub(super) fn is_small(rows: usize, columns: usize) -> bool {
    rows <= LIMIT && columns <= LIMIT
}

/// Writes the singular values, the largest first, and the vectors on either side, of a matrix of elements of moderate size that has no
/// fewer rows than columns: whether the iteration came to its end. Of `a` other numbers are left.
pub(super) fn decompose<T: LinalgElement>(
    a: &mut [T],
    (m, n): (usize, usize),
    u: &mut [T],
    values: &mut [T::Real],
    v: &mut [T],
) -> bool {
    let zeros = [T::Real::zero(); LIMIT];
    let (mut left, mut right, mut off) = (zeros, zeros, zeros);
    bidiagonal(a, (m, n), &mut left, &mut right);
    u.fill(T::zero());
    v.fill(T::zero());
    // The elements that are left, made real by numbers of modulus 1, which are then the diagonals of `u` and `v`.
    let mut direction = T::one();
    for j in 0..n {
        v[j * (n + 1)] = direction;
        let on = a[j * (m + 1)] * direction;
        values[j] = norm(&[on]);
        u[j * (m + 1)] = on.direction();
        if j + 1 < n {
            let beside = (on.direction() * a[(j + 1) * m + j]).conjugate();
            off[j] = norm(&[beside]);
            direction = beside.direction().conjugate();
        }
    }
    for j in (0..n).rev() {
        let (columns, tail) = (u[j * m..].chunks_exact_mut(m), &a[j * m..][j + 1..m]);
        columns.for_each(|column| reflect(tail, left[j], &mut column[j..]));
    }
    for j in (0..n.saturating_sub(2)).rev() {
        let mut row = [T::zero(); LIMIT];
        row.iter_mut().zip(a[(j + 2) * m..].chunks_exact(m)).for_each(|(to, column)| *to = column[j]);
        let (columns, tail) = (v[(j + 1) * n..].chunks_exact_mut(n), &row[..n - j - 2]);
        columns.for_each(|column| reflect(tail, right[j], &mut column[j + 1..]));
    }
    if !diagonalise(values, &mut off[..n - 1], (u, m), v) {
        return false;
    }
    for i in 0..n {
        let largest = (i + 1..n).fold(i, |largest, j| if values[j] > values[largest] { j } else { largest });
        values.swap(i, largest);
        exchange(u, m, i, largest);
        exchange(v, n, i, largest);
    }
    true
}

/// Replaces a matrix by what two products of reflections, one on each side, make of it, which has zeros but on the diagonal and to the
/// right of it (algorithm 5.4.2). What is beside the diagonal is conjugated. Below the diagonal, and to the right of those, the
/// reflections' vectors are left, and their scales in `left` and `right`.
fn bidiagonal<T: LinalgElement>(
    a: &mut [T],
    (m, n): (usize, usize),
    left: &mut [T::Real; LIMIT],
    right: &mut [T::Real; LIMIT],
) {
    let (mut row, mut along) = ([T::zero(); LIMIT], [T::zero(); LIMIT]);
    for j in 0..n {
        let (before, rest) = a.split_at_mut((j + 1) * m);
        let column = &mut before[j * m + j..];
        left[j] = reflection(column);
        for other in rest.chunks_exact_mut(m) {
            reflect(&column[1..], left[j], &mut other[j..]);
        }
        if j + 1 == n {
            break;
        }
        let (row, along) = (&mut row[..n - j - 1], &mut along[..m - j - 1]);
        row.iter_mut().zip(rest.chunks_exact(m)).for_each(|(to, column)| *to = column[j].conjugate());
        right[j] = reflection(row);
        if right[j].is_finite() {
            let first = core::mem::replace(&mut row[0], T::one());
            along.fill(T::zero());
            for (&v, column) in row.iter().zip(rest.chunks_exact(m)) {
                subtract(along, &column[j + 1..], -v);
            }
            let reciprocal = right[j].recip();
            for (v, column) in row.iter().zip(rest.chunks_exact_mut(m)) {
                subtract(&mut column[j + 1..], along, v.conjugate().times(reciprocal));
            }
            row[0] = first;
        }
        row.iter().zip(rest.chunks_exact_mut(m)).for_each(|(&from, column)| column[j] = from);
    }
}

/// Makes what is beside the diagonal of a bidiagonal matrix zero by rotations, which the columns of `u`, so many rows each, and of `v` are
/// rotated by, too; and what is on it no less than zero.
fn diagonalise<T: LinalgElement>(d: &mut [T::Real], e: &mut [T::Real], (u, m): (&mut [T], usize), v: &mut [T]) -> bool {
    let n = d.len();
    let (mut end, mut left) = (n - 1, 30 * n);
    while end > 0 {
        let start = start_of_block(d, e, end);
        if start == end {
            end -= 1;
            continue;
        }
        if left == 0 {
            return false;
        }
        left -= 1;
        let mut rotate_both = |k: usize, of_v: Rotation<T::Real>, of_u: Rotation<T::Real>| {
            rotate(v, n, k, of_v.cosine, of_v.sine);
            rotate(u, m, k, of_u.cosine, of_u.sine);
        };
        let (d, e) = (&mut d[start..=end], &mut e[start..end]);
        match shift(d, e) {
            Some(shift) => shifted(d, e, shift, |k, of_v, of_u| rotate_both(start + k, of_v, of_u)),
            None => without_shift(d, e, |k, of_v, of_u| rotate_both(start + k, of_v, of_u)),
        }
    }
    for (value, column) in d.iter_mut().zip(v.chunks_exact_mut(n)) {
        if value.is_sign_negative() {
            *value = -*value;
            column.iter_mut().for_each(|x| *x = -*x);
        }
    }
    true
}

/// The shift that makes the last element beside the diagonal small soon: the smaller singular value of the last two rows and columns. None
/// where it is of no use: if zero is as near to a singular value, or an element of the diagonal is zero to within roundings.
fn shift<R: Float>(d: &[R], e: &[R]) -> Option<R> {
    let last = d.len() - 1;
    let largest = d.iter().chain(e).fold(R::zero(), |largest, x| largest.max(x.abs()));
    if d.iter().any(|x| x.abs() <= R::epsilon() * largest) {
        return None;
    }
    let (first, beside, second) = (d[last - 1].abs(), e[last - 1], d[last].abs());
    // Half of these lengths' sum and difference are the two singular values, whose product is that of the diagonal.
    let sum = length(first + second, beside) + length(first - second, beside);
    let shift = first / sum * (second + second);
    let of_first = shift / d[0];
    if of_first * of_first < R::epsilon() { None } else { Some(shift) }
}

/// A rotation of two columns, or rows.
#[derive(Clone, Copy)]
struct Rotation<R> {
    cosine: R,
    sine: R,
}

/// The rotation that makes the second of two elements zero, and what it makes of the first.
#[inline(always)]
fn onto_first<R: Float>(first: R, second: R) -> (Rotation<R>, R) {
    let size = length(first, second);
    if size > negligible() {
        (Rotation { cosine: first / size, sine: second / size }, size)
    } else {
        (Rotation { cosine: R::one(), sine: R::zero() }, first)
    }
}

/// One step of the iteration (algorithm 8.6.1). `rotate` is told of the rotations of each two columns, and two rows.
#[inline(always)]
fn shifted<R: Float>(d: &mut [R], e: &mut [R], shift: R, mut rotate: impl FnMut(usize, Rotation<R>, Rotation<R>)) {
    let last = e.len();
    // The first column of `bᵀ b`, less the square of the shift, divided by the first element.
    let mut first = (d[0].abs() - shift) * (R::one().copysign(d[0]) + shift / d[0]);
    let mut second = e[0];
    for k in 0..last {
        let (of_columns, size) = onto_first(first, second);
        if k > 0 {
            e[k - 1] = size;
        }
        let Rotation { cosine, sine } = of_columns;
        (first, e[k]) = (cosine * d[k] + sine * e[k], cosine * e[k] - sine * d[k]);
        (second, d[k + 1]) = (sine * d[k + 1], cosine * d[k + 1]);
        let (of_rows, size) = onto_first(first, second);
        d[k] = size;
        let Rotation { cosine, sine } = of_rows;
        (first, d[k + 1]) = (cosine * e[k] + sine * d[k + 1], cosine * d[k + 1] - sine * e[k]);
        if k + 1 < last {
            (second, e[k + 1]) = (sine * e[k + 1], cosine * e[k + 1]);
        }
        rotate(k, of_columns, of_rows);
    }
    e[last - 1] = first;
}

/// One step without a shift, which takes no differences, so that the smallest singular values keep their digits; an element of the diagonal
/// that is zero makes the last elements zero at once (Demmel and Kahan, section 3).
#[inline(always)]
fn without_shift<R: Float>(d: &mut [R], e: &mut [R], mut rotate: impl FnMut(usize, Rotation<R>, Rotation<R>)) {
    let last = e.len();
    let unchanged = Rotation { cosine: R::one(), sine: R::zero() };
    let (mut of_columns, mut of_rows) = (unchanged, unchanged);
    for k in 0..last {
        let size;
        (of_columns, size) = onto_first(of_columns.cosine * d[k], e[k]);
        if k > 0 {
            e[k - 1] = of_rows.sine * size;
        }
        (of_rows, d[k]) = onto_first(of_rows.cosine * size, of_columns.sine * d[k + 1]);
        rotate(k, of_columns, of_rows);
    }
    let left = of_columns.cosine * d[last];
    d[last] = of_rows.cosine * left;
    e[last - 1] = of_rows.sine * left;
}
