//! error[E0277]: `NonNull<ndarena::memory::region::Region>` cannot be sent between threads safely
//! error[E0277]: `Cell<Option<NonNull<ndarena::memory::region::Region>>>` cannot be shared between threads safely
//! error[E0277]: `Cell<Option<NonNull<ndarena::memory::level::Level>>>` cannot be shared between threads safely
//! error[E0277]: `Cell<Option<usize>>` cannot be shared between threads safely
//! error[E0277]: `Cell<usize>` cannot be shared between threads safely
//! error[E0277]: `Cell<bool>` cannot be shared between threads safely
//! error[E0277]: `Cell<Option<NonNull<ndarena::memory::lending::Own>>>` cannot be shared between threads safely
//! error[E0277]: `Cell<Option<NonNull<ndarena::memory::share::Share>>>` cannot be shared between threads safely
use ndarena::prelude::*;

fn main() {
    let buffer = Buffer::new();
    let guard = buffer.guard();
    std::thread::scope(|threads| {
        threads.spawn(move || drop(guard));
    });
}
