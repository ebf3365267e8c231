//! What a scope can make, one file a theme.

mod aligned;
mod along_axis;
mod checks;
mod constructors;
mod element;
mod elementwise;
mod filling;
#[cfg(feature = "std")]
mod float;
mod integers;
mod map;
mod ops;
mod order;
mod products;
mod raw;
mod reductions;
mod reshaping;
mod runs;
mod sequences;
mod stacking;
mod triangles;
mod walk;
mod zip_collect;
mod zip_map;

pub use aligned::Aligned;
pub use constructors::AllocArray;
pub use element::AllocElement;
pub use ops::{Number, Operand, Operands};
pub use products::DotDim;
#[cfg(feature = "std")]
pub use products::SolveError;
#[cfg(feature = "linalg")]
pub(crate) use products::{Kernel, plain_product};
pub use zip_collect::MapCollectIn;
#[cfg(feature = "rayon")]
pub use zip_collect::ParMapCollectIn;
