// The README's picture is a file, which the documentation does not have: there it is this link.
#![cfg_attr(not(doctest), doc = include_str!("../docs/benchmarks/readme.txt"))]
// The examples of README.md are tests, if there are all the features that they use.
#![cfg_attr(any(feature = "global", not(doctest)), doc = include_str!("../README.md"))]
#![cfg_attr(not(feature = "std"), no_std)]
// Where the documentation is published, items say which feature they want.
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

mod array;
mod buffer;
mod detached;
mod error;
#[cfg(feature = "global")]
pub mod global;
mod guard;
#[cfg(all(doc, any(not(doctest), feature = "std")))]
pub mod guide;
#[cfg(feature = "linalg")]
pub mod linalg;
mod memory;
mod scope;
mod shape;
mod threads;

// What comments on `unsafe` cite anywhere, besides the invariants of modules (`docs/safety.md` lists all of them):
//
// - **Caller.** What the function that an `unsafe` block is in asks under `# Safety` holds where it is called.
// - **Borrowed.** A reference is valid for its lifetime, and one that is mutable is the only one: it is what their types say.
// - **Allocator.** The global allocator gives a block of the layout that it is asked for, whose size is not zero, and which is
//   nobody else's until it is given back, once, with that layout.
// - **System.** A call of the operating system's does what its manual says, and no more.
// - **Test.** A test made this memory, keeps it until everything that refers to it is gone, and knows what it wrote where.

#[cfg(feature = "rayon")]
pub use array::ParMapCollectIn;
#[cfg(feature = "std")]
pub use array::SolveError;
pub use array::{Aligned, AllocArray, AllocElement, DotDim, MapCollectIn, Operand};
#[doc(hidden)]
pub use array::{Number, Operands};
#[cfg(feature = "huge-pages")]
pub use buffer::HugePages;
pub use buffer::{Buffer, FixedBuffer, Profile};
#[cfg(feature = "std")]
pub use buffer::{ScopeOpen, default_buffer, profile, reset_default_buffer, scope, set_default_limit, with_buffer};
/// What the elements of [`alloc_array`](AllocArray::alloc_array) must be: any contents are valid, and there is no padding.
pub use bytemuck::Pod;
pub use detached::DetachedArray;
pub use error::{AllocError, AllocErrorKind};
pub use guard::Guard;
pub use memory::Stats;
pub use memory::block::ChunkSource;
pub use scope::Scope;
pub use shape::{ArrayShape, Contiguous, Padded, Strided};

/// What a file with kernels in it imports: `use ndarena::prelude::*;`
pub mod prelude {
    #[cfg(feature = "rayon")]
    pub use crate::ParMapCollectIn;
    // Files that open scopes name the crate, as in `ndarena::scope(|s| s.add(&a, &a).sum())`, but may call none of the traits
    // below. A path finds this name first, so it uses the import, which else would be reported as unused.
    #[doc(hidden)]
    pub use crate as ndarena;
    pub use crate::{AllocArray, Buffer, MapCollectIn, Padded, Scope};
}
