//! error[E0308]: mismatched types
use ndarena::prelude::*;
use ndarray::Array1;

fn norm(x: &Array1<f64>) -> f64 {
    x.dot(x).sqrt()
}

fn main() {
    ndarena::scope(|s| norm(&s.ones::<f64>(3)));
}
