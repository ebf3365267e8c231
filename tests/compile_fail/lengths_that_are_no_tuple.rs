//! error[E0061]: this method takes 1 argument but 2 arguments were supplied
use ndarena::prelude::*;

fn main() {
    ndarena::scope(|s| s.zeros::<f64>(3, 4).len());
}
