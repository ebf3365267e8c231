//! error[E0597]: `memory` does not live long enough
use std::mem::MaybeUninit;

use ndarena::FixedBuffer;

fn main() {
    let buffer = {
        let mut memory = [MaybeUninit::uninit(); 100];
        FixedBuffer::new(&mut memory)
    };
    buffer.scope(|_| ());
}
