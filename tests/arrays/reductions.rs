//! Reductions along an axis, against ndarray on the heap: bit for bit, and in the same memory order.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ndarena::{FixedBuffer, prelude::*};
use ndarena_testing::calls_of;
use ndarray::prelude::*;
use proptest::prelude::*;

/// The same elements, to the bit, and, where there are several, the same memory order.
fn assert_same<D: Dimension>(ours: ArrayViewMut<'_, f64, D>, ndarrays: Array<f64, D>) {
    assert_eq!(ours.shape(), ndarrays.shape());
    assert!(ours.iter().zip(&ndarrays).all(|(x, y)| x.to_bits() == y.to_bits()), "{ours:?} {ndarrays:?}");
    if ours.shape().iter().all(|&len| len > 1) {
        assert_eq!(ours.strides(), ndarrays.strides());
    }
}

fn check<D: ndarray::RemoveAxis>(s: Scope<'_>, a: ArrayView<'_, f64, D>) {
    for axis in (0..a.ndim()).map(Axis) {
        assert_same(s.sum_axis(&a, axis), a.sum_axis(axis));
        assert_same(
            s.map_axis(&a, axis, |lane| lane.sum() - lane.len() as f64),
            a.map_axis(axis, |lane| lane.sum() - lane.len() as f64),
        );
        assert_same(s.fold_axis(&a, axis, 0.5, |x, y| x / 3.0 - y), a.fold_axis(axis, 0.5, |x, y| x / 3.0 - y));
        let (ours, ndarrays) = (s.mean_axis(&a, axis), a.mean_axis(axis));
        assert_eq!(ours.is_some(), ndarrays.is_some());
        if let (Some(ours), Some(ndarrays)) = (ours, ndarrays) {
            assert_same(ours, ndarrays);
        }
        for ddof in [0.0, 1.0] {
            if ddof <= a.len_of(axis) as f64 {
                assert_same(s.var_axis(&a, axis, ddof), a.var_axis(axis, ddof));
                assert_same(s.std_axis(&a, axis, ddof), a.std_axis(axis, ddof));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]
    #[test]
    fn they_are_ndarrays(shape in prop::array::uniform4(0usize..6), long in 0usize..40, seed in any::<u64>()) {
        let mut state = seed | 1;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1u64 << 53) as f64 * 20.0 - 10.0
        };
        let a = Array4::from_shape_simple_fn(shape, &mut next);
        let wide = Array2::from_shape_simple_fn((shape[0], long), &mut next);
        let buffer = Buffer::new();
        buffer.scope(|s| {
            check(s, a.view());
            check(s, a.t());
            check(s, a.view().permuted_axes([2, 0, 3, 1]));
            check(s, a.slice(s![..;-1, ..;2, .., ..;-1]));
            if shape[3] > 0 {
                check(s, with_gaps(&a));
            }
            check(s, a.view().into_dyn());
            for wide in [wide.view(), wide.t(), wide.slice(s![..;2, ..;-3])] {
                check(s, wide);
                check(s, wide.insert_axis(Axis(1)));
            }
            if let Some(repeated) = wide.broadcast((3, shape[0], long)) {
                check(s, repeated);
            }
            if shape[0] > 0 {
                check(s, wide.row(0));
            }
        });
        prop_assert_eq!(buffer.stats().in_use, 0);
    }
}

/// A view of three dimensions with gaps.
fn with_gaps(a: &Array4<f64>) -> ArrayView3<'_, f64> {
    a.slice(s![.., .., ..;2, ..]).index_axis_move(Axis(3), a.len_of(Axis(3)) - 1)
}

#[test]
fn integers_and_references_reduce_as_well() {
    let a = array![[1, 2, 3], [4, 5, 6]];
    ndarena::scope(|s| {
        assert_eq!(s.sum_axis(&a, Axis(0)), array![5, 7, 9]);
        assert_eq!(s.mean_axis(&a, Axis(1)).unwrap(), array![2, 5]);
        let longest = s.map_axis(&a, Axis(1), |row| row.len());
        assert_eq!(longest, array![3, 3]);
        let words = array![["a", "bb"], ["ccc", ""]];
        assert_eq!(
            s.fold_axis(&words, Axis(0), "", |&x, &y| if y.len() > x.len() { y } else { x }),
            array!["ccc", "bb"]
        );
    });
}

#[test]
fn bad_arguments_panic_and_leave_nothing_behind() {
    let buffer = Buffer::new();
    let a = Array2::<f64>::ones((2, 3));
    let calls: [fn(Scope<'_>, &Array2<f64>); 7] = [
        |s, a| drop(s.sum_axis(a, Axis(2))),
        |s, a| drop(s.mean_axis(a, Axis(2))),
        |s, a| drop(s.map_axis(a, Axis(2), |lane| lane.len())),
        |s, a| drop(s.fold_axis(a, Axis(2), 0.0, |x, y| x + y)),
        |s, a| drop(s.var_axis(a, Axis(2), 0.0)),
        |s, a| drop(s.var_axis(a, Axis(0), 2.5)),
        |s, a| drop(s.std_axis(a, Axis(1), -1.0)),
    ];
    for call in calls {
        assert!(catch_unwind(AssertUnwindSafe(|| buffer.scope(|s| call(s, &a)))).is_err());
        assert_eq!(buffer.stats().in_use, 0);
    }
}

#[test]
fn the_steady_state_allocates_nothing() {
    let a = Array2::from_shape_fn((30, 40), |(i, j)| (i * j) as f64);
    let reduce = |s: Scope<'_>| {
        s.sum_axis(&a, Axis(0)).sum()
            + s.sum_axis(&a, Axis(1)).sum()
            + s.std_axis(&a, Axis(0), 1.0).sum()
            + s.mean_axis(&a, Axis(1)).map_or(0.0, |mean| mean.sum())
    };
    let buffer = Buffer::new();
    let expected = buffer.scope(reduce);
    assert_eq!(calls_of(|| assert_eq!(buffer.scope(reduce), expected)), 0);
    let mut memory = vec![std::mem::MaybeUninit::uninit(); 4096];
    let fixed = FixedBuffer::new(&mut memory);
    assert_eq!(calls_of(|| assert_eq!(fixed.scope(reduce), expected)), 0);
}
