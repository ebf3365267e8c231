//! error[E0277]: the size for values of type `[usize]` cannot be known at compilation time
use ndarena::prelude::*;

fn main() {
    ndarena::scope(|s| {
        let mut x = s.zeros::<f64>(3);
        s.scope(|inner| {
            let mut y = inner.zeros::<f64>(3);
            std::mem::swap(&mut *x, &mut *y);
        });
        x[0] = 1.0;
    });
}
