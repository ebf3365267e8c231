//! Arrays made from another, element by element, in one pass.

use core::cmp::Reverse;
use core::mem::MaybeUninit;
use core::slice;

use ndarray::{ArrayRef, ArrayViewMut, Axis, Dimension, ShapeBuilder, Zip};

use crate::AllocArray;
use crate::scope::Scope;
use crate::shape::lengths_mut;

impl<'s> Scope<'s> {
    /// A copy of `a`, of the same shape and in the same memory order: row-major, column-major, or any other order of the
    /// axes, without the gaps that `a` may have.
    ///
    /// # Panics
    ///
    /// As [`AllocArray`] says.
    ///
    /// ```
    /// use ndarray::{Array2, ShapeBuilder, s};
    ///
    /// let a = Array2::from_shape_fn((4, 6).f(), |(i, j)| i * j);
    /// ndarena::scope(|scope| {
    ///     let b = scope.copy_of(&a.slice(s![1.., ..]));
    ///     assert_eq!(b, a.slice(s![1.., ..]));
    ///     assert_eq!(b.strides(), &[1, 3]);
    /// });
    /// ```
    #[inline]
    #[track_caller]
    pub fn copy_of<T, D>(self, a: &ArrayRef<T, D>) -> ArrayViewMut<'s, T, D>
    where
        T: Copy + 's,
        D: Dimension,
    {
        self.map(a, |&x| x)
    }

    /// The array of `f(&x)` for each element `x` of `a`, of the same shape and in the same memory order.
    ///
    /// # Panics
    ///
    /// As [`AllocArray`] says.
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// let a = array![[1.0, 4.0], [9.0, 16.0]];
    /// ndarena::scope(|s| assert_eq!(s.map(&a, |x: &f64| x.sqrt()), array![[1.0, 2.0], [3.0, 4.0]]));
    /// ```
    #[inline]
    #[track_caller]
    pub fn map<'a, A, B, D, F>(self, a: &'a ArrayRef<A, D>, mut f: F) -> ArrayViewMut<'s, B, D>
    where
        A: 'a,
        B: Copy + 's,
        D: Dimension,
        F: FnMut(&'a A) -> B,
    {
        if let Some(from) = a.as_slice() {
            if let Some(to) = self.map_slice(from, &mut f) {
                // SAFETY: `to` has as many elements as `a`, for `'s` and for no one else.
                return unsafe { ArrayViewMut::from_shape_ptr(a.raw_dim(), to.as_mut_ptr()) };
            }
        }
        self.map_in_order(a, f)
    }

    /// Every case of [`map`](Scope::map): apart, so that row-major arrays without gaps get short code.
    #[inline(never)]
    #[track_caller]
    fn map_in_order<'a, A, B, D, F>(self, a: &'a ArrayRef<A, D>, mut f: F) -> ArrayViewMut<'s, B, D>
    where
        A: 'a,
        B: Copy + 's,
        D: Dimension,
        F: FnMut(&'a A) -> B,
    {
        if let Some(from) = a.t().to_slice() {
            if let Some(to) = self.map_slice(from, &mut f) {
                // SAFETY: `to` has as many elements as `a`, for `'s` and for no one else.
                return unsafe { ArrayViewMut::from_shape_ptr(a.raw_dim().f(), to.as_mut_ptr()) };
            }
        }
        let mut to = self.uninit_like(a);
        match (to.strides() == a.strides(), to.as_slice_memory_order_mut(), a.as_slice_memory_order()) {
            // Both without gaps and in the same order.
            (true, Some(to), Some(from)) => to.iter_mut().zip(from).for_each(|(to, from)| {
                to.write(f(from));
            }),
            _ => Zip::from(&mut to).and(a).for_each(|to, from| {
                to.write(f(from));
            }),
        }
        // SAFETY: either branch writes every element; the slices of the first are as long as the arrays, which have the
        // same shape.
        unsafe { to.assume_init() }
    }

    /// The values of `f` for the elements of `from`, if there is memory ready for them.
    #[inline(always)]
    fn map_slice<'a, A, B: Copy + 's>(self, from: &'a [A], mut f: impl FnMut(&'a A) -> B) -> Option<&'s mut [B]> {
        let to = self.uninit_slice_fast::<B>(from.len())?;
        for (to, from) in to.iter_mut().zip(from) {
            to.write(f(from));
        }
        // SAFETY: both are as long, so each element is written.
        Some(unsafe { slice::from_raw_parts_mut(to.as_mut_ptr().cast(), to.len()) })
    }

    /// An array of `a`'s shape, without gaps, whose axes have the order in memory that `a`'s have; row-major where `a`
    /// repeats elements and so has none.
    #[inline]
    #[track_caller]
    fn uninit_like<A, B, D>(self, a: &ArrayRef<A, D>) -> ArrayViewMut<'s, MaybeUninit<B>, D>
    where
        B: Copy + 's,
        D: Dimension,
    {
        let strides = a.strides();
        let repeats = || a.axes().any(|axis| axis.stride == 0 && axis.len > 1);
        if strides.windows(2).all(|pair| pair[0].unsigned_abs() >= pair[1].unsigned_abs()) || repeats() {
            return self.uninit(a.raw_dim());
        }
        let mut slowest_first = D::zeros(a.ndim());
        lengths_mut(&mut slowest_first).iter_mut().enumerate().for_each(|(i, axis)| *axis = i);
        lengths_mut(&mut slowest_first).sort_by_key(|&axis| Reverse(strides[axis].unsigned_abs()));
        let mut dim = slowest_first.clone();
        let mut place_of = slowest_first.clone();
        for (place, &axis) in lengths_mut(&mut slowest_first).iter().enumerate() {
            dim[place] = a.len_of(Axis(axis));
            place_of[axis] = place;
        }
        self.uninit(dim).permuted_axes(place_of)
    }
}
