//! Products, against ndarray on the heap: bit for bit, and in the same memory order.

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ndarena::prelude::*;
use ndarray::linalg::{Dot, kron};
use ndarray::prelude::*;
use ndarray::{ArrayRef, LinalgScalar, s};
use num_complex::Complex;
use proptest::prelude::*;

fn assert_same<T: PartialEq + Debug, D: Dimension>(ours: ArrayViewMut<'_, T, D>, ndarrays: Array<T, D>) {
    // What is compared holds no NaN and no zero of either sign but from the same computation.
    assert_eq!(ours, ndarrays);
    if ours.shape().iter().all(|&len| len > 1) {
        assert_eq!(ours.strides(), ndarrays.strides());
    }
}

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
