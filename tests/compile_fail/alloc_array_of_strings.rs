//! error[E0277]: the trait bound `String: Pod` is not satisfied
use ndarena::prelude::*;

fn main() {
    ndarena::scope(|s| s.alloc_array::<String>(3).len());
}
