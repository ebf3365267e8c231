//! Arrays put together along an axis, with ndarray's errors and in its memory order.

use ndarray::{
    ArrayRef, ArrayView, ArrayViewMut, Axis, Dimension, ErrorKind, Ix1, RemoveAxis, ShapeBuilder, ShapeError,
};

use super::checks::check_axis;
use super::filling::{Filling, written};
use super::order::{axes_in_turn, in_order, in_place};
use super::runs::copy_array;
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
    /// As [`AllocArray`](crate::AllocArray) says.
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
        Ok(self.join(dim, axis, |to, order| arrays.iter().for_each(|a| copy_array(to, a, order))))
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
    /// As [`AllocArray`](crate::AllocArray) says.
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
        Ok(self.join(dim, axis, |to, order| {
            let part = without(axis, order);
            arrays.iter().for_each(|a| copy_array(to, a, &part));
        }))
    }

    /// The parts of `a` at `indices` along `axis`, in that order; an index may come several times.
    ///
    /// # Panics
    ///
    /// If `a` has no such axis, or an index is out of its bounds, and as [`AllocArray`](crate::AllocArray) says.
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
        if let Ok(vector) = a.view().into_dimensionality::<Ix1>() {
            return written(self, dim.set_f(false), |to| to.write(indices.len(), |i| vector[indices[i]]));
        }
        if let (Some(elements), 0) = (a.as_slice(), axis.index()) {
            // Each part is a slice, and the result is row-major.
            let part_len = elements.len().checked_div(len).unwrap_or(0);
            return written(self, dim.set_f(false), |to| {
                indices.iter().for_each(|&i| to.map(&elements[i * part_len..][..part_len], |&x| x));
            });
        }
        // A part has one axis less than the whole, and the others in the order that they have there.
        self.join(dim, axis, |to, order| {
            let part = without(axis, order);
            indices.iter().for_each(|&index| copy_array(to, &a.index_axis(axis, index), &part));
        })
    }

    /// An array whose parts along `axis` `write` writes, one after the other, with the axes in the order that it is told, from
    /// the slowest to the fastest: `axis` first, and the others in row-major order; or if `axis` is the last one, in
    /// column-major order. That is the order in which ndarray appends one array to another.
    #[inline]
    #[track_caller]
    fn join<T, D>(
        self,
        dim: D,
        axis: Axis,
        write: impl for<'f> FnOnce(&mut Filling<'f, T>, &dyn Fn(usize) -> usize),
    ) -> ArrayViewMut<'s, T, D>
    where
        T: Copy + 's,
        D: Dimension,
    {
        let (n, axis) = (dim.ndim(), axis.index());
        if axis + 1 == n {
            return written(self, dim.set_f(true), |to| write(to, &|place| n - 1 - place));
        }
        let order = |place: usize| match place {
            0 => axis,
            _ if place <= axis => place - 1,
            _ => place,
        };
        let mut slowest_first: D = axes_in_turn(n);
        lengths_mut(&mut slowest_first)[..=axis].rotate_right(1);
        let joined = written(self, in_order(&dim, Some(&slowest_first)).set_f(false), |to| write(to, &order));
        if axis == 0 { joined } else { in_place(joined, &slowest_first) }
    }
}

/// The order of the axes that are left without `axis`, the first one of `order`, each with the number that it has then.
#[inline]
fn without(axis: Axis, order: &dyn Fn(usize) -> usize) -> impl Fn(usize) -> usize {
    move |place| {
        let other = order(place + 1);
        other - usize::from(other > axis.index())
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
