//! error: lifetime may not live long enough
use ndarena::prelude::*;
use ndarray::ArrayViewMut1;

struct Holds<'a>(#[allow(dead_code)] ArrayViewMut1<'a, f64>);

fn main() {
    let buffer = Buffer::new();
    let _x = buffer.scope(|s| Holds(s.zeros::<f64>(3)));
}
