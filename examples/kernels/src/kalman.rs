//! The Kalman filter of a series of numbers: what is known of a hidden state after each observation.
//!
//! R. E. Kalman, "A new approach to linear filtering and prediction problems", *Journal of Basic Engineering* 82 (1960);
//! the models are the structural ones of A. C. Harvey, *Forecasting, Structural Time Series Models and the Kalman Filter*,
//! Cambridge University Press (1989), chapter 2.

use std::f64::consts::PI;

use ndarena::prelude::*;
use ndarray::linalg::general_mat_vec_mul;
use ndarray::{ArrayRef1, ArrayRef2, prelude::*, s};

use crate::Error;
use crate::products::{add_outer, dot_into};

/// `xₜ₊₁ = F xₜ + w`, `yₜ = h·xₜ + v`, with `w` of covariance `Q` and `v` of variance `r`; `x` is of mean 0 and covariance
/// `P₀` before the first observation.
#[derive(Debug, Clone)]
pub struct Model {
    /// `F`, n × n.
    pub transition: Array2<f64>,
    /// `h`, n.
    pub observation: Array1<f64>,
    /// `Q`, n × n.
    pub disturbance: Array2<f64>,
    /// `r`.
    pub noise: f64,
    /// `P₀`, n × n.
    pub initial: Array2<f64>,
}

impl Model {
    /// A level, a slope, and so many harmonics of a season of `period` steps, with two states each.
    pub fn structural(harmonics: usize, period: usize) -> Self {
        let n = 2 + 2 * harmonics;
        let mut transition = Array2::eye(n);
        transition[[0, 1]] = 1.0;
        for k in 1..=harmonics {
            let (sin, cos) = (2.0 * PI * k as f64 / period as f64).sin_cos();
            transition.slice_mut(s![2 * k..2 * k + 2, 2 * k..2 * k + 2]).assign(&array![[cos, sin], [-sin, cos]]);
        }
        Model {
            transition,
            observation: Array1::from_shape_fn(n, |i| (1 - i % 2) as f64),
            disturbance: Array2::from_diag(&Array1::from_shape_fn(n, |i| [1e-3, 1e-5, 1e-4][i.min(2)])),
            noise: 1e-3,
            initial: Array2::eye(n) * 10.0,
        }
    }

    /// A level alone, which `noise` hides and `disturbance` moves.
    pub fn local_level(disturbance: f64, noise: f64, initial: f64) -> Self {
        Model {
            transition: array![[1.0]],
            observation: array![1.0],
            disturbance: array![[disturbance]],
            noise,
            initial: array![[initial]],
        }
    }

    fn states(&self) -> usize {
        self.observation.len()
    }
}

/// `1 / variance` of an innovation, and its logarithmic likelihood.
fn weigh(innovation: f64, variance: f64) -> Result<(f64, f64), Error> {
    if !(innovation.is_finite() && variance.is_finite()) {
        return Err(Error::NotFinite);
    }
    if variance <= 0.0 {
        return Err(Error::NotPositiveDefinite { pivot: 0 });
    }
    Ok((1.0 / variance, -0.5 * ((2.0 * PI * variance).ln() + innovation * innovation / variance)))
}

/// The mean of the state after each observation, a row each, and the series' logarithmic likelihood.
pub fn on_the_heap(model: &Model, series: ArrayView1<'_, f64>) -> Result<(Array2<f64>, f64), Error> {
    let Model { transition: f, observation: h, disturbance: q, noise, initial } = model;
    let mut means = Array2::zeros((series.len(), model.states()));
    let mut likelihood = 0.0;
    let (mut x, mut p) = (Array1::zeros(model.states()), initial.clone());
    for (&y, mut mean) in series.iter().zip(means.rows_mut()) {
        // After the step, before the observation.
        let ahead = f.dot(&x);
        let spread = f.dot(&p).dot(&f.t()) + q;
        let gain = spread.dot(h);
        let innovation = y - h.dot(&ahead);
        let (weight, gained) = weigh(innovation, h.dot(&gain) + noise)?;
        x = ahead + &gain * (weight * innovation);
        let column = gain.view().insert_axis(Axis(1));
        p = spread - &(&column * weight) * &gain;
        mean.assign(&x);
        likelihood += gained;
    }
    Ok((means, likelihood))
}

/// What [`by_hand`] works in.
#[derive(Debug)]
pub struct Workspace {
    x: Array1<f64>,
    ahead: Array1<f64>,
    gain: Array1<f64>,
    p: Array2<f64>,
    moved: Array2<f64>,
    spread: Array2<f64>,
}

impl Workspace {
    /// For models of so many states.
    pub fn new(states: usize) -> Self {
        let (vector, matrix) = (|| Array1::zeros(states), || Array2::zeros((states, states)));
        Workspace { x: vector(), ahead: vector(), gain: vector(), p: matrix(), moved: matrix(), spread: matrix() }
    }
}

/// [`on_the_heap`] in memory that is there, and with the means in `means`.
pub fn by_hand(
    model: &Model,
    series: ArrayView1<'_, f64>,
    work: &mut Workspace,
    mut means: ArrayViewMut2<'_, f64>,
) -> Result<f64, Error> {
    let Model { transition: f, observation: h, disturbance: q, noise, initial } = model;
    let Workspace { x, ahead, gain, p, moved, spread } = work;
    let mut likelihood = 0.0;
    x.fill(0.0);
    p.assign(initial);
    for (&y, mut mean) in series.iter().zip(means.rows_mut()) {
        general_mat_vec_mul(1.0, f, x, 0.0, ahead);
        dot_into(f.view(), p.view(), moved.view_mut());
        dot_into(moved.view(), f.t(), spread.view_mut());
        *spread += q;
        general_mat_vec_mul(1.0, spread, h, 0.0, gain);
        let innovation = y - h.dot(ahead);
        let (weight, gained) = weigh(innovation, h.dot(gain) + noise)?;
        x.assign(ahead);
        x.scaled_add(weight * innovation, gain);
        p.assign(spread);
        add_outer(p, -weight, gain, gain);
        mean.assign(x);
        likelihood += gained;
    }
    Ok(likelihood)
}

/// [`on_the_heap`] in a scope: the means are made in `s`, and each observation has a scope for what is gone after it.
pub fn in_a_scope<'s>(
    s: Scope<'s>,
    model: &Model,
    series: ArrayView1<'_, f64>,
) -> Result<(ArrayViewMut2<'s, f64>, f64), Error> {
    filter(s, model, series, |s, a, b| s.dot(a, b))
}

/// [`on_the_heap`] by the library's products of matrices, in a scope.
#[cfg(feature = "linalg")]
pub fn by_calls<'s>(
    s: Scope<'s>,
    model: &Model,
    series: ArrayView1<'_, f64>,
) -> Result<(ArrayViewMut2<'s, f64>, f64), Error> {
    filter(s, model, series, |s, a, b| s.matmul(a, b))
}

/// The filter with products by `product`.
fn filter<'s>(
    s: Scope<'s>,
    model: &Model,
    series: ArrayView1<'_, f64>,
    product: impl for<'i> Fn(Scope<'i>, &ArrayRef2<f64>, &ArrayRef2<f64>) -> ArrayViewMut2<'i, f64>,
) -> Result<(ArrayViewMut2<'s, f64>, f64), Error> {
    let mut means = s.alloc_array::<f64>((series.len(), model.states()));
    let likelihood = s.scope(|state| {
        let mut likelihood = 0.0;
        let (mut x, mut p) = (state.zeros(model.states()), state.copy_of(&model.initial));
        for (&y, mut mean) in series.iter().zip(means.rows_mut()) {
            likelihood += state.scope(|step| observe(step, model, y, &mut x, &mut p, &product))?;
            mean.assign(&x);
        }
        Ok::<_, Error>(likelihood)
    })?;
    Ok((means, likelihood))
}

/// One step, and the observation `y` after it: changes the mean `x` and covariance `p`, and gives `y`'s logarithmic
/// likelihood.
fn observe<'s>(
    s: Scope<'s>,
    model: &Model,
    y: f64,
    x: &mut ArrayRef1<f64>,
    p: &mut ArrayRef2<f64>,
    product: impl Fn(Scope<'s>, &ArrayRef2<f64>, &ArrayRef2<f64>) -> ArrayViewMut2<'s, f64>,
) -> Result<f64, Error> {
    let Model { transition: f, observation: h, disturbance: q, noise, .. } = model;
    let ahead = s.dot(f, x);
    let mut spread = product(s, &product(s, f, p), &f.t());
    spread += q;
    let gain = s.dot(&spread, h);
    let innovation = y - h.dot(&ahead);
    let (weight, likelihood) = weigh(innovation, h.dot(&gain) + noise)?;
    x.assign(&ahead);
    x.scaled_add(weight * innovation, &gain);
    p.assign(&spread);
    add_outer(p, -weight, &gain, &gain);
    Ok(likelihood)
}
