//! error[E0277]: the trait bound `String: Copy` is not satisfied
use ndarena::prelude::*;

fn main() {
    ndarena::scope(|s| s.from_elem(3, String::new()).len());
}
