//! error[E0521]: borrowed data escapes outside of closure
use ndarena::prelude::*;

fn main() {
    ndarena::scope(|mut s| {
        s.scope(|mut inner| std::mem::swap(&mut s, &mut inner));
        s.zeros::<f64>(3);
    });
}
