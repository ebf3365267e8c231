//! error[E0308]: mismatched types
use ndarray::{Axis, array};

fn main() {
    let a = array![1.0];
    ndarena::scope(|s| s.concatenate(Axis(0), &[&a, &a]).is_ok());
}
