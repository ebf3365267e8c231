//! `copy_of`, `map`, `zip_map` and `from_shape_fn` against ndarray on the heap, over all kinds of layouts.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ndarena::{Buffer, prelude::*};
use ndarray::prelude::*;
use ndarray::{IxDyn, Slice};
use proptest::prelude::*;

/// An array with its axes permuted, and each sliced with some step, forwards or backwards.
fn laid_out() -> impl Strategy<Value = (ArrayD<i32>, Vec<usize>, Vec<isize>)> {
    prop::collection::vec(0usize..6, 0..5).prop_flat_map(|shape| {
        let len = shape.iter().product::<usize>() as i32;
        let axes: Vec<usize> = (0..shape.len()).collect();
        let array = Just(Array::from_iter(0..len).into_shape_with_order(IxDyn(&shape)).unwrap());
        let steps = prop::collection::vec(prop_oneof![Just(1), Just(1), Just(-1), Just(2), Just(-3)], shape.len());
        (array, Just(axes).prop_shuffle(), steps)
    })
}

fn view<'a>((array, axes, steps): &'a (ArrayD<i32>, Vec<usize>, Vec<isize>)) -> ArrayViewD<'a, i32> {
    let mut view = array.view().permuted_axes(IxDyn(axes));
    for (axis, &step) in steps.iter().enumerate() {
        view.slice_axis_inplace(Axis(axis), Slice::new(0, None, step));
    }
    view
}

/// The axes that have an order in memory, from the slowest to the fastest.
fn order<D: Dimension>(a: &ArrayView<'_, i32, D>) -> Vec<usize> {
    let mut axes: Vec<usize> = (0..a.ndim()).filter(|&axis| a.len_of(Axis(axis)) > 1).collect();
    axes.sort_by_key(|&axis| std::cmp::Reverse(a.stride_of(Axis(axis)).unsigned_abs()));
    axes
}

proptest! {
    #[test]
    fn copies_and_maps_keep_elements_and_order(layout in laid_out()) {
        let x = view(&layout);
        let buffer = Buffer::new();
        buffer.scope(|s| {
            let copy = s.copy_of(&x);
            prop_assert_eq!(&copy, &x);
            prop_assert!(copy.as_slice_memory_order().is_some(), "no gaps");
            if !x.is_empty() {
                prop_assert_eq!(order(&copy.view()), order(&x));
            }
            let mapped = s.map(&x, |&x| f64::from(x) / 3.0);
            prop_assert_eq!(mapped, x.mapv(|x| f64::from(x) / 3.0));
            Ok(())
        })?;
    }

    #[test]
    fn zip_map_is_what_operators_make(layout in laid_out(), keep in prop::collection::vec(any::<bool>(), 5), drop in 0usize..4) {
        let a = view(&layout);
        // Some axes of length 1, some missing: what broadcasts to `a`.
        let mut b = a.to_owned();
        for (axis, &keep) in keep.iter().enumerate().take(a.ndim()) {
            if !keep && b.len_of(Axis(axis)) > 0 {
                b = b.slice_axis(Axis(axis), Slice::from(..1)).to_owned();
            }
        }
        for _ in 0..drop {
            if b.ndim() > 0 && b.len_of(Axis(0)) > 0 {
                b = b.index_axis_move(Axis(0), 0);
            }
        }
        let buffer = Buffer::new();
        buffer.scope(|s| {
            let (sum, expected) = (s.zip_map(&a, &b, |x, y| x + 2 * y), &a + &(2 * &b));
            prop_assert_eq!(&sum, &expected);
            let sum = s.zip_map(&b, &a, |y, x| x + 2 * y);
            prop_assert_eq!(&sum, &expected);
            let same = s.zip_map(&a, &a, |x, y| x * y);
            let expected = ndarray::Zip::from(&a).and(&a).map_collect(|x, y| x * y);
            prop_assert_eq!(same.strides(), expected.strides());
            prop_assert_eq!(same, expected);
            Ok(())
        })?;
    }

    #[test]
    fn from_shape_fn_calls_as_ndarray_does(shape in prop::collection::vec(0usize..5, 0..5), column_major: bool) {
        let shape = IxDyn(&shape).set_f(column_major);
        let buffer = Buffer::new();
        buffer.scope(|s| {
            let (mut ours, mut theirs) = (0, 0);
            let a = s.from_shape_fn(shape.clone(), |index| { ours += 1; (ours, index.slice().to_vec().len()) });
            let b = Array::from_shape_fn(shape.clone(), |index| { theirs += 1; (theirs, index.slice().to_vec().len()) });
            prop_assert_eq!(a, b);
            let (mut ours, mut theirs) = (0, 0);
            let a = s.from_shape_simple_fn(shape.clone(), || { ours += 1; ours });
            let b = Array::from_shape_simple_fn(shape.clone(), || { theirs += 1; theirs });
            prop_assert_eq!(a.strides(), b.strides());
            prop_assert_eq!(a, b);
            let a = s.default::<(u8, Option<f32>)>(shape.clone());
            let b = Array::<(u8, Option<f32>), _>::default(shape.clone());
            prop_assert_eq!(a.strides(), b.strides());
            prop_assert_eq!(a, b);
            let a = s.from_shape_fn(shape.clone(), |index| index.slice().iter().fold(0, |n, i| 10 * n + i));
            let b = Array::from_shape_fn(shape, |index| index.slice().iter().fold(0, |n, i| 10 * n + i));
            prop_assert_eq!(a, b);
            Ok(())
        })?;
    }
}

#[test]
fn shapes_with_padding_are_filled_as_well() {
    let (buffer, mut n) = (Buffer::new(), 0);
    buffer.scope(|s| {
        let mut a = s.from_shape_simple_fn((3, 4).strides((8, 1)), || {
            n += 1;
            f64::from(n)
        });
        assert_eq!(a.strides(), &[8, 1]);
        let mut elements = a.iter().copied().collect::<Vec<_>>();
        elements.sort_by(f64::total_cmp);
        assert_eq!(elements, (1..=12).map(f64::from).collect::<Vec<_>>());
        a.fill(0.0);
        assert_eq!(s.default::<f64>((3, 4).strides((8, 1))), a);
    });
}

#[test]
fn operands_of_different_ranks_have_the_larger_one() {
    let buffer = Buffer::new();
    let (matrix, row, column) = (array![[1, 2], [3, 4]], array![10, 20], array![[100], [200]]);
    buffer.scope(|s| {
        let sum: ArrayViewMut2<i32> = s.zip_map(&matrix, &row, |x, y| x + y);
        assert_eq!(sum, &matrix + &row);
        let sum: ArrayViewMut2<i32> = s.zip_map(&row, &column, |x, y| x + y);
        assert_eq!(sum, &row + &column);
        let sum: ArrayViewMut2<i32> = s.zip_map(&arr0(5), &matrix, |x, y| x + y);
        assert_eq!(sum, &matrix + 5);
        let in_scope = s.zip_map(&sum, &sum.t(), |x, y| x - y);
        assert_eq!(in_scope, &sum - &sum.t());
    });
}

#[test]
fn shapes_that_do_not_broadcast_panic_with_both() {
    let buffer = Buffer::new();
    buffer.scope(|s| {
        let call = || drop(s.zip_map(&Array2::<f64>::zeros((2, 3)), &Array1::<f64>::zeros(4), |x, y| x + y));
        let panic = catch_unwind(AssertUnwindSafe(call)).unwrap_err();
        let said = panic.downcast_ref::<String>().unwrap();
        assert!(said.starts_with("ndarena: zip_map: could not broadcast array from shape: [4] to: [2, 3]; "), "{said}");
    });
    assert_eq!(buffer.stats().growths, 0, "nothing was allocated");
}

#[test]
fn a_broadcast_view_is_copied_row_major() {
    let row = array![1, 2, 3];
    let buffer = Buffer::new();
    buffer.scope(|s| {
        let repeated = row.broadcast((4, 3)).unwrap();
        let copy = s.copy_of(&repeated);
        assert_eq!(copy.strides(), &[3, 1]);
        assert_eq!(copy, repeated);
    });
}

#[test]
fn closures_may_use_the_scope_themselves() {
    let buffer = Buffer::new();
    let x = Array1::from_iter(0..50);
    buffer.scope(|s| {
        let sums = s.map(&x, |&n| s.from_elem(n, 1).sum() + s.scope(|inner| inner.from_elem(n, 1).sum()));
        assert_eq!(sums, x.mapv(|n| 2 * n as i32));
    });
}
