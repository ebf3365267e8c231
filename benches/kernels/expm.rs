use std::hint::black_box;

use ndarena::prelude::*;
use ndarena_kernels::expm::{Workspace, by_hand, in_a_scope, on_the_heap};
use ndarray::prelude::*;

use crate::{Case, moved, numbers};

/// Of a matrix with so many rows, which takes the highest degree, and some squarings.
pub(crate) fn case(n: usize) -> Case {
    let operands = move || numbers((n, n)) * 8.0;
    Case {
        name: format!("matrix exponential, {n} × {n}"),
        heap: moved(operands, |a| {
            black_box(on_the_heap(a.view()).expect("it is finite"));
        }),
        hand: moved(
            move || (operands(), Workspace::new(n), Array2::zeros((n, n))),
            |(a, work, exp)| {
                by_hand(a.view(), work, exp.view_mut()).expect("it is finite");
                black_box(exp);
            },
        ),
        scope: moved(
            move || (operands(), Buffer::new()),
            |(a, buffer)| buffer.scope(|s| drop(black_box(in_a_scope(s, a.view()).expect("it is finite")))),
        ),
    }
}
