//! Plain loops for small matrices, for which faer's kernels take longer to set up than to run. They are the textbook's
//! (Golub and Van Loan, Matrix Computations, 4th edition, of which each says the algorithm), by columns, four at a time at most.
//!
//! A matrix is a slice here, column after column, of so many rows each. Factors and reflections are stored as faer's kernels store
//! them, so what the loops leave may be handed to those.

#![forbid(unsafe_code)]

use core::array;

use ndarray::ArrayRef2;
use num_traits::{Float, Zero};

use super::LinalgElement;
use super::matrices::number;

/// Matrices of up to so many rows and columns are factorised by these loops.
const LIMIT: usize = 32;

/// The same, of Cholesky factorisations: at 32 rows faer's kernel is the faster one, at 16 it is not (bench `linalg`; in between nobody has
/// looked).
const CHOLESKY_LIMIT: usize = 24;

/// The same, of inverses.
pub(super) const INVERSE_LIMIT: usize = 24;

/// Whether the Cholesky factorisation of a matrix of so many rows is for these loops.
#[inline]
pub(super) fn is_small_for_cholesky(n: usize) -> bool {
    n <= CHOLESKY_LIMIT
}

/// Whether the LU factorisation of a matrix of this shape is for these loops.
#[inline]
pub(super) fn is_small(rows: usize, columns: usize) -> bool {
    rows <= LIMIT && columns <= LIMIT
}

/// Up to so many rows, a matrix is factorised in variables of its own, and not in the scope's memory.
pub(super) const TINY: usize = 4;

/// An expression for a matrix of so many rows: once more for each number up to [`TINY`], for the compiler to do without loops; and for 8,
/// which is frequent.
macro_rules! by_size {
    ($n:ident => $expression:expr) => {
        match $n {
            1 => by_size!(1, $n, $expression),
            2 => by_size!(2, $n, $expression),
            3 => by_size!(3, $n, $expression),
            4 => by_size!(4, $n, $expression),
            8 => by_size!(8, $n, $expression),
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

/// Replaces a matrix by its factors, with partial pivoting (algorithm 3.4.1, for the columns beyond each four at once), and writes to
/// `order` which of its rows each row of the product is, and then which row of the product each of its rows is: whether the number of
/// exchanges is odd.
#[inline]
pub(super) fn lu<T: LinalgElement>(a: &mut [T], m: usize, n: usize, order: &mut [usize]) -> Result<bool, NoFactors> {
    if m == n { by_size!(n => lu_of(&mut a[..n * n], n, n, &mut order[..2 * n])) } else { lu_of(a, m, n, order) }
}

#[inline(always)]
fn lu_of<T: LinalgElement>(a: &mut [T], m: usize, n: usize, order: &mut [usize]) -> Result<bool, NoFactors> {
    let (rows, places) = order.split_at_mut(m);
    rows.iter_mut().enumerate().for_each(|(i, row)| *row = i);
    let (mut odd, mut finite) = (false, true);
    for start in (0..m.min(n)).step_by(4) {
        let end = (start + 4).min(m).min(n);
        for j in start..end {
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
            let (column, rest) = a[j * m..end * m].split_at_mut(m);
            let (pivot, below) = column[j..].split_first_mut().expect("j < m");
            divide(below, *pivot);
            for other in rest.chunks_exact_mut(m) {
                let (first, other) = other[j..].split_first_mut().expect("j < m");
                subtract(other, below, *first);
            }
        }
        let (columns, rest) = a[start * m..].split_at_mut((end - start) * m);
        for other in rest.chunks_exact_mut(m) {
            subtract_columns(columns, m, start, &mut other[start..]);
        }
    }
    rows.iter().zip(0..).for_each(|(&row, i)| places[row] = i);
    if finite { Ok(odd) } else { Err(None) }
}

/// `x ← l⁻¹ x`, where these are columns of `l`, four at most, with ones on the diagonal, which begins in row `start`, as `x` does; of what
/// lies beyond the last column's diagonal element, the rest of the right-hand side.
#[inline(always)]
fn subtract_columns<T: LinalgElement>(columns: &[T], m: usize, start: usize, x: &mut [T]) {
    let column = |k: usize| &columns[k * m..][start..m];
    if columns.len() < 4 * m {
        for (k, column) in columns.chunks_exact(m).enumerate() {
            let (first, rest) = x[k..].split_first_mut().expect("there are as many rows");
            subtract(rest, &column[start + k + 1..], *first);
        }
        return;
    }
    let (four, rest) = x.split_at_mut(4);
    for k in 0..3 {
        let (first, rest) = four[k..].split_first_mut().expect("k < 4");
        subtract(rest, &column(k)[k + 1..4], *first);
    }
    subtract_four(rest, array::from_fn(|k| &column(k)[4..]), array::from_fn(|k| four[k]));
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
    solve_unit_lower(factors, n, 0, x);
    solve_upper(factors, n, n, x);
}

/// `x ← l⁻¹ x`, of the lower triangle with ones on its diagonal, where elements before `first` are zero (algorithm 3.1.3, for four
/// elements at a time).
#[inline(always)]
fn solve_unit_lower<T: LinalgElement>(l: &[T], n: usize, first: usize, x: &mut [T]) {
    for start in (first / 4 * 4..n).step_by(4) {
        subtract_columns(&l[start * n..(start + 4).min(n) * n], n, start, &mut x[start..n]);
    }
}

/// `x ← u⁻¹ x`, of the upper triangle of the first `n` rows of a matrix of `m` (algorithm 3.1.4, for four elements at a time).
#[inline]
pub(super) fn solve_upper<T: LinalgElement>(u: &[T], m: usize, n: usize, x: &mut [T]) {
    solve_upper_by(u, m, n, x, |j, x| divide(core::slice::from_mut(x), u[j * (m + 1)]));
}

/// The same, where `divide` divides a number by that element of the diagonal.
#[inline(always)]
fn solve_upper_by<T: LinalgElement>(u: &[T], m: usize, n: usize, x: &mut [T], divide: impl Fn(usize, &mut T)) {
    let mut end = n;
    while end > 0 {
        let start = end.saturating_sub(4);
        for j in (start..end).rev() {
            divide(j, &mut x[j]);
            let (before, from) = x[start..].split_at_mut(j - start);
            subtract(before, &u[j * m + start..], from[0]);
        }
        let (before, four) = x[..end].split_at_mut(start);
        if let &mut [a, b, c, d] = four {
            let columns = array::from_fn(|k| &u[(start + 3 - k) * m..][..start]);
            subtract_four(before, columns, [d, c, b, a]);
        }
        end = start;
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
        solve_unit_lower(factors, n, i, x);
        if all_have_reciprocals {
            solve_upper_by(factors, n, n, x, |j, x| *x *= reciprocals[j]);
        } else {
            solve_upper(factors, n, n, x);
        }
    }
}

/// The inverse of the matrix with the rows `(a, b)` and `(c, d)`, column by column, by its determinant. None where too many digits of that
/// cancel for it to be told from zero, or it is too large or too small: then what is asked of the LU factorisation is an answer.
///
/// The determinant is wrong by roundings of `ad` and `bc`, so the residual of the inverse by roundings of the products of all
/// elements' sizes with those of the inverse, as that by the LU factorisation is. Beyond two rows, minors cancel as well, and that does not
/// hold.
#[inline(always)]
pub(super) fn inverse_of_two<T: LinalgElement>([a, b, c, d]: [T; 4]) -> Option<[T; 4]> {
    let (first, second) = (a * d, b * c);
    let determinant = first - second;
    let size = determinant.sum_of_parts();
    let rounding = T::Real::epsilon() * (first.sum_of_parts() + second.sum_of_parts());
    let eight = number::<T>(8);
    if !(is_exact(size) && size > eight * rounding) {
        return None;
    }
    let reciprocal = determinant.reciprocal();
    Some([d * reciprocal, -(c * reciprocal), -(b * reciprocal), a * reciprocal])
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

/// Whether a sum of squares, or of products, is neither rounded to zero in part, nor are small multiples of it too large.
#[inline]
pub(super) fn is_exact<R: Float>(squares: R) -> bool {
    squares > R::min_positive_value() / R::epsilon() && squares < R::max_value() * R::epsilon()
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
