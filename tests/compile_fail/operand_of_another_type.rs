//! error[E0271]: type mismatch
use ndarray::array;

fn main() {
    ndarena::scope(|s| s.mul(&array![1.0f64], 2u8).sum());
}
