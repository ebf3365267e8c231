//! error[E0597]: `text` does not live long enough
use ndarena::prelude::*;

fn main() {
    let buffer = Buffer::new();
    let text = String::from("x");
    drop(buffer.scope_to_owned(|s| s.from_elem(3, text.as_str())));
}
