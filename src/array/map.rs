//! Arrays made from another, element by element, in one pass.

use core::cmp::Reverse;
use core::mem::MaybeUninit;

use ndarray::{ArrayRef, ArrayViewMut, Axis, Dimension, ShapeBuilder};

use super::AllocArray;
use super::filling::{Filling, written};
use super::order::{axes_in_turn, in_order, in_place};
use super::runs::{copy_array, write_array};
use crate::scope::Scope;
use crate::shape::lengths_mut;

impl<'s> Scope<'s> {
    /// A copy of `a`, of the same shape and in the same memory order: row-major, column-major, or any other order of the
    /// axes, without the gaps that `a` may have. What has no gaps has the same strides, also where it goes backwards.
    ///
    /// # Panics
    ///
    /// As [`AllocArray`](crate::AllocArray) says.
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
        match a.as_slice() {
            Some(from) => written(self, a.raw_dim().set_f(false), |to| to.copy(from)),
            None => self.like(a, |to, from| match from {
                Elements::Memory(from) => to.copy(from),
                Elements::Walk(a, order) => copy_array(to, a, |place| order.axis(place, a.ndim())),
            }),
        }
    }

    /// The array of `f(&x)` for each element `x` of `a`, of the same shape and in the same memory order.
    ///
    /// # Panics
    ///
    /// As [`AllocArray`](crate::AllocArray) says.
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// let a = array![[1.0, 4.0], [9.0, 16.0]];
    /// ndarena::scope(|s| assert_eq!(s.map(&a, |x: &f64| x.sqrt()), array![[1.0, 2.0], [3.0, 4.0]]));
    /// ```
    #[inline]
    #[track_caller]
    pub fn map<'a, A, B, D, F>(self, a: &'a ArrayRef<A, D>, f: F) -> ArrayViewMut<'s, B, D>
    where
        A: 'a,
        B: Copy + 's,
        D: Dimension,
        F: FnMut(&'a A) -> B,
    {
        match a.as_slice() {
            Some(from) => written(self, a.raw_dim().set_f(false), |to| to.map(from, f)),
            None => self.like(a, |to, from| from.map(to, f)),
        }
    }

    /// An array of `a`'s shape, and in its memory order, of what `write` makes of `a`'s elements. It is a function of its own, so that
    /// the code for row-major arrays without gaps is short.
    #[inline(never)]
    #[track_caller]
    fn like<'a, A, B, D>(
        self,
        a: &'a ArrayRef<A, D>,
        write: impl for<'f> FnOnce(&mut Filling<'f, B>, Elements<'a, '_, A, D>),
    ) -> ArrayViewMut<'s, B, D>
    where
        B: Copy + 's,
        D: Dimension,
    {
        let order = Order::of(a);
        let memory = a.as_slice_memory_order();
        let fill = |to: &mut Filling<'_, B>| match memory {
            Some(memory) => write(to, Elements::Memory(memory)),
            None => write(to, Elements::Walk(a, &order)),
        };
        let mut to = match &order {
            Order::RowMajor => written(self, a.raw_dim().set_f(false), fill),
            Order::ColumnMajor => written(self, a.raw_dim().set_f(true), fill),
            Order::Other(slowest_first) => {
                let in_memory = in_order(&a.raw_dim(), Some(slowest_first));
                in_place(written(self, in_memory.set_f(false), fill), slowest_first)
            }
        };
        // An array without gaps that goes backwards along some axes is read from its lowest address on, and so written.
        if memory.is_some() && a.strides().iter().any(|&stride| stride < 0) {
            for axis in (0..a.ndim()).map(Axis) {
                if a.stride_of(axis) < 0 && a.len_of(axis) > 1 {
                    to.invert_axis(axis);
                }
            }
        }
        to
    }

    /// An array of `a`'s shape, without gaps, whose axes have the order in memory that `a`'s have; row-major where `a`
    /// repeats elements and so has none.
    #[track_caller]
    pub(super) fn uninit_like<A, B, D>(self, a: &ArrayRef<A, D>) -> ArrayViewMut<'s, MaybeUninit<B>, D>
    where
        B: Copy + 's,
        D: Dimension,
    {
        match Order::of(a) {
            Order::RowMajor => self.uninit(a.raw_dim()),
            Order::ColumnMajor => self.uninit(a.raw_dim().f()),
            Order::Other(slowest_first) => {
                in_place(self.uninit(in_order(&a.raw_dim(), Some(&slowest_first))), &slowest_first)
            }
        }
    }
}

/// The elements that a new array is made of.
enum Elements<'a, 'o, A, D> {
    /// Side by side, in the order of the new array's memory.
    Memory(&'a [A]),
    /// Those of an array, to be taken in that order of its axes.
    Walk(&'a ArrayRef<A, D>, &'o Order<D>),
}

impl<'a, A, D: Dimension> Elements<'a, '_, A, D> {
    /// Writes `f` of each.
    #[inline(always)]
    fn map<B>(self, to: &mut Filling<'_, B>, f: impl FnMut(&'a A) -> B) {
        match self {
            Elements::Memory(from) => to.map(from, f),
            Elements::Walk(a, order) => write_array(to, a, |place| order.axis(place, a.ndim()), f),
        }
    }
}

/// In which order axes lie in memory.
enum Order<D> {
    RowMajor,
    ColumnMajor,
    /// The axes from the slowest to the fastest.
    Other(D),
}

impl<D: Dimension> Order<D> {
    /// The order of `a`'s axes; row-major where it repeats elements, and so has none.
    #[inline]
    fn of<A>(a: &ArrayRef<A, D>) -> Self {
        let strides = a.strides();
        let falls = |slower: isize, faster: isize| slower.unsigned_abs() >= faster.unsigned_abs();
        let repeats = || a.axes().any(|axis| axis.stride == 0 && axis.len > 1);
        if strides.windows(2).all(|pair| falls(pair[0], pair[1])) || repeats() {
            return Order::RowMajor;
        }
        if strides.windows(2).all(|pair| falls(pair[1], pair[0])) {
            return Order::ColumnMajor;
        }
        let mut axes: D = axes_in_turn(a.ndim());
        lengths_mut(&mut axes).sort_by_key(|&axis| Reverse(strides[axis].unsigned_abs()));
        Order::Other(axes)
    }

    /// The axis at that place, the slowest one at place 0, of so many.
    #[inline(always)]
    fn axis(&self, place: usize, count: usize) -> usize {
        match self {
            Order::RowMajor => place,
            Order::ColumnMajor => count - 1 - place,
            Order::Other(slowest_first) => slowest_first[place],
        }
    }
}
