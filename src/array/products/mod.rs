//! Products, and systems of equations with a triangular matrix.

mod axes;
mod dot;
#[cfg(feature = "std")]
mod small;
#[cfg(feature = "std")]
mod triangular;

pub use axes::DotDim;
#[cfg(feature = "linalg")]
pub(crate) use axes::Kernel;
#[cfg(feature = "std")]
pub use triangular::SolveError;
