//! error[E0277]: the trait bound `&'static f64: Pod` is not satisfied
use ndarena::prelude::*;

fn main() {
    ndarena::scope(|s| s.alloc_array::<&'static f64>(3).len());
}
