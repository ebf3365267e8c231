//! The parameters of a hidden Markov model with symbols, by Baum and Welch's re-estimation.
//!
//! L. R. Rabiner, "A tutorial on hidden Markov models and selected applications in speech recognition", *Proceedings of the
//! IEEE* 77 (1989): the passes in section III, (18) to (25), the re-estimation in (40), the scaling in section V.A.

use ndarena::prelude::*;
use ndarray::linalg::general_mat_vec_mul;
use ndarray::{ArrayRef2, Data, OwnedRepr, ViewRepr, Zip, prelude::*};

use crate::Error;
use crate::products::add_outer;

/// A chain of states, each of which emits a symbol: the probabilities of n states and m symbols. In arrays of the heap, or, as
/// [`ModelIn`], of a scope.
#[derive(Debug)]
pub struct Model<S: Data<Elem = f64> = OwnedRepr<f64>> {
    /// `π`, n: of being the first state.
    pub initial: ArrayBase<S, Ix1>,
    /// `A`, n × n: of the column's state after the row's.
    pub transition: ArrayBase<S, Ix2>,
    /// `Bᵀ`, m × n: of the row's symbol in the column's state. What a symbol tells of all states lies side by side.
    pub emission: ArrayBase<S, Ix2>,
}

/// A [`Model`] in memory of a scope.
pub type ModelIn<'s> = Model<ViewRepr<&'s mut f64>>;

/// The number of states, of a model that fits the series.
fn states(model: &Model, series: ArrayView1<'_, usize>) -> usize {
    let Model { initial, transition, emission } = model;
    let (n, symbols) = (initial.len(), emission.nrows());
    assert_eq!((transition.dim(), emission.ncols()), ((n, n), n), "probabilities that are not of as many states");
    assert!(!series.is_empty(), "nothing is told by a series without symbols");
    assert!(series.iter().all(|&symbol| symbol < symbols), "the symbols of this model are those below {symbols}");
    n
}

/// `scale`, the probability of the symbol at `step` after those before it, if it is one.
fn possible(scale: f64, step: usize) -> Result<f64, Error> {
    if !scale.is_finite() {
        return Err(Error::NotFinite);
    }
    if scale > 0.0 { Ok(scale) } else { Err(Error::Impossible { step }) }
}

/// Makes probabilities what is expected to be counted: divides by the sums of all that exclude each other. Where nothing was
/// counted, what was there before is as likely as anything.
fn estimate(probabilities: &mut ArrayRef2<f64>, counts: &ArrayRef2<f64>, sums: &ArrayRef2<f64>) {
    Zip::from(probabilities).and(counts).and_broadcast(sums).for_each(|probability, count, &sum| {
        if sum > 0.0 {
            *probability = count / sum;
        }
    });
}

/// What comes of `model` when it is re-estimated for `series` so many times, and the series' logarithmic likelihood before
/// each, which never falls.
///
/// # Errors
///
/// [`Error::Impossible`] if a symbol's probability is zero after those before it; [`Error::NotFinite`] for a NaN or an
/// infinity.
///
/// # Panics
///
/// If the model's arrays do not fit each other, the series is empty, or a symbol is not one of the model's.
pub fn on_the_heap(model: &Model, series: ArrayView1<'_, usize>, rounds: usize) -> Result<(Model, Array1<f64>), Error> {
    let n = states(model, series);
    let mut model = Model {
        initial: model.initial.clone(),
        transition: model.transition.clone(),
        emission: model.emission.clone(),
    };
    let mut likelihoods = Array1::zeros(rounds);
    for likelihood in &mut likelihoods {
        let Model { initial, transition, emission } = &mut model;
        // What is known of the state at each step from the symbols up to there; each symbol's probability after the others.
        let mut forward = Array2::zeros((series.len(), n));
        let mut scales = Array1::zeros(series.len());
        let into = transition.t().as_standard_layout().into_owned();
        let mut ahead = initial.clone();
        for (t, mut known) in forward.rows_mut().into_iter().enumerate() {
            let joint = ahead * emission.row(series[t]);
            scales[t] = possible(joint.sum(), t)?;
            known.assign(&(joint / scales[t]));
            ahead = into.dot(&known);
        }
        *likelihood = scales.fold(0.0, |sum, scale| sum + scale.ln());

        // How often each state is expected to follow each, and to emit each symbol.
        let mut moves = Array2::zeros((n, n));
        let mut emitted = Array2::zeros(emission.dim());
        let mut backward = Array1::ones(n);
        for t in (0..series.len()).rev() {
            let state = &forward.row(t) * &backward;
            let mut row = emitted.row_mut(series[t]);
            row += &state;
            if t == 0 {
                initial.assign(&state);
                break;
            }
            let next = backward * emission.row(series[t]) / scales[t];
            moves += &(&forward.row(t - 1).insert_axis(Axis(1)) * &next);
            backward = transition.dot(&next);
        }
        moves *= &*transition;
        estimate(transition, &moves, &moves.sum_axis(Axis(1)).insert_axis(Axis(1)));
        estimate(emission, &emitted, &emitted.sum_axis(Axis(0)).insert_axis(Axis(0)));
    }
    Ok((model, likelihoods))
}

/// What [`by_hand`] works in.
#[derive(Debug)]
pub struct Workspace {
    forward: Array2<f64>,
    scales: Array1<f64>,
    into: Array2<f64>,
    ahead: Array1<f64>,
    backward: Array1<f64>,
    state: Array1<f64>,
    next: Array1<f64>,
    moves: Array2<f64>,
    emitted: Array2<f64>,
    sums: Array1<f64>,
}

impl Workspace {
    /// For models of so many states and symbols, and series of so many steps.
    pub fn new(states: usize, symbols: usize, steps: usize) -> Self {
        let (vector, matrix) = (|| Array1::zeros(states), |rows| Array2::zeros((rows, states)));
        Workspace {
            forward: matrix(steps),
            scales: Array1::zeros(steps),
            into: matrix(states),
            ahead: vector(),
            backward: vector(),
            state: vector(),
            next: vector(),
            moves: matrix(states),
            emitted: matrix(symbols),
            sums: vector(),
        }
    }
}

/// [`on_the_heap`] in memory that is there: the estimate comes to be in `result`, and there are as many rounds as `likelihoods`
/// has elements.
///
/// # Errors
///
/// As [`on_the_heap`].
///
/// # Panics
///
/// As [`on_the_heap`], and if `work` or `result` are not of this size.
pub fn by_hand(
    model: &Model,
    series: ArrayView1<'_, usize>,
    work: &mut Workspace,
    result: &mut Model,
    mut likelihoods: ArrayViewMut1<'_, f64>,
) -> Result<(), Error> {
    let n = states(model, series);
    let Workspace { forward, scales, into, ahead, backward, state, next, moves, emitted, sums } = work;
    assert_eq!((forward.dim(), emitted.dim()), ((series.len(), n), model.emission.dim()), "a workspace of this size");
    let Model { initial, transition, emission } = result;
    initial.assign(&model.initial);
    transition.assign(&model.transition);
    emission.assign(&model.emission);
    for likelihood in &mut likelihoods {
        into.assign(&transition.t());
        ahead.assign(initial);
        *likelihood = 0.0;
        for (t, mut known) in forward.rows_mut().into_iter().enumerate() {
            Zip::from(&mut known).and(&*ahead).and(emission.row(series[t])).for_each(|known, ahead, symbol| {
                *known = ahead * symbol;
            });
            scales[t] = possible(known.sum(), t)?;
            known /= scales[t];
            general_mat_vec_mul(1.0, into, &known, 0.0, ahead);
        }
        *likelihood = scales.fold(0.0, |sum, scale| sum + scale.ln());

        moves.fill(0.0);
        emitted.fill(0.0);
        backward.fill(1.0);
        for t in (0..series.len()).rev() {
            Zip::from(&mut *state).and(forward.row(t)).and(&*backward).for_each(|state, before, after| {
                *state = before * after;
            });
            let mut row = emitted.row_mut(series[t]);
            row += &*state;
            if t == 0 {
                initial.assign(state);
                break;
            }
            let scale = scales[t];
            Zip::from(&mut *next).and(&*backward).and(emission.row(series[t])).for_each(|next, after, symbol| {
                *next = after * symbol / scale;
            });
            add_outer(moves, 1.0, &forward.row(t - 1), next);
            general_mat_vec_mul(1.0, transition, next, 0.0, backward);
        }
        *moves *= &*transition;
        for (sum, row) in sums.iter_mut().zip(moves.rows()) {
            *sum = row.sum();
        }
        estimate(transition, moves, &sums.view().insert_axis(Axis(1)));
        sums.fill(0.0);
        for row in emitted.rows() {
            *sums += &row;
        }
        estimate(emission, emitted, &sums.view().insert_axis(Axis(0)));
    }
    Ok(())
}

/// [`on_the_heap`] in a scope: the estimate and the likelihoods are made in `s`, and each round has a scope for its passes.
///
/// # Errors
///
/// As [`on_the_heap`].
///
/// # Panics
///
/// As [`on_the_heap`], and as [`AllocArray`] says.
pub fn in_a_scope<'s>(
    s: Scope<'s>,
    model: &Model,
    series: ArrayView1<'_, usize>,
    rounds: usize,
) -> Result<(ModelIn<'s>, ArrayViewMut1<'s, f64>), Error> {
    states(model, series);
    let mut result = Model {
        initial: s.copy_of(&model.initial),
        transition: s.copy_of(&model.transition),
        emission: s.copy_of(&model.emission),
    };
    let mut likelihoods = s.alloc_array::<f64>(rounds);
    for likelihood in &mut likelihoods {
        *likelihood = s.scope(|round| reestimate(round, &mut result, series))?;
    }
    Ok((result, likelihoods))
}

/// One round: changes the model, and gives the series' logarithmic likelihood before that.
fn reestimate(s: Scope<'_>, model: &mut ModelIn<'_>, series: ArrayView1<'_, usize>) -> Result<f64, Error> {
    let (forward, scales) = forwards(s, model, series)?;
    let Model { initial, transition, emission } = model;
    let mut moves = s.zeros(transition.dim());
    let mut emitted = s.zeros(emission.dim());
    let mut backward = s.ones(initial.len());
    for t in (0..series.len()).rev() {
        s.scope(|step| {
            let state = step.mul(&forward.row(t), &backward);
            let mut row = emitted.row_mut(series[t]);
            row += &state;
            if t == 0 {
                return initial.assign(&state);
            }
            let scale = scales[t];
            let next = step.zip_map(&backward, &emission.row(series[t]), |after, symbol| after * symbol / scale);
            add_outer(&mut moves, 1.0, &forward.row(t - 1), &next);
            general_mat_vec_mul(1.0, transition, &next, 0.0, &mut backward);
        });
    }
    moves *= &*transition;
    estimate(transition, &moves, &s.sum_axis(&moves, Axis(1)).insert_axis(Axis(1)));
    estimate(emission, &emitted, &s.sum_axis(&emitted, Axis(0)).insert_axis(Axis(0)));
    Ok(scales.fold(0.0, |sum, scale| sum + scale.ln()))
}

/// What is known of the state at each step from the symbols up to there, steps × n, and the probability of each symbol after
/// those before it; in `s`, with a scope for what is gone after each step.
fn forwards<'s>(
    s: Scope<'s>,
    model: &ModelIn<'_>,
    series: ArrayView1<'_, usize>,
) -> Result<(ArrayViewMut2<'s, f64>, ArrayViewMut1<'s, f64>), Error> {
    let Model { initial, transition, emission } = model;
    let mut forward = s.alloc_array::<f64>((series.len(), initial.len()));
    let mut scales = s.alloc_array::<f64>(series.len());
    let across = transition.t();
    let into = s.as_standard_layout(&across);
    let mut ahead = s.copy_of(initial);
    for (t, mut known) in forward.rows_mut().into_iter().enumerate() {
        s.scope(|step| {
            let joint = step.mul(&ahead, &emission.row(series[t]));
            let scale = possible(joint.sum(), t)?;
            known.assign(&step.div(&joint, scale));
            general_mat_vec_mul(1.0, &into, &known, 0.0, &mut ahead);
            scales[t] = scale;
            Ok::<_, Error>(())
        })?;
    }
    Ok((forward, scales))
}
