//! error[E0277]: cannot be sent between threads safely
use ndarena::prelude::*;

fn main() {
    let buffer = Buffer::new();
    let x = 1;
    let pointers = buffer.scope_to_owned(|s| s.from_elem(3, &raw const x));
    std::thread::scope(|threads| {
        threads.spawn(move || pointers.len());
    });
}
