//! Results that leave a scope without a copy, and with one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use ndarena::{DetachedArray, prelude::*};
use ndarena_testing::calls_of;
use ndarray::prelude::*;

fn is_owned<A: Send + Sync + 'static>(_: &A) {}

#[test]
fn a_result_owns_its_memory() {
    let buffer = Buffer::new();
    let mut made_at = std::ptr::null();
    let mut result = buffer.scope_to_owned(|s| {
        let mut x = s.alloc_array::<f64>((100, 100));
        x.indexed_iter_mut().for_each(|((i, j), x)| *x = (i * j) as f64);
        made_at = x.as_ptr();
        x
    });
    is_owned(&result);
    assert_eq!(result.as_ptr(), made_at, "nothing was copied");
    assert_eq!(result.reserved(), 80_000);
    assert_eq!(buffer.stats().reserved, 0);
    // Scopes after it do not touch it, nor the buffer's end.
    buffer.scope(|s| s.from_elem((100, 100), -1.0).sum());
    drop(buffer);
    let expected = Array2::from_shape_fn((100, 100), |(i, j)| (i * j) as f64);
    assert_eq!(result.view(), expected);
    result.view_mut().row_mut(3).fill(0.5);
    result[[0, 0]] = 1.0;
    *result *= 2.0;
    assert_eq!((result[[3, 7]], result[[0, 0]], result[[2, 5]]), (1.0, 2.0, 20.0));
    let result = thread::spawn(move || result).join().unwrap();
    thread::scope(|s| {
        drop(s.spawn(|| assert_eq!(result.sum(), expected.sum() * 2.0 - 2.0 * expected.row(3).sum() + 102.0)))
    });
    assert!(format!("{result:?}").starts_with("[[2.0, 0.0, 0.0,"));
}

#[test]
fn several_results_share_their_memory() {
    let buffer = Buffer::new();
    let mut made_at = [std::ptr::null(); 2];
    let (mut x, y, z) = buffer.scope_to_owned3(|s| {
        let x = s.from_shape_fn((30, 40), |(i, j)| (i * j) as f64);
        let y = s.sum_axis(&x, Axis(0));
        made_at = [x.as_ptr(), y.as_ptr()];
        let empty: ArrayViewMut1<'static, u8> = ArrayViewMut::from(&mut []);
        (x, y, empty)
    });
    is_owned(&x);
    is_owned(&z);
    assert_eq!([x.as_ptr(), y.as_ptr()], made_at, "nothing was copied");
    assert_eq!([x.reserved(), y.reserved(), z.reserved()], [x.reserved(); 3]);
    assert!(x.reserved() >= 40 * 31 * 8);
    assert_eq!(buffer.stats().reserved, 0);
    buffer.scope(|s| s.from_elem((100, 100), -1.0).sum());
    drop(buffer);
    x[[0, 0]] = 5.0;
    let expected = Array2::from_shape_fn((30, 40), |(i, j)| (i * j) as f64).sum_axis(Axis(0));
    // On whichever thread the last one ends.
    let y = thread::spawn(move || {
        drop((x, z));
        y
    });
    assert_eq!(y.join().unwrap().view(), expected);
    let (a, b, c, d) =
        Buffer::new().scope_to_owned4(|s| (s.eye::<f32>(2), s.ones::<i8>(3), s.zeros::<u64>(()), s.from_iter(0..4)));
    assert_eq!((a.sum(), b.sum(), c.sum(), d.sum()), (2.0, 3, 0, 6));
}

#[test]
fn it_becomes_a_plain_array() {
    let buffer = Buffer::new();
    for order in [false, true] {
        let result = buffer.scope_to_owned(|s| s.from_shape_fn((20, 30).set_f(order), |(i, j)| i + 100 * j));
        let strides = result.strides().to_owned();
        let array = result.into_array();
        assert_eq!(array.strides(), strides);
        assert_eq!(array, Array2::from_shape_fn((20, 30), |(i, j)| i + 100 * j));
    }
}

#[test]
fn every_block_of_a_scope_that_grew_moves_along() {
    let buffer = Buffer::new();
    // What an earlier scope came to need stays in the buffer.
    buffer.scope(|s| s.zeros::<u8>(100_000).len());
    let before = buffer.stats().reserved;
    for (which, expected) in [(0, 7), (5, 12), (19, 26)] {
        let result = buffer.scope_to_owned(|s| {
            let arrays: Vec<_> = (0..20).map(|i| s.from_elem(100 * (i + 1), i as u64 + 7)).collect();
            arrays.into_iter().nth(which).unwrap()
        });
        buffer.scope(|s| s.zeros::<u8>(50_000).len());
        assert!(result.iter().all(|&x| x == expected));
        let made: usize = (1..=20).map(|i| (800 * i as usize).next_multiple_of(64)).sum();
        assert!((made..2 * made + 2048).contains(&result.reserved()), "{} for {made}", result.reserved());
    }
    assert_eq!(buffer.stats().reserved, before);
}

#[test]
fn any_view_of_it_will_do() {
    let buffer = Buffer::new();
    let whole = Array2::from_shape_fn((9, 9), |(i, j)| 10 * i + j);
    let middle = buffer.scope_to_owned(|s| s.copy_of(&whole).slice_move(s![2..7, 3..5]));
    assert_eq!(middle.view(), whole.slice(s![2..7, 3..5]));
    let backwards = buffer.scope_to_owned(|s| s.copy_of(&whole).slice_move(s![..;-2, ..;-1]));
    assert_eq!(backwards.view(), whole.slice(s![..;-2, ..;-1]));
    assert_eq!(backwards.strides(), &[-18, -1]);
    let transposed = buffer.scope_to_owned(|s| s.copy_of(&whole).reversed_axes());
    assert_eq!(transposed.view(), whole.t());
    let one = buffer.scope_to_owned(|s| s.copy_of(&whole).index_axis_move(Axis(0), 4).index_axis_move(Axis(0), 4));
    assert_eq!(one[()], 44);
    let dynamic = buffer.scope_to_owned(|s| s.copy_of(&whole).into_dyn());
    assert_eq!(dynamic.into_array(), whole.clone().into_dyn());
    // A single element seen along an axis without length has a stride of 0, as near as a mutable view comes to broadcasting.
    let zero_stride =
        buffer.scope_to_owned(|s| s.from_elem(1, 5).into_shape_with_order((1, 1)).unwrap().insert_axis(Axis(0)));
    assert_eq!(zero_stride.iter().copied().collect::<Vec<i32>>(), [5]);
    assert_eq!(zero_stride.broadcast((4, 3, 2)).unwrap().sum(), 120);
    let empty = buffer.scope_to_owned(|s| s.from_elem((5, 3), 'x').slice_move(s![5.., ..]));
    assert_eq!((empty.dim(), empty.into_array().len()), ((0, 3), 0));
    let never = buffer.scope_to_owned(|s| s.alloc_array::<f64>((0, 3)));
    assert_eq!((never.shape(), never.reserved()), (&[0, 3][..], 0));
    let units = buffer.scope_to_owned(|s| s.from_elem((100, 100), ()));
    assert_eq!((units.len(), units.reserved()), (10_000, 0));
}

#[test]
fn views_of_static_memory_pass_through() {
    let leaked: &'static mut [String] = Box::leak(vec!["a".to_string(), "b".to_string()].into_boxed_slice());
    let buffer = Buffer::new();
    let mut strings: DetachedArray<String, Ix1> = buffer.scope_to_owned(|_| ArrayViewMut1::from(leaked));
    strings[0].push('c');
    assert_eq!(strings.to_vec(), ["ac", "b"]);
    // Arrays of a scope whose guard is leaked inside: their memory stays for good.
    let mut buffer = Buffer::new();
    let result = buffer.scope_to_owned(|s| {
        let guard = Box::leak(Box::new(s.guard()));
        guard.scope().from_elem(1000, 4.0)
    });
    let of_the_bump = buffer.scope_to_owned(|s| ArrayViewMut1::from(s.bump().alloc_slice_fill_copy(1000, 5.0)));
    assert!(of_the_bump.reserved() >= 8000);
    buffer.reset();
    buffer.scope(|s| s.scope(|s| s.from_elem(1000, -1.0).sum()));
    drop(buffer);
    assert!(result.iter().all(|&x| x == 4.0) && of_the_bump.iter().all(|&x| x == 5.0));
}

#[test]
fn it_costs_one_block_and_a_copy_costs_one_allocation() {
    let buffer = Buffer::new();
    let make = || buffer.scope_to_owned(|s| s.scope(|inner| s.map(&inner.ones::<f64>(1000), |x| x + 1.0)));
    drop(make());
    let mut results = Vec::with_capacity(10);
    assert_eq!(calls_of(|| results.extend((0..10).map(|_| make()))), 10);
    assert_eq!(calls_of(|| results.clear()), 10);
    // `to_owned` of a contiguous array, of either order.
    buffer.scope(|s| {
        for (columns, order) in [(50, false), (50, true), (1, true)] {
            let x = s.ones::<f64>((40, columns).set_f(order));
            let mut copy = None;
            assert_eq!(calls_of(|| copy = Some(x.to_owned())), 1);
            assert_eq!(copy.unwrap().strides(), x.strides());
        }
    });
}

#[test]
fn scopes_nest_in_it_and_it_in_scopes() {
    let buffer = Buffer::new();
    let sum = buffer.scope(|outer| {
        let x = outer.from_elem(100, 1.0);
        let one = buffer.scope_to_owned(|s| {
            let two = buffer.scope_to_owned(|s| s.map(&x, |x| x + 1.0));
            s.zip_map(&*two, &x, |two, x| two * 10.0 + x)
        });
        let three = ndarena::default_buffer(|b| b.scope_to_owned(|s| s.map(&one.view(), |one| one + 1.0)));
        one.sum() + three.sum() + x.sum()
    });
    assert_eq!(sum, 2100.0 + 2200.0 + 100.0);
    assert_eq!(buffer.stats().in_use, 0);
}

#[test]
fn a_panic_gives_the_memory_back() {
    let buffer = Buffer::new();
    for _ in 0..3 {
        let result = catch_unwind(AssertUnwindSafe(|| {
            buffer.scope_to_owned(|s| {
                let x = s.ones::<f64>(1000);
                assert!(x.sum() < 0.0, "it is not");
                x
            })
        }));
        assert!(result.is_err());
        assert_eq!((buffer.stats().in_use, buffer.stats().reserved), (0, 0));
    }
    assert_eq!(buffer.scope_to_owned(|s| s.ones::<f64>(10)).sum(), 10.0);
}

#[test]
fn what_leaves_does_not_count_towards_the_limit() {
    let buffer = Buffer::with_limit(10_000);
    let kept: Vec<_> = (0..10).map(|i| buffer.scope_to_owned(|s| s.from_elem(1000, i))).collect();
    assert!(kept.iter().enumerate().all(|(i, x)| x.iter().all(|&x| x == i)));
    assert_eq!(buffer.scope(|s| s.ones::<f64>(1250).sum()), 1250.0);
    assert!(catch_unwind(AssertUnwindSafe(|| buffer.scope_to_owned(|s| s.ones::<f64>(1300)))).is_err());
    // What scopes that have ended needed gives way.
    assert_eq!(buffer.scope_to_owned(|s| s.ones::<f64>(1250)).sum(), 1250.0);
}
