//! error[E0277]: memory that nobody has filled may hold no valid `&'static f64`
use ndarena::prelude::*;

fn main() {
    ndarena::scope(|s| s.alloc_array::<&'static f64>(3).len());
}
