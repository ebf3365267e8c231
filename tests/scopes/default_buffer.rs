//! Each thread's default buffer.

use std::cell::Cell;
use std::panic::catch_unwind;

use ndarena::{Buffer, default_buffer, prelude::*, reset_default_buffer, scope, with_buffer};
use ndarray::prelude::*;

/// A kernel that uses the default buffer, and calls itself.
fn sum_of_squares(x: ArrayView1<f64>) -> f64 {
    if x.len() <= 4 {
        return scope(|s| s.map(&x, |x| x * x).sum());
    }
    scope(|s| {
        let mut copy = s.copy_of(&x);
        let (left, right) = x.split_at(Axis(0), x.len() / 2);
        let parts = sum_of_squares(left) + sum_of_squares(right);
        assert_eq!(copy, x);
        copy.fill(0.0);
        parts
    })
}

#[test]
fn kernels_that_use_it_can_call_each_other() {
    let x = Array1::from_iter((0..1000).map(f64::from));
    assert_eq!(sum_of_squares(x.view()), (999 * 1000 * 1999 / 6) as f64);
    assert_eq!(default_buffer(|b| b.stats().in_use), 0);
}

#[test]
fn each_thread_has_its_own_and_keeps_it() {
    let here = default_buffer(|b| std::ptr::from_ref(b).addr());
    assert_eq!(default_buffer(|b| std::ptr::from_ref(b).addr()), here);
    let there = std::thread::scope(|threads| {
        threads.spawn(|| default_buffer(|b| std::ptr::from_ref(b).addr())).join().unwrap()
    });
    assert_ne!(here, there);
}

#[test]
fn its_limit_is_an_eighth_of_physical_memory() {
    let limit = default_buffer(|b| b.stats().limit).unwrap();
    let total = std::fs::read_to_string("/proc/meminfo").map(|text| {
        let line = text.lines().find(|line| line.starts_with("MemTotal:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
    });
    match total {
        Ok(total) => assert_eq!(limit as u64, total / 8),
        Err(_) => assert!(limit > 1 << 20, "no /proc here to compare with"),
    }
}

#[test]
fn with_buffer_changes_it_for_nested_calls() {
    let (outer, inner) = (Buffer::with_limit(1 << 20), Buffer::with_limit(1 << 21));
    let limit = || default_buffer(|b| b.stats().limit);
    let before = limit();
    with_buffer(&outer, || {
        assert_eq!(limit(), Some(1 << 20));
        scope(|s| {
            let x = s.from_elem(100, 1.0);
            with_buffer(&inner, || {
                assert_eq!(limit(), Some(1 << 21));
                assert_eq!(sum_of_squares(x.view()), 100.0);
            });
            assert_eq!(limit(), Some(1 << 20));
            assert_eq!(x.sum(), 100.0);
        });
    });
    assert_eq!(limit(), before);
    assert!(outer.stats().peak > 0 && inner.stats().peak > 0);
}

#[test]
fn with_buffer_restores_it_on_unwinding() {
    let before = default_buffer(|b| b.stats().limit);
    let buffer = Buffer::with_limit(4096);
    let result = catch_unwind(|| with_buffer(&buffer, || scope(|s| s.zeros::<f64>(10_000).sum())));
    assert!(result.is_err());
    assert_eq!(default_buffer(|b| b.stats().limit), before);
    assert_eq!(buffer.stats().in_use, 0);
}

#[test]
fn with_buffer_before_the_first_use_is_not_kept() {
    std::thread::spawn(|| {
        let buffer = Buffer::with_limit(4096);
        with_buffer(&buffer, || scope(|s| assert_eq!(s.ones::<u8>(10).len(), 10)));
        assert!(buffer.stats().peak > 0);
        let own = default_buffer(|b| b.stats());
        assert!(own.limit != Some(4096) && own.peak == 0);
    })
    .join()
    .unwrap();
}

#[test]
fn a_reset_errs_while_a_scope_is_open() {
    scope(|s| {
        let x = s.from_elem(1000, 1.0);
        let error = reset_default_buffer().unwrap_err();
        assert!(error.to_string().contains("a scope is open"));
        assert_eq!(x.sum(), 1000.0);
        // Another buffer is not that one.
        let other = Buffer::new();
        other.scope(|s| drop(s.alloc_array::<u8>(100)));
        with_buffer(&other, || reset_default_buffer().unwrap());
        assert_eq!(other.stats().reserved, 0);
    });
    assert!(default_buffer(|b| b.stats().reserved) > 0);
    reset_default_buffer().unwrap();
    assert_eq!(default_buffer(|b| b.stats().reserved), 0);
    scope(|s| assert_eq!(s.ones::<f64>(1000).sum(), 1000.0));
}

#[test]
fn it_can_be_used_in_destructors_at_thread_exit() {
    struct AtExit(&'static str, std::sync::mpsc::Sender<(&'static str, f64)>);
    impl Drop for AtExit {
        fn drop(&mut self) {
            let sum = scope(|outer| {
                let kept = outer.from_elem(100, 1.0);
                // Nested: the same default buffer inside, whether or not the thread's own is gone.
                let inner = scope(|inner| inner.map(&kept, |x| 2.0 * x).sum());
                assert_eq!(default_buffer(|b| b.stats().in_use), 832);
                assert!(reset_default_buffer().is_err());
                inner + kept.sum()
            });
            self.1.send((self.0, sum)).unwrap();
        }
    }
    thread_local! {
        static EARLY: Cell<Option<AtExit>> = const { Cell::new(None) };
        static LATE: Cell<Option<AtExit>> = const { Cell::new(None) };
    }
    let (sender, receiver) = std::sync::mpsc::channel();
    let early = sender.clone();
    std::thread::spawn(move || {
        // Destructors run in some order that depends on when each was first used: one on either side.
        EARLY.set(Some(AtExit("early", early)));
        scope(|s| assert_eq!(s.ones::<f64>(10).sum(), 10.0));
        LATE.set(Some(AtExit("late", sender)));
    })
    .join()
    .unwrap();
    let mut sums: Vec<_> = receiver.iter().collect();
    sums.sort_by_key(|&(name, _)| name);
    assert_eq!(sums, [("early", 300.0), ("late", 300.0)]);
}

#[test]
fn stolen_jobs_may_use_it_in_the_middle_of_a_scope() {
    fn split(depth: usize) -> usize {
        scope(|s| {
            let x = s.from_elem(100 + depth, depth);
            let below = if depth == 0 {
                0
            } else {
                let (a, b) = rayon::join(|| split(depth - 1), || split(depth - 1));
                a + b
            };
            assert!(x.iter().all(|&x| x == depth));
            below + 1
        })
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(4).build().unwrap();
    for _ in 0..20 {
        assert_eq!(pool.install(|| split(9)), 1023);
        assert!(pool.broadcast(|_| default_buffer(|b| b.stats().in_use)).iter().all(|&bytes| bytes == 0));
    }
}
