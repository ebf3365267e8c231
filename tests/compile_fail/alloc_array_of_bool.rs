//! error[E0277]: the trait bound `bool: Pod` is not satisfied
use ndarena::prelude::*;

fn main() {
    ndarena::scope(|s| s.alloc_array::<bool>(3).len());
}
