//! Numerical code that knows nothing of arenas, as anybody would write it with ndarray and the standard library. Each has a
//! version beside it, for comparison, with its memory preallocated by hand. And a clock for them.

pub mod bfgs;
pub mod chain;
pub mod median;
pub mod search;

/// What `f` returns, and how long it took.
pub fn timed<R>(f: impl FnOnce() -> R) -> (R, std::time::Duration) {
    let start = std::time::Instant::now();
    let result = f();
    (result, start.elapsed())
}
