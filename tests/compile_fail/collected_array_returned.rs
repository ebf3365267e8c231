//! error: lifetime may not live long enough
use ndarena::prelude::*;
use ndarray::{Zip, array};

fn main() {
    let x = array![1.0, 2.0];
    ndarena::scope(|s| Zip::from(&x).map_collect_in(s, |&x: &f64| x));
}
