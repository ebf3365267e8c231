//! The kernels under `examples/kernels`: that each is right, by an answer found in another way; that the three ways agree;
//! that scopes allocate nothing once they have run; and what is said to bad input.

mod cholesky;
mod expm;
mod hmm;
mod kalman;
mod lstm;
mod memories;
mod mlp;
mod qr;
mod rk45;
mod strassen;

use ndarena::prelude::*;
use ndarena_testing::calls_of;

#[global_allocator]
static ALLOCATOR: ndarena_testing::Counting = ndarena_testing::Counting;

/// How often the heap is called for a scope's work, after it has run as often as it takes to know how much memory it needs.
fn steady_calls<R>(work: impl for<'s> Fn(Scope<'s>) -> R) -> usize {
    let buffer = Buffer::new();
    for _ in 0..3 {
        buffer.scope(&work);
    }
    calls_of(|| buffer.scope(&work))
}
