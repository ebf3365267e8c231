//! error[E0521]: borrowed data escapes outside of closure
use ndarena::prelude::*;

fn main() {
    ndarena::scope(|s| {
        let mut x = s.zeros::<f64>(3);
        s.scope(|inner| std::mem::swap(&mut x, &mut inner.zeros(3)));
        x[0] = 1.0;
    });
}
