//! error[E0308]: mismatched types
use ndarray::array;

fn main() {
    ndarena::scope(|s| s.map(array![1.0, 2.0], |x| x + 1.0).sum());
}
