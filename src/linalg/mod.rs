//! Linear algebra in scope memory, by [faer](https://docs.rs/faer)'s kernels (feature `linalg`).
//!
//! Small matrices are factorised by plain loops of this crate's, larger ones by faer's kernels.
//!
//! The operations are methods of [`Scope`](crate::Scope). Operands are ndarray's matrices and vectors with any strides; elements are
//! `f32`, `f64` and `Complex` of both ([`LinalgElement`]). Results are column-major, as suits faer, but where they say otherwise.
//!
//! | to | call |
//! |---|---|
//! | solve `a x = b` once | [`solve`](crate::Scope::solve()), or of a positive definite `a`, in half the time, `cholesky(&a)?.solve(&b)?` |
//! | solve it for one `b` after the other | [`lu`](crate::Scope::lu) or [`cholesky`](crate::Scope::cholesky), and `solve_in` of what they give |
//! | fit more equations than unknowns | [`qr`](crate::Scope::qr), and `solve`; [`least_squares`](crate::Scope::least_squares), if columns may depend on each other |
//! | find eigenvalues, of symmetric and Hermitian matrices | [`eigh`](crate::Scope::eigh) |
//! | find singular values, the rank, the nearest matrix of lower rank | [`svd`](crate::Scope::svd) |
//! | have the inverse, the determinant | [`inv`](crate::Scope::inv), [`det`](crate::Scope::det) |
//! | multiply without the heap | [`matmul`](crate::Scope::matmul) |
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

mod bidiagonal;
mod cholesky;
mod eigen;
mod element;
mod error;
mod least_squares;
mod lu;
mod matmul;
mod matrices;
mod once;
mod product;
mod qr;
mod reflections;
mod scratch;
mod small;
mod svd;
mod symmetric;
#[cfg(feature = "std")]
mod triangular;

pub use cholesky::Cholesky;
pub use element::LinalgElement;
pub use error::LinalgError;
pub use lu::Lu;
pub use qr::Qr;
pub use scratch::{
    cholesky_scratch, eigh_scratch, inv_scratch, least_squares_scratch, lu_scratch, qr_scratch, solve_scratch,
    svd_scratch,
};
#[cfg(feature = "std")]
pub(crate) use triangular::solve_triangular;
