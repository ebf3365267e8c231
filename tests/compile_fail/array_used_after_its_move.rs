//! error[E0382]: borrow of moved value: `x`
use ndarena::prelude::*;

fn main() {
    ndarena::scope(|s| {
        let x = s.zeros::<f64>(3);
        let y = x;
        s.dot(&x, &y)
    });
}
