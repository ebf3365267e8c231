//! The order of axes in memory: which one an array has, and arrays that are to have a certain one.

#![forbid(unsafe_code)]

use core::mem::MaybeUninit;

use ndarray::{ArrayView, ArrayViewMut, Dimension};

use super::AllocArray;
use crate::scope::Scope;
use crate::shape::lengths_mut;

/// The axes 0 to `n - 1`, in this order.
pub(super) fn axes_in_turn<D: Dimension>(n: usize) -> D {
    let mut axes = D::zeros(n);
    lengths_mut(&mut axes).iter_mut().enumerate().for_each(|(i, axis)| *axis = i);
    axes
}

impl<'s> Scope<'s> {
    /// An array of shape `dim` without gaps, whose axes lie in memory in the order that `slowest_first` gives them: the elements
    /// along its last axis lie side by side.
    #[inline]
    #[track_caller]
    pub(super) fn uninit_in_order<T, D>(self, dim: &D, slowest_first: &D) -> ArrayViewMut<'s, MaybeUninit<T>, D>
    where
        T: Copy + 's,
        D: Dimension,
    {
        let (mut in_memory, mut place_of) = (dim.clone(), dim.clone());
        for (place, &axis) in slowest_first.slice().iter().enumerate() {
            in_memory[place] = dim[axis];
            place_of[axis] = place;
        }
        self.uninit(in_memory).permuted_axes(place_of)
    }
}

/// Whether the elements of each row lie side by side; if so, ndarray prefers row-major order, too.
#[inline]
pub(super) fn rows_without_gaps<A, D: Dimension>(a: &ArrayView<'_, A, D>) -> bool {
    a.strides().last() == Some(&1) && a.shape().last().is_some_and(|&len| len > 1)
}

/// How much an operand speaks for column-major order, as ndarray's `Zip` weighs it: more if it lies without gaps. The result
/// of several operands is column-major if the sum over these is positive.
#[inline]
pub(super) fn prefers_column_major<A, D: Dimension>(a: &ArrayView<'_, A, D>) -> i32 {
    let (shape, strides) = (a.shape(), a.strides());
    let (&[first, .., last], &[by_first, .., by_last]) = (shape, strides) else { return 0 };
    let long_axes = shape.iter().filter(|&&len| len > 1).count();
    if without_gaps(shape.iter().zip(strides).rev()) {
        if long_axes > 1 { -2 } else { 0 }
    } else if without_gaps(shape.iter().zip(strides)) {
        2
    } else if first > 1 && by_first == 1 {
        1
    } else if last > 1 && by_last == 1 {
        -1
    } else {
        0
    }
}

/// Whether elements lie side by side, if these are the axes from the fastest to the slowest.
#[inline]
fn without_gaps<'a>(axes: impl Iterator<Item = (&'a usize, &'a isize)> + Clone) -> bool {
    let mut side_by_side = 1;
    let contiguous = axes.clone().filter(|&(&len, _)| len != 1).all(|(&len, &stride)| {
        let next = side_by_side;
        side_by_side *= len as isize;
        stride == next
    });
    contiguous || axes.into_iter().any(|(&len, _)| len == 0)
}
