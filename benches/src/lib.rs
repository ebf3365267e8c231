//! What the benchmarks share: how they measure.

pub mod counted;
pub mod operations;
pub mod paired;
