//! Operators, `zip_map` of several operands, and `Zip`s that end in a scope, against ndarray on the heap: the same elements,
//! bit for bit, in the same memory order.

use std::num::Wrapping;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ndarena::prelude::*;
use ndarena_testing::{assert_same, calls_of};
use ndarray::prelude::*;
use ndarray::{ArrayRef, Data, LinalgScalar, NdFloat, Zip, indices, s};
use num_complex::Complex;
use num_traits::Float;
use proptest::prelude::*;

/// An array of up to two axes that broadcasts to m × n, in some memory order.
fn operand(m: usize, n: usize, form: usize, seed: usize) -> ArrayD<f64> {
    let element = |i: usize, j: usize| ((i * 37 + j * 11 + seed * 101) % 223) as f64 / 7.0 - 15.0;
    let (rows, columns) = [(m, n), (m, n), (m, n), (1, n), (m, 1), (1, 1), (m, n), (m, n)][form % 8];
    let a = Array2::from_shape_fn((rows, columns).set_f(form % 8 == 1), |(i, j)| element(i, j));
    match form % 8 {
        2 => Array2::from_shape_fn((2 * m, 2 * n), |(i, j)| element(i, j)).slice_move(s![..;2, ..;-2]).into_dyn(),
        6 => Array1::from_shape_fn(n, |j| element(0, j)).into_dyn(),
        // Rows that are slices, with gaps between them.
        7 => Array2::from_shape_fn((m + 1, n + 2), |(i, j)| element(i, j)).slice_move(s![1.., 1..=n]).into_dyn(),
        _ => a.into_dyn(),
    }
}

/// What `Zip` makes of operands that are views of the same shape.
fn seen<'a>(a: &'a ArrayD<f64>, shape: &[usize]) -> ArrayViewD<'a, f64> {
    a.broadcast(shape).unwrap()
}

proptest! {
    #[test]
    fn operators_are_ndarrays(m in 1usize..6, n in 1usize..6, forms in prop::array::uniform2(0usize..8), x in -3.0..3.0) {
        let (a, b) = (operand(m, n, forms[0], 1), operand(m, n, forms[1], 2));
        let buffer = Buffer::new();
        buffer.scope(|s| {
            assert_same(s.add(&a, &b), &a + &b);
            assert_same(s.sub(&a, &b), &a - &b);
            assert_same(s.mul(&a, &b), &a * &b);
            assert_same(s.div(&a, &b), &a / &b);
            assert_same(s.neg(&a), -&a);
            assert_same(s.add(&a, x), &a + x);
            assert_same(s.sub(&a, x), &a - x);
            assert_same(s.mul(&a, x), &a * x);
            assert_same(s.div(&a, x), &a / x);
            assert_same(s.add(x, &a), x + &a);
            assert_same(s.sub(x, &a), x - &a);
            assert_same(s.mul(x, &a), x * &a);
            assert_same(s.div(x, &a), x / &a);
        });
    }

    #[test]
    fn several_operands_are_zipped_as_ndarray_does(
        m in 1usize..6, n in 1usize..6, forms in prop::array::uniform5(0usize..8),
    ) {
        let [a, b, c, d, e] = [0, 1, 2, 3, 4].map(|i| operand(m, n, forms[i], i));
        // The largest number of axes, and along each the largest length.
        let shape3 = (&(&a + &b) + &c).shape().to_vec();
        let shape4 = (&(&(&a + &b) + &c) + &d).shape().to_vec();
        let shape5 = (&(&(&(&a + &b) + &c) + &d) + &e).shape().to_vec();
        let buffer = Buffer::new();
        buffer.scope(|s| {
            let zip = Zip::from(seen(&a, &shape3)).and(seen(&b, &shape3)).and(seen(&c, &shape3));
            let f = |a: &f64, b: &f64, c: &f64| a - b * c;
            assert_same(s.zip_map3(&a, &b, &c, f), zip.map_collect(f));
            let zip = Zip::from(seen(&a, &shape4)).and(seen(&b, &shape4)).and(seen(&c, &shape4)).and(seen(&d, &shape4));
            let f = |a: &f64, b: &f64, c: &f64, d: &f64| a - b * c + 3.0 * d;
            assert_same(s.zip_map4(&a, &b, &c, &d, f), zip.map_collect(f));
            let [a, b, c, d, e] = [&a, &b, &c, &d, &e];
            let zip = Zip::from(seen(a, &shape5)).and(seen(b, &shape5)).and(seen(c, &shape5));
            let zip = zip.and(seen(d, &shape5)).and(seen(e, &shape5));
            let f = |a: &f64, b: &f64, c: &f64, d: &f64, e: &f64| (a - b * c) / (d * d + 1.0) - e;
            assert_same(s.zip_map5(a, b, c, d, e, f), zip.map_collect(f));
        });
    }

    #[test]
    fn more_operands_than_ndarray_zips_are_zipped_index_by_index(
        m in 1usize..6, n in 1usize..6, forms in prop::array::uniform8(0usize..8),
    ) {
        let operands = [0, 1, 2, 3, 4, 5, 6, 7].map(|i| operand(m, n, forms[i], i));
        let [a, b, c, d, e, f, g, h] = &operands;
        let expected = |count: usize| {
            let dim = operands[..count].iter().fold(arr0(0.0).into_dyn(), |sum, x| sum + x).raw_dim();
            let seen = operands[..count].iter().map(|x| x.broadcast(dim.clone()).unwrap()).collect::<Vec<_>>();
            Array::from_shape_fn(dim, |i| seen.iter().fold(0.0, |sum, x| 2.0 * sum + x[&i]))
        };
        ndarena::scope(|s| {
            let six = |a: &f64, b: &f64, c: &f64, d: &f64, e: &f64, f: &f64| {
                [a, b, c, d, e, f].iter().fold(0.0, |sum, &x| 2.0 * sum + x)
            };
            let seven = |a: &f64, b: &f64, c: &f64, d: &f64, e: &f64, f: &f64, g: &f64| 2.0 * six(a, b, c, d, e, f) + g;
            assert_eq!(s.zip_map6(a, b, c, d, e, f, six), expected(6));
            assert_eq!(s.zip_map7(a, b, c, d, e, f, g, seven), expected(7));
            let eight = s.zip_map8(a, b, c, d, e, f, g, h, |a, b, c, d, e, f, g, h| 2.0 * seven(a, b, c, d, e, f, g) + h);
            assert_eq!(eight, expected(8));
        });
    }

    #[test]
    fn zips_end_in_a_scope_as_on_the_heap(m in 1usize..6, n in 1usize..6, forms in prop::array::uniform5(0usize..3)) {
        let [a, b, c, d, e] = [0, 1, 2, 3, 4].map(|i| operand(m, n, forms[i], i).into_dimensionality::<Ix2>().unwrap());
        let buffer = Buffer::new();
        buffer.scope(|s| {
            let zip = Zip::from(&a);
            assert_same(zip.clone().map_collect_in(s, |a| a * 2.0), zip.map_collect(|a| a * 2.0));
            let zip = Zip::from(&a).and(&b);
            assert_same(zip.clone().map_collect_in(s, |a, b| a * b), zip.map_collect(|a, b| a * b));
            let zip = Zip::from(&a).and(&b).and(&c);
            assert_same(zip.clone().map_collect_in(s, |a, b, c| a * b + c), zip.map_collect(|a, b, c| a * b + c));
            let zip = Zip::from(&a).and(&b).and(&c).and(&d);
            let f = |a: &f64, b: &f64, c: &f64, d: &f64| a * b + c / d;
            assert_same(zip.clone().map_collect_in(s, f), zip.map_collect(f));
            let zip = Zip::from(&a).and(&b).and(&c).and(&d).and(&e);
            let f = |a: &f64, b: &f64, c: &f64, d: &f64, e: &f64| a * b + c / d - e;
            assert_same(zip.clone().map_collect_in(s, f), zip.map_collect(f));
        });
    }
}

#[test]
fn zips_of_all_kinds_end_in_a_scope() {
    let a = Array3::from_shape_fn((4, 5, 6), |(i, j, k)| (i * 100 + j * 10 + k) as i64);
    ndarena::scope(|scope| {
        let zip = Zip::indexed(&a);
        let f = |(i, j, k): (usize, usize, usize), x: &i64| x - (i + 2 * j + 3 * k) as i64;
        assert_same(zip.clone().map_collect_in(scope, f), zip.map_collect(f));
        let zip = Zip::from(a.windows((2, 3, 2)));
        let f = |window: ArrayView3<'_, i64>| window.sum();
        assert_same(zip.clone().map_collect_in(scope, f), zip.map_collect(f));
        let zip = Zip::from(a.lanes(Axis(1))).and(a.sum_axis(Axis(1)).view()).map_collect_in(scope, |lane, sum| {
            assert_eq!(lane.sum(), *sum);
            lane.len()
        });
        assert_eq!(zip, Array2::from_elem((4, 6), 5));
        let zip = Zip::from(a.exact_chunks((2, 5, 3)));
        let f = |chunk: ArrayView3<'_, i64>| chunk.sum();
        assert_same(zip.clone().map_collect_in(scope, f), zip.map_collect(f));
        let zip = Zip::from(a.axis_iter(Axis(2)));
        assert_eq!(zip.map_collect_in(scope, |plane| plane.sum()), a.sum_axis(Axis(0)).sum_axis(Axis(0)));
        let zip = Zip::from(indices((3, 4)));
        assert_eq!(zip.map_collect_in(scope, |(i, j)| i * j)[[2, 3]], 6);
        let dynamic = a.view().into_dyn().permuted_axes(vec![2, 0, 1]);
        let first = dynamic.slice_axis(Axis(0), (..1).into());
        let zip = Zip::from(&dynamic).and_broadcast(&first);
        // No more than once for each element, and for all.
        let mut calls = 0;
        let sums = zip.map_collect_in(scope, |x, y| {
            calls += 1;
            x + y
        });
        assert_eq!(sums, &dynamic + &first);
        assert_eq!(calls, dynamic.len());
        // Nothing, and elements without size.
        assert_eq!(Zip::from(&Array2::<f64>::zeros((0, 3))).map_collect_in(scope, |x| *x).dim(), (0, 3));
        assert_eq!(Zip::from(&arr0(3)).map_collect_in(scope, |x| x + 1), arr0(4));
        assert_eq!(Zip::from(&array![1, 2]).map_collect_in(scope, |_| ()).len(), 2);
    });
}

#[cfg(feature = "rayon")]
#[test]
fn zips_end_in_a_scope_on_all_threads() {
    let a = Array2::from_shape_fn((300, 200), |(i, j)| (i * 7 + j) as f64);
    let b = Array2::from_shape_fn((300, 200).f(), |(i, j)| (i + j * 3) as f64);
    let buffer = Buffer::new();
    for _ in 0..3 {
        buffer.scope(|s| {
            let sum = Zip::from(&a).and(&a).par_map_collect_in(s, |a, b| a + 2.0 * b);
            assert_same(sum, &a + &(2.0 * &a));
            let product = Zip::from(&b).par_map_collect_in(s, |b| b * b);
            assert_same(product, &b * &b);
            let rows = Zip::from(a.rows()).and(b.rows()).par_map_collect_in(s, |a, b| {
                // Scratch memory of whichever thread this is.
                ndarena::scope(|inner| inner.mul(&a, &b).sum())
            });
            assert_eq!(rows, (&a * &b).sum_axis(Axis(1)));
            let (x, y) = (a.row(0), b.row(0));
            let five = Zip::from(&x).and(&y).and(&x).and(&y).and(&x);
            let five = five.par_map_collect_in(s, |a, b, c, d, e| a * b - c * d + e);
            assert_eq!(five, x);
        });
    }
    let panics = catch_unwind(AssertUnwindSafe(|| {
        buffer
            .scope(|s| Zip::from(&a).par_map_collect_in(s, |&a| if a == 1000.0 { panic!("as told") } else { a }).sum())
    }));
    assert!(panics.is_err());
    assert_eq!(buffer.stats().in_use, 0);
}

#[test]
fn numbers_of_every_type_are_operands() {
    macro_rules! of {
        ($($T:ty)+) => {$(
            let a: Array1<$T> = array![6 as $T, 7 as $T];
            ndarena::scope(|s| {
                assert_eq!(s.add(&a, 1 as $T), &a + 1 as $T);
                assert_eq!(s.sub(10 as $T, &a), (10 as $T) - &a);
                assert_eq!(s.div(&a, 2 as $T), &a / 2 as $T);
            });
        )+};
    }
    of! { f32 f64 i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize }
    ndarena::scope(|s| {
        // The number's type is found from the array's.
        assert_eq!(s.mul(&array![1.5f32], 2.0), array![3.0f32]);
        assert_eq!(s.sub(1, &array![3u64 - 2]), array![0u64]);
        assert_eq!(s.mul(&array![1.5], 2.0).sum(), 3.0);
        // Complex ones, and what else has a zero; and of another type than the elements, where these have such an operation.
        let (z, w) = (array![Complex::new(1.0, 2.0)], Complex::new(0.0, 1.0));
        assert_eq!(s.mul(&z, w), &z * w);
        assert_eq!(s.div(w, &z), z.mapv(|z| w / z));
        assert_eq!(s.mul(&z, 2.0), &z * 2.0);
        assert_eq!(s.sub(2.0, &z), z.mapv(|z| 2.0 - z));
        assert_eq!(s.mul(&array![2.0, 3.0], w), array![2.0 * w, 3.0 * w]);
        assert_eq!(s.add(&array![0.5], &z), array![Complex::new(1.5, 2.0)]);
        assert_eq!(s.mul(&z, &arr0(w)), &z * w);
        assert_eq!(s.mul(&z, &arr0(2.0)), &z * 2.0);
        assert_eq!(s.neg(&z), -&z);
        let wrapping = array![Wrapping(200u8)];
        assert_eq!(s.add(&wrapping, Wrapping(100)), array![Wrapping(44)]);
    });
}

/// In generic code a number needs no bound but the one that its arithmetic needs.
#[test]
fn numbers_of_generic_types_are_operands() {
    fn float<'s, F: NdFloat>(s: Scope<'s>, x: ArrayView1<F>, y: ArrayView1<F>, t: F) -> ArrayViewMut1<'s, F> {
        s.add(&s.mul(&x, t), &s.mul(&y, F::one() - t))
    }
    fn linalg<'s, T: LinalgScalar, D: Dimension>(s: Scope<'s>, x: &ArrayRef<T, D>, w: T) -> ArrayViewMut<'s, T, D> {
        let product = s.mul(w, &s.mul(x, w));
        s.div(&s.sub(&product, &product), T::one() + T::one())
    }
    fn any_float<'s, F: Float, S: Data<Elem = F>>(s: Scope<'s>, x: &ArrayBase<S, Ix2>, t: F) -> ArrayViewMut2<'s, F> {
        s.sub(t, &s.div(x, t))
    }
    fn complex<'s, F: Float>(s: Scope<'s>, z: ArrayView1<Complex<F>>, t: F) -> ArrayViewMut1<'s, Complex<F>> {
        s.add(&s.mul(&z, t), Complex::new(t, -t))
    }
    let (x, y) = (array![1.0f32, 2.0], array![5.0f32, -2.0]);
    let z = array![Complex::new(1.0, 2.0)];
    ndarena::scope(|s| {
        assert_eq!(float(s, x.view(), y.view(), 0.25), &x * 0.25 + &y * 0.75);
        assert_eq!(linalg(s, &x, 3.0), array![0.0, 0.0]);
        assert_eq!(linalg(s, &array![[1, 2]], 3), array![[0, 0]]);
        assert_eq!(linalg(s, &z, Complex::i()), array![Complex::default()]);
        assert_eq!(any_float(s, &array![[2.0, 4.0]], 2.0), array![[1.0, 0.0]]);
        assert_eq!(complex(s, z.view(), 0.5), &z * 0.5 + Complex::new(0.5, -0.5));
    });
    let all =
        || ndarena::scope(|s| float(s, x.view(), y.view(), 0.5).sum() + complex(s, z.view(), 0.5).sum().re as f32);
    all();
    assert_eq!(calls_of(|| assert_eq!(all(), 4.0)), 0);
}

#[test]
fn operands_are_references_to_arrays_of_any_kind() {
    let (owned, shared) = (array![[1, 2], [3, 4]], array![[1, 2], [3, 4]].into_shared());
    let reference: &ArrayRef<i32, Ix2> = &owned;
    ndarena::scope(|s| {
        let (view, made) = (owned.view(), s.copy_of(&owned));
        let sums = [
            s.add(&owned, &shared),
            s.add(&view, reference),
            s.add(reference, &view),
            s.add(reference, reference),
            s.add(&made, &owned.t().t()),
            s.add(&s.add(&made, 0), &made),
            s.mul(reference, 2),
            s.mul(2, reference),
        ];
        sums.iter().for_each(|sum| assert_eq!(sum, &owned + &owned));
    });
}

#[test]
fn what_is_in_the_scope_is_changed_in_place() {
    let a = array![[1.0, 4.0], [9.0, 16.0]];
    ndarena::scope(|s| {
        let mut b = s.mul(&a, 4.0);
        let memory = b.as_ptr();
        b += &a;
        b -= 1.0;
        b *= &array![1.0, 2.0];
        let b = b.mapv_into(f64::sqrt);
        assert_eq!(b.as_ptr(), memory);
        assert_eq!(b, ((&a * 4.0 + &a - 1.0) * array![1.0, 2.0]).mapv(f64::sqrt));
    });
}

#[test]
fn shapes_that_do_not_broadcast_are_all_named() {
    let buffer = Buffer::new();
    let said = |call: &dyn Fn(Scope<'_>)| {
        let panic = catch_unwind(AssertUnwindSafe(|| buffer.scope(call))).expect_err("it should panic");
        assert_eq!(buffer.stats().in_use, 0);
        panic.downcast_ref::<String>().unwrap().clone()
    };
    let (a, b, c) = (Array2::<f64>::ones((2, 3)), Array1::<f64>::ones(4), Array0::<f64>::ones(()));
    let two = "could not broadcast array from shape: [4] to: [2, 3]";
    assert!(said(&|s| drop(s.add(&a, &b))).contains(two));
    assert!(said(&|s| drop(s.div(&a, &b))).contains(two));
    let three = "could not broadcast arrays of shapes [[2, 3], [], [4]] together";
    assert!(said(&|s| drop(s.zip_map3(&a, &c, &b, |a, b, c| a + b + c))).contains(three));
    let five = "could not broadcast arrays of shapes [[2, 3], [2, 3], [], [], [4]] together";
    assert!(said(&|s| drop(s.zip_map5(&a, &a, &c, &c, &b, |a, _, _, _, _| *a))).contains(five));
    let empty = Array1::<f64>::ones(0);
    assert!(said(&|s| drop(s.sub(&b, &empty))).contains("could not broadcast array from shape: [0] to: [4]"));
    assert!(said(&|s| drop(s.add(&empty, &b))).contains("could not broadcast array from shape: [4] to: [0]"));
    buffer.scope(|s| assert_eq!(s.add(&empty, &c).len(), 0));
}

#[test]
fn nothing_is_allocated_in_the_steady_state() {
    let (a, row) = (Array2::from_shape_fn((5, 4), |(i, j)| (i + j) as f64), array![1.0, 2.0, 3.0, 4.0]);
    let dynamic = a.clone().into_dyn();
    let buffer = Buffer::new();
    let work = |s: Scope<'_>| {
        let sum = s.add(&s.mul(&a, 2.0), &row);
        let three = s.zip_map3(&sum, &a.t().t(), &row, |x, y, z| x * y - z);
        let zip = Zip::from(a.rows()).and(three.rows()).map_collect_in(s, |a, b| a[0] * b[1]);
        zip.sum() + s.sub(1.0, &dynamic).sum()
    };
    (0..3).for_each(|_| assert!(buffer.scope(work).is_finite()));
    assert_eq!(calls_of(|| buffer.scope(work)), 0);
}
