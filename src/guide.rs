//! The guides, by what one has:
//!
//! - a hot loop of one's own: [`kernels`], what to write in place of ndarray's operations, with kernels to read;
//! - a slow program that is not to change: [`arenas`];
//! - systems of equations, eigenvalues, least squares: [`linalg`];
//! - nalgebra, faer, or another allocator beside it: [`interop`];
//! - a program in Julia: [`coming_from_bumper`], and for ArenaPirate.jl [a part of `arenas`](arenas#coming-from-arenapiratejl);
//! - doubts: [`safety`] says why it is sound, [`design`] why it is built so, [`benchmarks`] what it costs, with
//!   [`benchmark_tables`] of all that was measured, and [`versions`] what may change;
//! - an older version: [`changelog`].
//!
//! They are here for the documentation only: a program sees no such module.

// Examples are tests, where there are the features that they use. Those of `interop` use other libraries: the package with tests
// beside such runs them. `benchmarks` has none. Its pictures have to be a part of the page here, so it is `docs/benchmarks.md` with them in
// it; the package `benches` makes both.
#[cfg(any(not(doctest), feature = "global"))]
#[doc = include_str!("../docs/arenas.md")]
pub mod arenas {}
#[doc = include_str!("../docs/benchmark-tables.md")]
pub mod benchmark_tables {}
#[doc = include_str!("../docs/benchmarks/page.txt")]
pub mod benchmarks {}
#[doc = include_str!("../docs/changelog.md")]
pub mod changelog {}
#[doc = include_str!("../docs/coming-from-bumper.md")]
pub mod coming_from_bumper {}
#[doc = include_str!("../docs/design.md")]
pub mod design {}
#[cfg(not(doctest))]
#[doc = include_str!("../docs/interop.md")]
pub mod interop {}
#[doc = include_str!("../docs/kernels.md")]
pub mod kernels {}
#[cfg(any(not(doctest), feature = "linalg"))]
#[doc = include_str!("../docs/linalg.md")]
pub mod linalg {}
#[doc = include_str!("../docs/safety.md")]
pub mod safety {}
#[doc = include_str!("../docs/versions.md")]
pub mod versions {}
