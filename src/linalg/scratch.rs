//! How much memory an operation takes, told beforehand.
//!
//! Every array takes whole cache lines, as on any scope that has room; what an operation needs in passing comes to its largest part.

#![forbid(unsafe_code)]

use faer::Par;
use faer::dyn_stack::StackReq;
use faer::linalg::cholesky::llt;
use faer::linalg::evd::{self, ComputeEigenvectors};
use faer::linalg::householder;
use faer::linalg::lu::partial_pivoting;
use faer::linalg::qr::{col_pivoting, no_pivoting};
use faer::linalg::svd::{self, ComputeSvdVectors};
use faer::perm::permute_cols_in_place_scratch;

use super::qr::block_size;
use super::{LinalgElement, bidiagonal, reflections, small, symmetric};

/// The bytes that [`cholesky`](crate::Scope::cholesky) of an `n` × `n` matrix takes, its result and what it needs in passing: a
/// [`FixedBuffer`](crate::FixedBuffer) with as many left, from a boundary of 64 bytes on, has room for it. `usize::MAX`, if that is
/// more than can be had.
///
/// ```
/// use ndarena::{FixedBuffer, linalg::cholesky_scratch};
/// use std::mem::MaybeUninit;
///
/// let mut memory = vec![MaybeUninit::uninit(); cholesky_scratch::<f64>(2) + 63];
/// let buffer = FixedBuffer::new(&mut memory);
/// assert_eq!(buffer.scope(|s| s.cholesky(&ndarray::array![[4.0, 2.0], [2.0, 5.0]]).unwrap().det()), 16.0);
/// ```
pub fn cholesky_scratch<T: LinalgElement>(n: usize) -> usize {
    let passing = llt::factor::cholesky_in_place_scratch::<T::Faer>(n, Par::Seq, Default::default());
    sum([array::<T>(n, n), if small::is_small_for_cholesky(n) { 0 } else { bytes(passing) }])
}

/// The bytes that [`lu`](crate::Scope::lu) of an `m` × `n` matrix takes. See [`cholesky_scratch`].
///
/// ```
/// assert!(ndarena::linalg::lu_scratch::<f64>(100, 100) >= 100 * 100 * 8);
/// ```
pub fn lu_scratch<T: LinalgElement>(m: usize, n: usize) -> usize {
    sum([lu_factors::<T>(m, n), lu_passing::<T>(m, n)])
}

/// The bytes that [`solve`](crate::Scope::solve()) takes, of an `n` × `n` matrix and so many right-hand sides. See
/// [`cholesky_scratch`].
///
/// ```
/// assert!(ndarena::linalg::solve_scratch::<f64>(100, 1) > ndarena::linalg::lu_scratch::<f64>(100, 100));
/// ```
pub fn solve_scratch<T: LinalgElement>(n: usize, right_hand_sides: usize) -> usize {
    let solving = partial_pivoting::solve::solve_in_place_scratch::<usize, T::Faer>(n, right_hand_sides, Par::Seq);
    let passing = lu_passing::<T>(n, n).max(beyond_small(n, n, solving));
    let factors = if n <= small::TINY { 0 } else { lu_factors::<T>(n, n) };
    sum([array::<T>(n, right_hand_sides), factors, passing])
}

/// The bytes that [`inv`](crate::Scope::inv) of an `n` × `n` matrix takes. See [`cholesky_scratch`].
///
/// ```
/// assert!(ndarena::linalg::inv_scratch::<f64>(100) >= 2 * 100 * 100 * 8);
/// ```
pub fn inv_scratch<T: LinalgElement>(n: usize) -> usize {
    let inverting = permute_cols_in_place_scratch::<usize, T::Faer>(n, n);
    let inverting = if n <= small::INVERSE_LIMIT { 0 } else { bytes(inverting) };
    let passing = lu_passing::<T>(n, n).max(inverting);
    let factors = if n <= small::TINY { 0 } else { lu_factors::<T>(n, n) };
    sum([array::<T>(n, n), factors, passing])
}

/// The bytes that [`qr`](crate::Scope::qr) of an `m` × `n` matrix takes. See [`cholesky_scratch`].
///
/// ```
/// assert!(ndarena::linalg::qr_scratch::<f64>(100, 10) >= 100 * 10 * 8);
/// ```
pub fn qr_scratch<T: LinalgElement>(m: usize, n: usize) -> usize {
    sum([reflections::<T>(m, n), qr_passing::<T>(m, n)])
}

/// The bytes that [`least_squares`](crate::Scope::least_squares) takes at most, of an `m` × `n` matrix and so many right-hand sides:
/// it takes less where columns are independent. See [`cholesky_scratch`].
///
/// ```
/// assert!(ndarena::linalg::least_squares_scratch::<f64>(100, 10, 1) >= 100 * 10 * 8);
/// ```
pub fn least_squares_scratch<T: LinalgElement>(m: usize, n: usize, right_hand_sides: usize) -> usize {
    let (size, block) = (m.min(n), block_size::<T>(m, n));
    let pivoting =
        col_pivoting::factor::qr_in_place_scratch::<usize, T::Faer>(m, n, block, Par::Seq, Default::default());
    let pivoted = sum([reflections::<T>(m, n), array::<T::Real>(n, 1), array::<usize>(n, 1), array::<usize>(n, 1)]);
    let first = if m >= n { pivoted } else { 0 };
    let pivoting = bytes(pivoting).max(applying::<T>(m, n, right_hand_sides));
    // If columns depend on each other, singular values are found, with what that takes in passing.
    let second = sum([svd_scratch::<T>(m, n), array::<T>(size, right_hand_sides)]).max(pivoting);
    sum([array::<T>(n, right_hand_sides), array::<T>(m, right_hand_sides), first, second])
}

/// The bytes that [`eigh`](crate::Scope::eigh) of an `n` × `n` matrix takes. See [`cholesky_scratch`].
///
/// ```
/// assert!(ndarena::linalg::eigh_scratch::<f64>(100) >= 2 * 100 * 100 * 8);
/// ```
pub fn eigh_scratch<T: LinalgElement>(n: usize) -> usize {
    let results = sum([array::<T::Real>(n, 1), array::<T>(n, n)]);
    if n <= 1 {
        return results;
    }
    let passing = evd::self_adjoint_evd_scratch::<T::Faer>(n, ComputeEigenvectors::Yes, Par::Seq, Default::default());
    let passing = if n <= symmetric::LIMIT { 0 } else { sum([array::<T>(n, 1), bytes(passing)]) };
    sum([results, array::<T>(n, n), passing])
}

/// The bytes that [`svd`](crate::Scope::svd) of an `m` × `n` matrix takes. See [`cholesky_scratch`].
///
/// ```
/// assert!(ndarena::linalg::svd_scratch::<f64>(100, 10) >= 2 * 100 * 10 * 8);
/// ```
pub fn svd_scratch<T: LinalgElement>(m: usize, n: usize) -> usize {
    let (size, thin) = (m.min(n), ComputeSvdVectors::Thin);
    if size == 0 {
        return 0;
    }
    let passing = svd::svd_scratch::<T::Faer>(m, n, thin, thin, Par::Seq, Default::default());
    let results = sum([array::<T>(m, size), array::<T>(n, size), array::<T::Real>(size, 1)]);
    let passing = if bidiagonal::is_small(m, n) { 0 } else { sum([array::<T>(size, 1), bytes(passing)]) };
    sum([results, array::<T>(m, n), passing])
}

/// What a factorisation keeps.
fn lu_factors<T: LinalgElement>(m: usize, n: usize) -> usize {
    sum([array::<T>(m, n), array::<usize>(m.saturating_mul(2), 1)])
}

fn lu_passing<T: LinalgElement>(m: usize, n: usize) -> usize {
    let passing = partial_pivoting::factor::lu_in_place_scratch::<usize, T::Faer>(m, n, Par::Seq, Default::default());
    beyond_small(m, n, passing)
}

/// What a factorisation keeps.
fn reflections<T: LinalgElement>(m: usize, n: usize) -> usize {
    sum([array::<T>(m, n), array::<T>(block_size::<T>(m, n), m.min(n))])
}

fn qr_passing<T: LinalgElement>(m: usize, n: usize) -> usize {
    let block = block_size::<T>(m, n);
    let passing = no_pivoting::factor::qr_in_place_scratch::<T::Faer>(m, n, block, Par::Seq, Default::default());
    if reflections::is_small_for_qr(m, n) { 0 } else { bytes(passing) }
}

/// What reflections take to be applied to so many columns.
fn applying<T: LinalgElement>(m: usize, n: usize, columns: usize) -> usize {
    let block = block_size::<T>(m, n);
    let on_the_left = householder::apply_block_householder_sequence_on_the_left_in_place_scratch::<T::Faer>;
    if reflections::is_small_for_qr(m, n) { 0 } else { bytes(on_the_left(m, block, columns)) }
}

/// What faer's kernels take; the loops for small matrices take nothing.
fn beyond_small(m: usize, n: usize, passing: StackReq) -> usize {
    if small::is_small(m, n) { 0 } else { bytes(passing) }
}

/// An array takes whole lines.
fn array<T>(rows: usize, columns: usize) -> usize {
    lines(rows.saturating_mul(columns).saturating_mul(size_of::<T>()))
}

fn bytes(scratch: StackReq) -> usize {
    lines(scratch.unaligned_bytes_required())
}

fn lines(bytes: usize) -> usize {
    bytes.checked_next_multiple_of(64).unwrap_or(usize::MAX)
}

fn sum<const N: usize>(parts: [usize; N]) -> usize {
    parts.into_iter().fold(0, usize::saturating_add)
}
