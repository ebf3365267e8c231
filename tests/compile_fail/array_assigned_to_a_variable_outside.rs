//! error[E0521]: borrowed data escapes outside of closure
use ndarena::prelude::*;

fn main() {
    let mut kept = None;
    ndarena::scope(|s| kept = Some(s.alloc_array::<f64>(3)));
}
