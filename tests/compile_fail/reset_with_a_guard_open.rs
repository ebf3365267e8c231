//! error[E0502]: cannot borrow `buffer` as mutable because it is also borrowed as immutable
use ndarena::prelude::*;

fn main() {
    let mut buffer = Buffer::new();
    let guard = buffer.guard();
    buffer.reset();
    drop(guard);
}
