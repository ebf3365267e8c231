//! From a scope's bytes to an array: the one place where memory gets a type and a lifetime.

use core::mem::MaybeUninit;
use core::ptr::{self, NonNull};
use core::slice;

use ndarray::{ArrayViewMut, Dimension, Ix1};

use crate::error::{AllocError, AllocErrorKind};
use crate::memory::End;
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
    match unsafe { place_fast(s, &layout, end) } {
        Some(array) => array,
        // SAFETY: the caller's promise.
        None => unsafe { place_cold_or_panic(s, layout, align_of::<T>(), end) },
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
    match unsafe { place_fast(s, &layout, end) } {
        Some(array) => Ok(array),
        // SAFETY: the caller's promise.
        None => unsafe { place_cold(s, layout, align_of::<T>(), end) },
    }
}

/// The usual case: a contiguous array, not empty, in memory that is there.
///
/// # Safety
///
/// As for [`place`].
#[inline(always)]
unsafe fn place_fast<'s, T: 's, D: Dimension>(
    s: Scope<'s>,
    layout: &Layout<D>,
    end: End,
) -> Option<ArrayViewMut<'s, T, D>> {
    let Layout::Contiguous(shape) = layout else { return None };
    let (start, _) = memory_fast::<T, D>(s, shape.raw_dim(), end)?;
    // SAFETY: `start` is aligned and has memory for all elements for `'s` and for no one else (Memory, Disjoint
    // and Idle of `region`), with contents that the caller vouches for.
    Some(unsafe { ArrayViewMut::from_shape_ptr(shape.clone(), start.as_ptr()) })
}

/// Every case, and at an address aligned to `align` as well, which is a power of two; or a panic.
///
/// # Safety
///
/// As for [`place`].
#[cold]
#[inline(never)]
#[track_caller]
pub(super) unsafe fn place_cold_or_panic<'s, T: 's, D: Dimension>(
    s: Scope<'s>,
    layout: Layout<D>,
    align: usize,
    end: End,
) -> ArrayViewMut<'s, T, D> {
    // SAFETY: the caller's promise.
    match unsafe { place_cold(s, layout, align, end) } {
        Ok(array) => array,
        Err(error) => error.panic(),
    }
}

/// [`place_cold_or_panic`] with an error in place of a panic.
///
/// # Safety
///
/// As for [`place`].
#[cold]
#[inline(never)]
pub(super) unsafe fn place_cold<'s, T: 's, D: Dimension>(
    s: Scope<'s>,
    layout: Layout<D>,
    align: usize,
    end: End,
) -> Result<ArrayViewMut<'s, T, D>, AllocError> {
    let align = align.max(align_of::<T>());
    let (start, len) = match layout.extent::<T>() {
        Ok(Extent::Elements(len)) => {
            let bytes = len * size_of::<T>();
            match s.take(bytes, align, end) {
                Ok(start) => (start.cast(), len),
                Err(shortage) => return Err(AllocError::new(shortage, layout.dim(), bytes)),
            }
        }
        // Elements without size, of which a slice may have any number; or none.
        Ok(Extent::Nothing) => (dangling(align).cast(), if size_of::<T>() == 0 { isize::MAX as usize } else { 0 }),
        Err(kind) => return Err(AllocError::new(s.shortage(kind), layout.dim(), usize::MAX)),
    };
    let shape = match layout {
        // SAFETY: `start` is aligned and has memory for all elements, where these take any, for `'s` and for no one else
        // (Memory, Disjoint and Idle of `region`), with contents that the caller vouches for.
        Layout::Contiguous(shape) => return Ok(unsafe { ArrayViewMut::from_shape_ptr(shape, start.as_ptr()) }),
        Layout::Strided(shape) => shape,
    };
    // SAFETY: as above, of `len` elements.
    let elements = unsafe { slice::from_raw_parts_mut(start.as_ptr(), len) };
    // ndarray wants memory for the strides of an empty array, too; they mean nothing.
    let view = if elements.is_empty() {
        ArrayViewMut::from_shape(shape.raw_dim().clone(), elements)
    } else {
        ArrayViewMut::from_shape(shape, elements)
    };
    Ok(view.expect("a checked shape has a view"))
}

/// The panic of an array of that shape, whose lengths are too large for any.
#[cold]
#[inline(never)]
#[track_caller]
pub(super) fn too_large<D: Dimension>(s: Scope<'_>, dim: &D) -> ! {
    AllocError::new(s.shortage(AllocErrorKind::Overflow), dim, usize::MAX).panic()
}

/// The usual case of a slice: not empty, in memory that is there.
///
/// # Safety
///
/// As for [`place`].
#[inline(always)]
pub(super) unsafe fn slice_fast<'s, T: 's>(s: Scope<'s>, len: usize, end: End) -> Option<&'s mut [T]> {
    let (start, len) = memory_fast::<T, Ix1>(s, &Ix1(len), end)?;
    // SAFETY: `start` is aligned and has memory for `len` elements for `'s` and for no one else (Memory, Disjoint
    // and Idle of `region`), with contents that the caller vouches for.
    Some(unsafe { slice::from_raw_parts_mut(start.as_ptr(), len) })
}

/// Aligned memory for the elements of a contiguous array, and their number, in the usual case.
#[inline(always)]
fn memory_fast<T, D: Dimension>(s: Scope<'_>, dim: &D, end: End) -> Option<(NonNull<T>, usize)> {
    let len = usual_len::<T, D>(dim)?;
    let bytes = len * size_of::<T>();
    // The second is here, and not in `place_cold`, for arrays that are packed: they take it every time.
    let start = match s.take_fast(bytes, align_of::<T>(), end) {
        Some(start) => start,
        None => s.take_ready(bytes, align_of::<T>(), end)?,
    };
    Some((start.cast(), len))
}

/// Bytes of that layout from the high end, or a panic.
#[inline]
#[track_caller]
pub(super) fn place_bytes<'s>(s: Scope<'s>, layout: core::alloc::Layout) -> &'s mut [MaybeUninit<u8>] {
    let (bytes, align) = (layout.size(), layout.align());
    let start = match bytes {
        0 => dangling(align),
        _ => match s.take_fast(bytes, align, End::High).map_or_else(|| s.take(bytes, align, End::High), Ok) {
            Ok(start) => start,
            Err(shortage) => AllocError::new(shortage, &Ix1(bytes), bytes).panic(),
        },
    };
    // SAFETY: `start` has memory for the bytes, if there are any, for `'s` and for no one else (Memory, Disjoint
    // and Idle of `region`), and these may be uninitialised.
    unsafe { slice::from_raw_parts_mut(start.as_ptr().cast(), bytes) }
}

/// An address for nothing, aligned to `align`.
fn dangling(align: usize) -> NonNull<u8> {
    NonNull::new(ptr::without_provenance_mut(align)).expect("an alignment is not 0")
}
