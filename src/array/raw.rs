//! From a scope's bytes to an array: the one place where memory gets a type and a lifetime.
//!
//! The invariants:
//!
//! - `Contents`: whatever the memory of an end holds is valid for the elements that are placed there, and whatever these
//!   elements leave behind is allowed there (Initialised of `region`). It is the promise of the trait [`Contents`].
//! - `Ready`: memory that [`Scope`] hands out is aligned as it was asked for, and belongs, for `'s`, to whoever asked for it
//!   and to no one else (Memory, Disjoint and Idle of `region`). The number of bytes that is asked for is that of the elements
//!   that an array's shape, or a slice's length, reaches.

use core::alloc::Layout;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ptr::{self, NonNull};
use core::slice;

use bytemuck::Pod;
use ndarray::{ArrayViewMut, Dimension, Ix1};

use crate::error::{AllocError, AllocErrorKind};
use crate::memory::End;
use crate::scope::Scope;
use crate::shape::{AnyShape, Extent, usual_len};

/// Elements, and the end of a scope's memory that they may be placed in as it is.
///
/// # Safety
///
/// `Contents`: whatever bytes the memory of `END` holds are a valid `Element`. If `END` is the low one, an `Element` has no
/// padding and no uninitialised bytes, so that memory which is initialised stays so.
pub(super) unsafe trait Contents {
    type Element;
    const END: End;
}

/// Elements that may have any initialised contents.
pub(super) struct Initialised<T>(PhantomData<T>);

/// Elements that are to be written before they are read.
pub(super) struct Uninitialised<T>(PhantomData<T>);

// SAFETY: the low end's memory is initialised, and any initialised bytes are a valid `Pod` value, which has no padding
// (Contents).
unsafe impl<T: Pod> Contents for Initialised<T> {
    type Element = T;
    const END: End = End::Low;
}

// SAFETY: a `MaybeUninit` is valid whatever its bytes are, and the high end's memory may be uninitialised (Contents).
unsafe impl<T: Copy> Contents for Uninitialised<T> {
    type Element = MaybeUninit<T>;
    const END: End = End::High;
}

/// An array of that shape, or a panic.
#[inline(always)]
#[track_caller]
pub(super) fn place<'s, C, D>(s: Scope<'s>, shape: AnyShape<D>) -> ArrayViewMut<'s, C::Element, D>
where
    C: Contents<Element: 's>,
    D: Dimension,
{
    match place_fast::<C, D>(s, &shape) {
        Some(array) => array,
        None => place_cold_or_panic::<C, D>(s, shape, align_of::<C::Element>()),
    }
}

/// [`place`] with an error in place of a panic.
#[inline(always)]
pub(super) fn try_place<'s, C, D>(
    s: Scope<'s>,
    shape: AnyShape<D>,
) -> Result<ArrayViewMut<'s, C::Element, D>, AllocError>
where
    C: Contents<Element: 's>,
    D: Dimension,
{
    match place_fast::<C, D>(s, &shape) {
        Some(array) => Ok(array),
        None => place_cold::<C, D>(s, shape, align_of::<C::Element>()),
    }
}

/// The usual case: a contiguous array that is not empty, in memory that needs no call of the allocator.
#[inline(always)]
fn place_fast<'s, C, D>(s: Scope<'s>, shape: &AnyShape<D>) -> Option<ArrayViewMut<'s, C::Element, D>>
where
    C: Contents<Element: 's>,
    D: Dimension,
{
    let AnyShape::Contiguous(shape) = shape else { return None };
    let (start, _) = memory_fast::<C, D>(s, shape.raw_dim())?;
    // SAFETY: the memory is that of as many elements as the shape has (Ready), whose contents are valid (Contents).
    Some(unsafe { ArrayViewMut::from_shape_ptr(shape.clone(), start.as_ptr()) })
}

/// Every case, at an address that is a multiple of `align` (a power of two) and of the elements' own alignment; or a panic.
#[cold]
#[inline(never)]
#[track_caller]
pub(super) fn place_cold_or_panic<'s, C, D>(
    s: Scope<'s>,
    shape: AnyShape<D>,
    align: usize,
) -> ArrayViewMut<'s, C::Element, D>
where
    C: Contents<Element: 's>,
    D: Dimension,
{
    match place_cold::<C, D>(s, shape, align) {
        Ok(array) => array,
        Err(error) => error.panic(),
    }
}

/// [`place_cold_or_panic`] with an error in place of a panic.
#[cold]
#[inline(never)]
pub(super) fn place_cold<'s, C, D>(
    s: Scope<'s>,
    shape: AnyShape<D>,
    align: usize,
) -> Result<ArrayViewMut<'s, C::Element, D>, AllocError>
where
    C: Contents<Element: 's>,
    D: Dimension,
{
    let (size, align) = (size_of::<C::Element>(), align.max(align_of::<C::Element>()));
    let (start, len) = match shape.extent::<C::Element>() {
        Ok(Extent::Elements(len)) => match s.take(len * size, align, C::END) {
            Ok(start) => (start.cast(), len),
            Err(shortage) => return Err(AllocError::new(shortage, shape.dim(), len * size)),
        },
        // There are no elements; or they have no size, and then a slice without memory has any number of them.
        Ok(Extent::Nothing) => (dangling(align).cast(), if size == 0 { isize::MAX as usize } else { 0 }),
        Err(kind) => return Err(AllocError::new(s.shortage(kind), shape.dim(), usize::MAX)),
    };
    let shape = match shape {
        // SAFETY: the memory is that of as many elements as the shape has, if these take any (Ready), and their contents are
        // valid (Contents).
        AnyShape::Contiguous(shape) => return Ok(unsafe { ArrayViewMut::from_shape_ptr(shape, start.as_ptr()) }),
        AnyShape::Strided(shape) => shape,
    };
    // SAFETY: the memory is that of `len` elements, if these take any (Ready), whose contents are valid (Contents).
    let elements = unsafe { slice::from_raw_parts_mut(start.as_ptr(), len) };
    // The strides of an empty array mean nothing, but ndarray would want memory for them.
    let view = if elements.is_empty() {
        ArrayViewMut::from_shape(shape.raw_dim().clone(), elements)
    } else {
        ArrayViewMut::from_shape(shape, elements)
    };
    Ok(view.expect("a checked shape has a view"))
}

/// The panic of an array of that shape, whose lengths are too large for any array.
#[cold]
#[inline(never)]
#[track_caller]
pub(super) fn too_large<D: Dimension>(s: Scope<'_>, dim: &D) -> ! {
    AllocError::new(s.shortage(AllocErrorKind::Overflow), dim, usize::MAX).panic()
}

/// The elements of a contiguous array with those axis lengths, as a slice, in the usual case: there are some, in memory that
/// needs no call of the allocator.
#[inline(always)]
pub(super) fn slice_fast<'s, C, D>(s: Scope<'s>, dim: &D) -> Option<&'s mut [C::Element]>
where
    C: Contents<Element: 's>,
    D: Dimension,
{
    let (start, len) = memory_fast::<C, D>(s, dim)?;
    // SAFETY: the memory is that of `len` elements (Ready), whose contents are valid (Contents).
    Some(unsafe { slice::from_raw_parts_mut(start.as_ptr(), len) })
}

/// Aligned memory for the elements of a contiguous array, and their number, in the usual case.
#[inline(always)]
fn memory_fast<C: Contents, D: Dimension>(s: Scope<'_>, dim: &D) -> Option<(NonNull<C::Element>, usize)> {
    let len = usual_len::<C::Element, D>(dim)?;
    let (bytes, align) = (len * size_of::<C::Element>(), align_of::<C::Element>());
    // The second attempt could be left to `place_cold`; but arrays of packed memory make it every time.
    let start = match s.take_fast(bytes, align, C::END) {
        Some(start) => start,
        None => s.take_ready(bytes, align, C::END)?,
    };
    Some((start.cast(), len))
}

/// Bytes of that layout from the high end, or a panic.
#[inline]
#[track_caller]
pub(super) fn place_bytes<'s>(s: Scope<'s>, layout: Layout) -> &'s mut [MaybeUninit<u8>] {
    let (bytes, align) = (layout.size(), layout.align());
    let start = match bytes {
        0 => dangling(align),
        _ => match s.take_fast(bytes, align, End::High).map_or_else(|| s.take(bytes, align, End::High), Ok) {
            Ok(start) => start,
            Err(shortage) => AllocError::new(shortage, &Ix1(bytes), bytes).panic(),
        },
    };
    // SAFETY: the memory is that of `bytes` bytes, if there are any (Ready), which may be uninitialised (Contents).
    unsafe { slice::from_raw_parts_mut(start.as_ptr().cast(), bytes) }
}

/// An address aligned to `align` that has no memory.
fn dangling(align: usize) -> NonNull<u8> {
    NonNull::new(ptr::without_provenance_mut(align)).expect("an alignment is not 0")
}
