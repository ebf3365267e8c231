//! What a scope makes arrays of, and how they lie in memory: against ndarray on the heap.
//!
//! The package `tests/peers` runs some of them, too, beside crates that turn on features of matrixmultiply: `among_peers`.

mod alignment;
mod all_of_ndarray;
mod arithmetic;
mod elements;
mod elementwise;
mod extreme_shapes;
mod float;
mod joining;
mod lanes;
mod layouts;
mod linalg;
mod memories;
mod panics;
mod product_bits;
mod reductions;
mod reshaping;
mod sequences;
mod shapes;
mod triangles;
mod triangular;

/// It counts, and refuses, for each thread by itself.
#[global_allocator]
static ALLOCATOR: ndarena_testing::Counting = ndarena_testing::Counting;
