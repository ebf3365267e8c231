//! ndarray's matrices as faer's, and scratch memory as faer takes it.
//!
//! What faer writes to is made here: column-major arrays without gaps, whose elements are a slice. faer's constructors from slices
//! check what there is to check. Only where it reads an operand with gaps between rows, or columns, is there no slice.
//!
//! The invariant `Seen`: the elements of ndarray's view of a matrix are initialised, and lie at the sums of multiples of its
//! strides from its pointer, in one block of memory, where nobody writes as long as the view lives.

use faer::dyn_stack::{MemStack, StackReq};
use faer::{MatMut, MatRef};
use ndarray::{ArrayRef, ArrayRef2, ArrayView2, ArrayViewMut, ArrayViewMut2, Dimension, Ix2, ShapeBuilder};

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
pub(super) fn copy<'s, T: LinalgElement, D: Dimension>(
    s: Scope<'s>,
    from: &ArrayRef<T, D>,
) -> Result<ArrayViewMut<'s, T, D>, AllocError> {
    let mut to = s.try_alloc_array::<T>(from.raw_dim().f())?;
    match from.view().into_dimensionality::<Ix2>() {
        Ok(from) if from.strides()[1] == 1 && from.strides()[0] != 1 => {
            rows_to_columns(to.as_slice_memory_order_mut().expect(NO_GAPS), from);
        }
        _ => to.assign(from),
    }
    Ok(to)
}

/// Writes what lies row by row to a slice, column by column. Eight rows at a time: so each of their columns is written to one line
/// of the cache or two, and no more rows are read at a time than there is room for, if they are a power of two apart.
fn rows_to_columns<T: Copy>(to: &mut [T], from: ArrayView2<'_, T>) {
    let (m, n) = from.dim();
    let (mut rest, mut first) = (from.rows().into_iter(), 0);
    while first < m {
        let (mut rows, mut count) = ([&[][..]; 8], 0);
        for (to, row) in rows.iter_mut().zip(rest.by_ref()) {
            *to = row.to_slice().expect("rows without gaps");
            count += 1;
        }
        for j in 0..n {
            for (to, row) in to[j * m + first..][..count].iter_mut().zip(&rows) {
                *to = row[j];
            }
        }
        first += count;
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
pub(super) fn all_finite<T: LinalgElement, D: Dimension>(a: &ArrayRef<T, D>) -> bool {
    finite(a.as_slice_memory_order().expect(NO_GAPS))
}

fn finite<T: LinalgElement>(elements: &[T]) -> bool {
    elements.iter().fold(true, |finite, x| finite & x.finite())
}

/// Prepares a Hermitian matrix, of which faer reads the lower triangle: whether there is no element in it that is NaN or infinite;
/// the diagonal, of which it looks at imaginary parts now and then, is made real.
pub(super) fn prepare_lower<T: LinalgElement>(a: &mut ArrayViewMut2<'_, T>) -> bool {
    let n = a.nrows().max(1);
    let columns = a.as_slice_memory_order_mut().expect(NO_GAPS).chunks_exact_mut(n);
    columns.enumerate().fold(true, |all, (j, column)| {
        column[j] = column[j].without_imaginary_part();
        all & finite(&column[j..])
    })
}

/// Writes zeros above the diagonal of a square matrix, and makes that real.
pub(super) fn clear_upper<T: LinalgElement>(a: &mut ArrayViewMut2<'_, T>) {
    let n = a.nrows().max(1);
    for (j, column) in a.as_slice_memory_order_mut().expect(NO_GAPS).chunks_exact_mut(n).enumerate() {
        column[..j].fill(num_traits::zero());
        column[j] = column[j].without_imaginary_part();
    }
}

/// faer's view of what [`matrix`] or [`copy`] has made; a vector is a column.
pub(super) fn faer_mut<'a, T, D: Dimension>(a: &'a mut ArrayViewMut<'_, T, D>) -> MatMut<'a, T> {
    let (rows, columns) = lengths(a.shape());
    MatMut::from_column_major_slice_mut(a.as_slice_memory_order_mut().expect(NO_GAPS), rows, columns)
}

/// As [`faer_mut`], for reading.
pub(super) fn faer_ref<'a, T, D: Dimension>(a: &'a ArrayViewMut<'_, T, D>) -> MatRef<'a, T> {
    let (rows, columns) = lengths(a.shape());
    MatRef::from_column_major_slice(a.as_slice_memory_order().expect(NO_GAPS), rows, columns)
}

/// faer's view of an operand.
pub(super) fn faer_view<'a, T>(a: ArrayView2<'a, T>) -> MatRef<'a, T> {
    let ((rows, columns), strides) = (a.dim(), [a.strides()[0], a.strides()[1]]);
    // SAFETY: the elements are initialised, and there to read, at these strides for `'a` (Seen).
    unsafe { MatRef::from_raw_parts(a.as_ptr(), rows, columns, strides[0], strides[1]) }
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
