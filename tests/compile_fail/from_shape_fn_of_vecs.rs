//! error[E0277]: the trait bound `Vec<usize>: Copy` is not satisfied
use ndarena::prelude::*;

fn main() {
    ndarena::scope(|s| s.from_shape_fn(3, |n| vec![n]).len());
}
