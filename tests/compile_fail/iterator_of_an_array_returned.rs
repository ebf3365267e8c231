//! error: lifetime may not live long enough
use ndarena::prelude::*;

fn main() {
    let elements = ndarena::scope(|s| s.zeros::<f64>(3).into_iter());
    assert_eq!(elements.count(), 3);
}
