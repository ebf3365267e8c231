//! error[E0308]: mismatched types
use ndarray::array;

fn main() {
    ndarena::scope(|s| s.sum_axis(&array![[1.0, 2.0]], 0).sum());
}
