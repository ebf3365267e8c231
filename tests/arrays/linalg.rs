//! Products, against ndarray on the heap: bit for bit, and in the same memory order.

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ndarena::prelude::*;
use ndarena_testing::{assert_same, calls_of};
use ndarray::linalg::{Dot, general_mat_mul, kron};
use ndarray::prelude::*;
use ndarray::{ArrayRef, LinalgScalar, s};
use num_complex::Complex;
use proptest::prelude::*;

/// `a`, and views of it with other strides, of the same shape as `a`.
fn layouts<T: Copy>(a: &Array2<T>, check: &mut dyn FnMut(ArrayView2<'_, T>)) {
    check(a.view());
    check(a.t().to_owned().t());
    let mut column_major =
        Array2::from_elem(a.raw_dim().f(), a.first().copied().into_iter().next().unwrap_or_else(|| unreachable!()));
    column_major.assign(a);
    check(column_major.view());
    let (m, n) = a.dim();
    let mut gaps = Array2::from_elem((2 * m, 3 * n), a[[0, 0]]);
    gaps.slice_mut(s![..;-2, ..;3]).assign(a);
    check(gaps.slice(s![..;-2, ..;3]));
}

fn products<T: LinalgScalar + PartialEq + Debug>(m: usize, k: usize, n: usize, of: impl Fn(usize) -> T) {
    let a = Array2::from_shape_fn((m, k), |(i, j)| of(7 * i + 3 * j + 1));
    let b = Array2::from_shape_fn((k, n), |(i, j)| of(5 * i + 11 * j + 2));
    let (x, y) = (Array1::from_shape_fn(k, |i| of(3 * i)), Array1::from_shape_fn(m, |i| of(i + 4)));
    let buffer = Buffer::new();
    // Twice, so that the second finds what the first left.
    for _ in 0..2 {
        layouts(&a, &mut |a| {
            buffer.scope(|scope| {
                assert_same(scope.dot(&a, &x), a.dot(&x));
                assert_same(scope.dot(&y, &a), y.dot(&a));
                assert_same(scope.dot(&a.t(), &y.slice(s![..])), a.t().dot(&y));
                assert_same(scope.dot(&a.t(), &a), a.t().dot(&a));
                if a.len() * b.len() < 20_000 {
                    assert_same(scope.kron(&a, &b), kron(&a, &b));
                }
                let (dynamic, vector) = (a.into_dyn(), x.view().into_dyn());
                let (dynamic, vector): (&ArrayRef<T, IxDyn>, &ArrayRef<T, IxDyn>) = (&dynamic, &vector);
                assert_same(scope.dot(dynamic, vector), Dot::dot(dynamic, vector));
            });
            layouts(&b, &mut |b| buffer.scope(|scope| assert_same(scope.dot(&a, &b), a.dot(&b))));
        });
        buffer.scope(|scope| {
            assert_eq!(scope.dot(&x, &x), x.dot(&x));
            assert_eq!(scope.dot(&x.slice(s![..;-1]), &x), x.slice(s![..;-1]).dot(&x));
            let outer = Array2::from_shape_fn((m, k), |(i, j)| y[i] * x[j]);
            assert_same(scope.outer(&y, &x), outer);
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn they_are_ndarrays(m in 1usize..20, k in 1usize..20, n in 1usize..20) {
        products(m, k, n, |i| ((i * 2_654_435_761) % 1009) as f64 / 7.0 - 60.0);
        products(m, k, n, |i| ((i * 2_654_435_761) % 1009) as f32 / 7.0 - 60.0);
        products(m, k, n, |i| (i % 23) as i64 - 11);
        products(m, k, n, |i| Complex::new((i % 17) as f64 / 3.0, (i % 5) as f64 - 2.0));
    }
}

#[test]
fn large_products_are_ndarrays() {
    for (m, k, n) in [(64, 64, 64), (30, 300, 20), (1, 500, 1), (129, 1, 130)] {
        products(m, k, n, |i| ((i * 2_654_435_761) % 1009) as f64 / 7.0 - 60.0);
    }
}

#[test]
fn empty_products_are_empty_or_zero() {
    for (m, k, n) in [(0, 3, 2), (3, 0, 2), (3, 2, 0), (0, 0, 0)] {
        let (a, b) = (Array2::<f64>::ones((m, k)), Array2::<f64>::ones((k, n)));
        let x = Array1::<f64>::ones(k);
        ndarena::scope(|scope| {
            // Something for it to find.
            scope.scope(|inner| inner.from_elem((10, 10), f64::NAN).len());
            assert_same(scope.dot(&a, &b), a.dot(&b));
            assert_same(scope.dot(&a, &x), a.dot(&x));
            assert_eq!(scope.dot(&x, &x), x.dot(&x));
            // ndarray's divides by zero.
            assert_eq!(scope.kron(&a, &b).dim(), (m * k, k * n));
            assert_eq!(scope.outer(&x, &x).dim(), (k, k));
        });
    }
}

#[test]
fn shapes_that_do_not_fit_are_named() {
    let (a, x) = (Array2::<f64>::ones((2, 3)), Array1::<f64>::ones(4));
    let buffer = Buffer::new();
    let said = |call: &dyn Fn(Scope<'_>)| {
        let panic = catch_unwind(AssertUnwindSafe(|| buffer.scope(call))).expect_err("it should panic");
        assert_eq!(buffer.stats().in_use, 0);
        panic.downcast_ref::<String>().unwrap().clone()
    };
    assert!(said(&|s| drop(s.dot(&a, &a))).contains("inputs 2 × 3 and 2 × 3 are not compatible"));
    assert!(said(&|s| drop(s.dot(&a, &x))).contains("inputs 2 × 3 and 4 × 1 are not compatible"));
    assert!(said(&|s| drop(s.dot(&x, &a))).contains("inputs 1 × 4 and 2 × 3 are not compatible"));
    assert!(said(&|s| assert_eq!(s.dot(&x, &a.row(0)), 0.0)).contains("inputs 1 × 4 and 3 × 1 are not compatible"));
    let cube = ArrayD::<f64>::ones(vec![2, 2, 2]);
    assert!(said(&|s| drop(s.dot(&cube, &cube))).contains("not for 3 and 3"));
    let (tall, units) = (Array2::<f64>::ones((1 << 20, 1)), Array2::<f64>::ones((1 << 20, 0)));
    assert!(said(&|s| drop(s.kron(&tall, &tall))).contains("cannot allocate"));
    assert_eq!(ndarena::scope(|s| s.kron(&units, &units).dim()), (1 << 40, 0));
}

/// Numbers of all magnitudes, zeros of both signs, infinities and NaN.
fn any_number() -> impl Strategy<Value = f64> {
    prop_oneof![8 => any::<f64>(), 4 => -2.0..2.0, 1 => Just(0.0), 1 => Just(-0.0), 1 => Just(f64::INFINITY)]
}

proptest! {
    #[test]
    fn products_have_ndarrays_bits(
        (m, k, n) in (1usize..15, 0usize..15, 1usize..15),
        numbers in prop::collection::vec(any_number(), 225),
        column_major: [bool; 2],
    ) {
        let at = |i: usize| numbers[i % 225];
        let a = Array2::from_shape_fn((m, k).set_f(column_major[0]), |(i, j)| at(15 * i + j));
        let b = Array2::from_shape_fn((k, n).set_f(column_major[1]), |(i, j)| at(7 * i + 11 * j));
        let bits = |x: f64| if x.is_nan() { f64::NAN.to_bits() } else { x.to_bits() };
        let bits32 = |x: f32| if x.is_nan() { f32::NAN.to_bits() } else { x.to_bits() };
        let (a32, b32) = (a.mapv(|x| x as f32), b.mapv(|x| x as f32));
        Buffer::new().scope(|s| {
            prop_assert_eq!(s.dot(&a, &b).mapv(bits), a.dot(&b).mapv(bits));
            prop_assert_eq!(s.dot(&a32, &b32).mapv(bits32), a32.dot(&b32).mapv(bits32));
            Ok(())
        })?;
    }
}

#[test]
#[cfg_attr(
    not(any(target_arch = "x86_64", target_arch = "aarch64")),
    ignore = "it may be that no loop rounds as ndarray"
)]
fn small_products_allocate_nothing() {
    let buffer = Buffer::new();
    for n in 1..20 {
        let a = Array2::<f64>::eye(n);
        let mut c = a.clone();
        let ndarrays = calls_of(|| general_mat_mul(1.0, &a, &a, 0.0, &mut c));
        (0..3).for_each(|_| buffer.scope(|s| assert_eq!(s.dot(&a, &a), a)));
        let ours = calls_of(|| buffer.scope(|s| s.dot(&a, &a).len()));
        // A block to pack into, and back.
        assert_eq!((ours, ndarrays), (if n <= 12 { 0 } else { 2 }, 2), "{n} × {n}");
    }
}
