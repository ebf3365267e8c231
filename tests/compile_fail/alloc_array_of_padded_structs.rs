//! error[E0277]: memory that nobody has filled may hold no valid `Padded`
use ndarena::prelude::*;

#[derive(Clone, Copy)]
#[repr(C)]
struct Padded(f64, u8);

fn main() {
    ndarena::scope(|s| s.alloc_array::<Padded>(3).len());
}
