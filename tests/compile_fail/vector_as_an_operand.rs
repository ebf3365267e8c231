//! error[E0277]: no operation on `&ArrayBase<OwnedRepr<{float}>, Dim<[usize; 1]>, {float}>` and `&Vec<{float}>` in a scope
//! operands are `&a` and `&b`, or `&a` and a number of the type of its elements, in either order
use ndarray::array;

fn main() {
    ndarena::scope(|s| s.add(&array![1.0, 2.0], &vec![1.0, 2.0]).sum());
}
