use std::hint::black_box;

use ndarena::prelude::*;
use ndarena_kernels::particle_filter::{Draws, Model, SplitMix64, Workspace, by_hand, in_a_scope, on_the_heap};
use ndarray::prelude::*;

use crate::{Case, moved};

const STEPS: usize = 50;

/// A level, or a level and its slope, of which the level is observed; or a ship, of which the direction is.
fn model(states: usize) -> Model<fn(ArrayView1<'_, f64>) -> f64> {
    let level = Model {
        transition: array![[0.9]],
        disturbance: array![[1.0]],
        observation: (|x| x[0]) as fn(ArrayView1<'_, f64>) -> f64,
        noise: 1.0,
        mean: array![0.0],
        spread: array![[1.0]],
    };
    match states {
        1 => level,
        2 => Model {
            transition: array![[1.0, 0.0], [1.0, 0.9]],
            disturbance: array![[0.5, 0.5]],
            mean: array![0.0, 0.0],
            spread: Array2::eye(2),
            ..level
        },
        _ => Model::bearings(),
    }
}

/// So many particles of so many states.
pub(crate) fn case((particles, states): (usize, usize)) -> Case {
    let operands = move || {
        let model = model(states);
        let draws = Draws::new(&model, STEPS, particles, &mut SplitMix64(1));
        let series = Array1::linspace(1.5, 1.7, STEPS);
        (model, series, draws)
    };
    Case {
        name: format!("particle filter, {particles} of {states} states"),
        heap: moved(operands, |(model, series, draws)| {
            black_box(on_the_heap(model, series.view(), draws).expect("it is finite"));
        }),
        hand: moved(
            move || (operands(), Workspace::new(particles, states), Array2::zeros((STEPS, states))),
            |((model, series, draws), work, means)| {
                black_box(by_hand(model, series.view(), draws, work, means.view_mut()).expect("it is finite"));
            },
        ),
        scope: moved(
            move || (operands(), Buffer::new()),
            |((model, series, draws), buffer)| {
                black_box(buffer.scope(|s| in_a_scope(s, model, series.view(), draws).expect("it is finite").1));
            },
        ),
    }
}
