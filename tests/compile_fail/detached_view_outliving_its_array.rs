//! error[E0505]: cannot move out of `x` because it is borrowed
use ndarena::prelude::*;

fn main() {
    let x = Buffer::new().scope_to_owned(|s| s.zeros::<f64>(3));
    let view = x.view();
    drop(x);
    assert_eq!(view.sum(), 0.0);
}
