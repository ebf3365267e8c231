//! error[E0277]: memory that nobody has filled may hold no valid `Vec<u8>`
fn main() {
    ndarena::scope(|s| s.alloc_slice::<Vec<u8>>(3).len());
}
