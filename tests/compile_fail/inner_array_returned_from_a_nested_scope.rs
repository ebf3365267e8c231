//! error: lifetime may not live long enough
use ndarena::prelude::*;

fn main() {
    ndarena::scope(|outer| {
        let _x = outer.scope(|inner| inner.zeros::<f64>(10));
    });
}
