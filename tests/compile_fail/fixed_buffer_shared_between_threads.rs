//! error[E0277]: cannot be shared between threads safely
use ndarena::{FixedBuffer, prelude::*};

fn main() {
    let buffer = FixedBuffer::new(&mut []);
    std::thread::scope(|threads| {
        threads.spawn(|| buffer.scope(|s| s.zeros::<f64>(0).len()));
    });
}
