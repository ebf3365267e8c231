//! error[E0505]: cannot move out of `guard` because it is borrowed
use ndarena::prelude::*;

fn main() {
    let buffer = Buffer::new();
    let guard = buffer.guard();
    let x = guard.scope().zeros::<f64>(3);
    drop(guard);
    assert_eq!(x.sum(), 0.0);
}
