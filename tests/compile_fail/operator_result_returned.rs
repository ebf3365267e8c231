//! error: lifetime may not live long enough
use ndarray::array;

fn main() {
    let x = array![1.0, 2.0];
    ndarena::scope(|s| s.add(&x, &x));
}
