//! error[E0502]: cannot borrow `x` as immutable because it is also borrowed as mutable
use ndarena::prelude::*;

fn main() {
    ndarena::scope(|s| {
        let mut x = s.ones::<f64>((3, 3));
        x.assign(&s.dot(&x, &x));
    });
}
