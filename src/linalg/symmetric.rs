//! The symmetric QR algorithm for small matrices (Golub and Van Loan, Matrix Computations, 4th edition, 8.3), for which faer's
//! kernels take longer to set up than to run. Matrices are slices as in [`small`](super::small).

#![forbid(unsafe_code)]

use num_traits::{Float, One, Zero};

use super::LinalgElement;
use super::reflections::{norm, reflect, reflection};
use super::small::{dot, is_exact, subtract};

/// Matrices of up to so many rows are for it.
pub(super) const LIMIT: usize = 32;

/// Writes the eigenvalues, the smallest first, and the eigenvectors, of a matrix of which the lower triangle is given, with a real
/// diagonal, and elements of moderate size: whether the iteration came to its end. Of `a` other numbers are left.
pub(super) fn eigen<T: LinalgElement>(a: &mut [T], n: usize, values: &mut [T::Real], vectors: &mut [T]) -> bool {
    let (mut off, mut scales) = ([T::Real::zero(); LIMIT], [T::Real::zero(); LIMIT]);
    tridiagonal(a, n, &mut scales);
    // The elements beside the diagonal, made real by numbers of modulus 1, which are then the diagonal of `vectors`.
    vectors.fill(T::zero());
    let mut direction = T::one();
    for j in 0..n {
        vectors[j * (n + 1)] = direction;
        values[j] = a[j * (n + 1)].real_part();
        if j + 1 < n {
            let beside = a[j * (n + 1) + 1];
            let size = norm(&[beside]);
            direction *= beside.direction();
            off[j] = size;
        }
    }
    for j in (0..n.saturating_sub(2)).rev() {
        let v = &a[j * n..][j + 2..n];
        for column in vectors[(j + 1) * n..].chunks_exact_mut(n) {
            reflect(v, scales[j], &mut column[j + 1..]);
        }
    }
    if !diagonalise(values, &mut off[..n.max(1) - 1], vectors) {
        return false;
    }
    for i in 0..n {
        let least = (i + 1..n).fold(i, |least, j| if values[j] < values[least] { j } else { least });
        values.swap(i, least);
        exchange(vectors, n, i, least);
    }
    true
}

/// Replaces a matrix by what a product of reflections makes of it, which has zeros but on the diagonal and beside it (algorithm
/// 8.3.1); below, the reflections' vectors are left, and their scales in `scales`.
fn tridiagonal<T: LinalgElement>(a: &mut [T], n: usize, scales: &mut [T::Real; LIMIT]) {
    let two = T::Real::one() + T::Real::one();
    let mut along = [T::zero(); LIMIT];
    for k in 0..n.saturating_sub(2) {
        let (before, rest) = a.split_at_mut((k + 1) * n);
        let v = &mut before[k * n..][k + 1..n];
        let t = reflection(v);
        scales[k] = t;
        if t.is_infinite() {
            continue;
        }
        let beside = core::mem::replace(&mut v[0], T::one());
        let along = &mut along[..v.len()];
        along.fill(T::zero());
        let columns = || rest.chunks_exact(n).enumerate().map(|(j, column)| &column[k + 1 + j..]);
        for (j, column) in columns().enumerate() {
            let (first, below) = along[j..].split_first_mut().expect("a column has a diagonal element");
            *first += column[0] * v[j] + dot(&column[1..], &v[j + 1..]);
            subtract(below, &column[1..], -v[j]);
        }
        along.iter_mut().for_each(|x| *x = x.times(t.recip()));
        let half = dot(v, along).real_part() / (two * t);
        along.iter_mut().zip(&*v).for_each(|(x, &v)| *x -= v.times(half));
        for (j, column) in rest.chunks_exact_mut(n).enumerate() {
            let column = &mut column[k + 1 + j..];
            subtract(column, &v[j..], along[j].conjugate());
            subtract(column, &along[j..], v[j].conjugate());
        }
        v[0] = beside;
    }
}

/// Makes what is beside the diagonal zero by rotations, which the columns of `vectors` are rotated by, too (algorithm 8.3.3).
fn diagonalise<T: LinalgElement>(d: &mut [T::Real], e: &mut [T::Real], vectors: &mut [T]) -> bool {
    let n = d.len();
    let (two, least) = (T::Real::one() + T::Real::one(), negligible::<T::Real>());
    let (mut end, mut left) = (n.max(1) - 1, 30 * n);
    while end > 0 {
        let start = start_of_block(d, e, end);
        if start == end {
            end -= 1;
            continue;
        }
        if start + 1 == end {
            let (tangent, cosine, sine) = rotation(d[start], e[start], d[end]);
            (d[start], d[end]) = (d[start] - tangent * e[start], d[end] + tangent * e[start]);
            rotate(vectors, n, start, cosine, -sine);
            end = start;
            e[start] = T::Real::zero();
            continue;
        }
        if left == 0 {
            return false;
        }
        left -= 1;
        // Wilkinson's shift: of the last two rows and columns, the eigenvalue next to the last element.
        let (half, last) = ((d[end - 1] - d[end]) / two, e[end - 1]);
        let shift = d[end] - last / (half + length(half, last).copysign(half)) * last;
        let (mut x, mut z) = (d[start] - shift, e[start]);
        for k in start..end {
            let size = length(x, z);
            let (cosine, sine) = if size > least { (x / size, z / size) } else { (T::Real::one(), T::Real::zero()) };
            if k > start {
                e[k - 1] = size;
            }
            let (first, beside, second) = (d[k], e[k], d[k + 1]);
            let change = sine * (sine * (second - first) + two * cosine * beside);
            d[k] = first + change;
            d[k + 1] = second - change;
            e[k] = cosine * sine * (second - first) + (cosine * cosine - sine * sine) * beside;
            if k + 1 < end {
                x = e[k];
                z = sine * e[k + 1];
                e[k + 1] = cosine * e[k + 1];
            }
            rotate(vectors, n, k, cosine, sine);
        }
    }
    true
}

/// Numbers up to this are zero to within the roundings of a matrix of moderate size; and of their quotients, cosines and sines, digits are
/// missing, as they may have few themselves.
pub(super) fn negligible<R: Float>() -> R {
    R::min_positive_value() / R::epsilon()
}

/// Where the block begins that ends in row `end`, and has no zeros beside its diagonal, to within roundings.
pub(super) fn start_of_block<R: Float>(d: &[R], e: &[R], end: usize) -> usize {
    let is_zero = |i: usize| e[i].abs() <= (R::epsilon() * (d[i].abs() + d[i + 1].abs())).max(negligible());
    (0..end).rev().find(|&i| is_zero(i)).map_or(0, |i| i + 1)
}

/// Lets two columns of so many rows change places; the first is not behind the second.
pub(super) fn exchange<T>(columns: &mut [T], rows: usize, first: usize, second: usize) {
    if first != second {
        let (before, from) = columns.split_at_mut(second * rows);
        before[first * rows..][..rows].swap_with_slice(&mut from[..rows]);
    }
}

/// The tangent, cosine and sine of the rotation that makes a symmetric matrix of two rows diagonal (algorithm 8.5.1).
fn rotation<R: Float>(first: R, beside: R, second: R) -> (R, R, R) {
    let ratio = (second - first) / (beside + beside);
    let tangent = (ratio.abs() + (R::one() + ratio * ratio).sqrt()).recip().copysign(ratio);
    let cosine = (R::one() + tangent * tangent).sqrt().recip();
    (tangent, cosine, tangent * cosine)
}

/// The length of a vector of two elements.
#[inline(always)]
pub(super) fn length<R: Float>(x: R, y: R) -> R {
    let squares = x * x + y * y;
    if is_exact(squares) { squares.sqrt() } else { x.hypot(y) }
}

/// Rotates column `k`, of `n` rows, and the one after it.
#[inline(always)]
pub(super) fn rotate<T: LinalgElement>(vectors: &mut [T], n: usize, k: usize, cosine: T::Real, sine: T::Real) {
    let (first, second) = vectors[k * n..][..2 * n].split_at_mut(n);
    for (x, y) in first.iter_mut().zip(second) {
        (*x, *y) = (x.times(cosine) + y.times(sine), y.times(cosine) - x.times(sine));
    }
}
