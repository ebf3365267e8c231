//! error[E0277]: cannot add `&Vec<{float}>` to `{float}`
//! error[E0277]: `&Vec<{float}>` is no operand of an operation in a scope
//! neither a reference to an array nor a number
//! operands are `&a` and `&b`, or `&a` and a number, in either order
use ndarray::array;

fn main() {
    ndarena::scope(|s| s.add(&array![1.0, 2.0], &vec![1.0, 2.0]).sum());
}
