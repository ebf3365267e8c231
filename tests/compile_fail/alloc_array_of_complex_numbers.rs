//! error[E0277]: memory that nobody has filled may hold no valid `Complex<f64>`
use ndarena::prelude::*;
use num_complex::Complex;

fn main() {
    // Their `Pod` is a feature of num-complex, which is off here.
    ndarena::scope(|s| s.alloc_array::<Complex<f64>>(3).len());
}
