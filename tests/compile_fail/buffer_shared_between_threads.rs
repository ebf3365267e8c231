//! error[E0277]: cannot be shared between threads safely
use ndarena::prelude::*;

fn main() {
    let buffer = Buffer::new();
    std::thread::scope(|threads| {
        threads.spawn(|| buffer.scope(|s| s.zeros::<f64>(3).sum()));
    });
}
