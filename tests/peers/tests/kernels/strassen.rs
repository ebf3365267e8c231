use std::panic::{AssertUnwindSafe, catch_unwind};

use ndarena::prelude::*;
use ndarena_kernels::strassen::{Workspace, by_hand, in_a_scope, on_the_heap};
use ndarray::{ArrayRef1, ArrayRef2, prelude::*, s};

use super::{calls_of, steady_calls};

/// Numbers between -1 and 1 without a pattern.
fn numbers(n: usize, seed: usize) -> Array2<f64> {
    Array2::from_shape_fn((n, n), |(i, j)| ((i * i * 13 + i * j * 31 + j * j * 7 + i + seed) as f64).sin())
}

/// Whole numbers from -8 to 8.
fn whole_numbers(n: usize, seed: usize) -> Array2<f64> {
    numbers(n, seed).mapv_into(|x| (8.0 * x).round())
}

/// The three ways, each on its own.
fn all(a: &ArrayRef2<f64>, b: &ArrayRef2<f64>, cutoff: usize) -> [Array2<f64>; 3] {
    let mut hand = Array2::from_elem(a.dim(), f64::NAN);
    by_hand(a, b, &mut Workspace::new(a.nrows(), cutoff), hand.view_mut());
    [on_the_heap(a, b, cutoff), hand, ndarena::scope(|s| in_a_scope(s, a, b, cutoff).to_owned())]
}

/// Sums and products of whole numbers below 2⁵³ are not rounded, in whatever order. There are four levels at most: what is
/// multiplied in the end is of no more than 8 · 2⁴, and 70 such products, of which each level adds up twelve, stay below 2³⁵.
#[test]
fn whole_numbers_give_ndarray_s_product_exactly() {
    let small = (0..=20).flat_map(|n| [0, 1, 2, 3, 5, 8].map(|cutoff| (n, cutoff)));
    for (n, cutoff) in small.chain([(31, 2), (33, 3), (50, 4), (64, 8), (67, 5), (70, 16), (70, 70)]) {
        let (a, b) = (whole_numbers(n, 1), whole_numbers(n, 2));
        for c in all(&a, &b, cutoff) {
            assert_eq!(c, a.dot(&b), "{n}, {cutoff}");
        }
    }
}

#[test]
fn the_operands_may_lie_anyhow() {
    let (a, b) = (whole_numbers(42, 1), whole_numbers(42, 2));
    let (every_other, turned) = (a.slice(s![..;2, ..;2]), b.slice(s![..21, ..21;-1]));
    for (a, b) in [(a.t(), b.view()), (a.view(), b.t()), (a.t(), b.t()), (every_other, turned), (turned, every_other)] {
        for c in all(&a, &b, 3) {
            assert_eq!(c, a.dot(&b));
        }
    }
}

/// A bound of the error of an element, in units of the roundoff times the largest elements of `a` and `b`: n² of ndarray's
/// product, and as much again from a level as N. J. Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd edition,
/// SIAM (2002), section 23.2.2, has it, whose bound solves this recurrence. Peeled, an element gets a product more, of 1 at
/// most, and their sum is of n.
fn bound(n: usize, cutoff: usize) -> f64 {
    let size = n as f64;
    match n {
        _ if n <= cutoff => size * size,
        _ if n % 2 == 0 => 12.0 * bound(n / 2, cutoff) + 25.0 * size,
        _ => (bound(n - 1, cutoff) + size + 1.0).max(size * size),
    }
}

fn largest(a: &ArrayRef2<f64>) -> f64 {
    a.fold(0.0, |largest, x| x.abs().max(largest))
}

#[test]
fn the_error_is_within_higham_s_bound() {
    let of_four = |levels: i32| 12f64.powi(levels) * (16.0 + 20.0) - 5.0 * 4.0 * 2f64.powi(levels);
    assert_eq!([4, 8, 16, 32].map(|n| bound(n, 4)), [0, 1, 2, 3].map(of_four));
    for n in [2, 4, 7, 8, 16, 31, 32, 45] {
        let (a, b) = (numbers(n, 1), numbers(n, 2));
        let (roundoff, size) = (f64::EPSILON / 2.0, largest(&a) * largest(&b));
        let x = b.row(n / 2);
        for cutoff in [1, 4, 16] {
            for c in all(&a, &b, cutoff) {
                // `dot` has an error of its own.
                let allowed = (bound(n, cutoff) + (n * n) as f64) * roundoff * size;
                assert!(largest(&(&c - a.dot(&b))) <= allowed, "{n}, {cutoff}");
                // So have products with a vector: of `c`, whose elements are of n, and of `b` and `a`, each of n terms.
                let allowed = (bound(n, cutoff) + 3.0 * (n * n) as f64) * roundoff * size * sum_of_sizes(&x);
                let difference = c.dot(&x) - a.dot(&b.dot(&x));
                assert!(difference.iter().all(|d| d.abs() <= allowed), "{n}, {cutoff}");
            }
        }
    }
}

fn sum_of_sizes(x: &ArrayRef1<f64>) -> f64 {
    x.iter().map(|x| x.abs()).sum()
}

/// A level has three matrices of a quarter of the one above it: together 3/4 + 3/16 + .. of the product, or less than it has.
#[test]
fn all_levels_take_less_than_the_product() {
    for (n, cutoff, levels) in [(2, 1, 1), (16, 1, 4), (19, 1, 4), (64, 4, 4), (127, 8, 4), (128, 64, 1)] {
        let (a, b, buffer) = (numbers(n, 1), numbers(n, 2), Buffer::new());
        buffer.scope(|s| drop(in_a_scope(s, &a, &b, cutoff)));
        // Each array may fill up a cache line.
        assert!(buffer.stats().peak <= 2 * 8 * n * n + 64 * (1 + 3 * levels), "{n}: {}", buffer.stats());
    }
}

#[test]
fn it_allocates_nothing_but_what_ndarray_s_product_does() {
    for (n, cutoff) in [(2, 1), (3, 1), (8, 1), (8, 2), (13, 2), (32, 4), (35, 4), (64, 32), (77, 20)] {
        let (a, b) = (numbers(n, 1), numbers(n, 2));
        let calls = steady_calls(|s| drop(in_a_scope(s, &a, &b, cutoff)));
        let (mut work, mut c) = (Workspace::new(n, cutoff), Array2::zeros((n, n)));
        assert_eq!(calls, calls_of(|| by_hand(&a, &b, &mut work, c.view_mut())), "{n}, {cutoff}");
        assert_eq!(calls == 0, cutoff <= 4, "{calls} for {n}, {cutoff}");
    }
}

#[test]
fn what_is_not_finite_shows() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let (mut a, b) = (numbers(21, 1), numbers(21, 2));
        a[[7, 9]] = bad;
        for c in all(&a, &b, 3) {
            assert!(c.row(7).iter().all(|c| !c.is_finite()));
        }
    }
}

#[test]
fn other_shapes_panic() {
    let matrix = |rows, columns| Array2::<f64>::zeros((rows, columns));
    let (buffer, mut work) = (Buffer::new(), Workspace::new(4, 2));
    let (square, wide, large) = (matrix(4, 4), matrix(4, 5), matrix(5, 5));
    for (a, b, shapes) in [(&square, &large, "[4, 4] and [5, 5]"), (&wide, &wide, "[4, 5] and [4, 5]")] {
        assert!(panic_of(|| drop(on_the_heap(a, b, 2))).contains(shapes));
        assert!(panic_of(|| by_hand(a, b, &mut work, matrix(4, 4).view_mut())).contains(shapes));
        assert!(panic_of(|| buffer.scope(|s| drop(in_a_scope(s, a, b, 2)))).contains(shapes));
    }
    let into_large = panic_of(|| by_hand(&square, &square, &mut work, matrix(5, 5).view_mut()));
    assert!(into_large.contains("[4, 4] and [5, 5]"));
    assert_eq!(buffer.stats().in_use, 0);
}

fn panic_of(f: impl FnOnce()) -> String {
    *catch_unwind(AssertUnwindSafe(f)).unwrap_err().downcast().unwrap()
}
