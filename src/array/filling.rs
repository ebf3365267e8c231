//! Arrays whose every element is written before it is read: where uninitialised memory becomes an array.
//!
//! Whoever makes an array writes its elements in the order of memory, by a [`Filling`]; index by index, by [`written_from`] or
//! [`ZipInto`](super::zip_collect::ZipInto); or all alike, by [`filled`]. All of these are safe.
//!
//! The invariants:
//!
//! - `Rest`: all elements of the array in front of a [`Filling`]'s are written, so where it has none, all are. A closure that
//!   takes a `Filling<'f, T>` and gives one back cannot give that of another array, since it has to do so for every `'f`; and
//!   if it panics, it gives none back.
//! - `Whole`: an array is taken for initialised only when every element of it is written.

use core::mem::MaybeUninit;

use ndarray::{ArrayRef, ArrayViewMut, Dimension, IntoNdProducer, Ix1, Shape, ShapeBuilder, Zip};

use super::raw::{Uninitialised, slice_fast};
use crate::scope::Scope;

/// The elements of a new array that are not written yet: those from some place on, in the order of memory.
pub(super) struct Filling<'f, T> {
    rest: &'f mut [MaybeUninit<T>],
}

impl<T> Filling<'_, T> {
    /// Writes `element(0)` to `element(len - 1)` to the next `len` elements, or panics if there are fewer.
    #[inline(always)]
    pub(super) fn write(self, len: usize, mut element: impl FnMut(usize) -> T) -> Self {
        let (next, rest) = self.rest.split_at_mut(len);
        for (i, to) in next.iter_mut().enumerate() {
            to.write(element(i));
        }
        Filling { rest }
    }

    /// Writes `f` of each element of `from` to the next elements, or panics if there are fewer.
    #[inline(always)]
    pub(super) fn map<'a, A>(self, from: &'a [A], mut f: impl FnMut(&'a A) -> T) -> Self {
        let (next, rest) = self.rest.split_at_mut(from.len());
        for (to, from) in next.iter_mut().zip(from) {
            to.write(f(from));
        }
        Filling { rest }
    }

    /// Writes what an iterator gives to the next elements, until the one or the others end.
    #[inline(always)]
    pub(super) fn extend(self, elements: impl IntoIterator<Item = T>) -> Self {
        let mut count = 0;
        self.rest.iter_mut().zip(elements).for_each(|(to, element)| {
            to.write(element);
            count += 1;
        });
        Filling { rest: &mut self.rest[count..] }
    }
}

/// `array`, which has no gaps, with the elements that `write` writes; or how many it left out.
#[inline(always)]
pub(super) fn try_written<'s, T, D: Dimension>(
    mut array: ArrayViewMut<'s, MaybeUninit<T>, D>,
    write: impl for<'f> FnOnce(Filling<'f, T>) -> Filling<'f, T>,
) -> Result<ArrayViewMut<'s, T, D>, usize> {
    let rest = array.as_slice_memory_order_mut().expect("a new array has no gaps");
    match write(Filling { rest }).rest.len() {
        // SAFETY: all elements are written (Rest, Whole).
        0 => Ok(unsafe { array.assume_init() }),
        left => Err(left),
    }
}

/// [`try_written`] where `write` does not fail to write every element.
#[inline(always)]
pub(super) fn written<'s, T, D: Dimension>(
    array: ArrayViewMut<'s, MaybeUninit<T>, D>,
    write: impl for<'f> FnOnce(Filling<'f, T>) -> Filling<'f, T>,
) -> ArrayViewMut<'s, T, D> {
    try_written(array, write).expect("every element is written")
}

/// [`written`] for a new row-major array with those axis lengths, in the usual case: it is not empty, and its memory needs no
/// call of the allocator. `write` is also told the number of elements.
#[inline(always)]
pub(super) fn written_fast<'s, T: Copy + 's, D: Dimension>(
    s: Scope<'s>,
    dim: D,
    write: impl for<'f> FnOnce(Filling<'f, T>, usize) -> Filling<'f, T>,
) -> Option<ArrayViewMut<'s, T, D>> {
    let elements = slice_fast::<Uninitialised<T>, D>(s, &dim)?;
    let len = elements.len();
    // SAFETY: the slice was made for these axis lengths (Count).
    Some(unsafe { written_slice(elements, dim.into_shape_with_order(), |to| write(to, len)) })
}

/// The array of `f(&x)` for each element `x` of `a`, in the usual case: `a` is contiguous, in the order that is named and is
/// also the new array's, not empty, and the memory needs no call of the allocator.
#[inline(always)]
pub(super) fn mapped_fast<'s, 'a, A, T: Copy + 's, D: Dimension>(
    s: Scope<'s>,
    a: &'a ArrayRef<A, D>,
    column_major: bool,
    f: impl FnMut(&'a A) -> T,
) -> Option<ArrayViewMut<'s, T, D>> {
    let from = if column_major { a.t().to_slice() } else { a.as_slice() }?;
    let elements = slice_fast::<Uninitialised<T>, Ix1>(s, &Ix1(from.len()))?;
    // SAFETY: the slice is as long as that of all elements of `a`, whose shape this is (Count).
    Some(unsafe { written_slice(elements, a.raw_dim().set_f(column_major), |to| to.map(from, f)) })
}

/// `elements`, which `write` writes, as an array of that shape.
///
/// # Safety
///
/// `Count`: the shape has exactly as many elements as the slice, one or more.
#[inline(always)]
unsafe fn written_slice<'s, T, D: Dimension>(
    elements: &'s mut [MaybeUninit<T>],
    shape: Shape<D>,
    write: impl for<'f> FnOnce(Filling<'f, T>) -> Filling<'f, T>,
) -> ArrayViewMut<'s, T, D> {
    assert!(write(Filling { rest: elements }).rest.is_empty(), "every element is written");
    // SAFETY: the slice is borrowed for `'s`, has as many elements as the shape (Count), and all of them are written (Rest,
    // Whole).
    unsafe { ArrayViewMut::from_shape_ptr(shape, elements.as_mut_ptr().cast()) }
}

/// `array`, with what `f` makes of the item of `from`, which has the same shape, at each index.
#[inline(always)]
pub(super) fn written_from<'s, T, P: IntoNdProducer>(
    mut array: ArrayViewMut<'s, MaybeUninit<T>, P::Dim>,
    from: P,
    mut f: impl FnMut(P::Item) -> T,
) -> ArrayViewMut<'s, T, P::Dim> {
    Zip::from(&mut array).and(from).for_each(|to, item| {
        to.write(f(item));
    });
    // SAFETY: a `Zip` walks over every index, and the closure writes to each (Whole).
    unsafe { array.assume_init() }
}

/// `array` with `element` everywhere.
#[inline]
pub(super) fn filled<'s, T: Copy, D: Dimension>(
    mut array: ArrayViewMut<'s, MaybeUninit<T>, D>,
    element: T,
) -> ArrayViewMut<'s, T, D> {
    array.fill(MaybeUninit::new(element));
    // SAFETY: `fill` writes every element (Whole).
    unsafe { array.assume_init() }
}
