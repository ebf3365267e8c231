//! Arrays made from another, element by element, in one pass.

use core::cmp::Reverse;
use core::mem::MaybeUninit;

use ndarray::{ArrayRef, ArrayViewMut, Dimension};

use super::AllocArray;
use super::filling::{mapped_fast, written, written_from};
use super::order::axes_in_turn;
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
        match mapped_fast(self, a, false, &mut f) {
            Some(to) => to,
            None => self.map_in_order(a, f),
        }
    }

    /// Every case of [`map`](Scope::map). It is a function of its own, so that the code for row-major arrays without gaps is
    /// short.
    #[inline(never)]
    #[track_caller]
    fn map_in_order<'a, A, B, D, F>(self, a: &'a ArrayRef<A, D>, mut f: F) -> ArrayViewMut<'s, B, D>
    where
        A: 'a,
        B: Copy + 's,
        D: Dimension,
        F: FnMut(&'a A) -> B,
    {
        if let Some(to) = mapped_fast(self, a, true, &mut f) {
            return to;
        }
        let to = self.uninit_like(a);
        match a.as_slice_memory_order() {
            // Neither array has gaps, and both are in the same order.
            Some(from) if to.strides() == a.strides() => written(to, |to| to.map(from, f)),
            _ => written_from(to, a, f),
        }
    }

    /// An array of `a`'s shape, without gaps, whose axes have the order in memory that `a`'s have; row-major where `a`
    /// repeats elements and so has none.
    #[inline]
    #[track_caller]
    pub(super) fn uninit_like<A, B, D>(self, a: &ArrayRef<A, D>) -> ArrayViewMut<'s, MaybeUninit<B>, D>
    where
        B: Copy + 's,
        D: Dimension,
    {
        let strides = a.strides();
        let repeats = || a.axes().any(|axis| axis.stride == 0 && axis.len > 1);
        if strides.windows(2).all(|pair| pair[0].unsigned_abs() >= pair[1].unsigned_abs()) || repeats() {
            return self.uninit(a.raw_dim());
        }
        let mut slowest_first: D = axes_in_turn(a.ndim());
        lengths_mut(&mut slowest_first).sort_by_key(|&axis| Reverse(strides[axis].unsigned_abs()));
        self.uninit_in_order(&a.raw_dim(), &slowest_first)
    }
}
