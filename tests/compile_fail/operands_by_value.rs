//! error[E0277]: no operation on `ArrayBase<OwnedRepr<
use ndarray::array;

fn main() {
    ndarena::scope(|s| s.add(array![1.0], array![2.0]).sum());
}
