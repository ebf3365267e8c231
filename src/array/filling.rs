//! Arrays whose every element is written before it is read: where uninitialised memory becomes an array.
//!
//! Whoever makes an array writes its elements in the order of memory, by a [`Filling`]; index by index, by [`written_from`] or
//! [`ZipInto`](super::zip_collect::ZipInto); or all alike, by [`filled`]. All of these are safe.
//!
//! The invariants:
//!
//! - `Rest`: all elements of the array in front of a [`Filling`]'s are written, so where it has none, all are. A closure that
//!   is lent a `Filling<'f, T>` cannot put that of another array in its place, since it has to do for every `'f`.
//! - `Whole`: an array is taken for initialised only when every element of it is written.

use core::mem::{self, MaybeUninit};
use core::ptr;

use ndarray::{ArrayViewMut, ArrayViewMut1, Dimension, IntoNdProducer, Ix1, Shape, Zip};

use super::AllocArray;
use super::raw::{Uninitialised, slice_fast};
use crate::scope::Scope;

/// The elements of a new array that are not written yet: those from some place on, in the order of memory.
pub(super) struct Filling<'f, T> {
    rest: &'f mut [MaybeUninit<T>],
}

impl<T> Filling<'_, T> {
    /// Writes `element(0)` to `element(len - 1)` to the next `len` elements, or panics if there are fewer.
    #[inline(always)]
    pub(super) fn write(&mut self, len: usize, mut element: impl FnMut(usize) -> T) {
        let to = &mut self.rest[..len];
        // By indices, which the compiler knows to be less than the length of slices that `element` may look into: an iterator's end is
        // a place, from which it does not see that, and so leaves checks that keep short loops from becoming vectors.
        #[allow(clippy::needless_range_loop)]
        for i in 0..len {
            to[i].write(element(i));
        }
        self.advance(len);
    }

    /// Writes what `element` gives, so many times, to the next `len` elements, or panics if there are fewer.
    #[inline(always)]
    pub(super) fn write_with(&mut self, len: usize, mut element: impl FnMut() -> T) {
        for to in &mut self.rest[..len] {
            to.write(element());
        }
        self.advance(len);
    }

    /// Writes `f` of each element of `from` to the next elements, or panics if there are fewer.
    #[inline(always)]
    pub(super) fn map<'a, A>(&mut self, from: &'a [A], mut f: impl FnMut(&'a A) -> T) {
        for (to, from) in self.rest[..from.len()].iter_mut().zip(from) {
            to.write(f(from));
        }
        self.advance(from.len());
    }

    /// Writes copies of the elements of `from` to the next elements, or panics if there are fewer.
    #[inline(always)]
    pub(super) fn copy(&mut self, from: &[T])
    where
        T: Copy,
    {
        let to = &mut self.rest[..from.len()];
        // SAFETY: both are as long, and `to`, which is borrowed mutably, lies elsewhere. `Copy` elements may be copied
        // (Borrowed).
        unsafe { ptr::copy_nonoverlapping(from.as_ptr(), to.as_mut_ptr().cast(), from.len()) };
        self.advance(from.len());
    }

    /// Writes what an iterator gives to the next elements, until the one or the others end.
    #[inline(always)]
    pub(super) fn extend(&mut self, elements: impl IntoIterator<Item = T>) {
        let mut count = 0;
        self.rest.iter_mut().zip(elements).for_each(|(to, element)| {
            to.write(element);
            count += 1;
        });
        self.advance(count);
    }

    /// The next `len` elements are written.
    #[inline(always)]
    fn advance(&mut self, len: usize) {
        self.rest = &mut mem::take(&mut self.rest)[len..];
    }
}

/// A new array of that shape, whose elements `write` writes in the order of memory; or the panic that [`AllocArray`] tells of.
#[inline(always)]
#[track_caller]
pub(super) fn written<'s, T: Copy + 's, D: Dimension>(
    s: Scope<'s>,
    shape: Shape<D>,
    write: impl for<'f> FnOnce(&mut Filling<'f, T>),
) -> ArrayViewMut<'s, T, D> {
    let elements = new_elements(s, shape.raw_dim());
    let mut filling = Filling { rest: &mut *elements };
    write(&mut filling);
    match filling.rest.len() {
        // SAFETY: the slice was made for as many elements as the shape has, is borrowed for `'s`, and all of them are written
        // (Rest, Whole).
        0 => unsafe { ArrayViewMut::from_shape_ptr(shape, elements.as_mut_ptr().cast()) },
        left => left_out(left),
    }
}

/// Those elements that `write` writes to a new array that has memory for `most`.
#[inline(always)]
#[track_caller]
pub(super) fn written_front<'s, T: Copy + 's>(
    s: Scope<'s>,
    most: usize,
    write: impl for<'f> FnOnce(&mut Filling<'f, T>),
) -> ArrayViewMut1<'s, T> {
    let elements = new_elements(s, &Ix1(most));
    let mut filling = Filling { rest: &mut *elements };
    write(&mut filling);
    let len = most - filling.rest.len();
    // SAFETY: the slice has `most` elements, is borrowed for `'s`, and the first `len` of them are written (Rest, Whole).
    unsafe { ArrayViewMut::from_shape_ptr(len, elements.as_mut_ptr().cast()) }
}

/// The elements of a new array with those axis lengths.
#[inline(always)]
#[track_caller]
fn new_elements<'s, T: Copy + 's, D: Dimension>(s: Scope<'s>, dim: &D) -> &'s mut [MaybeUninit<T>] {
    match slice_fast::<Uninitialised<T>, D>(s, dim) {
        Some(elements) => elements,
        None => elements_cold(s, dim.clone()),
    }
}

/// [`new_elements`], in every case.
#[cold]
#[inline(never)]
#[track_caller]
fn elements_cold<'s, T: Copy + 's, D: Dimension>(s: Scope<'s>, dim: D) -> &'s mut [MaybeUninit<T>] {
    s.uninit(dim).into_slice().expect("a new array has no gaps")
}

/// `array`, which has no gaps, with what `write` writes in the order of memory.
#[inline]
pub(super) fn written_in<'s, T, D: Dimension>(
    mut array: ArrayViewMut<'s, MaybeUninit<T>, D>,
    write: impl for<'f> FnOnce(&mut Filling<'f, T>),
) -> ArrayViewMut<'s, T, D> {
    let mut filling = Filling { rest: array.as_slice_memory_order_mut().expect("the array has no gaps") };
    write(&mut filling);
    match filling.rest.len() {
        // SAFETY: all elements are written (Rest, Whole).
        0 => unsafe { array.assume_init() },
        left => left_out(left),
    }
}

#[cold]
#[inline(never)]
fn left_out(left: usize) -> ! {
    unreachable!("{left} elements are not written")
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
    match array.as_slice_memory_order_mut() {
        Some(elements) => elements.fill(MaybeUninit::new(element)),
        None => array.fill(MaybeUninit::new(element)),
    }
    // SAFETY: either `fill` writes every element (Whole).
    unsafe { array.assume_init() }
}
