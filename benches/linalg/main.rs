//! Linear algebra in a scope, against faer's own interface on the heap, and nalgebra's dynamic matrices; with the feature `lapack`
//! also against LAPACK, as OpenBLAS has it. `paired` says how it is measured. All run on one thread.

#[cfg(feature = "lapack")]
mod lapack;
mod triangular;

use std::hint::black_box;

use faer::linalg::solvers::{DenseSolveCore, Solve};
use faer::{Mat, Side};
use nalgebra::{DMatrix, DVector};
use ndarena::prelude::*;
use ndarena_benches::paired::{self, Bound, Make, Pair, Plan, timed};
use ndarray::prelude::*;

/// Numbers that lie where `place` says: a matrix that is positive definite, and a vector.
fn operands(n: usize, place: usize) -> (Array2<f64>, Array1<f64>) {
    // What is before it in memory decides where it lies.
    black_box(vec![0u8; place % 4096]);
    let a = Array2::from_shape_fn((n, n), |(i, j)| {
        let (i, j) = (i.max(j), i.min(j));
        ((i * 31 + j * 17) % 101) as f64 / 101.0 + if i == j { n as f64 } else { 0.0 }
    });
    let b = Array1::from_shape_fn(n, |i| (i % 7) as f64 - 3.0);
    (a, b)
}

type InScope = fn(Scope<'_>, &Array2<f64>, &Array1<f64>);
type OnFaer = fn(&Mat<f64>, &Mat<f64>);
type OnNalgebra = fn(&DMatrix<f64>, &DVector<f64>);

fn in_a_scope(n: usize, run: InScope) -> Make {
    Box::new(move |place| {
        let ((a, b), buffer) = (operands(n, place), Buffer::new());
        timed(move |times| (0..times).for_each(|_| buffer.scope(|s| run(s, black_box(&a), black_box(&b)))))
    })
}

fn on_faers_heap(n: usize, run: OnFaer) -> Make {
    Box::new(move |place| {
        let (a, b) = operands(n, place);
        let (a, b) = (Mat::from_fn(n, n, |i, j| a[[i, j]]), Mat::from_fn(n, 1, |i, _| b[i]));
        timed(move |times| (0..times).for_each(|_| run(black_box(&a), black_box(&b))))
    })
}

fn on_nalgebras_heap(n: usize, run: OnNalgebra) -> Make {
    Box::new(move |place| {
        let (a, b) = operands(n, place);
        let (a, b) = (DMatrix::from_fn(n, n, |i, j| a[[i, j]]), DVector::from_fn(n, |i, _| b[i]));
        timed(move |times| (0..times).for_each(|_| run(black_box(&a), black_box(&b))))
    })
}

const SIZES: [usize; 10] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

/// An operation, each way.
struct Ways {
    name: &'static str,
    scope: InScope,
    faer: OnFaer,
    nalgebra: OnNalgebra,
    /// What is measured up to this many rows.
    largest: usize,
}

const WAYS: [Ways; 7] = [
    Ways {
        name: "cholesky and solve",
        scope: |s, a, b| drop(black_box(s.cholesky(a).unwrap().solve(b))),
        faer: |a, b| drop(black_box(a.llt(Side::Lower).unwrap().solve(b))),
        nalgebra: |a, b| drop(black_box(a.clone().cholesky().unwrap().solve(b))),
        largest: 512,
    },
    Ways {
        name: "solve",
        scope: |s, a, b| drop(black_box(s.solve(a, b))),
        faer: |a, b| drop(black_box(a.partial_piv_lu().solve(b))),
        nalgebra: |a, b| drop(black_box(a.clone().lu().solve(b))),
        largest: 512,
    },
    Ways {
        name: "inv",
        scope: |s, a, _| drop(black_box(s.inv(a))),
        faer: |a, _| drop(black_box(a.partial_piv_lu().inverse())),
        nalgebra: |a, _| drop(black_box(a.clone().try_inverse())),
        largest: 512,
    },
    Ways {
        name: "qr and solve",
        scope: |s, a, b| drop(black_box(s.qr(a).solve(b))),
        faer: |a, b| drop(black_box(a.qr().solve(b))),
        nalgebra: |a, b| drop(black_box(a.clone().qr().solve(b))),
        largest: 512,
    },
    Ways {
        name: "eigh",
        scope: |s, a, _| drop(black_box(s.eigh(a))),
        faer: |a, _| drop(black_box(a.self_adjoint_eigen(Side::Lower))),
        nalgebra: |a, _| drop(black_box(a.clone().symmetric_eigen())),
        largest: 128,
    },
    Ways {
        name: "svd",
        scope: |s, a, _| drop(black_box(s.svd(a))),
        faer: |a, _| drop(black_box(a.thin_svd())),
        nalgebra: |a, _| drop(black_box(a.clone().svd(true, true))),
        largest: 128,
    },
    Ways {
        name: "matmul",
        scope: |s, a, _| drop(black_box(s.matmul(a, a))),
        faer: |a, _| drop(black_box(a * a)),
        nalgebra: |a, _| drop(black_box(a * a)),
        largest: 512,
    },
];

fn main() {
    faer::set_global_parallelism(faer::Par::Seq);
    #[cfg(feature = "lapack")]
    lapack::on_one_thread();
    let mut pairs = Vec::new();
    for Ways { name, scope, faer, nalgebra, largest } in WAYS {
        for n in SIZES.into_iter().filter(|&n| n <= largest) {
            let against = |whose: &str, b: Make, bound: Bound| Pair {
                name: format!("{name} {n} × {n} / {whose}"),
                a: in_a_scope(n, scope),
                b,
                bound,
            };
            pairs.push(against("faer", on_faers_heap(n, faer), Bound::AtMost(if n <= 8 { 0.6 } else { 1.0 })));
            let bound = Bound::AtMost(if n <= 8 { 1.05 } else { 1.0 });
            pairs.push(against("nalgebra", on_nalgebras_heap(n, nalgebra), bound));
        }
        #[cfg(feature = "lapack")]
        for n in SIZES.into_iter().filter(|&n| n <= largest) {
            let (name, b) = (format!("{name} {n} × {n} / LAPACK"), lapack::of(name, n));
            pairs.push(Pair { name, a: in_a_scope(n, scope), b, bound: Bound::Any });
        }
        for n in [8, 16, 64, 256].into_iter().filter(|_| name == "matmul") {
            let dot: InScope = |s, a, _| drop(black_box(s.dot(a, a)));
            let name = format!("matmul {n} × {n} / dot");
            pairs.push(Pair { name, a: in_a_scope(n, scope), b: in_a_scope(n, dot), bound: Bound::Any });
        }
    }
    pairs.extend(triangular::pairs());
    paired::run(pairs, Plan { processes: 3, samples: 10, batches: 2e-4 });
}
