//! An array's strides in another shape.
//!
//! The invariant `Regrouped`: by these strides each index of the other shape leads from the array's first element to another one of
//! it, the same one as ndarray's order of indices.

#![forbid(unsafe_code)]

use ndarray::{ArrayRef, Dimension};

use super::lengths_mut;

/// The strides, positive or negative, with which `a`'s elements have the shape `to`, in the order of their indices, if there are such.
/// `a` has as many elements as that shape, and not none.
pub(crate) fn regrouped<T, D: Dimension, E: Dimension>(a: &ArrayRef<T, D>, to: &E) -> Option<E> {
    let mut axes = a.axes().rev().filter(|axis| axis.len > 1).peekable();
    let mut strides = to.clone();
    // What the last axes are as one, or what is left of that when the shape's last axes have been taken off: its length and stride.
    let (mut left, mut step) = (1, 1);
    for stride in lengths_mut(&mut strides).iter_mut().rev() {
        let len = *stride;
        if left == 1 && len > 1 {
            let last = axes.next()?;
            (left, step) = (last.len, last.stride);
            while let Some(outer) = axes.next_if(|outer| outer.stride == step.wrapping_mul(left as isize)) {
                left *= outer.len;
            }
        }
        if left % len != 0 {
            return None;
        }
        // Along an axis of one element nobody goes anywhere, so that its stride need not be what the step has become.
        *stride = if len > 1 { step as usize } else { 1 };
        left /= len;
        // Where this wraps round, no axis is left that takes such steps.
        step = step.wrapping_mul(len as isize);
    }
    Some(strides)
}
