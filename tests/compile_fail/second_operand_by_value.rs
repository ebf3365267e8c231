//! error[E0277]: no operation on `&ArrayBase<OwnedRepr<{float}>, Dim<[usize; 1]>, {float}>` and `ArrayBase<ViewRepr<&mut _>, Dim<[usize; 1]>, _>` in a scope
//! operands are `&a` and `&b`, or `&a` and a number of the type of its elements, in either order
use ndarray::array;

fn main() {
    let a = array![1.0];
    ndarena::scope(|s| s.add(&a, s.mul(&a, &a)).sum());
}
