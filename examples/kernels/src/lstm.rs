//! The outputs of a cell with long short-term memory, for a sequence of inputs.
//!
//! S. Hochreiter and J. Schmidhuber, "Long short-term memory", *Neural Computation* 9 (1997), with the forget gate of F. A.
//! Gers, J. Schmidhuber and F. Cummins, "Learning to forget: continual prediction with LSTM", *Neural Computation* 12 (2000),
//! section 3; what both call g and h is the hyperbolic tangent here, as has become usual.

use ndarena::prelude::*;
use ndarray::linalg::general_mat_vec_mul;
use ndarray::{ArrayRef1, Zip, prelude::*};

use crate::Error;

/// `n` units. The rows of each array, and the elements of the bias, are n for the input gates, n for the forget gates, n for
/// what goes into the units, and n for the output gates.
#[derive(Debug, Clone)]
pub struct Cell {
    /// 4 n × features: what is made of an input.
    pub input: Array2<f64>,
    /// 4 n × n: what is made of the outputs before.
    pub recurrent: Array2<f64>,
    /// 4 n: what is added.
    pub bias: Array1<f64>,
}

impl Cell {
    /// The number of units, of a cell that fits inputs with so many features.
    fn units(&self, features: usize) -> usize {
        let n = self.recurrent.ncols();
        let dims = (self.input.dim(), self.recurrent.nrows(), self.bias.len());
        assert_eq!(dims, ((4 * n, features), 4 * n, 4 * n), "weights that do not fit the input, or each other");
        n
    }
}

/// The logistic function, which opens gates.
fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// What the input gates, the forget gates, the units and the output gates get.
fn parts(nets: &ArrayRef1<f64>) -> Result<[ArrayView1<'_, f64>; 4], Error> {
    // A gate would make a number of infinity again.
    if !nets.iter().all(|net| net.is_finite()) {
        return Err(Error::NotFinite);
    }
    let n = nets.len() / 4;
    let (first, last) = nets.view().split_at(Axis(0), 2 * n);
    let ((input, forget), (new, output)) = (first.split_at(Axis(0), n), last.split_at(Axis(0), n));
    Ok([input, forget, new, output])
}

/// The outputs after each input, steps × n, for `sequence`, steps × features. At first outputs and states are zero.
///
/// # Errors
///
/// [`Error::NotFinite`] if what a gate or a unit gets is not finite.
///
/// # Panics
///
/// If the cell's arrays do not fit each other or the sequence.
pub fn on_the_heap(cell: &Cell, sequence: ArrayView2<'_, f64>) -> Result<Array2<f64>, Error> {
    let n = cell.units(sequence.ncols());
    let mut outputs = Array2::zeros((sequence.nrows(), n));
    let (mut state, mut output) = (Array1::<f64>::zeros(n), Array1::zeros(n));
    for (x, mut row) in sequence.rows().into_iter().zip(outputs.rows_mut()) {
        let nets = cell.input.dot(&x) + cell.recurrent.dot(&output) + &cell.bias;
        let [input_net, forget_net, new, output_net] = parts(&nets)?;
        let (input_gate, forget_gate) = (input_net.mapv(sigmoid), forget_net.mapv(sigmoid));
        state = forget_gate * state + input_gate * new.mapv(f64::tanh);
        output = output_net.mapv(sigmoid) * state.mapv(f64::tanh);
        row.assign(&output);
    }
    Ok(outputs)
}

/// What [`by_hand`] works in.
#[derive(Debug)]
pub struct Workspace {
    state: Array1<f64>,
    output: Array1<f64>,
    nets: Array1<f64>,
}

impl Workspace {
    /// For cells of so many units.
    pub fn new(units: usize) -> Self {
        Workspace { state: Array1::zeros(units), output: Array1::zeros(units), nets: Array1::zeros(4 * units) }
    }
}

/// [`on_the_heap`] in memory that is there, with the outputs in `outputs`, steps × n.
///
/// # Errors
///
/// As [`on_the_heap`].
///
/// # Panics
///
/// As [`on_the_heap`], and if `work` or `outputs` are not of this size.
pub fn by_hand(
    cell: &Cell,
    sequence: ArrayView2<'_, f64>,
    work: &mut Workspace,
    mut outputs: ArrayViewMut2<'_, f64>,
) -> Result<(), Error> {
    let n = cell.units(sequence.ncols());
    assert_eq!(outputs.dim(), (sequence.nrows(), n), "the outputs' shape is steps × n");
    let Workspace { state, output, nets } = work;
    state.fill(0.0);
    output.fill(0.0);
    for (x, mut row) in sequence.rows().into_iter().zip(outputs.rows_mut()) {
        general_mat_vec_mul(1.0, &cell.input, &x, 0.0, nets);
        general_mat_vec_mul(1.0, &cell.recurrent, output, 1.0, nets);
        *nets += &cell.bias;
        let [input, forget, new, out] = parts(nets)?;
        Zip::from(&mut *state).and(input).and(forget).and(new).for_each(|state, &input, &forget, &new| {
            *state = sigmoid(forget) * *state + sigmoid(input) * new.tanh();
        });
        Zip::from(&mut *output).and(out).and(&*state).for_each(|output, &out, state| {
            *output = sigmoid(out) * state.tanh();
        });
        row.assign(output);
    }
    Ok(())
}

/// [`on_the_heap`] in a scope: the outputs are made in `s`, and each step has a scope for what is gone after it.
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
    cell: &Cell,
    sequence: ArrayView2<'_, f64>,
) -> Result<ArrayViewMut2<'s, f64>, Error> {
    let n = cell.units(sequence.ncols());
    let mut outputs = s.alloc_array::<f64>((sequence.nrows(), n));
    s.scope(|inner| {
        let (mut state, mut output) = (inner.zeros(n), inner.zeros(n));
        for (x, mut row) in sequence.rows().into_iter().zip(outputs.rows_mut()) {
            inner.scope(|step| advance(step, cell, x, &mut state, &mut output))?;
            row.assign(&output);
        }
        Ok::<_, Error>(())
    })?;
    Ok(outputs)
}

/// One step: changes the units' states and outputs.
fn advance(
    s: Scope<'_>,
    cell: &Cell,
    x: ArrayView1<'_, f64>,
    state: &mut ArrayRef1<f64>,
    output: &mut ArrayRef1<f64>,
) -> Result<(), Error> {
    let (from_input, from_output) = (s.dot(&cell.input, &x), s.dot(&cell.recurrent, output));
    let nets = s.zip_map3(&from_input, &from_output, &cell.bias, |x, y, bias| x + y + bias);
    let [input, forget, new, out] = parts(&nets)?;
    state.assign(&s.zip_map4(&*state, &input, &forget, &new, |state, &input, &forget, new| {
        sigmoid(forget) * state + sigmoid(input) * new.tanh()
    }));
    output.assign(&s.zip_map(&out, state, |&out, state| sigmoid(out) * state.tanh()));
    Ok(())
}
