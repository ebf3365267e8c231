//! error[E0597]: `buffer` does not live long enough
use ndarena::prelude::*;

fn main() {
    let guard = {
        let buffer = Buffer::new();
        buffer.guard()
    };
    assert_eq!(guard.scope().zeros::<f64>(3).sum(), 0.0);
}
