//! error[E0277]: the trait bound `String: Copy` is not satisfied
use ndarena::prelude::*;

fn main() {
    ndarena::scope(|s| s.uninit::<String>(3).len());
}
