//! Arrays put together along an axis, with ndarray's errors and in its memory order.

use core::mem::MaybeUninit;

use ndarray::{
    ArrayRef, ArrayView, ArrayViewMut, Axis, Dimension, ErrorKind, RemoveAxis, ShapeBuilder, ShapeError, Slice,
};

use super::AllocArray;
use super::checks::check_axis;
use super::order::axes_in_turn;
use crate::scope::Scope;
use crate::shape::{contiguous_extent, lengths_mut};

impl<'s> Scope<'s> {
    /// The arrays one after the other along `axis`, like `ndarray::concatenate`.
    ///
    /// # Errors
    ///
    /// If there are no arrays, if they have no such axis, or if their other axes differ in length, or the result's size
    /// overflows `isize`.
    ///
    /// # Panics
    ///
    /// As [`AllocArray`] says.
    ///
    /// ```
    /// use ndarray::{Axis, array};
    ///
    /// let (a, b) = (array![[1, 2], [3, 4]], array![[5], [6]]);
    /// ndarena::scope(|s| {
    ///     let joined = s.concatenate(Axis(1), &[a.view(), b.view()]).unwrap();
    ///     assert_eq!(joined, array![[1, 2, 5], [3, 4, 6]]);
    /// });
    /// ```
    #[track_caller]
    pub fn concatenate<T, D>(
        self,
        axis: Axis,
        arrays: &[ArrayView<'_, T, D>],
    ) -> Result<ArrayViewMut<'s, T, D>, ShapeError>
    where
        T: Copy + 's,
        D: RemoveAxis,
    {
        let error = |kind| Err(ShapeError::from_kind(kind));
        let Some(first) = arrays.first() else { return error(ErrorKind::Unsupported) };
        if axis.index() >= first.ndim() {
            return error(ErrorKind::OutOfBounds);
        }
        let others = first.raw_dim().remove_axis(axis);
        if arrays.iter().any(|a| a.ndim() != first.ndim() || a.raw_dim().remove_axis(axis) != others) {
            return error(ErrorKind::IncompatibleShape);
        }
        let len = arrays.iter().try_fold(0usize, |len, a| len.checked_add(a.len_of(axis)));
        let mut dim = first.raw_dim();
        match len {
            Some(len) => lengths_mut(&mut dim)[axis.index()] = len,
            None => return error(ErrorKind::Overflow),
        }
        if contiguous_extent(&dim, size_of::<T>()).is_err() {
            return error(ErrorKind::Overflow);
        }
        Ok(self.join(dim, axis, arrays.iter().map(|a| a.view())))
    }

    /// The arrays next to each other along a new axis, like `ndarray::stack`.
    ///
    /// # Errors
    ///
    /// If there are no arrays, if they have fewer axes than to have this one among them, or if they differ in shape, or the
    /// result's size overflows `isize`.
    ///
    /// # Panics
    ///
    /// As [`AllocArray`] says.
    ///
    /// ```
    /// use ndarray::{Axis, array};
    ///
    /// let (a, b) = (array![1, 2], array![3, 4]);
    /// ndarena::scope(|s| assert_eq!(s.stack(Axis(0), &[a.view(), b.view()]).unwrap(), array![[1, 2], [3, 4]]));
    /// ```
    #[track_caller]
    pub fn stack<T, D>(
        self,
        axis: Axis,
        arrays: &[ArrayView<'_, T, D>],
    ) -> Result<ArrayViewMut<'s, T, D::Larger>, ShapeError>
    where
        T: Copy + 's,
        D: Dimension,
        D::Larger: RemoveAxis,
    {
        let error = |kind| Err(ShapeError::from_kind(kind));
        let Some(first) = arrays.first() else { return error(ErrorKind::Unsupported) };
        if axis.index() > first.ndim() {
            return error(ErrorKind::OutOfBounds);
        }
        if arrays.iter().any(|a| a.raw_dim() != first.raw_dim()) {
            return error(ErrorKind::IncompatibleShape);
        }
        let mut dim = first.raw_dim().insert_axis(axis);
        lengths_mut(&mut dim)[axis.index()] = arrays.len();
        if contiguous_extent(&dim, size_of::<T>()).is_err() {
            return error(ErrorKind::Overflow);
        }
        Ok(self.join(dim, axis, arrays.iter().map(|a| a.view().insert_axis(axis))))
    }

    /// The parts of `a` at `indices` along `axis`, in that order; an index may come several times.
    ///
    /// # Panics
    ///
    /// If `a` has no such axis, or an index is out of its bounds, and as [`AllocArray`] says.
    ///
    /// ```
    /// use ndarray::{Axis, array};
    ///
    /// let a = array![[1, 2], [3, 4], [5, 6]];
    /// ndarena::scope(|s| assert_eq!(s.select(&a, Axis(0), &[2, 0, 2]), array![[5, 6], [1, 2], [5, 6]]));
    /// ```
    #[track_caller]
    pub fn select<T, D>(self, a: &ArrayRef<T, D>, axis: Axis, indices: &[usize]) -> ArrayViewMut<'s, T, D>
    where
        T: Copy + 's,
        D: RemoveAxis,
    {
        check_axis("select", a, axis);
        let len = a.len_of(axis);
        if let Some(&index) = indices.iter().find(|&&index| index >= len) {
            no_such_index(index, axis, a.shape());
        }
        let mut dim = a.raw_dim();
        lengths_mut(&mut dim)[axis.index()] = indices.len();
        let part = |&index: &usize| a.slice_axis(axis, Slice::from(index..index + 1));
        self.join(dim, axis, indices.iter().map(part))
    }

    /// An array of shape `dim`, made of `parts` that follow each other along `axis`. That axis is the slowest in memory,
    /// before the others in their order; if it is the last, the array is column-major. The lengths of all parts along `axis`
    /// add up to the array's.
    #[track_caller]
    fn join<'a, T, D>(
        self,
        dim: D,
        axis: Axis,
        parts: impl Iterator<Item = ArrayView<'a, T, D>>,
    ) -> ArrayViewMut<'s, T, D>
    where
        T: Copy + 's + 'a,
        D: Dimension,
    {
        let (n, axis_index) = (dim.ndim(), axis.index());
        let mut to: ArrayViewMut<'s, MaybeUninit<T>, D> = if axis_index + 1 == n {
            self.uninit(dim.f())
        } else {
            let mut slowest_first: D = axes_in_turn(n);
            lengths_mut(&mut slowest_first)[..=axis_index].rotate_right(1);
            self.uninit_in_order(&dim, &slowest_first)
        };
        let mut start = 0;
        for part in parts {
            let end = start + part.len_of(axis);
            to.slice_axis_mut(axis, Slice::from(start..end)).zip_mut_with(&part, |to, &x| {
                to.write(x);
            });
            start = end;
        }
        assert_eq!(start, to.len_of(axis), "the parts are as long as the whole");
        // SAFETY: the parts cover the axis from end to end, and every element of each is written (Whole of `filling`).
        unsafe { to.assume_init() }
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn no_such_index(index: usize, axis: Axis, shape: &[usize]) -> ! {
    let (axis, len) = (axis.index(), shape[axis.index()]);
    panic!(
        "ndarena: select: index {index} is out of bounds for axis {axis} of shape {shape:?}; give indices that are less than {len}"
    )
}
