//! error[E0277]: Dimension` is not satisfied
use ndarena::prelude::*;

fn main() {
    let n = 3u32;
    ndarena::scope(|s| drop(s.zeros::<f64>((n, n))));
}
