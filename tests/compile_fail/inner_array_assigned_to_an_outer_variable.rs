//! error[E0521]: borrowed data escapes outside of closure
use ndarena::prelude::*;

fn main() {
    let buffer = Buffer::new();
    buffer.scope(|outer| {
        let mut kept = outer.zeros::<f64>(10);
        buffer.scope(|inner| kept = inner.zeros::<f64>(10));
    });
}
