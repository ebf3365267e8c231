//! The kernels under `examples/kernels`: that each is right, by an answer found in another way; that the three ways agree;
//! that scopes allocate nothing once they have run; and what is said to bad input.

mod by_calls;
mod cavity;
mod cholesky;
mod expm;
mod hmm;
mod kalman;
mod lstm;
mod memories;
mod mlp;
mod particle_filter;
mod qr;
mod rk45;
mod strassen;

use ndarena::prelude::*;

/// How often the heap is asked for memory for a scope's work, after it has run as often as it takes to know how much memory it needs.
fn steady_calls<R>(work: impl for<'s> Fn(Scope<'s>) -> R) -> usize {
    let buffer = Buffer::new();
    for _ in 0..3 {
        buffer.scope(&work);
    }
    calls_of(|| buffer.scope(&work))
}

/// How often the heap is asked for memory meanwhile.
fn calls_of<R>(work: impl FnOnce() -> R) -> usize {
    allocation_counter::measure(|| drop(work())).count_total as usize
}
