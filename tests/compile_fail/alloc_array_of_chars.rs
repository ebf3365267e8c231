//! error[E0277]: memory that nobody has filled may hold no valid `char`
use ndarena::prelude::*;

fn main() {
    ndarena::scope(|s| s.try_alloc_array::<char>(3).map(|x| x.len())).unwrap();
}
