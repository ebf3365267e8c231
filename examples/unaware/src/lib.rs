//! Numerical code that knows nothing of arenas, as anybody would write it with ndarray and the standard library. Each has a
//! version beside it, for comparison, with its memory preallocated by hand. And a clock for them.

#![allow(dead_code, reason = "each example and benchmark uses what it needs")]

pub(crate) mod bfgs;
pub(crate) mod chain;
pub(crate) mod median;
pub(crate) mod search;

/// What `f` returns, and how long it took.
pub(crate) fn timed<R>(f: impl FnOnce() -> R) -> (R, std::time::Duration) {
    let start = std::time::Instant::now();
    let result = f();
    (result, start.elapsed())
}
