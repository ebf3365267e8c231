//! Arrays made from another, element by element, in one pass.

use core::cmp::Reverse;

use ndarray::{ArrayRef, ArrayViewMut, Axis, Dimension, ShapeBuilder};

use super::filling::{mapped_fast, written};
use super::order::{axes_in_turn, in_order, in_place};
use super::runs::write_array;
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
        self.map(a, |&x| x)
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
    pub fn map<'a, A, B, D, F>(self, a: &'a ArrayRef<A, D>, mut f: F) -> ArrayViewMut<'s, B, D>
    where
        A: 'a,
        B: Copy + 's,
        D: Dimension,
        F: FnMut(&'a A) -> B,
    {
        if let Some(to) = a.as_slice().and_then(|from| mapped_fast(self, from, &a.raw_dim(), &mut f)) {
            return to;
        }
        self.map_in_order(a, f)
    }

    /// Every case of [`map`](Scope::map). It is a function of its own, so that the code for row-major arrays without gaps is
    /// short.
    #[inline(never)]
    #[track_caller]
    fn map_in_order<'a, A, B, D, F>(self, a: &'a ArrayRef<A, D>, f: F) -> ArrayViewMut<'s, B, D>
    where
        A: 'a,
        B: Copy + 's,
        D: Dimension,
        F: FnMut(&'a A) -> B,
    {
        let from = a.as_slice_memory_order();
        let slowest_first = slowest_first(a);
        let in_memory = in_order(&a.raw_dim(), slowest_first.as_ref());
        let to = written(self, in_memory.set_f(false), |to| match (from, &slowest_first) {
            (Some(from), _) => to.map(from, f),
            (None, None) => write_array(to, a, |axis| axis, f),
            (None, Some(slowest_first)) => write_array(to, a, |axis| slowest_first[axis], f),
        });
        let mut to = match slowest_first {
            None => to,
            Some(slowest_first) => in_place(to, &slowest_first),
        };
        // An array without gaps that goes backwards along some axes is read from its lowest address on, and so written.
        if from.is_some() && a.strides().iter().any(|&stride| stride < 0) {
            for axis in (0..a.ndim()).map(Axis) {
                if a.stride_of(axis) < 0 && a.len_of(axis) > 1 {
                    to.invert_axis(axis);
                }
            }
        }
        to
    }
}

/// The axes of `a` from the slowest in memory to the fastest, if that is not the order that they have; row-major order where
/// `a` repeats elements, and so has none.
#[inline]
fn slowest_first<A, D: Dimension>(a: &ArrayRef<A, D>) -> Option<D> {
    let strides = a.strides();
    let repeats = || a.axes().any(|axis| axis.stride == 0 && axis.len > 1);
    if strides.windows(2).all(|pair| pair[0].unsigned_abs() >= pair[1].unsigned_abs()) || repeats() {
        return None;
    }
    let mut axes: D = axes_in_turn(a.ndim());
    lengths_mut(&mut axes).sort_by_key(|&axis| Reverse(strides[axis].unsigned_abs()));
    Some(axes)
}
