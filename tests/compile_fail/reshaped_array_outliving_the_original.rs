//! error[E0505]: cannot move out of `x` because it is borrowed
use ndarray::array;

fn main() {
    ndarena::scope(|s| {
        let x = array![[1.0, 2.0]];
        let flat = s.to_shape(&x, 2).unwrap();
        drop(x);
        println!("{flat}");
    });
}
