//! A multilayer perceptron's probabilities of each class, for many samples, a batch at a time.
//!
//! I. Goodfellow, Y. Bengio and A. Courville, *Deep Learning*, MIT Press (2016), chapter 6; section 4.1 for the softmax.

use std::mem::swap;

use ndarena::prelude::*;
use ndarray::{ArrayRef2, Zip, prelude::*};

use crate::Error;
use crate::products::dot_into;

/// `x W + b` for each sample `x`, a row. Between two layers, what is negative becomes zero.
#[derive(Debug, Clone)]
pub struct Layer {
    /// `W`, inputs × outputs.
    pub weights: Array2<f64>,
    /// `b`, outputs.
    pub bias: Array1<f64>,
}

/// The rectified linear unit. Unlike `max`, it keeps a NaN.
fn relu(x: f64) -> f64 {
    if x < 0.0 { 0.0 } else { x }
}

/// The width of what the last layer makes of so many features.
fn classes(layers: &[Layer], features: usize) -> usize {
    assert!(!layers.is_empty(), "a network has layers");
    layers.iter().fold(features, |width, Layer { weights, bias }| {
        assert_eq!(weights.dim(), (width, bias.len()), "weights that do not fit what is before them, and the bias");
        bias.len()
    })
}

/// The probabilities of the classes, samples × classes, for `input`, samples × features.
///
/// # Errors
///
/// If a probability is not finite.
///
/// # Panics
///
/// If there are no layers, `batch` is zero, or a layer does not fit what is before it.
pub fn on_the_heap(layers: &[Layer], input: ArrayView2<'_, f64>, batch: usize) -> Result<Array2<f64>, Error> {
    let mut probabilities = Array2::zeros((input.nrows(), classes(layers, input.ncols())));
    let chunks = probabilities.axis_chunks_iter_mut(Axis(0), batch);
    for (x, mut probabilities) in input.axis_chunks_iter(Axis(0), batch).zip(chunks) {
        let mut z = x.dot(&layers[0].weights) + &layers[0].bias;
        for layer in &layers[1..] {
            z.mapv_inplace(relu);
            z = z.dot(&layer.weights) + &layer.bias;
        }
        let largest = z.map_axis(Axis(1), |row| row.fold(f64::NEG_INFINITY, |a, &b| a.max(b)));
        z -= &largest.insert_axis(Axis(1));
        z.mapv_inplace(f64::exp);
        let sums = z.sum_axis(Axis(1));
        if !sums.iter().all(|sum| sum.is_finite()) {
            return Err(Error::NotFinite);
        }
        probabilities.assign(&(z / sums.insert_axis(Axis(1))));
    }
    Ok(probabilities)
}

/// What [`by_hand`] works in.
#[derive(Debug)]
pub struct Workspace {
    batch: usize,
    // What a layer reads, and what it writes, in turn.
    front: Vec<f64>,
    back: Vec<f64>,
}

impl Workspace {
    /// For batches of up to so many samples.
    pub fn new(layers: &[Layer], batch: usize) -> Self {
        let widest = layers.iter().map(|layer| layer.bias.len()).max().unwrap_or(0);
        Workspace { batch, front: vec![0.0; batch * widest], back: vec![0.0; batch * widest] }
    }
}

/// The first elements of `memory` as a matrix.
fn shaped(memory: &mut [f64], dim: (usize, usize)) -> ArrayViewMut2<'_, f64> {
    ArrayViewMut2::from_shape(dim, &mut memory[..dim.0 * dim.1]).expect("as many elements as the shape has")
}

/// [`on_the_heap`] in memory that is there, with the probabilities in `probabilities`, samples × classes.
///
/// # Errors
///
/// As [`on_the_heap`].
///
/// # Panics
///
/// As [`on_the_heap`], and if `work` is not for these layers.
pub fn by_hand(
    layers: &[Layer],
    input: ArrayView2<'_, f64>,
    work: &mut Workspace,
    mut probabilities: ArrayViewMut2<'_, f64>,
) -> Result<(), Error> {
    let classes = classes(layers, input.ncols());
    assert_eq!(probabilities.dim(), (input.nrows(), classes), "the probabilities' shape is samples × classes");
    let Workspace { batch, front, back } = work;
    let chunks = probabilities.axis_chunks_iter_mut(Axis(0), *batch);
    for (x, probabilities) in input.axis_chunks_iter(Axis(0), *batch).zip(chunks) {
        let rows = x.nrows();
        let mut z = shaped(front, (rows, layers[0].bias.len()));
        dot_into(x, layers[0].weights.view(), z.view_mut());
        z += &layers[0].bias;
        for pair in layers.windows(2) {
            let mut z = shaped(front, (rows, pair[0].bias.len()));
            z.mapv_inplace(relu);
            let mut next = shaped(back, (rows, pair[1].bias.len()));
            dot_into(z.view(), pair[1].weights.view(), next.view_mut());
            next += &pair[1].bias;
            swap(front, back);
        }
        softmax(&shaped(front, (rows, classes)), probabilities)?;
    }
    Ok(())
}

/// [`on_the_heap`] in a scope: the probabilities are made in `s`, and each batch has a scope for what is gone after it.
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
    layers: &[Layer],
    input: ArrayView2<'_, f64>,
    batch: usize,
) -> Result<ArrayViewMut2<'s, f64>, Error> {
    let mut probabilities = s.alloc_array::<f64>((input.nrows(), classes(layers, input.ncols())));
    let chunks = probabilities.axis_chunks_iter_mut(Axis(0), batch);
    for (x, probabilities) in input.axis_chunks_iter(Axis(0), batch).zip(chunks) {
        s.scope(|batch| softmax(&logits(batch, layers, x), probabilities))?;
    }
    Ok(probabilities)
}

/// What the last layer makes of a batch, and in `s` what the others make.
fn logits<'s>(s: Scope<'s>, layers: &[Layer], x: ArrayView2<'_, f64>) -> ArrayViewMut2<'s, f64> {
    let mut z = s.dot(&x, &layers[0].weights);
    z += &layers[0].bias;
    for layer in &layers[1..] {
        z.mapv_inplace(relu);
        z = s.dot(&z, &layer.weights);
        z += &layer.bias;
    }
    z
}

/// `exp(zᵢ) / Σ exp(zⱼ)` for each row `z`, whose largest element is taken from all beforehand, so that none overflows.
fn softmax(z: &ArrayRef2<f64>, mut probabilities: ArrayViewMut2<'_, f64>) -> Result<(), Error> {
    for (z, mut p) in z.rows().into_iter().zip(probabilities.rows_mut()) {
        let largest = z.fold(f64::NEG_INFINITY, |a, &b| a.max(b));
        Zip::from(&mut p).and(z).for_each(|p, z| *p = (z - largest).exp());
        let sum = p.sum();
        if !sum.is_finite() {
            return Err(Error::NotFinite);
        }
        p /= sum;
    }
    Ok(())
}
