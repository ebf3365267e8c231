//! Products, and systems of equations with a triangular matrix.

mod dot;
#[cfg(feature = "std")]
mod small;
#[cfg(feature = "std")]
mod triangular;

pub use dot::DotDim;
#[cfg(feature = "std")]
pub use triangular::SolveError;
