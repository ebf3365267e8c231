//! Products, differences and partitions along an axis, against ndarray on the heap, bit for bit, over every layout.

use std::ops::{MulAssign, Sub};

use bytemuck::NoUninit;
use ndarena::{Buffer, FixedBuffer, prelude::*};
use ndarena_testing::calls_of;
use ndarray::RemoveAxis;
use ndarray::prelude::*;
use num_complex::Complex64;
use num_traits::{One, Zero};

use crate::layouts::{Ask, assert_bits, assert_order, on_every_layout};

/// Whether ndarray's copy keeps the order of `a`, as ours does in any case.
fn keeps_order<T, D: Dimension>(a: &ArrayView<'_, T, D>) -> bool {
    a.is_standard_layout() || a.t().is_standard_layout()
}

struct Numbers;

impl<T> Ask<T> for Numbers
where
    T: NoUninit + Zero + One + MulAssign + Sub<Output = T>,
{
    fn ask<D: RemoveAxis>(&self, a: ArrayView<'_, T, D>) {
        let buffer = Buffer::new();
        for axis in (0..a.ndim()).map(Axis) {
            buffer.scope(|s| {
                let (ours, ndarrays) = (s.product_axis(&a, axis), a.product_axis(axis));
                assert_bits(&ours, &ndarrays, "product_axis");
                assert_order(&ours, &ndarrays, "product_axis");
                let (ours, ndarrays) = (s.cumprod(&a, axis), a.cumprod(axis));
                assert_bits(&ours, &ndarrays, "cumprod");
                assert_order(&ours, if keeps_order(&a) { &ndarrays } else { &ours }, "cumprod");
                for n in 0..a.len_of(axis) {
                    let (ours, ndarrays) = (s.diff(&a, n, axis), a.diff(n, axis));
                    assert_bits(&ours, &ndarrays, "diff");
                    assert_order(&ours, if n > 0 || keeps_order(&a) { &ndarrays } else { &ours }, "diff");
                }
                let mut copies = (a.to_owned(), a.to_owned());
                let change = |mut lane: ArrayViewMut1<'_, T>| {
                    let before = lane.product();
                    lane.fill(T::zero());
                    before
                };
                let ours = s.map_axis_mut(&mut copies.0, axis, change);
                let ndarrays = copies.1.map_axis_mut(axis, change);
                assert_bits(&ours, &ndarrays, "map_axis_mut");
                assert_order(&ours, &ndarrays, "map_axis_mut");
                assert_bits(&copies.0, &copies.1, "map_axis_mut");
            });
        }
        assert_eq!(buffer.stats().in_use, 0);
    }
}

/// Not so large that a lane's product were too large for an `i32`.
fn small(i: usize) -> i32 {
    [1, -2, 3, -1, 2, 1, -3][(i * 5 + i / 7) % 7]
}

#[test]
fn products_and_differences_are_ndarrays() {
    on_every_layout(small, &Numbers);
    if cfg!(miri) {
        return;
    }
    on_every_layout(|i| f64::from(small(i)) / 7.0, &Numbers);
    on_every_layout(|i| f32::from(small(i) as i16) / 7.0, &Numbers);
    on_every_layout(|i| Complex64::new(f64::from(small(i)) / 3.0, f64::from(small(i + 2)) / 7.0), &Numbers);
}

struct Parts;

impl Ask<i32> for Parts {
    fn ask<D: RemoveAxis>(&self, a: ArrayView<'_, i32, D>) {
        let buffer = Buffer::new();
        for axis in (0..a.ndim()).map(Axis) {
            for kth in 0..a.len_of(axis) {
                buffer.scope(|s| {
                    let ours = s.partition(&a, kth, axis);
                    for (lane, of) in ours.lanes(axis).into_iter().zip(a.lanes(axis)) {
                        let mut in_order = of.to_vec();
                        in_order.sort();
                        assert_eq!(lane[kth], in_order[kth]);
                        assert!(lane.iter().take(kth).all(|x| *x <= lane[kth]));
                        assert!(lane.iter().skip(kth).all(|x| *x >= lane[kth]));
                        let mut elements = lane.to_vec();
                        elements.sort();
                        assert_eq!(elements, in_order);
                    }
                    // ndarray 0.17.2 panics where its copy has lanes that lie backwards without gaps.
                    if a.to_owned().stride_of(axis) != -1 {
                        let ndarrays = a.partition(kth, axis);
                        assert_bits(&ours, &ndarrays, "partition");
                        assert_order(&ours, if keeps_order(&a) { &ndarrays } else { &ours }, "partition");
                    }
                });
            }
        }
        assert_eq!(buffer.stats().in_use, 0);
    }
}

#[test]
fn partitions_are_ndarrays() {
    on_every_layout(|i| (i * 7919 % 23) as i32, &Parts);
    // Long lanes are divided in other ways.
    let long = Array2::from_shape_fn((3, 1000), |(i, j)| (i * 31 + j * 7919) % 1009);
    ndarena::scope(|s| {
        assert_eq!(s.partition(&long, 300, Axis(1)), long.partition(300, Axis(1)));
        assert_eq!(s.partition(&long.t(), 700, Axis(0)), long.t().partition(700, Axis(0)));
        assert_eq!(s.partition(&long.as_standard_layout().t(), 700, Axis(0)), long.t().partition(700, Axis(0)));
        // Of what has no elements, neither the axis nor the place is looked at.
        let none = Array2::<i32>::zeros((0, 3));
        assert_eq!(s.partition(&none, 5, Axis(7)), none.partition(5, Axis(7)));
    });
}

#[test]
fn the_steady_state_allocates_nothing() {
    let a = Array2::from_shape_fn((20, 30), |(i, j)| ((i * 7 + j * 3) % 11) as i64 - 5);
    let signs = a.mapv(i64::signum);
    let all = |s: Scope<'_>| {
        s.diff(&a, 5, Axis(0)).sum() + s.diff(&a.t(), 4, Axis(0)).sum() + s.partition(&a, 7, Axis(0)).sum()
            - s.cumprod(&signs, Axis(1)).sum()
    };
    let buffer = Buffer::new();
    let expected = a.diff(5, Axis(0)).sum() + a.t().diff(4, Axis(0)).sum() + a.sum() - signs.cumprod(Axis(1)).sum();
    assert_eq!(buffer.scope(all), expected);
    assert_eq!(calls_of(|| assert_eq!(buffer.scope(all), expected)), 0);
    let mut memory = vec![std::mem::MaybeUninit::uninit(); 1 << 16];
    assert_eq!(calls_of(|| assert_eq!(FixedBuffer::new(&mut memory).scope(all), expected)), 0);
}
