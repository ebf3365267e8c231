//! Householder's reflections, and the QR factorisation of small matrices by them (Golub and Van Loan, Matrix Computations, 4th edition,
//! 5.1 and 5.2). Matrices are slices as in [`small`](super::small).

#![forbid(unsafe_code)]

use num_traits::{Float, One, Zero};

use super::LinalgElement;
use super::small::{dot, is_exact, subtract};

/// Matrices of up to so many rows and columns are factorised by [`qr`]: more than by other loops, as faer's kernels take longer to gain
/// from blocks.
const LIMIT: usize = 64;

/// Whether [`qr`] is for a matrix of this shape.
#[inline]
pub(super) fn is_small_for_qr(rows: usize, columns: usize) -> bool {
    rows <= LIMIT && columns <= LIMIT
}

/// Replaces a matrix by `r` and, below the diagonal, the vectors of the reflections that `q` is a product of (algorithm 5.2.1).
/// Each is `1 - v vᴴ / t`, with a first element of `v` that is 1 and not stored, and `t` in `scales`; infinite, if it changes nothing.
#[inline]
pub(super) fn qr<T: LinalgElement>(a: &mut [T], m: usize, n: usize, scales: &mut [T]) {
    for (j, scale) in scales.iter_mut().enumerate().take(m.min(n)) {
        let (column, rest) = a[j * m..].split_at_mut(m);
        let column = &mut column[j..];
        let t = reflection(column);
        *scale = T::of_real(t);
        for other in rest.chunks_exact_mut(m) {
            reflect(&column[1..], t, &mut other[j..]);
        }
    }
}

/// Replaces a vector by that of the reflection that makes all but its first element zero, and its first element by what the reflection
/// makes of it: the scale of the reflection (algorithm 5.1.1; for complex numbers as section 5.1.13 says).
#[inline]
pub(super) fn reflection<T: LinalgElement>(x: &mut [T]) -> T::Real {
    let (head, tail) = (x[0].squared_modulus(), dot(&x[1..], &x[1..]).real_part());
    let squares = head + tail;
    if !is_exact(squares) && !squares.is_nan() {
        // Too large or too small for squares: the scale is that of the vector times a power of two.
        let power = T::scale_of(x);
        let largest = x.iter().fold(T::Real::zero(), |largest, x| largest.max(x.sum_of_parts()));
        if power != num_traits::one() && largest.is_finite() && largest > num_traits::zero() {
            x.iter_mut().for_each(|x| *x = x.times(power));
            let t = reflection(x);
            x[0] = x[0].times(power.recip());
            return t;
        }
    }
    if tail == num_traits::zero() {
        return Float::infinity();
    }
    let (first, rest) = x.split_first_mut().expect("a column has elements");
    let size = squares.sqrt();
    let (direction, modulus) = (first.direction(), head.sqrt());
    let reciprocal = (*first + direction.times(size)).reciprocal();
    rest.iter_mut().for_each(|x| *x *= reciprocal);
    *first = -direction.times(size);
    // Half of the square of the vector with a first element of 1.
    let sum = modulus + size;
    let (one, two) = (T::Real::one(), T::Real::one() + T::Real::one());
    (one + tail / (sum * sum)) / two
}

/// The square root of the sum of squares, of which none is too large or too small.
#[inline]
pub(super) fn norm<T: LinalgElement>(x: &[T]) -> T::Real {
    let squares = dot(x, x).real_part();
    if is_exact(squares) {
        return squares.sqrt();
    }
    let power = T::scale_of(x);
    let squares = x.iter().fold(T::Real::zero(), |sum, x| sum + x.times(power).squared_modulus());
    squares.sqrt() / power
}

/// `x ← (1 - v vᴴ / t) x`, where the first element of `v` is 1, and these are the others.
#[inline]
pub(super) fn reflect<T: LinalgElement>(v: &[T], t: T::Real, x: &mut [T]) {
    let (first, rest) = x.split_first_mut().expect("a column has elements");
    let along = (*first + dot(v, rest)).times(t.recip());
    *first -= along;
    subtract(rest, v, along);
}

/// `x ← qᴴ x`.
#[inline]
pub(super) fn apply_adjoint<T: LinalgElement>(reflections: &[T], m: usize, scales: &[T], x: &mut [T]) {
    for (j, scale) in scales.iter().enumerate() {
        reflect(&reflections[j * m..][j + 1..m], scale.real_part(), &mut x[j..]);
    }
}

/// `x ← q x`.
#[inline]
pub(super) fn apply<T: LinalgElement>(reflections: &[T], m: usize, scales: &[T], x: &mut [T]) {
    for (j, scale) in scales.iter().enumerate().rev() {
        reflect(&reflections[j * m..][j + 1..m], scale.real_part(), &mut x[j..]);
    }
}
