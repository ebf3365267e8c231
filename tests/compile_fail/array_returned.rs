//! error: lifetime may not live long enough
fn main() {
    use ndarena::prelude::*;
    let buffer = Buffer::new();
    let _x = buffer.scope(|s| s.alloc_array::<f64>(3));
}
