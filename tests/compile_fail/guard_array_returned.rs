//! error[E0515]: cannot return value referencing local variable `guard`
use ndarena::prelude::*;
use ndarray::ArrayViewMut1;

fn zeros(buffer: &Buffer) -> ArrayViewMut1<'_, f64> {
    let guard = buffer.guard();
    guard.scope().zeros::<f64>(3)
}

fn main() {
    assert_eq!(zeros(&Buffer::new()).sum(), 0.0);
}
