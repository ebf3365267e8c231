//! error: lifetime may not live long enough
use ndarena::prelude::*;

fn main() {
    let buffer = Buffer::new();
    drop(buffer.scope_to_owned(|s| s.scope(|inner| inner.zeros::<f64>(3))));
}
