//! Functions of floats, and the further forms of `map`, against ndarray on the heap, bit for bit, over every layout.

use std::fmt::Debug;

use bytemuck::NoUninit;
use ndarena::Buffer;
use ndarray::prelude::*;
use ndarray::{ArrayRef, RemoveAxis};
use num_complex::Complex64;
use num_traits::{Float, cast};

use crate::layouts::{Ask, assert_bits, assert_order, on_every_layout};

/// Numbers of all sizes and signs, with those that functions make exceptions of.
fn number<F: Float>(i: usize) -> F {
    let special = [0.0, -0.0, 1.0, -1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e-40, 0.5, -2.5, 1e30, 720.0];
    let number = special.get(i % 17).copied().unwrap_or(((i * 7919) % 1009) as f64 / 301.0 - 1.6);
    cast(number).unwrap()
}

/// That the same is got from ours, and in the order of `map`; and in ndarray's, if that has an order of its own to keep.
fn check<T: Copy, R: NoUninit, D: Dimension>(
    a: &ArrayView<'_, T, D>,
    ours: &ArrayRef<R, D>,
    ndarrays: &ArrayRef<R, D>,
    what: &str,
) {
    assert_bits(ours, ndarrays, what);
    ndarena::scope(|s| assert_order(ours, &s.map(a, |_| ndarrays.first().copied().unwrap()), what));
    if a.is_standard_layout() || a.t().is_standard_layout() {
        assert_order(ours, ndarrays, what);
    }
}

struct Floats;

impl<F: Float + NoUninit + Debug> Ask<F> for Floats {
    fn ask<D: RemoveAxis>(&self, a: ArrayView<'_, F, D>) {
        let (half, three) = (cast(0.5).unwrap(), cast(3.0).unwrap());
        Buffer::new().scope(|s| {
            macro_rules! check {
                ($a:ident: $($name:ident $(($argument:expr))?),+) => {
                    $(check(&$a, &s.$name(&$a $(, $argument)?), &$a.$name($($argument)?), stringify!($name));)+
                };
            }
            check!(a: is_nan, sqrt, powi(-2));
            if cfg!(miri) {
                return; // All others are `map` as well.
            }
            // They are so for any number of axes, too: compiled for each they took minutes.
            let a = a.into_dyn();
            check!(a: is_infinite, floor, ceil, round, trunc, fract, abs, signum, recip, exp, exp2, exp_m1);
            check!(a: ln, log2, log10, ln_1p, cbrt, sin, cos, tan, asin, acos, atan, sinh, cosh, tanh, asinh, acosh);
            check!(a: atanh, to_degrees, to_radians, pow2, powi(5), powf(half), powf(three), log(three), abs_sub(half));
            check!(a: hypot(three));
            check(&a, &s.clamp(&a, -half, three), &a.clamp(-half, three), "clamp");
            check(&a, &s.mapv(&a, |x| x < half), &a.mapv(|x| x < half), "mapv");
        });
    }
}

#[test]
fn functions_of_floats_are_ndarrays() {
    on_every_layout(number::<f64>, &Floats);
    if !cfg!(miri) {
        on_every_layout(number::<f32>, &Floats);
    }
}

struct Others;

impl Ask<i32> for Others {
    fn ask<D: RemoveAxis>(&self, a: ArrayView<'_, i32, D>) {
        Buffer::new().scope(|s| {
            check(&a, &s.clamp(&a, -3, 4), &a.clamp(-3, 4), "clamp");
            check(&a, &s.clamp(&a, 2, 2), &a.clamp(2, 2), "clamp");
            check(&a, &s.mapv(&a, |x| x % 3), &a.mapv(|x| x % 3), "mapv");
        });
    }
}

impl Ask<Complex64> for Others {
    fn ask<D: RemoveAxis>(&self, a: ArrayView<'_, Complex64, D>) {
        Buffer::new().scope(|s| check(&a, &s.mapv(&a, Complex64::exp), &a.mapv(Complex64::exp), "mapv"));
    }
}

#[test]
fn other_elements_are_mapped_as_well() {
    on_every_layout(|i| (i * 31 % 23) as i32 - 11, &Others);
    on_every_layout(|i| Complex64::new(i as f64 / 5.0, 1.0 - i as f64), &Others);
}

/// Changes and reads the elements of a copy that is laid out as the original.
#[test]
fn elements_are_changed_on_the_way() {
    let all = Array3::from_shape_fn((4, 3, 5), |(i, j, k)| (i * 100 + j * 10 + k) as i64);
    let change = |x: &mut i64| {
        *x += 1;
        (*x, *x % 2 == 0)
    };
    let views: [fn(ArrayViewMut3<'_, i64>) -> ArrayViewMut3<'_, i64>; 5] = [
        |a| a,
        |a| a.reversed_axes(),
        |a| a.permuted_axes([1, 2, 0]),
        |a| a.slice_move(s![..;2, .., ..;-2]),
        |a| a.slice_move(s![..;-1, ..;-1, ..;-1]),
    ];
    for view in views {
        let (mut ours, mut ndarrays) = (all.clone(), all.clone());
        Buffer::new().scope(|s| {
            let made = s.map_mut(&mut view(ours.view_mut()), change);
            assert_eq!(made, view(ndarrays.view_mut()).map_mut(change));
            assert_order(&made, &s.map(&view(all.clone().view_mut()), |&x| (x, true)), "map_mut");
        });
        assert_eq!(ours, ndarrays);
        assert_ne!(ours, all);
    }
    ndarena::scope(|s| assert!(s.map_mut(&mut Array2::<i64>::zeros((2, 0)), change).is_empty()));
}
