//! error[E0277]: memory that nobody has filled may hold no valid `T`
use ndarena::prelude::*;

fn first<T: Copy>(s: Scope<'_>) -> T {
    s.align(128).alloc_array::<T>(3)[0]
}

fn main() {
    assert_eq!(ndarena::scope(first::<u8>), ndarena::scope(first::<u8>));
}
