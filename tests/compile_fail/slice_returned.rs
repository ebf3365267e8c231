//! error: lifetime may not live long enough
use ndarena::prelude::*;

fn main() {
    let buffer = Buffer::new();
    let _x = buffer.scope(|s: Scope<'_>| -> &mut [f64] { s.alloc_slice::<f64>(3) });
}
