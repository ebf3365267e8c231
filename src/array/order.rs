//! The order of axes in memory: which one an array has, and arrays that are to have a certain one.

#![forbid(unsafe_code)]

use ndarray::{ArrayViewMut, Dimension};

use super::walk::Strided;
use crate::shape::lengths_mut;

/// The axes 0 to `n - 1`, in this order.
pub(super) fn axes_in_turn<D: Dimension>(n: usize) -> D {
    let mut axes = D::zeros(n);
    lengths_mut(&mut axes).iter_mut().enumerate().for_each(|(i, axis)| *axis = i);
    axes
}

/// The lengths of axes, in that order.
#[inline]
pub(super) fn in_order<D: Dimension>(dim: &D, slowest_first: Option<&D>) -> D {
    let mut in_memory = dim.clone();
    if let Some(slowest_first) = slowest_first {
        for (place, &axis) in slowest_first.slice().iter().enumerate() {
            in_memory[place] = dim[axis];
        }
    }
    in_memory
}

/// `array`, whose axes are in that order, with each axis where it belongs.
#[inline]
pub(super) fn in_place<'s, T, D: Dimension>(
    array: ArrayViewMut<'s, T, D>,
    slowest_first: &D,
) -> ArrayViewMut<'s, T, D> {
    let mut place_of = slowest_first.clone();
    for (place, &axis) in slowest_first.slice().iter().enumerate() {
        place_of[axis] = place;
    }
    array.permuted_axes(place_of)
}

/// How much an operand that is broadcast to `shape` speaks for column-major order, as ndarray's `Zip` weighs it: more if it lies
/// without gaps. The result of several operands is column-major if the sum over these is positive.
#[inline]
pub(super) fn prefers_column_major(shape: &[usize], (lengths, strides): Strided<'_>) -> i32 {
    let (&[first, .., last], missing) = (shape, shape.len() - lengths.len()) else { return 0 };
    let stride = |axis: usize| match axis.checked_sub(missing) {
        Some(own) if lengths[own] == shape[axis] => strides[own],
        _ => 0,
    };
    let (axes, long_axes) = (shape.len(), shape.iter().filter(|&&len| len > 1).count());
    if without_gaps((0..axes).rev().map(|axis| (shape[axis], stride(axis)))) {
        if long_axes > 1 { -2 } else { 0 }
    } else if without_gaps((0..axes).map(|axis| (shape[axis], stride(axis)))) {
        2
    } else if first > 1 && stride(0) == 1 {
        1
    } else if last > 1 && stride(axes - 1) == 1 {
        -1
    } else {
        0
    }
}

/// Whether elements lie side by side, if these are the lengths and strides of axes from the fastest to the slowest.
#[inline]
fn without_gaps(axes: impl Iterator<Item = (usize, isize)> + Clone) -> bool {
    let mut side_by_side = 1isize;
    let contiguous = axes.clone().filter(|&(len, _)| len != 1).all(|(len, stride)| {
        let next = side_by_side;
        // Where this wraps round, there is no such array.
        side_by_side = side_by_side.wrapping_mul(len as isize);
        stride == next
    });
    contiguous || axes.into_iter().any(|(len, _)| len == 0)
}
