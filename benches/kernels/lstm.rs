use std::hint::black_box;

use ndarena::prelude::*;
use ndarena_kernels::lstm::{Cell, Net, Workspace, by_hand, in_a_scope, on_the_heap};
use ndarray::prelude::*;

use crate::{Case, moved, numbers};

/// A cell of so many units, for sequences of inputs with so many features.
pub(crate) fn case((features, units, sequences, steps): (usize, usize, usize, usize)) -> Case {
    let operands = move || {
        let net = |bias: f64| Net {
            input: numbers((features, units)) / features as f64,
            recurrent: numbers((units, units)) / units as f64,
            bias: Array1::from_elem(units, bias),
        };
        let cell = Cell { input_gates: net(0.0), forget_gates: net(1.0), output_gates: net(0.5), units: net(0.1) };
        let inputs = numbers((steps * sequences, features));
        (cell, inputs.into_shape_with_order((steps, sequences, features)).expect("as many numbers"))
    };
    Case {
        name: format!("LSTM, {features} features, {units} units, {sequences} sequences of {steps}"),
        heap: moved(operands, |(cell, inputs)| {
            black_box(on_the_heap(cell, inputs.view()).expect("it is finite"));
        }),
        hand: moved(
            move || (operands(), Workspace::new(sequences, units), Array3::zeros((steps, sequences, units))),
            |((cell, inputs), work, outputs)| {
                by_hand(cell, inputs.view(), work, outputs.view_mut()).expect("it is finite");
                black_box(outputs);
            },
        ),
        scope: moved(
            move || (operands(), Buffer::new()),
            |((cell, inputs), buffer)| {
                buffer.scope(|s| drop(black_box(in_a_scope(s, cell, inputs.view()).expect("it is finite"))));
            },
        ),
    }
}
