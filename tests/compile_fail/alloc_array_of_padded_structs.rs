//! error[E0277]: the trait bound `Padded: Pod` is not satisfied
use ndarena::prelude::*;

#[derive(Clone, Copy)]
#[repr(C)]
struct Padded(f64, u8);

fn main() {
    ndarena::scope(|s| s.alloc_array::<Padded>(3).len());
}
