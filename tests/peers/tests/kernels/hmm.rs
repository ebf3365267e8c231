use approx::{assert_abs_diff_eq, assert_relative_eq};
use ndarena::prelude::*;
use ndarena_kernels::Error;
use ndarena_kernels::hmm::{Model, Workspace, by_hand, in_a_scope, on_the_heap};
use ndarray::prelude::*;

use super::steady_calls;

/// Rows of positive numbers without a pattern, each of which adds up to 1.
fn rows(count: usize, len: usize) -> Array2<f64> {
    let weights =
        Array2::from_shape_fn((count, len), |(i, j)| 1.5 + ((i * i * 13 + i * j * 31 + j * j * 7 + 1) as f64).sin());
    let sums = weights.sum_axis(Axis(1));
    weights / sums.insert_axis(Axis(1))
}

fn model(states: usize, symbols: usize) -> Model {
    Model {
        initial: rows(1, states).row(0).to_owned(),
        transition: rows(states, states),
        emission: rows(states, symbols).t().as_standard_layout().into_owned(),
    }
}

fn series(len: usize, symbols: usize) -> Array1<usize> {
    Array1::from_shape_fn(len, |t| (t * t * 5 + t * 3 + t / 4) % symbols)
}

/// An estimate and its likelihoods, as the heap has them.
type Outcome = Result<(Array1<f64>, Array2<f64>, Array2<f64>, Array1<f64>), Error>;

/// The three ways, each on its own.
fn all(model: &Model, series: ArrayView1<'_, usize>, rounds: usize) -> [Outcome; 3] {
    let (symbols, states) = model.emission.dim();
    let heap = on_the_heap(model, series, rounds)
        .map(|(model, likelihoods)| (model.initial, model.transition, model.emission, likelihoods));
    let mut work = Workspace::new(states, symbols, series.len());
    let (mut hand, mut likelihoods) = (self::model(states, symbols), Array1::zeros(rounds));
    let by_hand = by_hand(model, series, &mut work, &mut hand, likelihoods.view_mut());
    let by_hand = by_hand.map(|()| (hand.initial, hand.transition, hand.emission, likelihoods));
    let buffer = Buffer::new();
    let scope = buffer.scope(|s| {
        let (model, likelihoods) = in_a_scope(s, model, series, rounds)?;
        Ok((model.initial.to_owned(), model.transition.to_owned(), model.emission.to_owned(), likelihoods.to_owned()))
    });
    assert_eq!(buffer.stats().in_use, 0);
    [heap, by_hand, scope]
}

/// What a model expects of a series, by going through every path of states.
struct Paths {
    likelihood: f64,
    first: Array1<f64>,
    moves: Array2<f64>,
    emitted: Array2<f64>,
}

fn every_path(model: &Model, series: &Array1<usize>) -> Paths {
    let (symbols, n) = model.emission.dim();
    let mut paths = Paths {
        likelihood: 0.0,
        first: Array1::zeros(n),
        moves: Array2::zeros((n, n)),
        emitted: Array2::zeros((symbols, n)),
    };
    for number in 0..n.pow(series.len() as u32) {
        let path: Vec<usize> = (0..series.len()).map(|t| number / n.pow(t as u32) % n).collect();
        let mut probability = model.initial[path[0]];
        path.windows(2).for_each(|pair| probability *= model.transition[[pair[0], pair[1]]]);
        path.iter().zip(series).for_each(|(&state, &symbol)| probability *= model.emission[[symbol, state]]);
        paths.likelihood += probability;
        paths.first[path[0]] += probability;
        path.windows(2).for_each(|pair| paths.moves[[pair[0], pair[1]]] += probability);
        path.iter().zip(series).for_each(|(&state, &symbol)| paths.emitted[[symbol, state]] += probability);
    }
    paths
}

#[test]
fn a_round_counts_what_all_paths_do() {
    for (states, symbols, steps) in [(1, 2, 5), (2, 3, 10), (3, 2, 8), (4, 5, 6), (3, 4, 1)] {
        let (model, series) = (model(states, symbols), series(steps, symbols));
        let Paths { likelihood, first, moves, emitted } = every_path(&model, &series);
        // What is counted of each state is divided by how often it is there: before a move, or at all. A sum of positive
        // numbers is off by a rounding for each term; of the paths there are most.
        let precision = 4.0 * (states.pow(steps as u32) + 3 * steps) as f64 * f64::EPSILON;
        for outcome in all(&model, series.view(), 1) {
            let (initial, transition, emission, likelihoods) = outcome.unwrap();
            assert_relative_eq!(likelihoods[0], likelihood.ln(), max_relative = precision);
            assert_relative_eq!(initial, &first / likelihood, max_relative = precision);
            let visits = emitted.sum_axis(Axis(0));
            assert_relative_eq!(emission, &emitted / &visits, max_relative = precision);
            let departures = moves.sum_axis(Axis(1)).insert_axis(Axis(1));
            // Of one step nothing is learnt of what follows.
            let expected = if steps == 1 { model.transition.clone() } else { &moves / &departures };
            assert_relative_eq!(transition, expected, max_relative = precision);
        }
    }
}

#[test]
fn three_ways_are_the_same() {
    for (states, symbols, steps) in [(1, 1, 1), (2, 3, 20), (5, 6, 50), (12, 9, 70), (20, 30, 40)] {
        let (mut model, series) = (model(states, symbols), series(steps, symbols));
        let [heap, hand, scope] = all(&model, series.view(), 4);
        assert!(heap.is_ok());
        assert_eq!(heap, hand);
        assert_eq!(heap, scope);
        // Columns first in memory: both results are so, too, which decides in which order products are added up.
        model.transition = model.transition.t().as_standard_layout().into_owned().reversed_axes();
        model.emission = model.emission.t().as_standard_layout().into_owned().reversed_axes();
        let [heap, _, scope] = all(&model, series.view(), 4);
        assert!(heap.is_ok());
        assert_eq!(heap, scope);
    }
}

/// L. E. Baum, T. Petrie, G. Soules and N. Weiss, *Annals of Mathematical Statistics* 41 (1970); and probabilities stay some.
#[test]
fn likelihoods_never_fall() {
    for (states, symbols, steps) in [(2, 3, 40), (3, 4, 100), (6, 5, 300)] {
        let (model, series) = (model(states, symbols), series(steps, symbols));
        for outcome in all(&model, series.view(), 60) {
            let (initial, transition, emission, likelihoods) = outcome.unwrap();
            // Each is a sum of so many logarithms.
            let rounding = steps as f64 * f64::EPSILON * likelihoods[0].abs();
            assert!(likelihoods.windows(2).into_iter().all(|pair| pair[1] >= pair[0] - rounding), "{likelihoods}");
            assert!(likelihoods[59] > likelihoods[0] + 0.1, "{likelihoods}");
            for sum in transition.sum_axis(Axis(1)).iter().chain(&emission.sum_axis(Axis(0))) {
                assert_abs_diff_eq!(*sum, 1.0, epsilon = (states + symbols) as f64 * f64::EPSILON);
            }
            // It comes out of all steps, each of which rounds a sum of all states.
            assert_abs_diff_eq!(initial.sum(), 1.0, epsilon = (steps * (2 * states + 4)) as f64 * f64::EPSILON);
        }
    }
}

/// Far more steps than numbers would have exponents for without scaling: a state, and a coin.
#[test]
fn one_state_has_the_frequencies_of_the_symbols() {
    let model = Model { initial: array![1.0], transition: array![[1.0]], emission: array![[0.5], [0.5]] };
    let series = Array1::from_shape_fn(10_000, |t| usize::from(t % 4 == 0));
    for outcome in all(&model, series.view(), 2) {
        let (initial, transition, emission, likelihoods) = outcome.unwrap();
        assert_eq!((initial, transition, emission), (array![1.0], array![[1.0]], array![[0.75], [0.25]]));
        let entropy = 0.75 * 0.75f64.ln() + 0.25 * 0.25f64.ln();
        let expected = array![-10_000.0 * 2.0f64.ln(), 10_000.0 * entropy];
        assert_relative_eq!(likelihoods, expected, max_relative = 10_000.0 * f64::EPSILON);
    }
}

#[test]
fn what_is_never_there_stays_as_it_was() {
    // The last state cannot be reached.
    let model = Model {
        initial: array![0.5, 0.5, 0.0],
        transition: array![[0.6, 0.4, 0.0], [0.3, 0.7, 0.0], [0.2, 0.3, 0.5]],
        emission: array![[0.8, 0.1, 0.3], [0.2, 0.9, 0.7]],
    };
    for outcome in all(&model, series(30, 2).view(), 5) {
        let (initial, transition, emission, _) = outcome.unwrap();
        assert_eq!(initial[2], 0.0);
        assert_eq!(transition.row(2), array![0.2, 0.3, 0.5]);
        assert_eq!(transition.column(2), array![0.0, 0.0, 0.5]);
        assert_eq!(emission.column(2), array![0.3, 0.7]);
    }
}

#[test]
fn no_rounds_give_the_model() {
    let model = model(3, 4);
    for outcome in all(&model, series(10, 4).view(), 0) {
        let (initial, transition, emission, likelihoods) = outcome.unwrap();
        assert_eq!((&initial, &transition, &emission), (&model.initial, &model.transition, &model.emission));
        assert_eq!(likelihoods.len(), 0);
    }
}

#[test]
fn it_allocates_nothing() {
    for (states, symbols) in [(2, 3), (5, 6), (20, 30)] {
        let (model, series) = (model(states, symbols), series(50, symbols));
        assert_eq!(steady_calls(|s| in_a_scope(s, &model, series.view(), 3).unwrap().1.sum()), 0);
    }
}

#[test]
fn a_round_takes_the_memory_of_the_last() {
    let (model, series) = (model(8, 16), series(100, 16));
    let peak = |rounds| {
        let buffer = Buffer::new();
        buffer.scope(|s| drop(in_a_scope(s, &model, series.view(), rounds).unwrap()));
        buffer.stats().peak
    };
    assert_eq!(peak(1), peak(8)); // whose likelihoods fill the same cache line
}

#[test]
fn what_cannot_be_is_an_error() {
    // A state emits its own symbol, and only one follows the other.
    let cycle = Model {
        initial: array![1.0, 0.0],
        transition: array![[0.0, 1.0], [1.0, 0.0]],
        emission: array![[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]],
    };
    for (symbols, step) in [(&[0, 1, 0, 0, 1][..], 3), (&[1, 0], 0), (&[0, 1, 2], 2)] {
        for outcome in all(&cycle, ArrayView1::from(symbols), 2) {
            assert_eq!(outcome, Err(Error::Impossible { step }));
        }
    }
    for outcome in all(&cycle, array![0, 1, 0, 1].view(), 2) {
        assert_eq!(outcome.unwrap().3, array![0.0, 0.0]);
    }
}

#[test]
fn what_is_not_finite_is_an_error() {
    for bad in [f64::NAN, f64::INFINITY] {
        let mut models = [model(3, 4), model(3, 4), model(3, 4)];
        models[0].initial[1] = bad;
        models[1].transition[[2, 0]] = bad;
        models[2].emission[[1, 1]] = bad;
        for model in models {
            assert_eq!(all(&model, series(20, 4).view(), 2), [const { Err(Error::NotFinite) }; 3]);
        }
    }
}

#[test]
#[should_panic(expected = "the symbols of this model are those below 4")]
fn on_the_heap_symbols_are_the_model_s() {
    let _ = on_the_heap(&model(3, 4), array![0, 4].view(), 1);
}

#[test]
#[should_panic(expected = "the symbols of this model are those below 4")]
fn by_hand_symbols_are_the_model_s() {
    let mut likelihoods = [0.0];
    let likelihoods = ArrayViewMut1::from(&mut likelihoods[..]);
    let _ = by_hand(&model(3, 4), array![0, 4].view(), &mut Workspace::new(3, 4, 2), &mut model(3, 4), likelihoods);
}

#[test]
#[should_panic(expected = "the symbols of this model are those below 4")]
fn in_a_scope_symbols_are_the_model_s() {
    ndarena::scope(|s| drop(in_a_scope(s, &model(3, 4), array![0, 4].view(), 1)));
}

#[test]
#[should_panic(expected = "nothing is told by a series without symbols")]
fn a_series_has_symbols() {
    ndarena::scope(|s| drop(in_a_scope(s, &model(3, 4), array![].view(), 1)));
}

#[test]
#[should_panic(expected = "probabilities that are not of as many states")]
fn a_model_fits_itself() {
    let misfit = Model { transition: rows(2, 2), ..model(3, 4) };
    ndarena::scope(|s| drop(in_a_scope(s, &misfit, array![0].view(), 1)));
}
