//! What is wrong with the arguments of an operation, said at the caller's place: `ndarena: <operation>: <what was given>;
//! <what would do>`. (What is wrong with a shape alone is said by [`AllocError`](crate::AllocError).)
//!
//! The operation's name is handed to what panics, and the checks are made before there are closures, which have places of
//! their own.

#![forbid(unsafe_code)]

use core::any::type_name;

use ndarray::{ArrayRef, Axis, Dimension};

/// Panics if `a` does not have that axis.
#[inline]
#[track_caller]
pub(super) fn check_axis<A, D: Dimension>(operation: &'static str, a: &ArrayRef<A, D>, axis: Axis) {
    if axis.index() >= a.ndim() {
        no_such_axis(operation, axis, a.shape());
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn no_such_axis(operation: &'static str, axis: Axis, shape: &[usize]) -> ! {
    let (axis, axes) = (axis.index(), shape.len());
    panic!("ndarena: {operation}: axis {axis} is out of bounds for shape {shape:?}; give one that is less than {axes}")
}

/// `n`, a number of elements, as an `A`; panics if it cannot be converted.
#[inline]
#[track_caller]
pub(super) fn converted<A>(operation: &'static str, n: usize, convert: impl FnOnce(usize) -> Option<A>) -> A {
    match convert(n) {
        Some(number) => number,
        None => not_converted(operation, n, type_name::<A>()),
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn not_converted(operation: &'static str, n: usize, to: &'static str) -> ! {
    panic!(
        "ndarena: {operation}: {n}, a number of elements, cannot be converted to {to}; give elements that can be as large"
    )
}

/// The panic of shapes that cannot be broadcast: of the second to the first, or of any other number of them together.
#[cold]
#[inline(never)]
#[track_caller]
pub(super) fn cannot_broadcast(operation: &'static str, shapes: &[&[usize]]) -> ! {
    const REMEDY: &str = "counted from the last axis, give lengths that are the same, or 1, or missing";
    match shapes {
        [to, from] => {
            panic!("ndarena: {operation}: could not broadcast array from shape: {from:?} to: {to:?}; {REMEDY}")
        }
        _ => panic!("ndarena: {operation}: could not broadcast arrays of shapes {shapes:?} together; {REMEDY}"),
    }
}
