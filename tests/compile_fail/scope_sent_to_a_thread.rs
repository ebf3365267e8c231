//! error[E0277]: cannot be shared between threads safely
use ndarena::prelude::*;

fn main() {
    let buffer = Buffer::new();
    buffer.scope(|s| {
        std::thread::scope(|threads| {
            threads.spawn(move || s.zeros::<f64>(3).sum());
        });
    });
}
