//! What tests and benchmarks of ndarena share. It does not know ndarena: what it needs of it, it is given.

pub mod arena_model;
mod arrays;
mod corpus;
mod counting;
mod foreign;
pub mod no_std;
mod panics;
mod sources;
mod substitution;
mod turn;

pub use arrays::{assert_close, assert_same, bits, elements, layouts, triangle};
pub use corpus::corpus;
pub use counting::{Counting, calls_of, held, refusing_from};
pub use foreign::{Of, at_call, called, unhooked};
pub use panics::{Panic, panic_of};
pub use sources::{public_names, sources};
pub use substitution::{Substitution, Triangle};
pub use turn::turn;
