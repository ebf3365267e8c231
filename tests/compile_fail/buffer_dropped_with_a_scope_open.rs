//! error[E0505]: cannot move out of `buffer` because it is borrowed
use ndarena::prelude::*;

fn main() {
    let buffer = Buffer::new();
    buffer.scope(|_| drop(buffer));
}
