//! error: lifetime may not live long enough
use ndarena::prelude::*;

fn main() {
    let buffer = Buffer::new();
    buffer.scope(|outer| drop(buffer.scope_to_owned2(|s| (s.zeros::<f64>(3), outer.zeros::<f64>(3)))));
}
