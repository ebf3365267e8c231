//! Plain loops for small matrices, for which faer's kernels take longer to set up than to run. They are the textbook's
//! (Golub and Van Loan, Matrix Computations, 4th edition, of which each says the algorithm), by columns, without blocks.
//!
//! A matrix is a slice here, column after column, of so many rows each. Factors and reflections are stored as faer's kernels store
//! them, so what the loops leave may be handed to those.

#![forbid(unsafe_code)]

use core::array;

use ndarray::ArrayRef2;
use num_traits::{Float, One, Zero};

use super::LinalgElement;

/// Matrices of up to so many rows and columns are factorised by these loops.
const LIMIT: usize = 32;

/// The same, of QR factorisations, where faer's kernels take longer to gain from blocks.
const QR_LIMIT: usize = 64;

/// The same, of inverses.
pub(super) const INVERSE_LIMIT: usize = 24;

/// Whether Cholesky and LU factorisations of matrices of this shape are for these loops.
#[inline]
pub(super) fn is_small(rows: usize, columns: usize) -> bool {
    rows <= LIMIT && columns <= LIMIT
}

/// Whether [`qr`] is for a matrix of this shape.
#[inline]
pub(super) fn is_small_for_qr(rows: usize, columns: usize) -> bool {
    rows <= QR_LIMIT && columns <= QR_LIMIT
}

/// Up to so many rows, a matrix is factorised in variables of its own, and not in the scope's memory.
pub(super) const TINY: usize = 4;

/// An expression for a matrix of so many rows: once more for each number up to [`TINY`], for the compiler to do without loops.
macro_rules! by_size {
    ($n:ident => $expression:expr) => {
        match $n {
            1 => by_size!(1, $n, $expression),
            2 => by_size!(2, $n, $expression),
            3 => by_size!(3, $n, $expression),
            4 => by_size!(4, $n, $expression),
            $n => $expression,
        }
    };
    ($number:literal, $n:ident, $expression:expr) => {{
        let $n = $number;
        $expression
    }};
}

/// Why a matrix is not factorised: the first pivot that is zero; or none is, and one is not finite.
pub(super) type NoFactors = Option<usize>;

/// Replaces the lower triangle of a positive definite matrix by its factor `l` (algorithm 4.2.1, four columns at a time). Else the
/// first pivot that is not positive, or not finite.
#[inline]
pub(super) fn cholesky<T: LinalgElement>(a: &mut [T], n: usize) -> Result<(), usize> {
    by_size!(n => cholesky_of(&mut a[..n * n], n))
}

#[inline(always)]
fn cholesky_of<T: LinalgElement>(a: &mut [T], n: usize) -> Result<(), usize> {
    for j in 0..n {
        let (before, column) = a.split_at_mut(j * n);
        let column = &mut column[j..n];
        let mut fours = before.chunks_exact(4 * n);
        for four in &mut fours {
            let four: [&[T]; 4] = array::from_fn(|k| &four[k * n..][j..n]);
            subtract_four(column, four, four.map(|other| other[0].conjugate()));
        }
        for other in fours.remainder().chunks_exact(n) {
            let other = &other[j..];
            subtract(column, other, other[0].conjugate());
        }
        let pivot = column[0].real_part();
        // What is NaN is not larger than zero either.
        if !(pivot > num_traits::zero() && pivot < Float::infinity()) {
            return Err(j);
        }
        let root = pivot.sqrt();
        let reciprocal = root.recip();
        column.iter_mut().for_each(|x| *x = x.times(reciprocal));
        column[0] = T::of_real(root);
    }
    Ok(())
}

/// `x ← a⁻¹ x`, of which `l` is the factor (algorithms 3.1.3 and 3.1.1).
#[inline]
pub(super) fn solve_cholesky<T: LinalgElement>(l: &[T], n: usize, x: &mut [T]) {
    by_size!(n => solve_cholesky_of(&l[..n * n], n, &mut x[..n]));
}

#[inline(always)]
fn solve_cholesky_of<T: LinalgElement>(l: &[T], n: usize, x: &mut [T]) {
    for j in 0..n {
        let column = &l[j * n..][j..n];
        let (first, rest) = x[j..n].split_first_mut().expect("j < n");
        *first = first.times(column[0].real_part().recip());
        subtract(rest, &column[1..], *first);
    }
    for j in (0..n).rev() {
        let column = &l[j * n..][j..n];
        let (first, rest) = x[j..n].split_first_mut().expect("j < n");
        *first = (*first - dot(&column[1..], rest)).times(column[0].real_part().recip());
    }
}

/// Replaces a matrix by its factors, with partial pivoting (algorithm 3.4.1), and writes to `order` which of its rows each row of the
/// product is, and then which row of the product each of its rows is: whether the number of exchanges is odd.
#[inline]
pub(super) fn lu<T: LinalgElement>(a: &mut [T], m: usize, n: usize, order: &mut [usize]) -> Result<bool, NoFactors> {
    if m == n { by_size!(n => lu_of(&mut a[..n * n], n, n, &mut order[..2 * n])) } else { lu_of(a, m, n, order) }
}

#[inline(always)]
fn lu_of<T: LinalgElement>(a: &mut [T], m: usize, n: usize, order: &mut [usize]) -> Result<bool, NoFactors> {
    let (rows, places) = order.split_at_mut(m);
    rows.iter_mut().enumerate().for_each(|(i, row)| *row = i);
    let (mut odd, mut finite) = (false, true);
    for j in 0..m.min(n) {
        let column = &a[j * m..][..m];
        let (mut pivot, mut largest) = (j, column[j].sum_of_parts());
        for (i, x) in column.iter().enumerate().skip(j + 1) {
            let size = x.sum_of_parts();
            if size > largest {
                (pivot, largest) = (i, size);
            }
        }
        if largest.is_zero() {
            return Err(Some(j));
        }
        finite &= largest.is_finite();
        if pivot != j {
            odd = !odd;
            rows.swap(pivot, j);
            a.chunks_exact_mut(m).for_each(|column| column.swap(pivot, j));
        }
        let (column, rest) = a[j * m..].split_at_mut(m);
        let (pivot, below) = column[j..].split_first_mut().expect("j < m");
        divide(below, *pivot);
        for other in rest.chunks_exact_mut(m) {
            let (first, other) = other[j..].split_first_mut().expect("j < m");
            subtract(other, below, *first);
        }
    }
    rows.iter().zip(0..).for_each(|(&row, i)| places[row] = i);
    if finite { Ok(odd) } else { Err(None) }
}

/// `x ← a⁻¹ x`, of which these are the factors of a square matrix, and the order of rows (algorithms 3.1.3 and 3.1.4).
#[inline]
pub(super) fn solve_lu<T: LinalgElement>(factors: &[T], n: usize, rows: &[usize], x: &mut [T]) {
    by_size!(n => solve_lu_of(&factors[..n * n], n, &rows[..n], &mut x[..n]));
}

#[inline(always)]
fn solve_lu_of<T: LinalgElement>(factors: &[T], n: usize, rows: &[usize], x: &mut [T]) {
    let mut before = [num_traits::zero::<T>(); LIMIT];
    let before = &mut before[..n];
    before.copy_from_slice(x);
    x.iter_mut().zip(rows).for_each(|(x, &row)| *x = before[row]);
    for j in 0..n {
        let (first, rest) = x[j..n].split_first_mut().expect("j < n");
        subtract(rest, &factors[j * n..][j + 1..n], *first);
    }
    solve_upper(factors, n, n, x);
}

/// `x ← u⁻¹ x`, of the upper triangle of the first `n` rows of a matrix of `m` (algorithm 3.1.4).
#[inline]
pub(super) fn solve_upper<T: LinalgElement>(u: &[T], m: usize, n: usize, x: &mut [T]) {
    for j in (0..n).rev() {
        let column = &u[j * m..][..=j];
        let (before, from) = x.split_at_mut(j);
        divide(&mut from[..1], column[j]);
        subtract(before, column, from[0]);
    }
}

/// Writes the inverse of the matrix of which these are the factors, and the order of rows: the solution for each column of the unit
/// matrix.
#[inline]
pub(super) fn invert_lu<T: LinalgElement>(factors: &[T], n: usize, rows: &[usize], inverse: &mut [T]) {
    by_size!(n => invert_lu_of(&factors[..n * n], n, &rows[..n], &mut inverse[..n * n]));
}

#[inline(always)]
fn invert_lu_of<T: LinalgElement>(factors: &[T], n: usize, rows: &[usize], inverse: &mut [T]) {
    let mut reciprocals = [num_traits::zero::<T>(); LIMIT];
    for (j, reciprocal) in reciprocals[..n].iter_mut().enumerate() {
        *reciprocal = factors[j * (n + 1)].reciprocal();
    }
    let all_have_reciprocals = T::all_finite(&reciprocals[..n]);
    for (i, &row) in rows.iter().enumerate() {
        let x = &mut inverse[row * n..][..n];
        x.fill(num_traits::zero());
        x[i] = num_traits::one();
        for j in i..n {
            let (first, rest) = x[j..].split_first_mut().expect("j < n");
            subtract(rest, &factors[j * n..][j + 1..n], *first);
        }
        for j in (0..n).rev() {
            let (before, from) = x.split_at_mut(j);
            if all_have_reciprocals {
                from[0] *= reciprocals[j];
            } else {
                divide(&mut from[..1], factors[j * (n + 1)]);
            }
            subtract(before, &factors[j * n..][..j], from[0]);
        }
    }
}

/// Calls a function with the factors of a square matrix of no more than [`TINY`] rows, and the order of rows.
#[inline]
pub(super) fn with_lu<T: LinalgElement>(a: &ArrayRef2<T>, f: impl FnOnce(&[T], &[usize])) -> Result<(), NoFactors> {
    let (mut factors, mut order, n) = ([num_traits::zero(); TINY * TINY], [0; 2 * TINY], a.nrows());
    for (i, row) in a.rows().into_iter().enumerate() {
        for (to, &x) in factors[i..].iter_mut().step_by(n).zip(row) {
            *to = x;
        }
    }
    let (factors, order) = (&mut factors[..n * n], &mut order[..2 * n]);
    lu(factors, n, n, order)?;
    f(factors, order);
    Ok(())
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

/// Whether a sum of squares is neither rounded to zero in part, nor are small multiples of it too large.
#[inline]
pub(super) fn is_exact<R: Float>(squares: R) -> bool {
    squares > R::min_positive_value() / R::epsilon() && squares < R::max_value() * R::epsilon()
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

/// `x ← x / by`.
#[inline(always)]
fn divide<T: LinalgElement>(x: &mut [T], by: T) {
    let reciprocal = by.reciprocal();
    if T::all_finite(&[reciprocal]) {
        x.iter_mut().for_each(|x| *x *= reciprocal);
    } else {
        // Too small for a reciprocal: both are enlarged first, which is exact.
        let power = T::Real::epsilon().recip();
        let reciprocal = by.times(power).reciprocal();
        x.iter_mut().for_each(|x| *x = x.times(power) * reciprocal);
    }
}

/// `to ← to - x factor`.
#[inline(always)]
pub(super) fn subtract<T: LinalgElement>(to: &mut [T], x: &[T], factor: T) {
    to.iter_mut().zip(x).for_each(|(to, &x)| *to -= x * factor);
}

/// `to ← to - x factor` for one `x` after the other.
#[inline(always)]
fn subtract_four<T: LinalgElement>(to: &mut [T], [a, b, c, d]: [&[T]; 4], [e, f, g, h]: [T; 4]) {
    for ((((to, &a), &b), &c), &d) in to.iter_mut().zip(a).zip(b).zip(c).zip(d) {
        *to = *to - a * e - b * f - c * g - d * h;
    }
}

/// `xᴴ y`, in four sums.
#[inline(always)]
pub(super) fn dot<T: LinalgElement>(x: &[T], y: &[T]) -> T {
    let mut sums = [num_traits::zero::<T>(); 4];
    let (xs, ys) = (x.chunks_exact(4), y[..x.len()].chunks_exact(4));
    let mut sum = T::zero();
    for (&x, &y) in xs.remainder().iter().zip(ys.remainder()) {
        sum += x.conjugate() * y;
    }
    for (x, y) in xs.zip(ys) {
        for ((sum, &x), &y) in sums.iter_mut().zip(x).zip(y) {
            *sum += x.conjugate() * y;
        }
    }
    sum + ((sums[0] + sums[2]) + (sums[1] + sums[3]))
}
