//! ndarray's matrices as faer's, and scratch memory as faer takes it.
//!
//! What faer writes to is made here: column-major arrays without gaps, whose elements are a slice. faer's constructors from slices
//! check what there is to check. Only where it reads an operand with gaps between rows, or columns, is there no slice.
//!
//! The invariant `Seen`: the elements of ndarray's view of a matrix are initialised, and lie at the sums of multiples of its
//! strides from its pointer, in one block of memory, where nobody writes as long as the view lives.

use core::array;

use faer::dyn_stack::{MemStack, StackReq};
use faer::{MatMut, MatRef};
use ndarray::{
    ArrayRef, ArrayRef2, ArrayView1, ArrayView2, ArrayViewMut, ArrayViewMut2, Dimension, Ix2, ShapeBuilder, s,
};

use num_traits::{Float, One, Zero};

use super::{LinalgElement, LinalgError};
use crate::array::AllocArray;
use crate::error::AllocError;
use crate::scope::Scope;

/// A column-major matrix without gaps, whose contents are unspecified.
pub(super) fn matrix<'s, T: LinalgElement>(
    s: Scope<'s>,
    rows: usize,
    columns: usize,
) -> Result<ArrayViewMut2<'s, T>, AllocError> {
    s.try_alloc_array::<T>((rows, columns).f())
}

/// A copy of a vector or of a matrix, column-major without gaps.
#[inline]
pub(super) fn copy<'s, T: LinalgElement, D: Dimension>(
    s: Scope<'s>,
    from: &ArrayRef<T, D>,
) -> Result<ArrayViewMut<'s, T, D>, AllocError> {
    let mut to = s.try_alloc_array::<T>(from.raw_dim().f())?;
    match from.view().into_dimensionality::<Ix2>() {
        Ok(from) if has_rows(&from) => {
            rows_to_columns(elements_mut(&mut to), from, Part::Whole);
        }
        _ => to.assign(from),
    }
    Ok(to)
}

/// A copy of the lower triangle of a square matrix, with a diagonal that is real; of what lies above it, anything.
#[inline]
pub(super) fn copy_lower<'s, T: LinalgElement>(
    s: Scope<'s>,
    from: &ArrayRef2<T>,
) -> Result<ArrayViewMut2<'s, T>, AllocError> {
    let n = from.nrows();
    let mut copy = matrix(s, n, n)?;
    let to = elements_mut(&mut copy);
    if has_rows(&from.view()) {
        rows_to_columns(to, from.view(), Part::Lower);
    } else {
        for (j, to) in to.chunks_exact_mut(n.max(1)).enumerate() {
            let from = from.column(j);
            match from.to_slice() {
                Some(from) => to[j..].copy_from_slice(&from[j..]),
                None => to.iter_mut().zip(from).skip(j).for_each(|(to, &from)| *to = from),
            }
        }
    }
    to.iter_mut().step_by(n + 1).for_each(|x| *x = x.without_imaginary_part());
    Ok(copy)
}

/// Which elements of a matrix are copied, at least.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Whole,
    /// The square matrix's lower triangle, with the diagonal.
    Lower,
}

/// Whether the elements of rows lie side by side, and not those of columns.
#[inline]
fn has_rows<T>(a: &ArrayView2<'_, T>) -> bool {
    a.strides()[1] == 1 && a.strides()[0] != 1
}

/// Writes what lies row by row to a slice, column by column. Sixteen rows at a time: so their part of each column is written at
/// once to whole lines of the cache, and no more rows are read at a time than there is room for, if they are a power of two apart.
#[inline]
fn rows_to_columns<T: Copy>(to: &mut [T], from: ArrayView2<'_, T>, part: Part) {
    let mut first = 0;
    rows_by::<16, T>(to, &from, &mut first, part);
    rows_by::<4, T>(to, &from, &mut first, part);
    rows_by::<1, T>(to, &from, &mut first, part);
}

/// As many times `R` rows as there are, from the first that is left on.
#[inline(always)]
fn rows_by<const R: usize, T: Copy>(to: &mut [T], from: &ArrayView2<'_, T>, first: &mut usize, part: Part) {
    let (m, n) = from.dim();
    while m - *first >= R {
        let columns = if part == Part::Lower { *first + R } else { n };
        let rows: [&[T]; R] = array::from_fn(|r| {
            let row = from.row(*first + r).to_slice().expect("rows without gaps");
            &row[..columns]
        });
        for j in 0..columns {
            let column: [T; R] = array::from_fn(|r| rows[r][j]);
            to[j * m + *first..][..R].copy_from_slice(&column);
        }
        *first += R;
    }
}

/// A copy of the right-hand side of a system of equations, which must have as many rows as there are equations.
pub(super) fn right_hand_side<'s, T: LinalgElement, D: Dimension>(
    s: Scope<'s>,
    b: &ArrayRef<T, D>,
    needed: usize,
) -> Result<ArrayViewMut<'s, T, D>, LinalgError> {
    check_right_hand_side(b, needed)?;
    Ok(copy(s, b)?)
}

/// Whether `b` is a vector or a matrix with so many rows.
pub(super) fn check_right_hand_side<T, D: Dimension>(b: &ArrayRef<T, D>, needed: usize) -> Result<(), LinalgError> {
    match *b.shape() {
        [given] | [given, _] if given == needed => Ok(()),
        [given] | [given, _] => Err(LinalgError::Rows { needed, given }),
        ref other => Err(LinalgError::Axes { given: other.len() }),
    }
}

/// The number of rows, if there are as many columns.
pub(super) fn order_of<T>(a: &ArrayRef2<T>) -> Result<usize, LinalgError> {
    match a.dim() {
        (rows, columns) if rows == columns => Ok(rows),
        (rows, columns) => Err(LinalgError::NotSquare { rows, columns }),
    }
}

#[cold]
#[inline(never)]
#[track_caller]
pub(super) fn not_square(operation: &'static str, (rows, columns): (usize, usize)) -> ! {
    panic!("ndarena: {operation}: the matrix is {rows} × {columns}; give one that is square")
}

/// Whether no element is NaN or infinite, of what [`matrix`] or [`copy`] has made.
#[inline]
fn all_finite<T: LinalgElement, D: Dimension>(a: &ArrayViewMut<'_, T, D>) -> bool {
    T::all_finite(elements(a))
}

/// A result, if it is finite.
#[inline]
pub(super) fn finite<T: LinalgElement, D: Dimension>(
    result: ArrayViewMut<'_, T, D>,
) -> Result<ArrayViewMut<'_, T, D>, LinalgError> {
    if all_finite(&result) { Ok(result) } else { Err(LinalgError::NotFinite) }
}

/// Whether no element of an operand is NaN or infinite, or none of its lower triangle.
pub(super) fn is_finite<T: LinalgElement>(a: &ArrayRef2<T>) -> bool {
    match a.as_slice_memory_order() {
        Some(elements) => T::all_finite(elements),
        None => a.rows().into_iter().all(|row| row_is_finite(row)),
    }
}

/// As [`is_finite`], of the lower triangle, with the diagonal.
pub(super) fn is_finite_below<T: LinalgElement>(a: &ArrayRef2<T>) -> bool {
    a.rows().into_iter().enumerate().all(|(i, row)| row_is_finite(row.slice_move(s![..=i])))
}

fn row_is_finite<T: LinalgElement>(row: ArrayView1<'_, T>) -> bool {
    match row.as_slice() {
        Some(row) => T::all_finite(row),
        None => row.iter().all(|&x| T::all_finite(&[x])),
    }
}

/// Multiplies all elements by a power of two, so that the largest is about 1, if squares or sums of them might be too large or too
/// small: the power. Elements that are much smaller than the largest may become zero.
pub(super) fn make_moderate<T: LinalgElement>(a: &mut ArrayViewMut2<'_, T>) -> T::Real {
    let power = T::scale_of(elements(a));
    // If an element is infinite, the power is zero, and what is found shows that anyway.
    if power > least_moderate::<T>() || power.is_zero() {
        return enlarge(a);
    }
    elements_mut(a).iter_mut().for_each(|x| *x = x.times(power));
    power
}

/// The same only where elements are too small, so that none is lost.
pub(super) fn enlarge<T: LinalgElement>(a: &mut ArrayViewMut2<'_, T>) -> T::Real {
    let power = T::scale_of(elements(a));
    if power < least_moderate::<T>().recip() {
        return T::Real::one();
    }
    elements_mut(a).iter_mut().for_each(|x| *x = x.times(power));
    power
}

/// Numbers between this and its reciprocal have squares, and products of these.
fn least_moderate<T: LinalgElement>() -> T::Real {
    T::Real::min_positive_value().sqrt().sqrt()
}

/// Writes zeros above the diagonal of a square matrix, and makes that real.
pub(super) fn clear_upper<T: LinalgElement>(a: &mut ArrayViewMut2<'_, T>) {
    let n = a.nrows().max(1);
    for (j, column) in elements_mut(a).chunks_exact_mut(n).enumerate() {
        column[..j].fill(num_traits::zero());
        column[j] = column[j].without_imaginary_part();
    }
}

/// faer's view of what [`matrix`] or [`copy`] has made; a vector is a column.
pub(super) fn faer_mut<'a, T: LinalgElement, D: Dimension>(a: &'a mut ArrayViewMut<'_, T, D>) -> MatMut<'a, T::Faer> {
    let (rows, columns) = lengths(a.shape());
    let elements = elements_mut(a);
    T::for_faer_mut(MatMut::from_column_major_slice_mut(elements, rows, columns))
}

/// As [`faer_mut`], for reading.
pub(super) fn faer_ref<'a, T: LinalgElement, D: Dimension>(a: &'a ArrayViewMut<'_, T, D>) -> MatRef<'a, T::Faer> {
    let (rows, columns) = lengths(a.shape());
    let elements = elements(a);
    T::for_faer(MatRef::from_column_major_slice(elements, rows, columns))
}

/// faer's view of an operand.
pub(super) fn faer_view<T: LinalgElement>(a: ArrayView2<'_, T>) -> MatRef<'_, T::Faer> {
    let ((rows, columns), strides) = (a.dim(), [a.strides()[0], a.strides()[1]]);
    // SAFETY: the elements are initialised, and there to read, at these strides for as long as the view's lifetime (Seen).
    T::for_faer(unsafe { MatRef::from_raw_parts(a.as_ptr(), rows, columns, strides[0], strides[1]) })
}

/// Whether the elements of rows or those of columns lie side by side, and rows, or columns, one behind the other.
#[inline]
pub(super) fn suits<T>(a: &ArrayView2<'_, T>) -> bool {
    let ((rows, columns), strides) = (a.dim(), a.strides());
    (strides[0] == 1 && strides[1] >= rows as isize) || (strides[1] == 1 && strides[0] >= columns as isize)
}

/// The elements of what [`matrix`] or [`copy`] has made, column by column. (That the transposed matrix is row-major is seen at
/// once.)
#[inline]
pub(super) fn elements<'a, T, D: Dimension>(a: &'a ArrayViewMut<'_, T, D>) -> &'a [T] {
    a.view().reversed_axes().to_slice().expect(NO_GAPS)
}

/// As [`elements`], to write to.
#[inline]
pub(super) fn elements_mut<'a, T, D: Dimension>(a: &'a mut ArrayViewMut<'_, T, D>) -> &'a mut [T] {
    a.view_mut().reversed_axes().into_slice().expect(NO_GAPS)
}

/// The columns of what [`matrix`] or [`copy`] has made, `rows` elements each; a vector is one.
pub(super) fn columns_of<'a, T, D: Dimension>(
    a: &'a mut ArrayViewMut<'_, T, D>,
    rows: usize,
) -> impl Iterator<Item = &'a mut [T]> {
    elements_mut(a).chunks_exact_mut(rows.max(1))
}

/// A number of rows or columns, among the elements' parts.
pub(super) fn number<T: LinalgElement>(count: usize) -> T::Real {
    num_traits::cast(count).expect("there are floating-point numbers for all of these")
}

/// Why there is a slice.
pub(super) const NO_GAPS: &str = "what is handed to faer was made without gaps";

fn lengths(shape: &[usize]) -> (usize, usize) {
    match *shape {
        [rows, columns] => (rows, columns),
        _ => (shape.iter().product(), 1),
    }
}

/// Calls `f` with as much scratch memory as faer asks for, from a scope inside `s`.
pub(super) fn with_scratch<R>(
    s: Scope<'_>,
    needed: StackReq,
    f: impl FnOnce(&mut MemStack) -> R,
) -> Result<R, AllocError> {
    let bytes = needed.unaligned_bytes_required();
    if bytes == 0 {
        return Ok(f(MemStack::new(&mut [])));
    }
    s.scope(|inner| {
        let memory = inner.try_uninit::<u8>(bytes)?;
        Ok(f(MemStack::new(memory.into_slice().expect(NO_GAPS))))
    })
}
