//! error: lifetime may not live long enough
use ndarena::prelude::*;

fn main() {
    let buffer = Buffer::new();
    let _make = buffer.scope(|s| move || s.zeros::<f64>(3).sum());
}
