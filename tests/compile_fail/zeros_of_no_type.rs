//! error[E0283]: type annotations needed
use ndarena::prelude::*;

fn main() {
    ndarena::scope(|s| s.zeros(3).len());
}
