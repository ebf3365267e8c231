use std::hint::black_box;

use ndarena::prelude::*;
use ndarena_kernels::lstm::{Cell, Workspace, by_hand, in_a_scope, on_the_heap};
use ndarray::prelude::*;

use crate::{Case, moved, numbers};

/// A cell of so many units, for a sequence of inputs with so many features.
pub(crate) fn case((features, units, steps): (usize, usize, usize)) -> Case {
    let operands = move || {
        let cell = Cell {
            input: numbers((4 * units, features)) / features as f64,
            recurrent: numbers((4 * units, units)) / units as f64,
            bias: Array1::from_shape_fn(4 * units, |i| (i % 3) as f64 - 1.0),
        };
        (cell, numbers((steps, features)))
    };
    Case {
        name: format!("LSTM, {features} features, {units} units, {steps} steps"),
        heap: moved(operands, |(cell, sequence)| {
            black_box(on_the_heap(cell, sequence.view()).expect("it is finite"));
        }),
        hand: moved(
            move || (operands(), Workspace::new(units), Array2::zeros((steps, units))),
            |((cell, sequence), work, outputs)| {
                by_hand(cell, sequence.view(), work, outputs.view_mut()).expect("it is finite");
                black_box(outputs);
            },
        ),
        scope: moved(
            move || (operands(), Buffer::new()),
            |((cell, sequence), buffer)| {
                buffer.scope(|s| drop(black_box(in_a_scope(s, cell, sequence.view()).expect("it is finite"))));
            },
        ),
    }
}
