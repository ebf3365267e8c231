//! error[E0515]: cannot return value referencing local variable `guard`
use ndarena::prelude::*;

fn main() {
    let buffer = Buffer::new();
    drop(buffer.scope_to_owned(|s| {
        let guard = s.guard();
        guard.scope().zeros::<f64>(3)
    }));
}
