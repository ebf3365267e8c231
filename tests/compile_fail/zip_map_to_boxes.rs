//! error[E0277]: the trait bound `Box<f64>: Copy` is not satisfied
use ndarray::Array1;

fn main() {
    let x = Array1::<f64>::zeros(3);
    ndarena::scope(|s| s.zip_map(&x, &x, |x, y| Box::new(x + y)).len());
}
