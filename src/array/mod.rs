//! What a scope can make, one file a theme.

mod aligned;
mod alloc_array;
mod elementwise;
mod joining;
mod linalg;
mod place;
mod reductions;
mod sequences;

pub use aligned::Aligned;
pub use alloc_array::AllocArray;
pub use linalg::DotDim;
