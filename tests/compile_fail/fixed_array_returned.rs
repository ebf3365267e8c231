//! error: lifetime may not live long enough
use ndarena::{FixedBuffer, prelude::*};

fn main() {
    let buffer = FixedBuffer::new(&mut []);
    let _x = buffer.scope(|s| s.zeros::<f64>(0));
}
