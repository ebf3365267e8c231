//! What a scope can make, one file a theme.

mod aligned;
mod alloc_array;
mod arithmetic;
mod checks;
mod collect;
mod elementwise;
mod integers;
mod joining;
mod linalg;
mod place;
mod reductions;
mod reshaping;
mod sequences;
#[cfg(feature = "std")]
mod small_product;
#[cfg(feature = "std")]
mod triangular;
mod zip;

pub use aligned::Aligned;
pub use alloc_array::AllocArray;
pub use arithmetic::Operands;
pub use collect::MapCollectIn;
#[cfg(feature = "rayon")]
pub use collect::ParMapCollectIn;
pub use linalg::DotDim;
#[cfg(feature = "std")]
pub use triangular::SolveError;
