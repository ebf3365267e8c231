//! Factorisations.

use ndarena::prelude::*;
use ndarray::prelude::*;

use super::{Row, a};

/// Runs `f`, which goes on until there is no room, on a buffer of its own: what is left of a test's is too little for a
/// factorisation where a scope around it holds the rest.
fn until_it_is_full(f: impl FnOnce(Scope<'_>)) {
    Buffer::with_limit(65536).scope(f);
}

pub(super) fn rows() -> Vec<Row> {
    vec![
        row!(det, |s| s.det(&Array2::<f64>::ones((2, 3))), "2 × 3", "give one that is square"),
        row!(det, |s| s.lu(&Array2::<f64>::eye(3).slice(s![..2, ..])).unwrap().det(), "2 × 3", "square"),
        no_room!(det, |s| s.det(&Array2::<f64>::eye(100))),
        row!(matmul, |s| s.matmul(&a(), &a()), "2 × 3", "rows as the first has columns"),
        row!(matmul, |s| s.matmul(&a(), &Array1::<f64>::ones(2)), "2 × 3", "2 × 1"),
        row!(matmul, |s| s.matmul(&arr0(1.0).into_dyn(), &a().into_dyn()), "[]", "[2, 3]", "not for 0 and 2"),
        no_room!(matmul, |s| s.matmul(&Array2::<f64>::ones((200, 1)), &Array2::ones((1, 200)))),
        no_room!(qr, |s| s.qr(&Array2::<f64>::eye(100))),
        no_room!(q, |_s| until_it_is_full(|s| {
            let qr = s.qr(&Array2::<f64>::eye(5));
            loop {
                qr.q();
            }
        })),
        no_room!(r, |_s| until_it_is_full(|s| {
            let qr = s.qr(&Array2::<f64>::eye(5));
            loop {
                qr.r();
            }
        })),
        no_room!(l, |_s| until_it_is_full(|s| {
            let lu = s.lu(&Array2::<f64>::eye(5)).unwrap();
            loop {
                lu.l();
            }
        })),
        no_room!(u, |_s| until_it_is_full(|s| {
            let lu = s.lu(&Array2::<f64>::eye(5)).unwrap();
            loop {
                lu.u();
            }
        })),
    ]
}
