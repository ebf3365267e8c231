//! error[E0277]: cannot add an integer to a float
use ndarray::array;

fn main() {
    ndarena::scope(|s| s.add(&array![1.0, 2.0], 1).sum());
}
