//! error[E0502]: cannot borrow `memory` as immutable because it is also borrowed as mutable
use std::mem::MaybeUninit;

use ndarena::FixedBuffer;

fn main() {
    let mut memory = [MaybeUninit::new(0u8); 100];
    let buffer = FixedBuffer::new(&mut memory);
    let first = memory.first();
    buffer.scope(|_| ());
    let _ = first;
}
