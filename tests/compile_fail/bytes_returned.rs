//! error: lifetime may not live long enough
use ndarena::prelude::*;

fn main() {
    let buffer = Buffer::new();
    let _bytes = buffer.scope(|s| s.bytes(std::alloc::Layout::new::<u64>()));
}
