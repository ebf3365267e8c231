//! Arrays put together, against ndarray on the heap: elements, errors and memory order.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ndarena::prelude::*;
use ndarena_testing::calls_of;
use ndarray::prelude::*;
use ndarray::{RemoveAxis, concatenate, stack};
use proptest::prelude::*;

fn assert_same<D: Dimension>(ours: ArrayViewMut<'_, usize, D>, ndarrays: Array<usize, D>) {
    assert_eq!(ours, ndarrays);
    if ours.shape().iter().all(|&len| len > 1) {
        assert_eq!(ours.strides(), ndarrays.strides());
    }
}

fn check<D: RemoveAxis>(s: Scope<'_>, a: ArrayView<'_, usize, D>, b: ArrayView<'_, usize, D>, indices: &[usize])
where
    D::Larger: RemoveAxis,
{
    for axis in (0..a.ndim() + 2).map(Axis) {
        for arrays in [&[a.view(), b.view(), a.view()][..], &[b.view(), b.view()], &[a.view()], &[]] {
            match (s.concatenate(axis, arrays), concatenate(axis, arrays)) {
                (Ok(ours), Ok(ndarrays)) => assert_same(ours, ndarrays),
                (Err(ours), Err(ndarrays)) => assert_eq!(ours, ndarrays),
                other => panic!("{other:?}"),
            }
            match (s.stack(axis, arrays), stack(axis, arrays)) {
                (Ok(ours), Ok(ndarrays)) => assert_same(ours, ndarrays),
                (Err(ours), Err(ndarrays)) => assert_eq!(ours, ndarrays),
                other => panic!("{other:?}"),
            }
        }
        if axis.index() < a.ndim() && a.len_of(axis) > 0 {
            let indices: Vec<_> = indices.iter().map(|i| i % a.len_of(axis)).collect();
            assert_same(s.select(&a, axis, &indices), a.select(axis, &indices));
        }
    }
}

proptest! {
    #[test]
    fn they_are_ndarrays(
        shape in prop::array::uniform3(0usize..5), other in 0usize..5, which in 0usize..3,
        indices in prop::collection::vec(0usize..100, 0..8),
    ) {
        let a = Array3::from_shape_fn(shape, |(i, j, k)| 100 * i + 10 * j + k);
        let mut shape_of_b = shape;
        shape_of_b[which] = other;
        let b = Array3::from_shape_fn(shape_of_b, |(i, j, k)| 1000 + 100 * i + 10 * j + k);
        ndarena::scope(|s| {
            check(s, a.view(), b.view(), &indices);
            check(s, a.t(), b.t(), &indices);
            check(s, a.slice(s![..;-1, .., ..;2]), b.slice(s![.., ..;-1, ..;2]), &indices);
            check(s, a.view().into_dyn(), b.view().into_dyn(), &indices);
            if shape[0] > 0 && shape_of_b[0] > 0 {
                let (a, b) = (a.index_axis(Axis(0), 0), b.index_axis(Axis(0), 0));
                check(s, a, b, &indices);
                if shape[1] > 0 && shape_of_b[1] > 0 {
                    check(s, a.row(0), b.row(0), &indices);
                }
            }
        });
    }
}

#[test]
fn arrays_of_different_dynamic_ranks_are_incompatible() {
    let (a, b) = (ArrayD::<u8>::zeros(vec![2, 3]), ArrayD::<u8>::zeros(vec![2, 3, 4]));
    ndarena::scope(|s| {
        for arrays in [[a.view(), b.view()], [b.view(), a.view()]] {
            assert!(s.concatenate(Axis(0), &arrays).is_err() && s.stack(Axis(0), &arrays).is_err());
        }
    });
}

#[test]
fn what_is_too_large_or_out_of_bounds_leaves_nothing_behind() {
    let buffer = Buffer::new();
    let units = ArrayView1::from(&[(); isize::MAX as usize]);
    let error = buffer.scope(|s| s.concatenate(Axis(0), &[units, units]).unwrap_err());
    assert_eq!(error.kind(), ndarray::ErrorKind::Overflow);
    let a = Array2::<f64>::zeros((2, 3));
    let calls: [fn(Scope<'_>, &Array2<f64>); 2] =
        [|s, a| drop(s.select(a, Axis(0), &[0, 2])), |s, a| drop(s.select(a, Axis(2), &[0]))];
    for call in calls {
        assert!(catch_unwind(AssertUnwindSafe(|| buffer.scope(|s| call(s, &a)))).is_err());
    }
    assert_eq!(buffer.stats().in_use, 0);
}

#[test]
fn the_steady_state_allocates_nothing() {
    let a = Array2::<f64>::ones((20, 30));
    let join = |s: Scope<'_>| {
        let both = s.concatenate(Axis(0), &[a.view(), a.view()]).unwrap().sum();
        both + s.stack(Axis(2), &[a.view(), a.view()]).unwrap().sum() + s.select(&a, Axis(1), &[3, 3, 4]).sum()
    };
    let buffer = Buffer::new();
    assert_eq!(buffer.scope(join), 1200.0 + 1200.0 + 60.0);
    assert_eq!(calls_of(|| assert_eq!(buffer.scope(join), 2460.0)), 0);
}
