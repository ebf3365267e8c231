use std::hint::black_box;

use ndarena::prelude::*;
use ndarena_kernels::hmm::{Model, Workspace, by_hand, in_a_scope, on_the_heap};
use ndarray::prelude::*;

use crate::{Case, moved, numbers};

/// How often a model is re-estimated.
const ROUNDS: usize = 3;

/// A model of so many states and symbols, re-estimated for a series of so many steps.
pub(crate) fn case((states, symbols, steps): (usize, usize, usize)) -> Case {
    let model = move |seed: usize| {
        // Weights between 1 and 3 without a pattern, where those that exclude each other add up to 1.
        let rows = |rows, columns| {
            let mut weights = numbers((rows + seed, columns)).slice_move(ndarray::s![seed.., ..]) + 2.0;
            let sums = weights.sum_axis(Axis(1));
            weights /= &sums.insert_axis(Axis(1));
            weights
        };
        Model {
            initial: rows(1, states).remove_axis(Axis(0)),
            transition: rows(states, states),
            emission: rows(states, symbols).t().as_standard_layout().into_owned(),
        }
    };
    let operands = move || {
        let series: Array1<usize> =
            numbers((1, steps)).iter().map(|x| ((x + 1.0) / 2.0 * symbols as f64) as usize).collect();
        (model(0), series)
    };
    Case {
        name: format!("Baum-Welch, {states} states, {symbols} symbols, {steps} steps"),
        heap: moved(operands, |(model, series)| {
            black_box(on_the_heap(model, series.view(), ROUNDS).expect("all symbols are possible"));
        }),
        hand: moved(
            move || (operands(), Workspace::new(states, symbols, steps), model(1), Array1::zeros(ROUNDS)),
            |((model, series), work, result, likelihoods)| {
                by_hand(model, series.view(), work, result, likelihoods.view_mut()).expect("all symbols are possible");
                black_box((result, likelihoods));
            },
        ),
        scope: moved(
            move || (operands(), Buffer::new()),
            |((model, series), buffer)| {
                buffer.scope(|s| {
                    let estimate = in_a_scope(s, model, series.view(), ROUNDS);
                    drop(black_box(estimate.expect("all symbols are possible")));
                });
            },
        ),
    }
}
