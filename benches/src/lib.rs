//! What the benchmarks share: how they measure.

pub mod counted;
pub mod paired;
