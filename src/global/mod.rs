//! Arenas: an allocator under code that knows nothing of them. Feature `global`.
//!
//! One line installs the allocator; [`arena`] then makes the large temporaries of whatever runs inside it come from memory
//! that is used again and again, where `malloc` would have the system map and unmap pages. What is made is what is always
//! made: `Array`, `Vec`, `Box`. It may leave the call, and be dropped anywhere.
//!
//! ```
//! use ndarena::global::{ArenaAlloc, arena};
//! use ndarray::{Array1, Zip};
//!
//! #[global_allocator]
//! static ALLOCATOR: ArenaAlloc = ArenaAlloc::system();
//!
//! let d = Array1::linspace(0.0, 1.0, 1_000_000);
//! for _ in 0..3 {
//!     let total = arena(|| ((&d * 2.0) + 1.0).sum());
//!     assert!((total / 2e6 - 1.0_f64).abs() < 1e-9);
//! }
//! ```
//!
//! | to | there is |
//! |---|---|
//! | install it | [`ArenaAlloc`] |
//! | run something in an arena, or outside one | [`arena`], [`no_arena`] |
//! | map items, each in an arena | [`map_arena`], [`par_map_arena`] |
//! | keep a copy that is in no arena | [`copy_out`] |
//! | see what an arena would serve | [`profile`](profile()) |
//! | see what happens; give memory back | [`stats`], [`clear_pool`] |

mod alloc;
mod arena;
mod bins;
mod class;
#[cfg(all(test, loom))]
mod interleavings;
mod lists;
mod map;
mod marks;
mod ownership;
mod pages;
mod pool;
mod profile;
mod recycling;
mod remote_frees;
mod reservation;
mod span;
mod stats;
mod steps;
mod system;
mod thread;

pub use alloc::ArenaAlloc;
#[cfg(feature = "rayon")]
pub use map::par_map_arena;
pub use map::{copy_out, map_arena};
pub use profile::{Profile, Served, Sizes, profile};
pub use stats::{Stats, stats};
pub use thread::{arena, no_arena};

/// Gives the memory that arenas have and no block is in back to the system. Blocks that outlived their call stay where they
/// are, each with the pages that it lies in. Threads that are in a call do it themselves, the next time that they have freed
/// enough to look for a better place for a block.
///
/// ```
/// use ndarena::global::{ArenaAlloc, arena, clear_pool, stats};
///
/// #[global_allocator]
/// static ALLOCATOR: ArenaAlloc = ArenaAlloc::system();
///
/// arena(|| vec![1.0; 1_000_000]);
/// assert!(stats().touched >= 8_000_000);
/// clear_pool();
/// assert_eq!(stats().touched, 0);
/// ```
pub fn clear_pool() {
    pool::clear(thread::current());
}
