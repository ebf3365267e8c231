//! error[E0596]: cannot borrow data in a `&` reference as mutable
use ndarena::prelude::*;

fn main() {
    ndarena::scope(|s| s.bump().reset());
}
