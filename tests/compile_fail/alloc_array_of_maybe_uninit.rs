//! error[E0277]: the trait bound `MaybeUninit<u8>: Pod` is not satisfied
use ndarena::prelude::*;

fn main() {
    ndarena::scope(|s| s.alloc_array::<std::mem::MaybeUninit<u8>>(3).len());
}
