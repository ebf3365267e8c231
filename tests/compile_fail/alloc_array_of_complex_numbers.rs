//! error[E0277]: memory that nobody has filled may hold no valid `Complex<f64>`
//! is not `ndarena::Pod`
//! `s.from_elem(shape, value)` makes an array of any `Copy` type, `s.uninit(shape)` one to be written first
//! `Complex<_>` is `Pod` if num-complex's feature `bytemuck` is on; structs without padding can derive it
//! in generic code, the bound to add is `T: ndarena::Pod`
use ndarena::prelude::*;
use num_complex::Complex;

fn main() {
    // Their `Pod` is a feature of num-complex, which is off here.
    ndarena::scope(|s| s.alloc_array::<Complex<f64>>(3).len());
}
