//! error[E0277]: cannot add `ArrayBase<ViewRepr<&mut _>, Dim<[usize; 1]>, _>` to `{float}`
//! error[E0277]: `ArrayBase<ViewRepr<&mut _>, Dim<[usize; 1]>, _>` is no operand of an operation in a scope
//! neither a reference to an array nor a number
//! operands are `&a` and `&b`, or `&a` and a number, in either order
use ndarray::array;

fn main() {
    let a = array![1.0];
    ndarena::scope(|s| s.add(&a, s.mul(&a, &a)).sum());
}
