use std::hint::black_box;

use ndarena::prelude::*;
use ndarena_kernels::cholesky::{Workspace, by_hand, in_a_scope, on_the_heap};
use ndarray::prelude::*;

use crate::{Case, moved, numbers};

/// A symmetric system with so many unknowns.
pub(crate) fn case(n: usize) -> Case {
    let operands = move || {
        let a = numbers((n, n));
        (a.dot(&a.t()) + Array2::<f64>::eye(n), Array1::from_shape_fn(n, |i| (i % 7) as f64))
    };
    Case {
        name: format!("Cholesky with solve, {n} × {n}"),
        heap: moved(operands, |(a, b)| {
            black_box(on_the_heap(a.view(), b.view()).expect("positive definite"));
        }),
        hand: moved(
            move || (operands(), Workspace::new(n), Array1::zeros(n)),
            |((a, b), work, x)| {
                by_hand(a.view(), b.view(), work, x.view_mut()).expect("positive definite");
                black_box(x);
            },
        ),
        scope: moved(
            move || (operands(), Buffer::new()),
            |((a, b), buffer)| {
                buffer.scope(|s| drop(black_box(in_a_scope(s, a.view(), b.view()).expect("positive definite"))));
            },
        ),
    }
}
