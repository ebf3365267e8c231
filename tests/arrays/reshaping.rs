//! `as_standard_layout`, `to_shape` and `broadcast`, against ndarray on the heap.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ndarena::prelude::*;
use ndarray::prelude::*;
use ndarray::{Order, Slice, s};
use proptest::prelude::*;

/// An array with its axes permuted, and each sliced with some step.
fn laid_out() -> impl Strategy<Value = ArrayD<i32>> {
    prop::collection::vec(0usize..5, 0..4).prop_flat_map(|shape| {
        let len = shape.iter().product::<usize>() as i32;
        let axes: Vec<usize> = (0..shape.len()).collect();
        let steps = prop::collection::vec(prop_oneof![Just(1isize), Just(-1), Just(2)], shape.len());
        (Just(axes).prop_shuffle(), steps).prop_map(move |(axes, steps)| {
            let array = Array::from_iter(0..len).into_shape_with_order(IxDyn(&shape)).unwrap();
            let mut array = array.permuted_axes(IxDyn(&axes));
            for (axis, &step) in steps.iter().enumerate() {
                array.slice_axis_inplace(Axis(axis), Slice::new(0, None, step));
            }
            array
        })
    })
}

/// Shapes with so many elements.
fn shapes(len: usize) -> Vec<Vec<usize>> {
    let mut shapes = vec![vec![len], vec![1, len], vec![len, 1]];
    for n in 2..=len {
        if len % n == 0 {
            shapes.push(vec![n, len / n]);
            shapes.push(vec![len / n, 1, n]);
        }
    }
    shapes
}

/// Whether the elements of `view` are some of `a`.
fn is_part_of<D: Dimension>(view: &ArrayView<'_, i32, D>, a: &ArrayD<i32>) -> bool {
    !view.is_empty() && a.iter().any(|x| std::ptr::eq(x, view.first().unwrap()))
}

proptest! {
    #[test]
    fn they_are_ndarrays(a in laid_out()) {
        let buffer = Buffer::new();
        buffer.scope(|scope| {
            let (ours, ndarrays) = (scope.as_standard_layout(&a), a.as_standard_layout());
            prop_assert_eq!(&ours, &ndarrays);
            prop_assert!(ours.is_standard_layout());
            prop_assert_eq!(ours.as_ptr() == a.as_ptr() || a.is_empty(), ndarrays.is_view() || a.is_empty());
            for shape in shapes(a.len()) {
                for order in [Order::RowMajor, Order::ColumnMajor] {
                    let arg = (IxDyn(&shape), order);
                    let (ours, ndarrays) = (scope.to_shape(&a, arg.clone()).unwrap(), a.to_shape(arg).unwrap());
                    prop_assert_eq!(&ours, &ndarrays);
                    prop_assert_eq!(is_part_of(&ours, &a), ndarrays.is_view() && !a.is_empty());
                }
            }
            for (ours, ndarrays) in [
                (scope.flatten(&a), a.flatten()),
                (scope.flatten_with_order(&a, Order::RowMajor), a.flatten()),
                (scope.flatten_with_order(&a, Order::ColumnMajor), a.flatten_with_order(Order::ColumnMajor)),
            ] {
                prop_assert_eq!(&ours, &ndarrays);
                prop_assert_eq!(is_part_of(&ours, &a), ndarrays.is_view() && !a.is_empty());
            }
            let wrong = [a.len() + 1, 3];
            prop_assert_eq!(scope.to_shape(&a, wrong).unwrap_err(), a.to_shape(wrong).unwrap_err());
            let mut shape = a.shape().to_vec();
            shape.insert(0, 3);
            let (ours, ndarrays) = (scope.broadcast(&a, shape.as_slice()), a.broadcast(shape.as_slice()).unwrap());
            prop_assert_eq!(&ours, &ndarrays);
            prop_assert!(ours.as_slice_memory_order().is_some());
            Ok(())
        })?;
    }
}

#[test]
fn shapes_known_when_compiled_stay_so() {
    let a = Array2::from_shape_fn((4, 6), |(i, j)| i * 6 + j);
    let (t, every_second) = (a.t(), a.slice(s![.., ..;2]));
    ndarena::scope(|scope| {
        let cube: ArrayView3<'_, usize> = scope.to_shape(&t, (2, 3, 4)).unwrap();
        assert_eq!(cube, a.t().to_shape((2, 3, 4)).unwrap());
        let flat: ArrayView1<'_, usize> = scope.to_shape(&every_second, 12).unwrap();
        assert_eq!(flat, Array1::from_iter((0..24).step_by(2)));
        let wide: ArrayViewMut3<'_, usize> = scope.broadcast(&a.row(1), (2, 3, 6));
        assert_eq!(wide.strides(), [18, 6, 1]);
        let standard: ArrayView2<'_, usize> = scope.as_standard_layout(&t);
        assert_eq!(standard.as_slice().unwrap(), a.t().iter().copied().collect::<Vec<_>>());
    });
}

/// What comes next to the largest stride that there is overflows, and is nobody's.
#[test]
fn strides_may_be_as_large_as_can_be() {
    let units = &[(); 1 << (usize::BITS - 2) | 1];
    let far = ArrayView::from_shape(2.strides(units.len() - 1), units).unwrap();
    ndarena::scope(|s| {
        assert_eq!(s.to_shape(&far, (1, 2)).unwrap().dim(), (1, 2));
        assert_eq!(s.to_shape(&far.slice(s![..;-1]), (1, 2, 1)).unwrap().dim(), (1, 2, 1));
    });
}

#[test]
fn what_cannot_be_broadcast_is_named() {
    let buffer = Buffer::new();
    let a = Array2::<f64>::ones((2, 3));
    let call = || buffer.scope(|s| drop(s.broadcast(&a, (4, 3))));
    let panic = catch_unwind(AssertUnwindSafe(call)).unwrap_err();
    let said = panic.downcast_ref::<String>().unwrap();
    assert!(
        said.starts_with("ndarena: broadcast: could not broadcast array from shape: [2, 3] to: [4, 3]; "),
        "{said}"
    );
    assert_eq!(buffer.stats().growths, 0, "nothing was allocated");
}
