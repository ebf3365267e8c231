//! error[E0277]: memory that nobody has filled may hold no valid `String`
use ndarena::prelude::*;

fn main() {
    ndarena::scope(|s| s.alloc_array::<String>(3).len());
}
