//! Those tests of arrays that depend on which features others turn on: products, for which matrixmultiply then has another kernel, and
//! the tables of all operations, with those of linear algebra. The package `tests/peers` runs them.

mod all_of_ndarray;
mod linalg;
mod memories;
mod panics;
mod product_bits;
mod triangular;

/// It counts, and refuses, for each thread by itself.
#[global_allocator]
static ALLOCATOR: ndarena_testing::Counting = ndarena_testing::Counting;
