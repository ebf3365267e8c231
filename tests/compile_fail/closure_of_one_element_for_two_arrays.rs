//! error[E0593]: closure is expected to take 2 arguments, but it takes 1 argument
use ndarray::array;

fn main() {
    let a = array![1.0];
    ndarena::scope(|s| s.zip_map(&a, &a, |x| x + 1.0).sum());
}
