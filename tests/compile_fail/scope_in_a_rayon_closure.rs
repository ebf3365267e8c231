//! error[E0277]: `ndarena::Scope<'_>` cannot be shared with another thread
//! is used by another thread here
//! `ndarena::scope(|s| ..)` in the closure opens a scope on the thread that runs it, in memory of that thread's own
//! arrays of a scope, and views of them, can be sent to threads that end before the scope does
use ndarena::prelude::*;
use rayon::prelude::*;

fn main() {
    let x = [1.0, 2.0];
    let total: f64 = ndarena::scope(|s| x.par_iter().map(|&x| s.from_elem(3, x).sum()).sum());
    assert_eq!(total, 9.0);
}
