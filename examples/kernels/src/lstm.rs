//! The outputs of a cell with long short-term memory, for several sequences of inputs at a time.
//!
//! S. Hochreiter and J. Schmidhuber, "Long short-term memory", *Neural Computation* 9 (1997), with the forget gate of F. A.
//! Gers, J. Schmidhuber and F. Cummins, "Learning to forget: continual prediction with LSTM", *Neural Computation* 12 (2000),
//! section 3. What both call g and h is the hyperbolic tangent here, as has become usual.

use ndarena::prelude::*;
use ndarray::{ArrayRef2, Zip, prelude::*};

use crate::Error;
use crate::products::dot_into;

/// How the n gates of a kind, or the n units, come by what opens or feeds them: `x W + y U + b`, of the inputs `x` and the
/// outputs `y` before.
#[derive(Debug, Clone)]
pub struct Net {
    /// `W`, features × n.
    pub input: Array2<f64>,
    /// `U`, n × n.
    pub recurrent: Array2<f64>,
    /// `b`, n.
    pub bias: Array1<f64>,
}

/// n units, each with a state, and with a gate of each kind.
#[derive(Debug, Clone)]
pub struct Cell {
    /// How much of what is new comes into the states.
    pub input_gates: Net,
    /// How much stays of the states.
    pub forget_gates: Net,
    /// How much is seen of the states.
    pub output_gates: Net,
    /// What is new.
    pub units: Net,
}

impl Cell {
    /// n, of a cell that fits inputs with so many features.
    fn size(&self, features: usize) -> usize {
        let n = self.units.bias.len();
        for Net { input, recurrent, bias } in [&self.input_gates, &self.forget_gates, &self.output_gates, &self.units] {
            let dims = (input.dim(), recurrent.dim(), bias.len());
            assert_eq!(dims, ((features, n), (n, n), n), "weights that do not fit the inputs, or each other");
        }
        n
    }
}

/// The logistic function.
fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// Outputs lie between -1 and 1, so what is not finite is no number.
fn check(outputs: &ArrayRef2<f64>) -> Result<(), Error> {
    if outputs.iter().all(|output| output.is_finite()) { Ok(()) } else { Err(Error::NotFinite) }
}

/// The outputs after each step, steps × sequences × n, for `inputs`, steps × sequences × features. At first outputs and states
/// are zero.
///
/// # Errors
///
/// [`Error::NotFinite`] if an output is not a number. (An infinity can be all right: it opens or shuts a gate.)
///
/// # Panics
///
/// If the cell's arrays do not fit each other or the inputs.
pub fn on_the_heap(cell: &Cell, inputs: ArrayView3<'_, f64>) -> Result<Array3<f64>, Error> {
    let (steps, sequences, features) = inputs.dim();
    let n = cell.size(features);
    let mut outputs = Array3::zeros((steps, sequences, n));
    let (mut state, mut output) = (Array2::zeros((sequences, n)), Array2::zeros((sequences, n)));
    for (x, mut to) in inputs.outer_iter().zip(outputs.outer_iter_mut()) {
        let net = |Net { input, recurrent, bias }: &Net| x.dot(input) + output.dot(recurrent) + bias;
        let input_gates = net(&cell.input_gates).mapv_into(sigmoid);
        let forget_gates = net(&cell.forget_gates).mapv_into(sigmoid);
        let output_gates = net(&cell.output_gates).mapv_into(sigmoid);
        let new = net(&cell.units).mapv_into(f64::tanh);
        state = forget_gates * state + input_gates * new;
        output = output_gates * state.mapv(f64::tanh);
        check(&output)?;
        to.assign(&output);
    }
    Ok(outputs)
}

/// What [`by_hand`] works in.
#[derive(Debug)]
pub struct Workspace {
    state: Array2<f64>,
    before: Array2<f64>,
    input_gates: Array2<f64>,
    forget_gates: Array2<f64>,
    output_gates: Array2<f64>,
    new: Array2<f64>,
    recurrent: Array2<f64>,
}

impl Workspace {
    /// For so many sequences and units.
    pub fn new(sequences: usize, units: usize) -> Self {
        let matrix = || Array2::zeros((sequences, units));
        Workspace {
            state: matrix(),
            before: matrix(),
            input_gates: matrix(),
            forget_gates: matrix(),
            output_gates: matrix(),
            new: matrix(),
            recurrent: matrix(),
        }
    }
}

/// [`on_the_heap`] in memory that is there, with the outputs in `outputs`, steps × sequences × n.
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
    inputs: ArrayView3<'_, f64>,
    work: &mut Workspace,
    mut outputs: ArrayViewMut3<'_, f64>,
) -> Result<(), Error> {
    let (steps, sequences, features) = inputs.dim();
    let n = cell.size(features);
    assert_eq!(outputs.dim(), (steps, sequences, n), "the outputs' shape is steps × sequences × n");
    let Workspace { state, before, input_gates, forget_gates, output_gates, new, recurrent } = work;
    state.fill(0.0);
    before.fill(0.0);
    let mut y = before.view_mut();
    for (x, mut output) in inputs.outer_iter().zip(outputs.outer_iter_mut()) {
        activate_into(&cell.input_gates, x, &y, recurrent, input_gates, sigmoid);
        activate_into(&cell.forget_gates, x, &y, recurrent, forget_gates, sigmoid);
        activate_into(&cell.output_gates, x, &y, recurrent, output_gates, sigmoid);
        activate_into(&cell.units, x, &y, recurrent, new, f64::tanh);
        Zip::from(&mut *state).and(&*forget_gates).and(&*input_gates).and(&*new).for_each(
            |state, forget, input, new| {
                *state = forget * *state + input * new;
            },
        );
        Zip::from(&mut output).and(&*output_gates).and(&*state).for_each(|output, gate, state| {
            *output = gate * state.tanh();
        });
        check(&output)?;
        y = output;
    }
    Ok(())
}

/// `to ← squash(x W + y U + b)`
fn activate_into(
    Net { input, recurrent, bias }: &Net,
    x: ArrayView2<'_, f64>,
    y: &ArrayRef2<f64>,
    from_y: &mut ArrayRef2<f64>,
    to: &mut ArrayRef2<f64>,
    squash: impl Fn(f64) -> f64,
) {
    dot_into(x, input.view(), to.view_mut());
    dot_into(y.view(), recurrent.view(), from_y.view_mut());
    Zip::from(to).and(from_y).and_broadcast(bias).for_each(|to, from_y, bias| *to = squash(*to + *from_y + bias));
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
pub fn in_a_scope<'s>(s: Scope<'s>, cell: &Cell, inputs: ArrayView3<'_, f64>) -> Result<ArrayViewMut3<'s, f64>, Error> {
    let (steps, sequences, features) = inputs.dim();
    let n = cell.size(features);
    let mut outputs = s.alloc_array::<f64>((steps, sequences, n));
    s.scope(|inner| {
        let mut state = inner.zeros((sequences, n));
        let mut y = inner.zeros((sequences, n));
        for (x, mut output) in inputs.outer_iter().zip(outputs.outer_iter_mut()) {
            inner.scope(|step| advance(step, cell, x, &y, &mut state, &mut output));
            check(&output)?;
            y = output; // what this step has written is what the next one reads
        }
        Ok::<_, Error>(())
    })?;
    Ok(outputs)
}

/// One step, after outputs `y`: changes the states, and writes the new outputs.
fn advance(
    s: Scope<'_>,
    cell: &Cell,
    x: ArrayView2<'_, f64>,
    y: &ArrayRef2<f64>,
    state: &mut ArrayRef2<f64>,
    output: &mut ArrayRef2<f64>,
) {
    let input_gates = activate(s, &cell.input_gates, x, y, sigmoid);
    let forget_gates = activate(s, &cell.forget_gates, x, y, sigmoid);
    let output_gates = activate(s, &cell.output_gates, x, y, sigmoid);
    let new = activate(s, &cell.units, x, y, f64::tanh);
    let kept =
        s.zip_map4(&forget_gates, state, &input_gates, &new, |forget, state, input, new| forget * state + input * new);
    state.assign(&kept);
    output.assign(&s.zip_map(&output_gates, state, |gate, state| gate * state.tanh()));
}

/// `squash(x W + y U + b)`, and the products in `s`, too: a scope for each gate would take as long as small products do.
fn activate<'s>(
    s: Scope<'s>,
    Net { input, recurrent, bias }: &Net,
    x: ArrayView2<'_, f64>,
    y: &ArrayRef2<f64>,
    squash: impl Fn(f64) -> f64,
) -> ArrayViewMut2<'s, f64> {
    let (from_x, from_y) = (s.dot(&x, input), s.dot(y, recurrent));
    s.zip_map3(&from_x, &from_y, bias, |from_x, from_y, bias| squash(from_x + from_y + bias))
}
