//! error[E0277]: memory that nobody has filled may hold no valid `Padded`
//! is not `ndarena::Pod`
//! `s.from_elem(shape, value)` makes an array of any `Copy` type, `s.uninit(shape)` one to be written first
//! `Complex<_>` is `Pod` if num-complex's feature `bytemuck` is on; structs without padding can derive it
//! in generic code, the bound to add is `T: ndarena::Pod`
use ndarena::prelude::*;

#[derive(Clone, Copy)]
#[repr(C)]
struct Padded(f64, u8);

fn main() {
    ndarena::scope(|s| s.alloc_array::<Padded>(3).len());
}
