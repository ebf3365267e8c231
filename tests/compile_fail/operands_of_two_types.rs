//! error[E0277]: cannot multiply `f64` by `f32`
use ndarray::array;

fn main() {
    ndarena::scope(|s| s.mul(&array![1.0f64], &array![1.0f32]).sum());
}
