//! error[E0277]: the trait bound `String: Copy` is not satisfied
use ndarray::Array1;

fn main() {
    let x = Array1::from_elem(3, String::new());
    ndarena::scope(|s| s.copy_of(&x).len());
}
