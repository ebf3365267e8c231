use std::hint::black_box;

use ndarena::prelude::*;
use ndarena_kernels::strassen::{Workspace, by_hand, in_a_scope, on_the_heap};
use ndarray::prelude::*;

use crate::{Case, moved, numbers};

/// Of matrices with `n` rows, down to those with `cutoff`.
pub(crate) fn case((n, cutoff): (usize, usize)) -> Case {
    let operands = move || (numbers((n, n)), numbers((n, n)).reversed_axes().as_standard_layout().into_owned());
    Case {
        name: format!("Strassen, {n} × {n}, cutoff {cutoff}"),
        heap: moved(operands, move |(a, b)| {
            black_box(on_the_heap(a, b, cutoff));
        }),
        hand: moved(
            move || (operands(), Workspace::new(n, cutoff), Array2::zeros((n, n))),
            |((a, b), work, c)| {
                by_hand(a, b, work, c.view_mut());
                black_box(c);
            },
        ),
        scope: moved(
            move || (operands(), Buffer::new()),
            move |((a, b), buffer)| buffer.scope(|s| drop(black_box(in_a_scope(s, a, b, cutoff)))),
        ),
    }
}
