//! Every kernel on every memory, in scopes opened in every way: the same bits, and all memory back.

#[path = "../../../arrays/memories/harness/mod.rs"]
mod harness;

use ndarena::prelude::*;
use ndarena_kernels::airline::PASSENGERS;
use ndarena_kernels::cavity::Cavity;
use ndarena_kernels::kalman::Model;
use ndarena_kernels::lstm::{Cell, Net};
use ndarena_kernels::mlp::Layer;
use ndarena_kernels::particle_filter::{Draws, Model as StateModel, SplitMix64};
use ndarena_kernels::rk45::Control;
use ndarena_kernels::{cavity, cholesky, expm, hmm, kalman, lstm, mlp, particle_filter, qr, rk45, strassen};
use ndarray::prelude::*;

use harness::{AtTheirPeak, Program, on_every_memory};

/// Numbers between -1 and 1 without a pattern.
fn numbers(m: usize, n: usize) -> Array2<f64> {
    Array2::from_shape_fn((m, n), |(i, j)| ((i * i * 13 + i * j * 31 + j * j * 7 + i + 2 * j + 1) as f64).sin())
}

fn bits<'a>(numbers: impl IntoIterator<Item = &'a f64>) -> Vec<u64> {
    numbers.into_iter().map(|x| x.to_bits()).collect()
}

/// A module of the kernels' (or another name), and what gives the bits of its results for a small problem and for a larger
/// one.
type Kernel = (&'static str, fn(Scope<'_>, bool) -> Vec<u64>);

const KERNELS: [Kernel; 16] = [
    ("cavity", |s, large| {
        let (cells, step) = if large { (16, 0.03) } else { (4, 0.05) };
        let cavity = Cavity { cells, reynolds: 50.0, step, sweeps: 3, steady: 5.0, most: 1_000 };
        let (stream, vorticity) = cavity::in_a_scope(s, &cavity).unwrap();
        bits(stream.iter().chain(&vorticity))
    }),
    ("cholesky", |s, large| {
        let n = if large { 70 } else { 5 };
        let g = numbers(n, n);
        let a = g.dot(&g.t()) + Array2::<f64>::eye(n) * n as f64;
        bits(&cholesky::in_a_scope(s, a.view(), g.row(0)).unwrap())
    }),
    ("cholesky by calls", |s, large| {
        let n = if large { 20 } else { 5 };
        let g = numbers(n, n);
        let a = g.dot(&g.t()) + Array2::<f64>::eye(n) * n as f64;
        bits(&cholesky::by_calls(s, a.view(), g.row(0)).unwrap())
    }),
    ("expm by calls", |s, large| {
        let n = if large { 10 } else { 3 };
        bits(&expm::by_calls(s, (numbers(n, n) * 2.0).view()).unwrap())
    }),
    ("kalman by calls", |s, large| {
        let series: Array1<f64> = PASSENGERS.iter().take(36).map(|y| y.ln()).collect();
        let model = Model::structural(if large { 3 } else { 0 }, 12);
        let (means, likelihood) = kalman::by_calls(s, &model, series.view()).unwrap();
        bits(means.iter().chain([&likelihood]))
    }),
    ("qr by calls", |s, large| {
        let (m, n) = if large { (20, 12) } else { (6, 3) };
        bits(&qr::by_calls(s, numbers(m, n).view(), numbers(1, m).row(0)).unwrap())
    }),
    ("expm", |s, large| {
        let n = if large { 30 } else { 3 };
        bits(&expm::in_a_scope(s, (numbers(n, n) * 2.0).view()).unwrap())
    }),
    ("hmm", |s, large| {
        let (states, symbols, steps) = if large { (15, 20, 60) } else { (2, 3, 8) };
        let rows = |count, len| {
            let weights = numbers(count, len) + 1.5;
            let sums = weights.sum_axis(Axis(1));
            weights / sums.insert_axis(Axis(1))
        };
        let model = hmm::Model {
            initial: rows(1, states).row(0).to_owned(),
            transition: rows(states, states),
            emission: rows(states, symbols).t().as_standard_layout().into_owned(),
        };
        let series = Array1::from_shape_fn(steps, |t| (t * t + t / 3) % symbols);
        let (model, likelihoods) = hmm::in_a_scope(s, &model, series.view(), 3).unwrap();
        bits(model.initial.iter().chain(&model.transition).chain(&model.emission).chain(&likelihoods))
    }),
    ("kalman", |s, large| {
        let series: Array1<f64> = PASSENGERS.iter().take(36).map(|y| y.ln()).collect();
        let model = Model::structural(if large { 3 } else { 0 }, 12);
        let (means, likelihood) = kalman::in_a_scope(s, &model, series.view()).unwrap();
        bits(means.iter().chain([&likelihood]))
    }),
    ("lstm", |s, large| {
        let (features, units, sequences) = if large { (20, 16, 7) } else { (2, 3, 2) };
        let net = || Net {
            input: numbers(features, units),
            recurrent: numbers(units, units),
            bias: numbers(1, units).row(0).to_owned(),
        };
        let cell = Cell { input_gates: net(), forget_gates: net(), output_gates: net(), units: net() };
        let inputs = numbers(10 * sequences, features).into_shape_with_order((10, sequences, features)).unwrap();
        bits(&lstm::in_a_scope(s, &cell, inputs.view()).unwrap())
    }),
    ("mlp", |s, large| {
        let widths: &[usize] = if large { &[40, 64, 30, 10] } else { &[4, 8, 3] };
        let layer =
            |pair: &[usize]| Layer { weights: numbers(pair[0], pair[1]), bias: numbers(1, pair[1]).row(0).to_owned() };
        let layers: Vec<Layer> = widths.windows(2).map(layer).collect();
        bits(&mlp::in_a_scope(s, &layers, numbers(50, widths[0]).view(), 16).unwrap())
    }),
    ("particle_filter", |s, large| {
        let (model, particles) = (StateModel::bearings(), if large { 60 } else { 5 });
        let draws = Draws::new(&model, 10, particles, &mut SplitMix64(1));
        let series = Array1::linspace(1.6, 1.7, 10);
        let (means, likelihood) = particle_filter::in_a_scope(s, &model, series.view(), &draws).unwrap();
        bits(means.iter().chain([&likelihood]))
    }),
    ("qr", |s, large| {
        let (m, n) = if large { (90, 65) } else { (6, 3) };
        bits(&qr::in_a_scope(s, numbers(m, n).view(), numbers(1, m).row(0)).unwrap())
    }),
    ("rk45", |s, large| {
        let n = if large { 100 } else { 3 };
        let control = Control { absolute: 1e-6, relative: 1e-6, first: 0.01, most: 100_000 };
        let start = numbers(1, n);
        let end = rk45::in_a_scope(s, |s, _, y| s.map(y, |y| y.sin() - 0.5 * y), (0.0, 2.0), start.row(0), &control);
        bits(&end.unwrap().0)
    }),
    ("strassen", |s, large| {
        let (n, cutoff) = if large { (43, 8) } else { (12, 3) };
        bits(&strassen::in_a_scope(s, &numbers(n, n), &numbers(n, n).t(), cutoff))
    }),
    ("power", |s, large| {
        fn power<'s>(s: Scope<'s>, a: &Array2<f64>, n: u32) -> ArrayViewMut2<'s, f64> {
            s.scope(|inner| match n {
                0 => s.eye(a.nrows()),
                _ if n % 2 == 1 => s.dot(a, &power(inner, a, n - 1)),
                _ => {
                    let half = power(inner, a, n / 2);
                    s.dot(&half, &half)
                }
            })
        }
        bits(&if large { power(s, &numbers(20, 20), 45) } else { power(s, &numbers(3, 3), 5) })
    }),
];

#[test]
fn every_kernel_runs_on_every_memory() {
    let (used, mut at_peak) = (Buffer::new(), AtTheirPeak::default());
    for (name, kernel) in KERNELS {
        for large in [false, true] {
            // That it is right other tests tell; here it is to be the same everywhere.
            let expected = Buffer::new().scope(|s| kernel(s, large));
            let run = |s: Scope<'_>| kernel(s, large);
            let sizes = if large { 8 } else { 200 };
            on_every_memory(&Program { name, run: &run, expected: &expected, sizes }, &used, &mut at_peak);
        }
    }
    at_peak.print("kernels");
}

/// A kernel that is not in the table above would be missed.
#[test]
fn every_kernel_is_in_the_table() {
    let library = include_str!("../../../../examples/kernels/src/lib.rs");
    let modules = library.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    let kernels: Vec<&str> = modules.filter(|&module| module != "airline").collect(); // which is data
    assert!(kernels.len() >= 7);
    for kernel in kernels {
        assert!(KERNELS.iter().any(|(name, _)| *name == kernel), "no row for `{kernel}`");
    }
}
