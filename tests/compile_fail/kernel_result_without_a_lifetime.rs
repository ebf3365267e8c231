//! error[E0106]: missing lifetime specifier
use ndarena::prelude::*;
use ndarray::{ArrayView1, ArrayViewMut1};

fn squares(s: Scope<'_>, x: ArrayView1<'_, f64>) -> ArrayViewMut1<f64> {
    s.map(&x, |x| x * x)
}

fn main() {
    ndarena::scope(|s| squares(s, ndarray::array![1.0].view()).len());
}
