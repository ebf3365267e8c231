//! error: lifetime may not live long enough
use ndarena::prelude::*;

fn main() {
    let buffer = Buffer::new();
    let _x = buffer.scope(|s| s.align(128).zeros::<f64>(3));
}
