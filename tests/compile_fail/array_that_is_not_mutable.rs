//! error[E0596]: cannot borrow `x` as mutable, as it is not declared as mutable
use ndarena::prelude::*;

fn main() {
    ndarena::scope(|s| {
        let x = s.alloc_array::<f64>(3);
        x.fill(1.0);
    });
}
