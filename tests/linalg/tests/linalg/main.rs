//! Linear algebra in scope memory: answers, errors, and calls of the allocator.
//!
//! Answers are judged in `Complex<f64>`, by plain loops: a factorisation by whether its factors give the matrix, a solution by what
//! is left of the right-hand side. The package is optimised in every profile, as faer's kernels take minutes otherwise.

mod allocations;
mod cholesky;
mod eigen;
mod judge;
mod least_squares;
mod lu;
mod matmul;
mod properties;
mod published;
mod qr;
mod scratch;
mod small;
mod special;
mod svd;
mod tables;
mod triangular;

/// It counts for each thread by itself.
#[global_allocator]
static ALLOCATOR: ndarena_testing::Counting = ndarena_testing::Counting;
