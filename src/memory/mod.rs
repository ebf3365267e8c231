//! What hands out bytes, and knows no array.

pub(crate) mod block;
mod carving;
mod growing;
mod lending;
mod level;
pub(crate) mod offsets;
mod packing;
mod poison;
mod profile;
mod region;
mod share;
mod stack;
mod stats;
#[cfg(test)]
mod tests;

pub(crate) use lending::{Frame, Own};
pub(crate) use level::Detached;
pub(crate) use profile::Asked;
pub(crate) use region::{End, Region};
pub(crate) use stack::{Entered, Stack};
pub use stats::Stats;
