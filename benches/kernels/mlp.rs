use std::hint::black_box;

use ndarena::prelude::*;
use ndarena_kernels::mlp::{Layer, Workspace, by_hand, in_a_scope, on_the_heap};
use ndarray::prelude::*;

use crate::{Case, moved, numbers};

/// Four batches of samples, through layers of these widths.
pub(crate) fn case((widths, batch): (&'static [usize], usize)) -> Case {
    let operands = move || {
        let layer = |pair: &[usize]| Layer {
            weights: numbers((pair[0], pair[1])) / pair[0] as f64,
            bias: Array1::from_shape_fn(pair[1], |j| (j % 3) as f64 - 1.0),
        };
        (widths.windows(2).map(layer).collect::<Vec<_>>(), numbers((4 * batch, widths[0])))
    };
    let name = widths.iter().map(usize::to_string).collect::<Vec<_>>().join("-");
    let classes = widths[widths.len() - 1];
    Case {
        name: format!("MLP {name}, batches of {batch}"),
        heap: moved(operands, move |(layers, x)| {
            black_box(on_the_heap(layers, x.view(), batch).expect("it is finite"));
        }),
        hand: moved(
            move || {
                let (layers, x) = operands();
                (Workspace::new(&layers, batch), Array2::zeros((x.nrows(), classes)), layers, x)
            },
            |(work, probabilities, layers, x)| {
                by_hand(layers, x.view(), work, probabilities.view_mut()).expect("it is finite");
                black_box(probabilities);
            },
        ),
        scope: moved(
            move || (operands(), Buffer::new()),
            move |((layers, x), buffer)| {
                buffer.scope(|s| drop(black_box(in_a_scope(s, layers, x.view(), batch).expect("it is finite"))));
            },
        ),
    }
}
