//! Linear algebra in scope memory, by [faer](https://docs.rs/faer)'s kernels (feature `linalg`).
//!
//! The operations are methods of [`Scope`](crate::Scope): [`cholesky`](crate::Scope::cholesky) makes a factorisation, whose factor
//! lies in the scope, and which solves systems of equations, any number of them. Operands are ndarray's matrices and vectors
//! with any strides; elements are `f32`, `f64` and `Complex` of both ([`LinalgElement`]). Results are column-major, as suits
//! faer.
//!
//! # Memory
//!
//! What an operation needs in passing is taken from a scope inside the one that its result lies in, and so is there again when
//! it returns. Where a limit or a fixed buffer has no room for a result or for that scratch memory, the error is
//! [`LinalgError::Alloc`], which says how much was asked for.
//!
//! With the feature `std` on x86-64, on a processor with AVX2, nothing here calls the allocator, but for a thread's first large
//! product: faer's kernel keeps the memory that it packs into (addresses for twice the last cache; pages that are used are a few
//! hundred KiB) until the thread ends. On other processors, and without `std`, its kernel for products from about 16 rows
//! and columns on takes that memory from the allocator at each call.
//!
//! Everything runs on the calling thread, whatever [`faer::set_global_parallelism`](https://docs.rs/faer) says, so that results do
//! not depend on how many processors there are.

mod cholesky;
mod element;
mod error;
mod lu;
mod matrices;

pub use cholesky::Cholesky;
pub use element::LinalgElement;
pub use error::LinalgError;
pub use lu::Lu;
