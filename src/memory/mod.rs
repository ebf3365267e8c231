//! What hands out bytes, and knows no array.

pub(crate) mod block;
mod lending;
mod level;
pub(crate) mod offsets;
mod stack;
mod stats;

pub(crate) use lending::{Frame, Own};
pub(crate) use level::{Detached, End, Level};
pub(crate) use stack::{Entered, Stack};
pub use stats::Stats;
