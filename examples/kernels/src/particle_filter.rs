//! The bootstrap particle filter: what is known of a hidden state after each observation, as a crowd of guesses that each
//! observation thins out.
//!
//! N. J. Gordon, D. J. Salmond and A. F. M. Smith, "Novel approach to nonlinear/non-Gaussian Bayesian state estimation", *IEE
//! Proceedings F* 140 (1993); with the systematic resampling of G. Kitagawa, "Monte Carlo filter and smoother for non-Gaussian
//! nonlinear state space models", *Journal of Computational and Graphical Statistics* 5 (1996).

use std::f64::consts::PI;

use ndarena::prelude::*;
use ndarray::linalg::general_mat_vec_mul;
use ndarray::{ArrayRef1, ArrayRef2, Zip, prelude::*};

use crate::Error;
use crate::products::dot_into;

/// `xₜ₊₁ = xₜ F + w G`, `yₜ = h(xₜ) + v`, with `w` of independent normal numbers of variance 1 and a normal `v` of variance
/// `r`; `x` is of mean `m` and covariance `Sᵀ S` before the first step, after which there is the first observation. Vectors
/// are rows, as particles are.
#[derive(Debug, Clone)]
pub struct Model<H> {
    /// `F`, n × n.
    pub transition: Array2<f64>,
    /// `G`, k × n.
    pub disturbance: Array2<f64>,
    /// `h`, any function of a state.
    pub observation: H,
    /// `r`.
    pub noise: f64,
    /// `m`, n.
    pub mean: Array1<f64>,
    /// `S`, n × n.
    pub spread: Array2<f64>,
}

impl Model<fn(ArrayView1<'_, f64>) -> f64> {
    /// A ship seen from the origin, of which only the direction is known: the second example of Gordon, Salmond and Smith. The
    /// states are the place and velocity to the east, and those to the north.
    pub fn bearings() -> Self {
        Model {
            transition: array![[1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 1.0, 1.0]],
            disturbance: array![[0.5, 1.0, 0.0, 0.0], [0.0, 0.0, 0.5, 1.0]] * 0.001,
            observation: |x| x[2].atan2(x[0]),
            noise: 0.005 * 0.005,
            mean: array![0.0, 0.0, 0.4, -0.05],
            spread: Array2::from_diag(&array![0.5, 0.005, 0.3, 0.01]),
        }
    }
}

impl<H: Fn(ArrayView1<'_, f64>) -> f64> Model<H> {
    fn states(&self) -> usize {
        self.mean.len()
    }

    fn check(&self, series: &ArrayRef1<f64>, draws: &Draws) -> Result<(), Error> {
        let Draws { first, disturbances, offsets } = draws;
        let (steps, particles, n, k) = (series.len(), first.nrows(), self.states(), self.disturbance.nrows());
        assert!(particles > 0, "a crowd of no particles");
        assert_eq!(first.ncols(), n, "first draws that do not fit the states");
        assert_eq!(
            disturbances.dim(),
            (steps, particles, k),
            "draws that do not fit the series, the particles and the model"
        );
        assert_eq!(offsets.len(), steps, "offsets that do not fit the series");
        if !self.noise.is_finite() {
            return Err(Error::NotFinite);
        }
        if self.noise <= 0.0 {
            return Err(Error::NotPositiveDefinite { pivot: 0 });
        }
        Ok(())
    }

    /// The logarithm of how well an observation fits a particle, but for what is the same for all of them.
    fn fit(&self, y: f64, particle: ArrayView1<'_, f64>) -> f64 {
        let off = y - (self.observation)(particle);
        -0.5 * off * off / self.noise
    }

    /// The logarithmic likelihood of an observation, from the best fit of a particle, and the sum of all others' in relation
    /// to that.
    fn likelihood(&self, best: f64, sum: f64, particles: usize) -> f64 {
        best + (sum / particles as f64).ln() - 0.5 * (2.0 * PI * self.noise).ln()
    }
}

/// The random numbers that a filter takes, so that each way has the same.
#[derive(Debug, Clone)]
pub struct Draws {
    /// Normal numbers, particles × n: where the particles are before the first step.
    pub first: Array2<f64>,
    /// Normal numbers, steps × particles × k: `w`.
    pub disturbances: Array3<f64>,
    /// Numbers from 0 to 1, exclusive, steps: where resampling begins.
    pub offsets: Array1<f64>,
}

impl Draws {
    /// For so many steps and particles of a model.
    pub fn new<H>(model: &Model<H>, steps: usize, particles: usize, random: &mut SplitMix64) -> Self {
        let (k, n) = model.disturbance.dim();
        Draws {
            first: Array2::from_shape_simple_fn((particles, n), || random.normal()),
            disturbances: Array3::from_shape_simple_fn((steps, particles, k), || random.normal()),
            offsets: Array1::from_shape_simple_fn(steps, || random.uniform()),
        }
    }
}

/// A small generator of random numbers: G. L. Steele, D. Lea and C. H. Flood, "Fast splittable pseudorandom number generators",
/// *OOPSLA '14*, figure 16 without the splitting. What it is made of is its seed.
#[derive(Debug, Clone)]
pub struct SplitMix64(pub u64);

impl SplitMix64 {
    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 to 1, exclusive.
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A normal number of mean 0 and variance 1: G. E. P. Box and M. E. Muller, "A note on the generation of random normal
    /// deviates", *Annals of Mathematical Statistics* 29 (1958).
    pub fn normal(&mut self) -> f64 {
        let (radius, angle) = (self.uniform(), self.uniform());
        (-2.0 * (1.0 - radius).ln()).sqrt() * (2.0 * PI * angle).cos()
    }
}

/// As many numbers of particles as there are, each about as often as its weight says: of `n` particles, one of weight `w`
/// comes `n w` times, rounded up or down. The weights add up to 1.
pub fn systematic(weights: &ArrayRef1<f64>, offset: f64) -> impl ExactSizeIterator<Item = usize> {
    let n = weights.len();
    let (mut last, mut sum) = (0, weights[0]);
    (0..n).map(move |i| {
        let place = (i as f64 + offset) / n as f64;
        // What the weights add up to is rounded, and may be less than 1.
        while sum <= place && last + 1 < n {
            last += 1;
            sum += weights[last];
        }
        last
    })
}

fn largest(x: &ArrayRef1<f64>) -> f64 {
    x.fold(f64::NEG_INFINITY, |a, &b| a.max(b))
}

/// Whether a filter may go on. Where any particle, or its weight, is not finite, or no particle fits at all, the mean is not
/// finite either.
fn finite(mean: &ArrayRef1<f64>) -> Result<(), Error> {
    if mean.iter().all(|x| x.is_finite()) { Ok(()) } else { Err(Error::NotFinite) }
}

/// The mean of the state after each observation, a row each, and the series' logarithmic likelihood, as the particles that
/// `draws` moves have it.
///
/// # Errors
///
/// [`Error::NotPositiveDefinite`] if the model's noise is not positive, [`Error::NotFinite`] if it, a mean, or the fit of all
/// particles to an observation is not finite.
///
/// # Panics
///
/// If there are no particles, or `draws` or the parts of `model` do not fit the others.
pub fn on_the_heap<H: Fn(ArrayView1<'_, f64>) -> f64>(
    model: &Model<H>,
    series: ArrayView1<'_, f64>,
    draws: &Draws,
) -> Result<(Array2<f64>, f64), Error> {
    model.check(&series, draws)?;
    let (f, g) = (&model.transition, &model.disturbance);
    let mut means = Array2::zeros((series.len(), model.states()));
    let mut likelihood = 0.0;
    let mut particles = draws.first.dot(&model.spread) + &model.mean;
    // Which particles the next step is made from, and how often.
    let mut chosen: Vec<usize> = (0..particles.nrows()).collect();
    let steps = series.iter().zip(draws.disturbances.outer_iter()).zip(&draws.offsets).zip(means.rows_mut());
    for (((&y, w), &offset), mut mean) in steps {
        particles = particles.select(Axis(0), &chosen).dot(f) + w.dot(g);
        let fits = particles.map_axis(Axis(1), |particle| model.fit(y, particle));
        let best = largest(&fits);
        let weights = fits.mapv_into(|fit| (fit - best).exp());
        let sum = weights.sum();
        let weights = weights / sum;
        mean.assign(&weights.dot(&particles));
        finite(&mean)?;
        likelihood += model.likelihood(best, sum, weights.len());
        chosen = systematic(&weights, offset).collect();
    }
    Ok((means, likelihood))
}

/// What [`by_hand`] works in.
#[derive(Debug)]
pub struct Workspace {
    particles: Array2<f64>,
    parents: Array2<f64>,
    shaken: Array2<f64>,
    weights: Array1<f64>,
    chosen: Array1<usize>,
}

impl Workspace {
    /// For so many particles of so many states.
    pub fn new(particles: usize, states: usize) -> Self {
        let matrix = || Array2::zeros((particles, states));
        Workspace {
            particles: matrix(),
            parents: matrix(),
            shaken: matrix(),
            weights: Array1::zeros(particles),
            chosen: Array1::zeros(particles),
        }
    }
}

/// [`on_the_heap`] in memory that is there, and with the means in `means`.
///
/// # Errors
///
/// As [`on_the_heap`].
///
/// # Panics
///
/// As [`on_the_heap`], and if `work` or `means` does not fit.
pub fn by_hand<H: Fn(ArrayView1<'_, f64>) -> f64>(
    model: &Model<H>,
    series: ArrayView1<'_, f64>,
    draws: &Draws,
    work: &mut Workspace,
    mut means: ArrayViewMut2<'_, f64>,
) -> Result<f64, Error> {
    model.check(&series, draws)?;
    assert_eq!(means.dim(), (series.len(), model.states()), "the means' shape is steps × states");
    assert_eq!(work.particles.dim(), draws.first.dim(), "a workspace that is not for so many particles and states");
    let Workspace { particles, parents, shaken, weights, chosen } = work;
    let (f, g) = (&model.transition, &model.disturbance);
    let mut likelihood = 0.0;
    dot_into(draws.first.view(), model.spread.view(), particles.view_mut());
    *particles += &model.mean;
    chosen.iter_mut().enumerate().for_each(|(i, to)| *to = i);
    let steps = series.iter().zip(draws.disturbances.outer_iter()).zip(&draws.offsets).zip(means.rows_mut());
    for (((&y, w), &offset), mut mean) in steps {
        gather(particles, chosen, parents);
        dot_into(parents.view(), f.view(), particles.view_mut());
        dot_into(w, g.view(), shaken.view_mut());
        *particles += &*shaken;
        Zip::from(&mut *weights).and(particles.rows()).for_each(|to, particle| *to = model.fit(y, particle));
        let best = largest(weights);
        weights.mapv_inplace(|fit| (fit - best).exp());
        let sum = weights.sum();
        *weights /= sum;
        general_mat_vec_mul(1.0, &particles.t(), weights, 0.0, &mut mean);
        finite(&mean)?;
        likelihood += model.likelihood(best, sum, weights.len());
        chosen.iter_mut().zip(systematic(weights, offset)).for_each(|(to, from)| *to = from);
    }
    Ok(likelihood)
}

/// `to ←` the rows of `from` of those numbers.
fn gather(from: &Array2<f64>, rows: &Array1<usize>, to: &mut Array2<f64>) {
    let n = from.ncols();
    let (from, to) = (from.as_slice().expect("row-major"), to.as_slice_mut().expect("row-major"));
    for (to, &row) in to.chunks_exact_mut(n).zip(rows) {
        to.copy_from_slice(&from[row * n..][..n]);
    }
}

/// [`on_the_heap`] in a scope: the means are made in `s`, and each observation has a scope for what is gone after it.
///
/// # Errors
///
/// As [`on_the_heap`].
///
/// # Panics
///
/// As [`on_the_heap`], and as [`AllocArray`] says.
pub fn in_a_scope<'s, H: Fn(ArrayView1<'_, f64>) -> f64>(
    s: Scope<'s>,
    model: &Model<H>,
    series: ArrayView1<'_, f64>,
    draws: &Draws,
) -> Result<(ArrayViewMut2<'s, f64>, f64), Error> {
    model.check(&series, draws)?;
    let mut means = s.alloc_array::<f64>((series.len(), model.states()));
    let likelihood = s.scope(|state| {
        let mut likelihood = 0.0;
        let mut particles = state.dot(&draws.first, &model.spread);
        particles += &model.mean;
        let mut chosen = state.from_iter(0..particles.nrows());
        let steps = series.iter().zip(draws.disturbances.outer_iter()).zip(&draws.offsets).zip(means.rows_mut());
        for (((&y, w), &offset), mut mean) in steps {
            likelihood += state.scope(|step| {
                move_on(step, model, w, &chosen, &mut particles);
                let (weights, likelihood) = weigh(step, model, y, &particles);
                general_mat_vec_mul(1.0, &particles.t(), &weights, 0.0, &mut mean);
                finite(&mean)?;
                chosen.iter_mut().zip(systematic(&weights, offset)).for_each(|(to, from)| *to = from);
                Ok::<_, Error>(likelihood)
            })?;
        }
        Ok::<_, Error>(likelihood)
    })?;
    Ok((means, likelihood))
}

/// One step of the particles that are chosen, moved by `w`: all that `particles` are afterwards.
fn move_on<H>(
    s: Scope<'_>,
    model: &Model<H>,
    w: ArrayView2<'_, f64>,
    chosen: &ArrayRef1<usize>,
    particles: &mut ArrayRef2<f64>,
) {
    let parents = s.select(particles, Axis(0), chosen.as_slice().expect("numbers lie side by side"));
    let (moved, shaken) = (s.dot(&parents, &model.transition), s.dot(&w, &model.disturbance));
    Zip::from(particles).and(&moved).and(&shaken).for_each(|to, moved, shaken| *to = moved + shaken);
}

/// How much each particle counts after the observation `y`, 1 together, and that observation's logarithmic likelihood.
fn weigh<'s, H: Fn(ArrayView1<'_, f64>) -> f64>(
    s: Scope<'s>,
    model: &Model<H>,
    y: f64,
    particles: &ArrayRef2<f64>,
) -> (ArrayViewMut1<'s, f64>, f64) {
    let fits = s.from_iter(particles.rows().into_iter().map(|particle| model.fit(y, particle)));
    let best = largest(&fits);
    let mut weights = fits.mapv_into(|fit| (fit - best).exp());
    let sum = weights.sum();
    weights /= sum;
    let likelihood = model.likelihood(best, sum, weights.len());
    (weights, likelihood)
}
