//! error: lifetime may not live long enough
use ndarena::prelude::*;
use ndarray::{ArrayView1, ArrayViewMut1};

fn squares<'s>(s: Scope<'s>, x: ArrayView1<f64>) -> ArrayViewMut1<'s, f64> {
    s.scope(|inner| inner.map(&x, |x| x * x))
}

fn main() {
    ndarena::scope(|s| squares(s, ndarray::array![1.0].view()).len());
}
