//! Sequences, iterators and diagonals, against ndarray on the heap: bit for bit.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ndarena::prelude::*;
use ndarena_testing::bits;
use ndarena_testing::calls_of;
use ndarray::prelude::*;
use proptest::prelude::*;

proptest! {
    #[test]
    fn sequences_are_ndarrays(start in -1e3..1e3f64, end in -1e3..1e3f64, n in 0usize..200, base in -20.0..20.0f64) {
        ndarena::scope(|s| {
            assert_eq!(bits(&s.linspace(start, end, n)), bits(&Array::linspace(start, end, n)));
            let powers = Array::logspace(base, start / 1e3, end / 1e3, n);
            assert_eq!(bits(&s.logspace(base, start / 1e3, end / 1e3, n)), bits(&powers));
            for (start, end) in [(start, end), (-start.abs(), -end.abs()), (start.abs(), end.abs()), (start, 0.0), (-0.0, end)] {
                let (ours, ndarrays) = (s.geomspace(start, end, n), Array::geomspace(start, end, n));
                assert_eq!(ours.as_deref().map(bits), ndarrays.as_deref().map(bits));
            }
            let step = if n == 0 { 1e9 } else { (end - start).abs() / n as f64 } * (end - start).signum();
            assert_eq!(bits(&s.range(start, end, step)), bits(&Array::range(start, end, step)));
            let single = Array::geomspace(1.0 + start.abs() as f32, 1.0 + end.abs() as f32, n);
            assert_eq!(s.geomspace(1.0 + start.abs() as f32, 1.0 + end.abs() as f32, n).as_deref(), single.as_deref());
            let single = Array::linspace(start as f32, end as f32, n);
            assert_eq!(s.linspace(start as f32, end as f32, n), single);
        });
    }

    #[test]
    fn iterators_give_their_elements(elements in prop::collection::vec(any::<(u8, u64)>(), 0..300)) {
        ndarena::scope(|s| {
            assert_eq!(s.from_iter(elements.iter().copied()).to_vec(), elements);
            assert_eq!(s.from_iter(elements.iter().rev().map(|x| x.1)), Array1::from_iter(elements.iter().rev().map(|x| x.1)));
            let zipped = s.from_iter(elements.iter().enumerate());
            assert!(zipped.iter().enumerate().all(|(i, &(j, x))| i == j && *x == elements[i]));
            // Not all of these know how many they are, and none is made for each.
            let (small, large) = (|x: &&(u8, u64)| x.0 < 100, |x: &&(u8, u64)| x.0 >= 100);
            let ours = s.from_iter(elements.iter().filter(small).chain(elements.iter().filter(large)).copied());
            assert_eq!(ours, Array1::from_iter(elements.iter().filter(small).chain(elements.iter().filter(large)).copied()));
            let mut calls = 0;
            let until = s.from_iter(elements.iter().map_while(|x| { calls += 1; (x.0 < 200).then_some(x.1) }));
            let expected: Vec<u64> = elements.iter().map_while(|x| (x.0 < 200).then_some(x.1)).collect();
            assert_eq!(until.to_vec(), expected);
            assert_eq!(calls, (expected.len() + 1).min(elements.len()));
        });
    }
}

#[test]
fn diagonals_are_ndarrays() {
    ndarena::scope(|s| {
        for n in [0, 1, 2, 7, 30] {
            assert_eq!(s.eye::<f64>(n), Array2::<f64>::eye(n));
            assert_eq!(s.eye::<i8>(n), Array2::<i8>::eye(n));
            let diagonal = Array1::from_iter((0..2 * n).map(|i| i as f32));
            let diagonal = diagonal.slice(s![..;2]);
            assert_eq!(s.from_diag(&diagonal), Array2::from_diag(&diagonal));
            assert_eq!(s.from_diag_elem(n, 7.5), Array2::from_diag_elem(n, 7.5));
            assert_eq!(s.from_diag_elem(n, -2), Array2::from_diag_elem(n, -2));
        }
    });
}

/// An iterator that says how many elements it has, and has others.
struct Lying {
    says: (usize, Option<usize>),
    has: usize,
}

impl Iterator for Lying {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        self.has = self.has.checked_sub(1)?;
        Some(self.has)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.says
    }
}

#[test]
fn iterators_that_lie_do_no_harm() {
    let buffer = Buffer::new();
    let exactly = |says| (says, Some(says));
    let given = |says, has| buffer.scope(|s| s.from_iter(Lying { says, has }).to_vec());
    assert_eq!(given(exactly(10), 4), [3, 2, 1, 0]);
    assert_eq!(given(exactly(2), 4), [3, 2], "no more are asked for");
    for says in [(0, None), (0, Some(2)), (5, Some(9)), (usize::MAX, None), (0, Some(usize::MAX))] {
        assert_eq!(given(says, 4), [3, 2, 1, 0], "{says:?}");
    }
    let said = catch_unwind(AssertUnwindSafe(|| given(exactly(usize::MAX), 4)));
    assert!(said.unwrap_err().downcast::<String>().unwrap().contains("overflows isize"));
    assert_eq!(buffer.stats().in_use, 0);
    assert!(catch_unwind(|| ndarena::scope(|s| s.range(0.0, 1.0, -0.5).len())).is_err(), "away from the end");
}

/// Elements that an iterator does not number beforehand take as much of the scope as if it had, and memory beside that for a time.
#[test]
fn elements_that_are_not_numbered_leave_nothing_behind() {
    let buffer = Buffer::new();
    for n in [0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 1000] {
        buffer.scope(|s| {
            let before = buffer.stats().in_use;
            let numbered = s.from_iter(0..n);
            let taken = buffer.stats().in_use - before;
            let gathered = s.from_iter((0..n).filter(|_| true));
            assert_eq!(gathered, numbered);
            assert_eq!(buffer.stats().in_use - before, 2 * taken, "{n}");
            // Elements that are too large for the stack.
            let large = s.from_iter((0..n).map(|i| [i; 30]).filter(|_| true));
            assert!(large.iter().enumerate().all(|(i, x)| *x == [i as i32; 30]) && large.len() == n as usize);
        });
    }
    // An iterator that does not end comes to the end of memory, and only that.
    let limited = Buffer::with_limit(10_000);
    assert!(catch_unwind(AssertUnwindSafe(|| limited.scope(|s| s.from_iter(std::iter::repeat(1u64)).len()))).is_err());
    assert_eq!(limited.scope(|s| s.from_iter((0..9).filter(|n| n % 4 == 0)).to_vec()), [0, 4, 8]);
}

#[test]
fn the_steady_state_allocates_nothing() {
    let buffer = Buffer::new();
    let all = || {
        buffer.scope(|s| {
            let x = s.linspace(0.0, 1.0, 50);
            let matrix = s.from_diag(&x);
            matrix.sum()
                + s.eye::<f64>(10).sum()
                + s.range(0.0, 9.0, 1.0).sum()
                + s.from_iter((0..20).filter(|n| n % 2 == 0)).sum() as f64
        })
    };
    assert_eq!(all(), 25.0 + 10.0 + 36.0 + 90.0);
    assert_eq!(calls_of(|| assert_eq!(all(), 161.0)), 0);
}
