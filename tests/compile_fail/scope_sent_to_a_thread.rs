//! error[E0277]: `ndarena::Scope<'_>` cannot be shared with another thread
//! is used by another thread here
//! `ndarena::scope(|s| ..)` in the closure opens a scope on the thread that runs it, in memory of that thread's own
//! arrays of a scope, and views of them, can be sent to threads that end before the scope does
use ndarena::prelude::*;

fn main() {
    let buffer = Buffer::new();
    buffer.scope(|s| {
        std::thread::scope(|threads| {
            threads.spawn(move || s.zeros::<f64>(3).sum());
        });
    });
}
