//! Factorisations.

use ndarena::linalg::Lu;
use ndarena::prelude::*;
use ndarray::prelude::*;

use super::Row;

/// Calls `f` with a factorisation until there is no room: on a buffer of its own, as what is left of a test's is too little for a
/// factorisation where a scope around it holds the rest.
#[track_caller]
fn until_it_is_full(mut f: impl FnMut(&Lu<'_, f64>)) {
    Buffer::with_limit(65536).scope(|s| {
        let lu = s.lu(&Array2::eye(20)).unwrap();
        loop {
            f(&lu);
        }
    });
}

pub(super) fn rows() -> Vec<Row> {
    vec![
        row!(det, |s| s.det(&Array2::<f64>::ones((2, 3))), "2 × 3", "give one that is square"),
        row!(det, |s| s.lu(&Array2::<f64>::eye(3).slice(s![..2, ..])).unwrap().det(), "2 × 3", "square"),
        no_room!(det, |s| s.det(&Array2::<f64>::eye(100))),
        no_room!(l, |_s| until_it_is_full(|lu| drop(lu.l()))),
        no_room!(u, |_s| until_it_is_full(|lu| drop(lu.u()))),
    ]
}
