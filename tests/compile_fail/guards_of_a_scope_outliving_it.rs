//! error: lifetime may not live long enough
use ndarena::prelude::*;

fn main() {
    let guard = ndarena::scope(|s| s.guard());
    assert_eq!(guard.scope().zeros::<f64>(3).sum(), 0.0);
}
