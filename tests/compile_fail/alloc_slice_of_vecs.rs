//! error[E0277]: the trait bound `Vec<u8>: Pod` is not satisfied
fn main() {
    ndarena::scope(|s| s.alloc_slice::<Vec<u8>>(3).len());
}
