//! error[E0277]: One` is not satisfied
use ndarena::prelude::*;

fn main() {
    ndarena::scope(|s| s.ones::<char>(3).len());
}
