//! error[E0277]: memory that nobody has filled may hold no valid `MaybeUninit<u8>`
//! is not `ndarena::Pod`
//! `s.from_elem(shape, value)` makes an array of any `Copy` type, `s.uninit(shape)` one to be written first
//! `Complex<_>` is `Pod` if num-complex's feature `bytemuck` is on; structs without padding can derive it
//! in generic code, the bound to add is `T: ndarena::Pod`
use ndarena::prelude::*;

fn main() {
    ndarena::scope(|s| s.alloc_array::<std::mem::MaybeUninit<u8>>(3).len());
}
