//! error[E0597]: `a` does not live long enough
use ndarena::prelude::*;
use ndarray::Array1;

fn main() {
    let buffer = Buffer::new();
    let mut a = Array1::<f64>::zeros(3);
    drop(buffer.scope_to_owned(|_| a.view_mut()));
}
