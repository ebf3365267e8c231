use std::hint::black_box;

use ndarena::prelude::*;
use ndarena_kernels::airline::PASSENGERS;
use ndarena_kernels::kalman::{Model, Workspace, by_hand, in_a_scope, on_the_heap};
use ndarray::prelude::*;

use crate::{Case, moved};

/// The logarithms of the airline series, filtered.
pub(crate) fn case(states: usize) -> Case {
    let operands = move || {
        let series: Array1<f64> = PASSENGERS.iter().map(|y| y.ln()).collect();
        (Model::structural((states - 2) / 2, 12), series)
    };
    Case {
        name: format!("Kalman filter, {states} states"),
        heap: moved(operands, |(model, series)| {
            black_box(on_the_heap(model, series.view()).expect("it is finite"));
        }),
        hand: moved(
            move || (operands(), Workspace::new(states), Array2::zeros((PASSENGERS.len(), states))),
            |((model, series), work, means)| {
                black_box(by_hand(model, series.view(), work, means.view_mut()).expect("it is finite"));
            },
        ),
        scope: moved(
            move || (operands(), Buffer::new()),
            |((model, series), buffer)| {
                black_box(buffer.scope(|s| in_a_scope(s, model, series.view()).expect("it is finite").1));
            },
        ),
    }
}
