//! error[E0277]: cannot multiply `f64` by `u8`
use ndarray::array;

fn main() {
    ndarena::scope(|s| s.mul(&array![1.0f64], 2u8).sum());
}
