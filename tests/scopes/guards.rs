//! Guards: scopes that end when a value is dropped, whenever that is.

use std::mem::{forget, swap};
use std::panic::{AssertUnwindSafe, catch_unwind};

use ndarena::{Guard, prelude::*};
use ndarena_testing::calls_of;
use ndarray::prelude::*;

#[test]
fn guards_end_in_any_order() {
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let buffer = Buffer::new();
        let mut guards = [buffer.guard(), buffer.guard(), buffer.guard()].map(Some);
        for end in order {
            let open: Vec<_> = guards.iter().flatten().map(|guard| guard.scope().from_elem(100, 1.0)).collect();
            // Another one comes and goes.
            assert_eq!(buffer.guard().scope().from_elem(100, 2.0).sum(), 200.0);
            assert!(open.iter().all(|x| x.iter().all(|&x| x == 1.0)));
            guards[end] = None;
        }
        assert_eq!(buffer.stats().in_use, 0);
        let growths = buffer.stats().growths;
        let sums = [buffer.guard(), buffer.guard(), buffer.guard()].map(|guard| guard.scope().zeros::<f64>(100).sum());
        assert_eq!(sums, [0.0; 3]);
        assert_eq!(buffer.stats().growths, growths, "their levels serve again");
    }
}

#[test]
fn guards_may_be_swapped_and_moved() {
    let buffer = Buffer::new();
    let (mut one, mut two) = (buffer.guard(), buffer.guard());
    let address = |guard: &Guard<'_>| guard.scope().from_elem(10, 7u64).as_ptr().addr();
    let (at_one, at_two) = (address(&one), address(&two));
    swap(&mut one, &mut two);
    assert!(address(&one).abs_diff(at_two) < 2000 && address(&two).abs_diff(at_one) < 2000);
    let boxed: Vec<Guard<'_>> = vec![one, two];
    let sums: f64 = boxed.iter().map(|guard| guard.scope().ones::<f64>(50).sum()).sum();
    assert_eq!(sums, 100.0);
    drop(boxed);
    assert_eq!(buffer.stats().in_use, 0);
}

#[test]
fn a_guard_leaves_by_return_break_and_panic() {
    fn first_negative(buffer: &Buffer, rows: ArrayView2<'_, f64>) -> Option<usize> {
        for (i, row) in rows.outer_iter().enumerate() {
            let guard = buffer.guard();
            let doubled = guard.scope().map(&row, |x| 2.0 * x);
            if doubled.sum() == f64::INFINITY {
                break;
            }
            if doubled.iter().any(|&x| x < 0.0) {
                return Some(i);
            }
            assert!(!doubled.sum().is_nan());
        }
        None
    }
    let buffer = Buffer::new();
    let mut rows = Array2::ones((4, 5));
    assert_eq!(first_negative(&buffer, rows.view()), None);
    rows[[2, 1]] = -1.0;
    assert_eq!(first_negative(&buffer, rows.view()), Some(2));
    rows[[1, 1]] = f64::INFINITY;
    assert_eq!(first_negative(&buffer, rows.view()), None);
    rows[[0, 0]] = f64::NAN;
    assert!(catch_unwind(AssertUnwindSafe(|| first_negative(&buffer, rows.view()))).is_err());
    assert_eq!(buffer.stats().in_use, 0);
}

#[test]
fn guards_ask_for_nothing_in_the_steady_state() {
    let buffer = Buffer::new();
    let turn = || {
        let (one, two) = (buffer.guard(), buffer.guard());
        let _x = one.scope().zeros::<f64>(1000);
        drop(one);
        let three = buffer.guard();
        two.scope().ones::<f64>(2000).sum() + three.scope().scope(|s| s.ones::<f64>(10).sum())
    };
    assert!((0..4).all(|_| turn() == 2010.0));
    assert_eq!(calls_of(|| (0..100).for_each(|_| assert_eq!(turn(), 2010.0))), 0);
}

#[test]
fn a_forgotten_guard_keeps_its_memory_for_good() {
    let mut buffer = Buffer::new();
    forget(buffer.guard());
    let leaked: &Guard<'_> = Box::leak(Box::new(buffer.guard()));
    let x = leaked.scope().from_elem(1000, 3.0);
    assert_eq!(buffer.scope(|s| s.ones::<f64>(1000).sum()) + x.sum(), 4000.0);
    buffer.reset();
    assert_eq!(buffer.stats().reserved, 0);
    assert_eq!(buffer.scope(|s| s.ones::<f64>(1000).sum()), 1000.0);

    std::thread::spawn(|| {
        ndarena::default_buffer(|buffer| {
            let guard = buffer.guard();
            buffer.scope(|s| assert_eq!(s.ones::<f64>(10_000).sum(), 1e4));
            forget(guard);
        });
        // It counts as open, for good; what is not in use is given back all the same.
        for _ in 0..2 {
            let error = ndarena::reset_default_buffer().unwrap_err();
            assert!(error.to_string().contains("a guard on it was forgotten"), "{error}");
            assert_eq!(ndarena::default_buffer(|buffer| buffer.stats().reserved), 0);
        }
        assert_eq!(ndarena::scope(|s| s.ones::<f64>(10).sum()), 10.0);
    })
    .join()
    .unwrap();
}

#[test]
fn guards_inside_scopes_and_scopes_inside_guards() {
    let buffer = Buffer::new();
    let total = buffer.scope(|outer| {
        let mut kept = outer.zeros::<f64>(10);
        for i in 0.. {
            let guard = outer.guard();
            let t = guard.scope().from_elem(10, i as f64);
            if i == 10 {
                break;
            }
            kept[i] = guard.scope().scope(|inner| inner.map(&t, |t| t + 1.0).sum());
        }
        kept.sum()
    });
    assert_eq!(total, 550.0);
    // One from inside a scope, of the buffer, may outlive it.
    let guard = buffer.scope(|s| {
        let _t = s.ones::<f64>(10);
        buffer.guard()
    });
    assert_eq!(guard.scope().ones::<f64>(10).sum(), 10.0);
    assert!(format!("{guard:?}").starts_with("Guard"));
}
