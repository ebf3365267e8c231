//! From a scope's bytes to an array: the one place where memory gets a type and a lifetime.

use core::ptr::NonNull;
use core::slice;

use ndarray::{ArrayViewMut, Dimension, Ix1};

use crate::error::AllocError;
use crate::level::End;
use crate::scope::Scope;
use crate::shape::{Extent, Layout, usual_len};

/// An array of `layout` in memory from `end`, or a panic.
///
/// # Safety
///
/// What that end's memory holds must be a valid `T`, and what a `T` makes of it allowed there: at the low end, `T` is
/// `Pod`.
#[inline(always)]
#[track_caller]
pub(super) unsafe fn place<'s, T: 's, D: Dimension>(
    s: Scope<'s>,
    layout: Layout<D>,
    end: End,
) -> ArrayViewMut<'s, T, D> {
    // SAFETY: the caller's promise.
    match unsafe { place_quickly(s, &layout, end) } {
        Some(array) => array,
        // SAFETY: the caller's promise.
        None => unsafe { place_slowly_or_panic(s, layout, end) },
    }
}

/// [`place`] with an error in place of a panic.
///
/// # Safety
///
/// As for [`place`].
#[inline(always)]
pub(super) unsafe fn try_place<'s, T: 's, D: Dimension>(
    s: Scope<'s>,
    layout: Layout<D>,
    end: End,
) -> Result<ArrayViewMut<'s, T, D>, AllocError> {
    // SAFETY: the caller's promise.
    match unsafe { place_quickly(s, &layout, end) } {
        Some(array) => Ok(array),
        // SAFETY: the caller's promise.
        None => unsafe { place_slowly(s, layout, end) },
    }
}

/// The usual case: a contiguous array, not empty, in memory that is there.
///
/// # Safety
///
/// As for [`place`].
#[inline(always)]
unsafe fn place_quickly<'s, T: 's, D: Dimension>(
    s: Scope<'s>,
    layout: &Layout<D>,
    end: End,
) -> Option<ArrayViewMut<'s, T, D>> {
    let Layout::Contiguous(shape) = layout else { return None };
    let (start, _) = memory_quickly::<T, D>(s, shape.raw_dim(), end)?;
    // SAFETY: `start` is aligned and has memory for all elements for `'s` and for no one else (invariants 1, 4 and 5 of
    // `level`), with contents that the caller vouches for.
    Some(unsafe { ArrayViewMut::from_shape_ptr(shape.clone(), start.as_ptr()) })
}

#[cold]
#[inline(never)]
#[track_caller]
unsafe fn place_slowly_or_panic<'s, T: 's, D: Dimension>(
    s: Scope<'s>,
    layout: Layout<D>,
    end: End,
) -> ArrayViewMut<'s, T, D> {
    // SAFETY: the caller's promise.
    match unsafe { place_slowly(s, layout, end) } {
        Ok(array) => array,
        Err(error) => error.panic(),
    }
}

/// Every case.
///
/// # Safety
///
/// As for [`place`].
#[cold]
#[inline(never)]
unsafe fn place_slowly<'s, T: 's, D: Dimension>(
    s: Scope<'s>,
    layout: Layout<D>,
    end: End,
) -> Result<ArrayViewMut<'s, T, D>, AllocError> {
    let (start, len) = match layout.extent::<T>() {
        Ok(Extent::Elements(len)) => {
            let bytes = len * size_of::<T>();
            match s.take(bytes, align_of::<T>(), end) {
                Ok(start) => (start.cast(), len),
                Err(shortage) => return Err(AllocError::new(shortage, layout.dim(), bytes)),
            }
        }
        // Elements without size, of which a slice may have any number; or none.
        Ok(Extent::Nothing) => (NonNull::dangling(), if size_of::<T>() == 0 { isize::MAX as usize } else { 0 }),
        Err(kind) => return Err(AllocError::new(s.shortage(kind), layout.dim(), usize::MAX)),
    };
    // SAFETY: `start` is aligned and has memory for `len` elements, where these take any, for `'s` and for no one else
    // (invariants 1, 4 and 5 of `level`), with contents that the caller vouches for.
    let elements = unsafe { slice::from_raw_parts_mut(start.as_ptr(), len) };
    let view = match layout {
        Layout::Contiguous(shape) => ArrayViewMut::from_shape(shape, elements),
        // ndarray wants memory for the strides of an empty array, too; they mean nothing.
        Layout::Strided(shape) if elements.is_empty() => ArrayViewMut::from_shape(shape.raw_dim().clone(), elements),
        Layout::Strided(shape) => ArrayViewMut::from_shape(shape, elements),
    };
    Ok(view.expect("a checked shape has a view"))
}

/// The usual case of a slice: not empty, in memory that is there.
///
/// # Safety
///
/// As for [`place`].
#[inline(always)]
pub(super) unsafe fn slice_quickly<'s, T: 's>(s: Scope<'s>, len: usize, end: End) -> Option<&'s mut [T]> {
    let (start, len) = memory_quickly::<T, Ix1>(s, &Ix1(len), end)?;
    // SAFETY: `start` is aligned and has memory for `len` elements for `'s` and for no one else (invariants 1, 4 and 5 of
    // `level`), with contents that the caller vouches for.
    Some(unsafe { slice::from_raw_parts_mut(start.as_ptr(), len) })
}

/// Aligned memory for the elements of a contiguous array, and their number, in the usual case.
#[inline(always)]
fn memory_quickly<T, D: Dimension>(s: Scope<'_>, dim: &D, end: End) -> Option<(NonNull<T>, usize)> {
    let len = usual_len::<T, D>(dim)?;
    let start = s.take_quickly(len * size_of::<T>(), align_of::<T>(), end)?;
    Some((start.cast(), len))
}
