use approx::assert_abs_diff_eq;
use ndarena::prelude::*;
use ndarena_kernels::Error;
use ndarena_kernels::lstm::{Cell, Net, Workspace, by_hand, in_a_scope, on_the_heap};
use ndarray::prelude::*;

use super::{calls_of, steady_calls};

/// How far apart two ways of summing may be, some steps on: a net is a sum of up to 37 numbers of up to 1, and each rounding
/// is carried on through the outputs.
const ROUNDING: f64 = 1e-12;

/// Numbers between -1 and 1 without a pattern.
fn number(i: usize, j: usize) -> f64 {
    ((i * i * 13 + i * j * 31 + j * j * 7 + i + 2 * j) as f64).sin()
}

fn cell(features: usize, n: usize) -> Cell {
    let net = |k: usize| Net {
        input: Array2::from_shape_fn((features, n), |(i, j)| number(i + k, j)),
        recurrent: Array2::from_shape_fn((n, n), |(i, j)| number(i, j + k)),
        bias: Array1::from_shape_fn(n, |j| number(j, k + 5)),
    };
    Cell { input_gates: net(1), forget_gates: net(2), output_gates: net(3), units: net(4) }
}

fn inputs(steps: usize, sequences: usize, features: usize) -> Array3<f64> {
    Array3::from_shape_fn((steps, sequences, features), |(t, i, j)| number(t * sequences + i, j))
}

/// The three ways, each on its own.
fn all(cell: &Cell, inputs: ArrayView3<'_, f64>) -> [Result<Array3<f64>, Error>; 3] {
    let ((steps, sequences, _), n) = (inputs.dim(), cell.units.bias.len());
    let mut hand = Array3::zeros((steps, sequences, n));
    let by_hand = by_hand(cell, inputs, &mut Workspace::new(sequences, n), hand.view_mut());
    let buffer = Buffer::new();
    let scope = buffer.scope(|s| in_a_scope(s, cell, inputs).map(|outputs| outputs.to_owned()));
    assert_eq!(buffer.stats().in_use, 0);
    [on_the_heap(cell, inputs), by_hand.map(|()| hand), scope]
}

/// One sequence, one number at a time: Gers, Schmidhuber and Cummins, (3) to (9) of section 3.
fn by_loops(cell: &Cell, inputs: ArrayView2<'_, f64>) -> Vec<Vec<f64>> {
    let n = cell.units.bias.len();
    let (mut states, mut outputs, mut all) = (vec![0.0; n], vec![0.0; n], Vec::new());
    for x in inputs.rows() {
        let net = |net: &Net, j: usize| {
            let mut sum = net.bias[j];
            for (i, x) in x.iter().enumerate() {
                sum += x * net.input[[i, j]];
            }
            for (i, y) in outputs.iter().enumerate() {
                sum += y * net.recurrent[[i, j]];
            }
            sum
        };
        let gate = |net: f64| 1.0 / (1.0 + (-net).exp());
        let mut next = vec![0.0; n];
        for j in 0..n {
            let new = net(&cell.units, j).tanh();
            states[j] = gate(net(&cell.forget_gates, j)) * states[j] + gate(net(&cell.input_gates, j)) * new;
            next[j] = gate(net(&cell.output_gates, j)) * states[j].tanh();
        }
        outputs = next;
        all.push(outputs.clone());
    }
    all
}

#[test]
fn every_sequence_is_as_by_loops() {
    for (features, n) in [(1, 1), (1, 2), (3, 4), (4, 7), (12, 12), (5, 13), (20, 16)] {
        let cell = cell(features, n);
        for sequences in [1, 4, 15] {
            let inputs = inputs(8, sequences, features);
            for outputs in all(&cell, inputs.view()) {
                let outputs = outputs.unwrap();
                assert_eq!(outputs.dim(), (8, sequences, n));
                for i in 0..sequences {
                    let expected = by_loops(&cell, inputs.index_axis(Axis(1), i));
                    let expected = Array2::from_shape_fn((8, n), |(t, j)| expected[t][j]);
                    assert_abs_diff_eq!(outputs.index_axis(Axis(1), i), expected, epsilon = ROUNDING);
                }
            }
        }
    }
}

#[test]
fn three_ways_agree() {
    for (features, n, sequences) in [(1, 2, 1), (3, 4, 4), (12, 12, 12), (20, 16, 8)] {
        let inputs = inputs(20, sequences, features);
        let [heap, hand, scope] = all(&cell(features, n), inputs.view());
        // The same operations, in the same order.
        assert_eq!(heap, scope);
        // Products may be added up with another rounding.
        assert_abs_diff_eq!(hand.unwrap(), heap.unwrap(), epsilon = ROUNDING);
    }
}

/// A unit whose gates are shut or open, as inputs say: the memory that the cell is named for. Nets of 1000 make gates of
/// exactly 0 and 1.
#[test]
fn a_unit_stores_keeps_and_forgets() {
    let gate = |feature: usize, open: f64| Net {
        input: Array2::from_shape_fn((4, 1), |(i, _)| if i == feature { 2000.0 } else { 0.0 }),
        recurrent: array![[0.0]],
        bias: array![open],
    };
    let cell = Cell {
        input_gates: gate(0, -1000.0),
        forget_gates: Net { input: gate(1, 0.0).input * -1.0, ..gate(1, 1000.0) },
        output_gates: gate(2, -1000.0),
        units: Net { input: array![[0.0], [0.0], [0.0], [1.0]], recurrent: array![[0.0]], bias: array![0.0] },
    };
    // Store, forget, show; and what is new.
    let inputs = array![
        [[1.0, 0.0, 0.0, 0.5]],  // stored, unseen
        [[0.0, 0.0, 0.0, 0.9]],  // kept
        [[0.0, 0.0, 1.0, -0.9]], // kept, and seen
        [[1.0, 0.0, 1.0, 0.25]], // added to
        [[1.0, 1.0, 1.0, -0.3]], // forgotten for something new
        [[0.0, 1.0, 1.0, 0.7]],  // forgotten
    ];
    let stored = 0.5f64.tanh();
    let more = stored + 0.25f64.tanh();
    let new = (-0.3f64).tanh();
    let expected = [0.0, 0.0, stored.tanh(), more.tanh(), new.tanh(), 0.0];
    for outputs in all(&cell, inputs.view()) {
        assert_abs_diff_eq!(outputs.unwrap().flatten(), ArrayView1::from(&expected[..]), epsilon = 2.0 * f64::EPSILON);
    }
}

#[test]
fn no_steps_and_no_sequences_give_no_outputs() {
    for (steps, sequences) in [(0, 3), (4, 0)] {
        for outputs in all(&cell(2, 5), inputs(steps, sequences, 2).view()) {
            assert_eq!(outputs.unwrap().dim(), (steps, sequences, 5));
        }
    }
}

#[test]
fn a_step_takes_the_memory_of_the_last() {
    let (cell, buffer) = (cell(4, 8), Buffer::new());
    buffer.scope(|s| drop(in_a_scope(s, &cell, inputs(100, 3, 4).view()).unwrap()));
    // The outputs; states and outputs at first; and of one step, two products and an activation for each kind of net, the new
    // states, and the new outputs before they are written. All are whole cache lines.
    assert_eq!(buffer.stats().peak, 8 * 3 * 8 * (100 + 2 + 4 * 3 + 2));
}

#[test]
fn it_allocates_nothing_but_what_ndarray_s_product_does() {
    for (features, n, sequences) in [(1, 2, 1), (3, 4, 4), (12, 12, 12), (20, 16, 8)] {
        let (cell, inputs) = (cell(features, n), inputs(10, sequences, features));
        let calls = steady_calls(|s| drop(in_a_scope(s, &cell, inputs.view()).unwrap()));
        let (mut work, mut out) = (Workspace::new(sequences, n), Array3::zeros((10, sequences, n)));
        let by_hand = calls_of(|| by_hand(&cell, inputs.view(), &mut work, out.view_mut()).unwrap());
        // Small products are made without ndarray's kernel.
        assert_eq!(calls, if n <= 12 { 0 } else { by_hand }, "{features} {n}");
    }
}

#[test]
fn what_is_no_number_is_an_error() {
    let cell = cell(3, 4);
    let mut bad = inputs(10, 2, 3);
    bad[[5, 1, 2]] = f64::NAN;
    assert_eq!(all(&cell, bad.view()), [const { Err(Error::NotFinite) }; 3]);
    // Infinities of both signs meet in a net.
    bad[[5, 1, 2]] = f64::INFINITY;
    bad[[5, 1, 1]] = if cell.units.input[[2, 0]] * cell.units.input[[1, 0]] > 0.0 { -1.0 } else { 1.0 } * f64::INFINITY;
    assert_eq!(all(&cell, bad.view()), [const { Err(Error::NotFinite) }; 3]);
}

#[test]
#[should_panic(expected = "left: ((3, 4), (5, 5), 4)\n right: ((3, 4), (4, 4), 4)")]
fn on_the_heap_weights_fit() {
    let _ = on_the_heap(&misfit(), inputs(2, 2, 3).view());
}

#[test]
#[should_panic(expected = "left: ((3, 4), (5, 5), 4)\n right: ((3, 4), (4, 4), 4)")]
fn by_hand_weights_fit() {
    let _ = by_hand(&misfit(), inputs(2, 2, 3).view(), &mut Workspace::new(2, 4), Array3::zeros((2, 2, 4)).view_mut());
}

#[test]
#[should_panic(expected = "left: ((3, 4), (5, 5), 4)\n right: ((3, 4), (4, 4), 4)")]
fn in_a_scope_weights_fit() {
    ndarena::scope(|s| drop(in_a_scope(s, &misfit(), inputs(2, 2, 3).view())));
}

/// The gates get the outputs of 5 units, of which there are 4.
fn misfit() -> Cell {
    let cell = cell(3, 4);
    Cell { forget_gates: Net { recurrent: Array2::zeros((5, 5)), ..cell.forget_gates.clone() }, ..cell }
}
