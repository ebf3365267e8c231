//! The order of axes in memory: which one an array has, and arrays that are to have a certain one.

#![forbid(unsafe_code)]

use ndarray::{ArrayViewMut, Dimension};

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
