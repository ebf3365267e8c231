//! error[E0277]: no product of arrays of the dimensions `Dim<[usize; 3]>` and `_`
//! `dot` has products of vectors and matrices, with one axis or two, or of two arrays of the dimension `IxDyn`
use ndarray::{Array2, Array3};

fn main() {
    let (a, b) = (Array3::<f64>::zeros((2, 2, 2)), Array2::<f64>::zeros((2, 2)));
    ndarena::scope(|s| s.dot(&a, &b).sum());
}
