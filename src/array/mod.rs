//! What a scope can make, one file a theme.

mod alloc_array;
mod elementwise;
mod place;

pub use alloc_array::AllocArray;
