//! Arrays to test with, and how they compare.

use std::cmp::Ordering;
use std::fmt::Debug;

use ndarray::{Array, Array2, ArrayRef, ArrayView2, ArrayViewMut, Dimension, s};

/// Asserts that both have the same elements, in the same memory order.
#[track_caller]
pub fn assert_same<T: PartialEq + Debug, D: Dimension>(ours: ArrayViewMut<'_, T, D>, ndarrays: Array<T, D>) {
    assert_eq!(ours, ndarrays);
    if ours.shape().iter().all(|&len| len > 1) {
        assert_eq!(ours.strides(), ndarrays.strides());
    }
}

/// The elements, in the order of their indices.
pub fn elements<T: Copy, D: Dimension>(a: &ArrayRef<T, D>) -> Vec<T> {
    a.iter().copied().collect()
}

/// The elements' bits, in the order of their indices.
pub fn bits<D: Dimension>(a: &ArrayRef<f64, D>) -> Vec<u64> {
    elements(a).into_iter().map(f64::to_bits).collect()
}

/// Asserts that both have the same shape, and no element is further than `epsilon` from the other's.
#[track_caller]
pub fn assert_close<D: Dimension>(a: &ArrayRef<f64, D>, b: &ArrayRef<f64, D>, epsilon: f64) {
    assert_eq!(a.shape(), b.shape());
    // Not the other way round: NaN is close to nothing.
    assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() <= epsilon), "{a} is not within {epsilon} of {b}");
}

/// A triangle of numbers between -1 and 1, and on the diagonal between `n` and `n` + 2: well conditioned. What is `beyond` the
/// triangle is for nobody to look at.
pub fn triangle(n: usize, lower: bool, beyond: f64) -> Array2<f64> {
    let number = |i: usize, j: usize| ((i * 7919 + j * 104_729 + 13) % 2003) as f64 / 1001.0 - 1.0;
    Array2::from_shape_fn((n, n), |(i, j)| match i.cmp(&j) {
        Ordering::Equal => n as f64 + 1.0 + number(i, j),
        Ordering::Greater if lower => number(i, j),
        Ordering::Less if !lower => number(i, j),
        _ => beyond,
    })
}

/// Hands out the same matrix, laid out in several ways: as it is, transposed in memory, and backwards with gaps of NaN.
pub fn layouts(a: &Array2<f64>, check: &mut dyn FnMut(ArrayView2<'_, f64>)) {
    check(a.view());
    check(a.t().as_standard_layout().t());
    let (m, n) = a.dim();
    let mut gaps = Array2::from_elem((2 * m, 3 * n), f64::NAN);
    gaps.slice_mut(s![..;-2, ..;3]).assign(a);
    check(gaps.slice(s![..;-2, ..;3]));
}
