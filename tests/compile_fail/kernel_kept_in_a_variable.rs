//! error: lifetime may not live long enough
use ndarena::prelude::*;

fn main() {
    let kernel = |s: Scope<'_>, x| s.from_elem(3, x);
    ndarena::scope(|s| kernel(s, 1.0).sum());
}
