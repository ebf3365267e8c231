//! Numerical kernels, each written three ways: on the heap, as one writes it with ndarray alone; preallocated by hand, in a
//! workspace; and in a scope. Tests, benchmarks and examples share them.
//!
//! Each module has the same functions: `on_the_heap`, `by_hand` with its `Workspace`, and `in_a_scope`. The last take a
//! [`Scope`](ndarena::Scope), put their results in it, and their temporaries in scopes inside it. Where the library has
//! factorisations for it, there is `by_calls`, too, with the feature `linalg`: the same by these, in a scope.

pub mod airline;
pub mod cavity;
pub mod cholesky;
mod error;
pub mod expm;
pub mod hmm;
pub mod kalman;
pub mod lstm;
pub mod mlp;
pub mod particle_filter;
mod products;
pub mod qr;
pub mod rk45;
pub mod strassen;

pub use error::Error;
