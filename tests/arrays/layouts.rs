//! Arrays of every layout and number of axes, for what is compared with ndarray on each.

use bytemuck::NoUninit;
use ndarray::{Array, ArrayRef, ArrayView, Axis, Dimension, IntoDimension, Slice};

/// Something that is asked of an array of any number of axes.
pub(crate) trait Ask<T> {
    fn ask<D: ndarray::RemoveAxis>(&self, a: ArrayView<'_, T, D>);
}

/// Asks it of arrays of the elements that `element` gives for 0, 1, 2, and so on: of one to three axes, and of a dynamic number
/// of them.
pub(crate) fn on_every_layout<T: Copy>(element: impl Fn(usize) -> T, question: &impl Ask<T>) {
    if cfg!(miri) {
        return laid_out([2, 3], &element, question);
    }
    for n in [0, 1, 2, 7] {
        laid_out([n], &element, question);
    }
    for shape in [[4, 5], [2, 2], [1, 3], [3, 1], [1, 1], [0, 2], [2, 0]] {
        laid_out(shape, &element, question);
    }
    for shape in [[3, 4, 5], [2, 2, 2], [2, 1, 3], [1, 2, 2], [2, 0, 3]] {
        laid_out(shape, &element, question);
    }
    for shape in [&[][..], &[5], &[3, 4], &[2, 3, 2], &[2, 3, 2, 3]] {
        laid_out(shape, &element, question);
    }
}

fn laid_out<T: Copy, S: IntoDimension>(shape: S, element: &impl Fn(usize) -> T, question: &impl Ask<T>)
where
    S::Dim: ndarray::RemoveAxis,
{
    let dim = shape.into_dimension();
    let all = Array::from_iter((0..dim.size()).map(element)).into_shape_with_order(dim.clone()).unwrap();
    question.ask(all.view());
    question.ask(all.t());
    let steps = |from, step| all.slice_each_axis(move |_| Slice::new(from, None, step));
    question.ask(steps(0, 2));
    question.ask(steps(0, -1));
    question.ask(steps(0, -2).reversed_axes());
    // What is left out of the first axis leaves gaps, where there are others.
    if all.ndim() > 0 && !all.is_empty() {
        question.ask(all.slice_axis(Axis(0), Slice::from(1..)));
        question.ask(all.t().slice_axis(Axis(0), Slice::from(..-1)));
        question.ask(all.slice_axis(Axis(0), Slice::new(0, None, -1)));
    }
    for axis in (0..all.ndim()).map(Axis).filter(|&axis| all.len_of(axis) > 0) {
        let one = all.slice_axis(axis, Slice::from(..1));
        question.ask(one.broadcast(dim.clone()).expect("one element is repeated"));
    }
    if !all.is_empty() {
        let one = all.slice_each_axis(|_| Slice::from(..1));
        question.ask(one.broadcast(dim.clone()).expect("one element is repeated"));
    }
}

/// Asserts that both have the same elements, to the bit.
#[track_caller]
pub(crate) fn assert_bits<T: NoUninit, D: Dimension>(ours: &ArrayRef<T, D>, ndarrays: &ArrayRef<T, D>, what: &str) {
    assert_eq!(ours.shape(), ndarrays.shape(), "{what}");
    for (ours, ndarrays) in ours.iter().zip(ndarrays) {
        assert_eq!(bytemuck::bytes_of(ours), bytemuck::bytes_of(ndarrays), "{what}");
    }
}

/// Asserts that the axes of both have the same order in memory, the slowest first, and ours no gaps. (Axes that are no longer
/// than 1 are nowhere in it.)
#[track_caller]
pub(crate) fn assert_order<T, D: Dimension>(ours: &ArrayRef<T, D>, ndarrays: &ArrayRef<T, D>, what: &str) {
    let order = |a: &ArrayRef<T, D>| {
        let mut axes: Vec<usize> = (0..a.ndim()).filter(|&axis| a.len_of(Axis(axis)) > 1).collect();
        axes.sort_by_key(|&axis| std::cmp::Reverse(a.stride_of(Axis(axis)).unsigned_abs()));
        axes
    };
    assert!(ours.as_slice_memory_order().is_some(), "{what}");
    if !ours.is_empty() {
        assert_eq!(order(ours), order(ndarrays), "{what}");
    }
}
