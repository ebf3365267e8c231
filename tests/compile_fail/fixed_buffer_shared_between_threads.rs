//! error[E0277]: `Cell<bumpalo::Bump>` cannot be shared between threads safely
//! error[E0277]: `Cell<bool>` cannot be shared between threads safely
//! error[E0277]: `Cell<Option<NonNull<ndarena::memory::share::Share>>>` cannot be shared between threads safely
//! error[E0277]: `Cell<usize>` cannot be shared between threads safely
//! error[E0277]: `Cell<Option<ndarena::memory::share::Pins>>` cannot be shared between threads safely
//! error[E0277]: `Cell<Option<NonNull<ndarena::memory::region::Region>>>` cannot be shared between threads safely
//! error[E0277]: `Cell<Option<NonNull<ndarena::memory::level::Level>>>` cannot be shared between threads safely
//! error[E0277]: `Cell<Option<usize>>` cannot be shared between threads safely
//! error[E0277]: `Cell<NonNull<u8>>` cannot be shared between threads safely
//! error[E0277]: `Cell<ndarena::memory::region::AtEnd>` cannot be shared between threads safely
//! error[E0277]: `Cell<Option<NonNull<ndarena::memory::lending::Own>>>` cannot be shared between threads safely
use ndarena::{FixedBuffer, prelude::*};

fn main() {
    let buffer = FixedBuffer::new(&mut []);
    std::thread::scope(|threads| {
        threads.spawn(|| buffer.scope(|s| s.zeros::<f64>(0).len()));
    });
}
