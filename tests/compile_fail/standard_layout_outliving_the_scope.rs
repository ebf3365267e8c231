//! error[E0521]: borrowed data escapes outside of closure
use ndarray::{ArrayView2, array};

fn main() {
    let x = array![[1.0, 2.0]];
    let t = x.t();
    let mut kept: ArrayView2<f64> = x.view();
    ndarena::scope(|s| kept = s.as_standard_layout(&t));
    println!("{kept}");
}
