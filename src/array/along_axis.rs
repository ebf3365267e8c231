//! What is made of each lane along an axis, and is a lane again: products so far, differences, partitions.

#![forbid(unsafe_code)]

use core::mem::{self, MaybeUninit};
use core::ops::{MulAssign, Sub};

use ndarray::{ArrayRef, ArrayViewMut, Axis, Dimension, RemoveAxis, ShapeBuilder, Slice, Zip};

use super::AllocArray;
use super::checks::check_axis;
use super::filling::{filled, written};
use super::zip_collect::ZipInto;
use crate::error::AllocError;
use crate::scope::Scope;
use crate::shape::lengths_mut;

impl<'s> Scope<'s> {
    /// The products of the elements so far along `axis`: of the shape of `a`, and in the memory order of [`copy_of`](Scope::copy_of).
    ///
    /// Other sums of this kind are made in place, by ndarray's `accumulate_axis_inplace` of a copy.
    ///
    /// # Panics
    ///
    /// If `a` has no such axis, and as [`AllocArray`] says.
    ///
    /// ```
    /// use ndarray::{Axis, array};
    ///
    /// let a = array![[1, 2, 3], [4, 5, 6]];
    /// ndarena::scope(|s| {
    ///     assert_eq!(s.cumprod(&a, Axis(1)), array![[1, 2, 6], [4, 20, 120]]);
    ///     let mut sums = s.copy_of(&a);
    ///     sums.accumulate_axis_inplace(Axis(1), |so_far, x| *x += so_far);
    ///     assert_eq!(sums, array![[1, 3, 6], [4, 9, 15]]);
    /// });
    /// ```
    #[track_caller]
    pub fn cumprod<A, D>(self, a: &ArrayRef<A, D>, axis: Axis) -> ArrayViewMut<'s, A, D>
    where
        A: Copy + MulAssign + 's,
        D: RemoveAxis,
    {
        check_axis("cumprod", a, axis);
        let by_lanes = match axis.index() {
            last if last + 1 == a.ndim() => products_of_rows(self, a),
            0 => products_of_rows(self, &a.t()).map(ArrayViewMut::reversed_axes),
            _ => None,
        };
        if let Some(products) = by_lanes {
            return products;
        }
        let mut products = self.copy_of(a);
        products.accumulate_axis_inplace(axis, |&so_far, x| *x *= so_far);
        products
    }

    /// The differences between neighbours along `axis`, the one that follows less the one before; and of these again, `n` times in
    /// all. Each time makes that axis one shorter.
    ///
    /// The array is row-major; but where `n` is even and `a` has no gaps, in the order of `a`, as ndarray's.
    ///
    /// # Panics
    ///
    /// If `n` is not 0, and `a` has no such axis, or one that is not longer than `n`; and as [`AllocArray`] says.
    ///
    /// ```
    /// use ndarray::{Axis, array};
    ///
    /// let a = array![1, 4, 9, 16];
    /// ndarena::scope(|s| {
    ///     assert_eq!(s.diff(&a, 1, Axis(0)), array![3, 5, 7]);
    ///     assert_eq!(s.diff(&a, 2, Axis(0)), array![2, 2]);
    /// });
    /// ```
    #[track_caller]
    pub fn diff<A, D>(self, a: &ArrayRef<A, D>, n: usize, axis: Axis) -> ArrayViewMut<'s, A, D>
    where
        A: Copy + Sub<Output = A> + 's,
        D: Dimension,
    {
        if n == 0 {
            return self.copy_of(a);
        }
        check_axis("diff", a, axis);
        let len = a.len_of(axis);
        if n >= len {
            too_short(n, axis, a.shape());
        }
        let last = a.slice_axis(axis, Slice::from(n..));
        let like_a = n % 2 == 0 && a.as_slice_memory_order().is_some();
        let to = if like_a { self.uninit_like(&last) } else { self.uninit(last.raw_dim()) };
        if n == 1 {
            return differences(a, axis, to);
        }
        // If there is no memory for the others, the closure says so by an error: its own panic would not be at the caller's place.
        let done: Result<_, AllocError> = self.scope(|inner| {
            let shorter_by = |n| {
                let mut dim = a.raw_dim();
                lengths_mut(&mut dim)[axis.index()] -= n;
                dim
            };
            let mut from = differences(a, axis, inner.try_uninit(shorter_by(1))?);
            let mut spare: Option<ArrayViewMut<'_, A, D>> = None;
            for times in 2..n {
                let next = match spare {
                    None => differences(&from, axis, inner.try_uninit(shorter_by(times))?),
                    Some(mut next) => {
                        next.slice_axis_inplace(axis, Slice::from(..len - times));
                        let (before, after) =
                            (from.slice_axis(axis, Slice::from(..-1)), from.slice_axis(axis, Slice::from(1..)));
                        Zip::from(&mut next).and(before).and(after).for_each(|to, &x, &y| *to = y - x);
                        next
                    }
                };
                spare = Some(mem::replace(&mut from, next));
            }
            Ok(differences(&from, axis, to))
        });
        match done {
            Ok(differences) => differences,
            Err(error) => AllocError::panic(&error),
        }
    }

    /// A copy of `a`, of each of whose lanes along `axis` the element at `kth` is the one that would be there if the lane were in
    /// order: what is before it is not greater, and what is behind it not less. An array without elements is given as it is.
    ///
    /// # Panics
    ///
    /// If `a` has elements, and no such axis, or `kth` is out of its bounds; and as [`AllocArray`] says.
    ///
    /// ```
    /// use ndarray::{Axis, array};
    ///
    /// ndarena::scope(|s| {
    ///     let parts = s.partition(&array![7, 1, 5, 2, 6], 2, Axis(0));
    ///     assert_eq!(parts[2], 5);
    ///     assert_eq!(parts[0].max(parts[1]), 2);
    /// });
    /// ```
    #[track_caller]
    pub fn partition<A, D>(self, a: &ArrayRef<A, D>, kth: usize, axis: Axis) -> ArrayViewMut<'s, A, D>
    where
        A: Copy + Ord + 's,
        D: Dimension,
    {
        let mut parts = self.copy_of(a);
        let Some(&first) = parts.first() else { return parts };
        check_axis("partition", a, axis);
        let len = a.len_of(axis);
        if kth >= len {
            no_such_element(kth, axis, a.shape());
        }
        if parts.stride_of(axis) == 1 {
            for mut lane in parts.lanes_mut(axis) {
                lane.as_slice_mut().expect("its elements lie side by side").select_nth_unstable(kth);
            }
            return parts;
        }
        let done: Result<(), AllocError> = self.scope(|inner| {
            let mut side_by_side = filled(inner.try_uninit(len)?, first);
            for mut lane in parts.lanes_mut(axis) {
                Zip::from(&mut side_by_side).and(&lane).for_each(|to, &x| *to = x);
                side_by_side.as_slice_mut().expect("a new array has no gaps").select_nth_unstable(kth);
                Zip::from(&mut lane).and(&side_by_side).for_each(|to, &x| *to = x);
            }
            Ok(())
        });
        match done {
            Ok(()) => parts,
            Err(error) => AllocError::panic(&error),
        }
    }
}

/// The products so far along the last axis, in one pass over an array that is row-major without gaps, and not empty; in the usual
/// case that the memory needs no call of the allocator.
#[inline]
fn products_of_rows<'s, A, D>(s: Scope<'s>, a: &ArrayRef<A, D>) -> Option<ArrayViewMut<'s, A, D>>
where
    A: Copy + MulAssign + 's,
    D: Dimension,
{
    let row_len = a.shape().last().copied().filter(|&len| len > 0)?;
    let rows = a.as_slice()?.chunks_exact(row_len);
    Some(written(s, a.raw_dim().set_f(false), |to| {
        rows.for_each(|row| {
            let mut so_far = row[0];
            to.write(1, |_| so_far);
            to.map(&row[1..], |&x| {
                let before = mem::replace(&mut so_far, x);
                so_far *= before;
                so_far
            });
        });
    }))
}

/// `to`, which is as long as `from` less one along `axis`, with the differences between neighbours.
#[inline]
fn differences<'t, A, D>(
    from: &ArrayRef<A, D>,
    axis: Axis,
    to: ArrayViewMut<'t, MaybeUninit<A>, D>,
) -> ArrayViewMut<'t, A, D>
where
    A: Copy + Sub<Output = A>,
    D: Dimension,
{
    let (before, after) = (from.slice_axis(axis, Slice::from(..-1)), from.slice_axis(axis, Slice::from(1..)));
    Zip::from(before).and(after).write_into(to, |&x, &y| y - x)
}

#[cold]
#[inline(never)]
#[track_caller]
fn too_short(n: usize, axis: Axis, shape: &[usize]) -> ! {
    let (axis, len) = (axis.index(), shape[axis.index()]);
    panic!(
        "ndarena: diff: `n` is {n}, and axis {axis} of shape {shape:?} has length {len}; give an `n` that is less than the length"
    )
}

#[cold]
#[inline(never)]
#[track_caller]
fn no_such_element(kth: usize, axis: Axis, shape: &[usize]) -> ! {
    let (axis, len) = (axis.index(), shape[axis.index()]);
    panic!(
        "ndarena: partition: element {kth} is out of bounds for axis {axis} of shape {shape:?}; give one that is less than {len}"
    )
}
