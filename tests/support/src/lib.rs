//! What tests and benchmarks of ndarena share. It does not know ndarena: what it needs of it, it is given.

pub mod arena_model;
mod arrays;
mod counting;
pub mod no_std;
mod turn;

pub use arrays::{assert_close, assert_same, layouts, triangle};
pub use counting::{Counting, calls_of, refusing_from};
pub use turn::turn;
