//! error[E0277]: memory that nobody has filled may hold no valid `Vec<u8>`
//! is not `ndarena::Pod`
//! `s.from_elem(shape, value)` makes an array of any `Copy` type, `s.uninit(shape)` one to be written first
//! `Complex<_>` is `Pod` if num-complex's feature `bytemuck` is on; structs without padding can derive it
//! in generic code, the bound to add is `T: ndarena::Pod`
fn main() {
    ndarena::scope(|s| s.alloc_slice::<Vec<u8>>(3).len());
}
