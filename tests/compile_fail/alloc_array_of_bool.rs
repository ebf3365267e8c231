//! error[E0277]: memory that nobody has filled may hold no valid `bool`
use ndarena::prelude::*;

fn main() {
    ndarena::scope(|s| s.alloc_array::<bool>(3).len());
}
