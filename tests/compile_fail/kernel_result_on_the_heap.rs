//! error[E0308]: mismatched types
use ndarena::prelude::*;
use ndarray::{Array1, ArrayView1};

fn squares(s: Scope<'_>, x: ArrayView1<f64>) -> Array1<f64> {
    s.map(&x, |x| x * x)
}

fn main() {
    ndarena::scope(|s| squares(s, ndarray::array![1.0].view()).len());
}
