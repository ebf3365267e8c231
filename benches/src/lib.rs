//! What the benchmarks share: how they measure, and how they write down what they found.

pub mod counted;
pub mod operations;
pub mod paired;
pub mod peers;
pub mod record;
