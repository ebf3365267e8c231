//! Products, and systems of equations with a triangular matrix.

mod axes;
mod dot;
#[cfg(any(feature = "std", feature = "linalg"))]
mod rows;
#[cfg(feature = "std")]
mod small;
#[cfg(feature = "std")]
mod triangular;

pub use axes::DotDim;
#[cfg(feature = "linalg")]
pub(crate) use axes::Kernel;
#[cfg(feature = "linalg")]
pub(crate) use rows::plain_product;
#[cfg(feature = "std")]
pub use triangular::SolveError;
