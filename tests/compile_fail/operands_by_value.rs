//! error[E0277]: `ArrayBase<OwnedRepr<{float}>, Dim<[usize; 1]>, {float}>` is no operand of an operation in a scope
//! neither a reference to an array nor a number
//! operands are `&a` and `&b`, or `&a` and a number, in either order
//! error[E0271]: type mismatch resolving `<ArrayBase<..., ..., {float}> as Operand<...>>::Value == &...`
//! error[E0277]: the trait bound `OwnedRepr<{float}>: Copy` is not satisfied
//! error[E0277]: the trait bound `ArrayBase<OwnedRepr<{float}>, Dim<[usize; 1]>, {float}>: num_traits::identities::Zero` is not satisfied
use ndarray::array;

fn main() {
    ndarena::scope(|s| s.add(array![1.0], array![2.0]).sum());
}
