//! error[E0061]: this method takes 2 arguments but 1 argument was supplied
use ndarena::prelude::*;
use ndarray::{Zip, array};

fn main() {
    let a = array![1.0];
    ndarena::scope(|_| Zip::from(&a).map_collect_in(|x| x + 1.0).sum());
}
