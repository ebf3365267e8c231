//! Nesting, and every way out of a scope.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ndarena::{Buffer, prelude::*};
use ndarray::prelude::*;

#[test]
fn an_outer_scope_allocates_while_inner_ones_are_open() {
    let buffer = Buffer::new();
    buffer.scope(|outer| {
        let mut kept = vec![outer.from_elem(10, 0)];
        buffer.scope(|middle| {
            let m = middle.from_elem(1000, -1);
            for i in 1..50 {
                middle.scope(|inner| {
                    let mut t = inner.alloc_array::<i32>((i, i));
                    t.fill(-2);
                    kept.push(outer.from_elem(10 * i, i as i32));
                    t.fill(-3);
                });
            }
            assert!(m.iter().all(|&x| x == -1));
        });
        for (i, array) in kept.iter().enumerate() {
            assert!(array.iter().all(|&x| x == i as i32));
        }
    });
}

#[test]
fn a_result_leaves_an_inner_scope_without_a_copy() {
    let buffer = Buffer::new();
    buffer.scope(|outer| {
        let mut made_at = std::ptr::null();
        let result = outer.scope(|inner| {
            let t = inner.from_shape_fn((100, 100), |(i, j)| i * j);
            let result = outer.map(&t.row(7), |&x| x + 1);
            made_at = result.as_ptr();
            result
        });
        assert_eq!(result.as_ptr(), made_at);
        outer.scope(|inner| inner.from_elem((100, 100), usize::MAX).len());
        assert_eq!(result, Array1::from_shape_fn(100, |j| 7 * j + 1));
    });
}

/// The determinant by expansion along the first row, each minor in a scope of its own.
fn determinant(a: ArrayView2<i64>) -> i64 {
    if a.is_empty() {
        return 1;
    }
    (0..a.ncols()).fold(0, |sum, j| {
        ndarena::scope(|s| {
            let minor = s.from_shape_fn((a.nrows() - 1, a.ncols() - 1), |(i, k)| a[[i + 1, k + usize::from(k >= j)]]);
            let sign = if j % 2 == 0 { 1 } else { -1 };
            sum + sign * a[[0, j]] * determinant(minor.view())
        })
    })
}

#[test]
fn kernels_recurse() {
    // Lower triangular: the product of the diagonal.
    let a = Array2::from_shape_fn((7, 7), |(i, j)| if i >= j { (i + 2 * j + 1) as i64 } else { 0 });
    assert_eq!(determinant(a.view()), (0..7).map(|i| 3 * i + 1).product());
}

#[test]
fn scopes_nest_to_any_depth() {
    fn descend(buffer: &Buffer, depth: usize) -> usize {
        buffer.scope(|s| {
            let x = s.from_elem(10, depth);
            let below = if depth == 0 { 0 } else { descend(buffer, depth - 1) };
            assert!(x.iter().all(|&x| x == depth));
            below + x.sum()
        })
    }
    let buffer = Buffer::new();
    assert_eq!(descend(&buffer, 500), 10 * 500 * 501 / 2);
    let grown = buffer.stats().growths;
    assert_eq!(descend(&buffer, 500), 10 * 500 * 501 / 2);
    assert_eq!(buffer.stats().growths, grown);
}

#[test]
fn every_way_out_rewinds() {
    fn leave(buffer: &Buffer, how: usize) -> Result<usize, String> {
        let value = buffer.scope(|s| {
            let x = s.alloc_array::<f64>(100);
            match how {
                0 => return Err("return".to_string()),
                1 => "question mark".parse::<f64>().map_err(|e| e.to_string())?,
                2 => panic!("panic"),
                _ => 0.0,
            };
            Ok(x.len())
        })?;
        Ok(value)
    }
    let buffer = Buffer::new();
    for how in [0, 1, 2, 3, 2, 1, 0] {
        let result = catch_unwind(|| leave(&buffer, how));
        assert_eq!(result.is_err(), how == 2);
        assert_eq!(result.is_ok_and(|result| result.is_ok()), how == 3);
        assert_eq!(buffer.stats().in_use, 0);
    }
    assert_eq!(buffer.stats().peak, 832);
    assert_eq!(buffer.stats().growths, 1);
}

#[test]
fn a_panic_in_an_inner_scope_leaves_the_outer_one_as_it_was() {
    let buffer = Buffer::new();
    buffer.scope(|outer| {
        let mut x = outer.from_elem(100, 1);
        for _ in 0..10 {
            let result = catch_unwind(AssertUnwindSafe(|| {
                outer.scope(|inner| {
                    let mut t = inner.from_elem(10_000, 2);
                    x += 1;
                    // In the middle of a pass that writes.
                    t.assign(&inner.map(&x, |&x| if x > 0 { panic!("in a closure") } else { x }));
                })
            }));
            assert!(result.is_err());
        }
        assert!(x.iter().all(|&x| x == 11));
        assert_eq!(outer.scope(|inner| inner.ones::<i32>(10).sum()), 10);
    });
}

#[test]
fn views_may_go_to_other_threads_that_end_before_the_scope() {
    let buffer = Buffer::new();
    let total = buffer.scope(|s| {
        let mut x = s.alloc_array::<f64>((4, 1000));
        std::thread::scope(|threads| {
            for (i, mut row) in x.outer_iter_mut().enumerate() {
                threads.spawn(move || row.fill(i as f64));
            }
        });
        x.sum()
    });
    assert_eq!(total, 6000.0);
}

#[test]
fn a_buffer_may_move_between_threads() {
    let buffer = Buffer::new();
    buffer.scope(|s| drop(s.alloc_array::<f64>(1000)));
    let buffer = std::thread::spawn(move || {
        buffer.scope(|s| assert_eq!(s.ones::<f64>(1000).sum(), 1000.0));
        buffer
    })
    .join()
    .unwrap();
    buffer.scope(|s| assert_eq!(s.ones::<f64>(1000).sum(), 1000.0));
    assert_eq!(buffer.stats().growths, 1);
}
