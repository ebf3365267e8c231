use std::hint::black_box;

use ndarena::prelude::*;
use ndarena_kernels::qr::{Workspace, by_hand, in_a_scope, on_the_heap};
use ndarray::prelude::*;

use crate::{Case, moved, numbers};

/// Least squares with so many equations and unknowns.
pub(crate) fn case((m, n): (usize, usize)) -> Case {
    let operands = move || (numbers((m, n)), Array1::from_shape_fn(m, |i| (i % 7) as f64));
    Case {
        name: format!("least squares, {m} × {n}"),
        heap: moved(operands, |(a, b)| {
            black_box(on_the_heap(a.view(), b.view()).expect("full rank"));
        }),
        hand: moved(
            move || (operands(), Workspace::new(m, n), Array1::zeros(n)),
            |((a, b), work, x)| {
                by_hand(a.view(), b.view(), work, x.view_mut()).expect("full rank");
                black_box(x);
            },
        ),
        scope: moved(
            move || (operands(), Buffer::new()),
            |((a, b), buffer)| {
                buffer.scope(|s| drop(black_box(in_a_scope(s, a.view(), b.view()).expect("full rank"))));
            },
        ),
    }
}
