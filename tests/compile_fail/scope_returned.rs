//! error: lifetime may not live long enough
use ndarena::prelude::*;

fn main() {
    let buffer = Buffer::new();
    let _s = buffer.scope(|s| s);
}
