//! error[E0277]: the size for values of type `[usize]` cannot be known at compilation time
use ndarena::prelude::*;

fn main() {
    let mut x = Buffer::new().scope_to_owned(|s| s.zeros::<f64>(3));
    let mut y = Buffer::new().scope_to_owned(|s| s.zeros::<f64>(3));
    std::mem::swap(&mut *x, &mut *y);
}
