//! error[E0502]: cannot borrow `one` as mutable because it is also borrowed as immutable
use ndarena::prelude::*;

fn main() {
    let buffer = Buffer::new();
    let (mut one, mut two) = (buffer.guard(), buffer.guard());
    let x = one.scope().zeros::<f64>(3);
    std::mem::swap(&mut one, &mut two);
    drop(two);
    assert_eq!(x.sum(), 0.0);
}
