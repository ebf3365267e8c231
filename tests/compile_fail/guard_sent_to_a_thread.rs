//! error[E0277]: cannot be
use ndarena::prelude::*;

fn main() {
    let buffer = Buffer::new();
    let guard = buffer.guard();
    std::thread::scope(|threads| {
        threads.spawn(move || drop(guard));
    });
}
