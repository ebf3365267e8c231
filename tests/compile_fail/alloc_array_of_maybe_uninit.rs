//! error[E0277]: memory that nobody has filled may hold no valid `MaybeUninit<u8>`
use ndarena::prelude::*;

fn main() {
    ndarena::scope(|s| s.alloc_array::<std::mem::MaybeUninit<u8>>(3).len());
}
