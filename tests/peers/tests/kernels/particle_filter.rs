use std::panic::{AssertUnwindSafe, catch_unwind};

use super::calls_of;
use approx::{assert_abs_diff_eq, assert_relative_eq};
use ndarena::prelude::*;
use ndarena_kernels::particle_filter::{
    Draws, Model, SplitMix64, Workspace, by_hand, in_a_scope, on_the_heap, systematic,
};
use ndarena_kernels::{Error, kalman};
use ndarray::prelude::*;

use super::steady_calls;

/// What gives the observation of a state.
type Observation = fn(ArrayView1<'_, f64>) -> f64;

/// A place that is observed, and its velocity, which is not.
fn moving() -> Model<Observation> {
    Model {
        transition: array![[1.0, 0.0], [1.0, 0.9]],
        disturbance: array![[0.3, 0.5]],
        observation: |x| x[0],
        noise: 2.0,
        mean: array![0.0, 0.0],
        spread: array![[1.0, 0.2], [0.0, 0.5]],
    }
}

/// A number that returns to 0 again and again, and of which the exponential is observed.
fn exponential() -> Model<Observation> {
    Model {
        transition: array![[0.8]],
        disturbance: array![[0.7]],
        observation: |x| x[0].exp(),
        noise: 0.5,
        mean: array![0.5],
        spread: array![[1.0]],
    }
}

/// What a model might have given.
fn observed(model: &Model<Observation>, steps: usize, seed: u64) -> Array1<f64> {
    let random = &mut SplitMix64(seed);
    let mut x = model.mean.clone();
    Array1::from_shape_simple_fn(steps, || {
        let w = Array1::from_shape_simple_fn(model.disturbance.nrows(), || random.normal());
        x = x.dot(&model.transition) + w.dot(&model.disturbance);
        (model.observation)(x.view()) + model.noise.sqrt() * random.normal()
    })
}

type Filtered = Result<(Array2<f64>, f64), Error>;

/// The three ways.
fn all(model: &Model<Observation>, series: &Array1<f64>, draws: &Draws) -> [Filtered; 3] {
    let mut means = Array2::from_elem((series.len(), model.mean.len()), f64::NAN);
    let mut work = Workspace::new(draws.first.nrows(), model.mean.len());
    let hand = by_hand(model, series.view(), draws, &mut work, means.view_mut());
    [
        on_the_heap(model, series.view(), draws),
        hand.map(|likelihood| (means, likelihood)),
        filtered(model, series, draws),
    ]
}

fn filtered(model: &Model<Observation>, series: &Array1<f64>, draws: &Draws) -> Filtered {
    let buffer = Buffer::new();
    let scope = buffer.scope(|s| {
        let (means, likelihood) = in_a_scope(s, model, series.view(), draws)?;
        Ok((means.to_owned(), likelihood))
    });
    assert_eq!(buffer.stats().in_use, 0);
    scope
}

#[test]
fn three_ways_agree() {
    for model in [moving(), exponential(), Model::bearings()] {
        let series = observed(&model, 20, 1);
        for particles in [1, 2, 7, 12, 30, 200] {
            let draws = Draws::new(&model, series.len(), particles, &mut SplitMix64(2));
            let [heap, hand, scope] = all(&model, &series, &draws).map(Result::unwrap);
            // The same operations, in the same order.
            assert_eq!(scope, heap, "{particles}");
            // Products of few rows have their sums in another order.
            assert_relative_eq!(hand.0, heap.0, max_relative = 1e-9, epsilon = 1e-12);
            assert_relative_eq!(hand.1, heap.1, max_relative = 1e-9, epsilon = 1e-9);
        }
    }
}

/// One particle at a time, and its copies found by what their weights add up to.
fn by_loops(model: &Model<Observation>, series: &Array1<f64>, draws: &Draws) -> (Vec<Vec<f64>>, f64) {
    let (n, k, count) = (model.mean.len(), model.disturbance.nrows(), draws.first.nrows());
    let times = |x: &[f64], matrix: &Array2<f64>, j: usize| (0..x.len()).map(|i| x[i] * matrix[[i, j]]).sum::<f64>();
    let first = draws.first.rows().into_iter().map(|z| z.to_vec());
    let mut particles: Vec<Vec<f64>> =
        first.map(|z| (0..n).map(|j| model.mean[j] + times(&z, &model.spread, j)).collect()).collect();
    let (mut means, mut likelihood) = (Vec::new(), 0.0);
    for (t, &y) in series.iter().enumerate() {
        for (p, particle) in particles.iter_mut().enumerate() {
            let w: Vec<f64> = (0..k).map(|i| draws.disturbances[[t, p, i]]).collect();
            *particle =
                (0..n).map(|j| times(particle, &model.transition, j) + times(&w, &model.disturbance, j)).collect();
        }
        let density = |particle: &Vec<f64>| {
            let off = y - (model.observation)(ArrayView1::from(particle));
            (-off * off / (2.0 * model.noise)).exp() / (2.0 * std::f64::consts::PI * model.noise).sqrt()
        };
        let densities: Vec<f64> = particles.iter().map(density).collect();
        let sum: f64 = densities.iter().sum();
        likelihood += (sum / count as f64).ln();
        means.push((0..n).map(|j| (0..count).map(|p| densities[p] / sum * particles[p][j]).sum()).collect());
        let chosen = (0..count).map(|i| {
            let place = sum * (i as f64 + draws.offsets[t]) / count as f64;
            let reaches = |p: &usize| densities[..=*p].iter().sum::<f64>() > place;
            particles[(0..count).find(reaches).unwrap()].clone()
        });
        particles = chosen.collect();
    }
    (means, likelihood)
}

#[test]
fn it_is_as_by_loops() {
    // So many directions fit that even few particles are among them.
    for model in [moving(), exponential(), Model { noise: 0.3, ..Model::bearings() }] {
        let series = observed(&model, 12, 3);
        for particles in [3, 10, 40] {
            let draws = Draws::new(&model, series.len(), particles, &mut SplitMix64(4));
            let (means, likelihood) = by_loops(&model, &series, &draws);
            let means = Array2::from_shape_vec((12, model.mean.len()), means.concat()).unwrap();
            for way in all(&model, &series, &draws) {
                let way = way.unwrap();
                assert_relative_eq!(way.0, means, max_relative = 1e-8, epsilon = 1e-10);
                assert_relative_eq!(way.1, likelihood, max_relative = 1e-8, epsilon = 1e-8);
            }
        }
    }
}

/// The means after each observation, and after them the likelihood as a multiple of `exact`'s, in the mean over so many
/// filters with random numbers of their own; and the standard errors of these.
fn many(
    model: &Model<Observation>,
    series: &Array1<f64>,
    exact: f64,
    particles: usize,
    filters: usize,
) -> (Array1<f64>, Array1<f64>) {
    let mut results = Array2::zeros((filters, series.len() * model.mean.len() + 1));
    let random = &mut SplitMix64(5);
    for mut result in results.rows_mut() {
        let draws = Draws::new(model, series.len(), particles, random);
        let (means, likelihood) = filtered(model, series, &draws).unwrap();
        result.assign(&means.into_iter().chain([(likelihood - exact).exp()]).collect::<Array1<f64>>());
    }
    (results.mean_axis(Axis(0)).unwrap(), results.std_axis(Axis(0), 1.0) / (filters as f64).sqrt())
}

/// That filters tend to the means and the logarithmic likelihood that are exact: what 40 of 1000 particles give in the mean lies
/// within five of its standard errors, and so do 40 of 4000 particles, which have half the error. The likelihood is not
/// biased (P. Del Moral, *Feynman-Kac Formulae*, Springer, 2004, section 7.4), though its logarithm is. Means are, by no more
/// than a fraction of the standard error with so many particles.
fn tend_to(means: &Array1<f64>, likelihood: f64, model: &Model<Observation>, series: &Array1<f64>) {
    let sizes = [1000, 4000].map(|particles| {
        let (mean, error) = many(model, series, likelihood, particles, 40);
        for ((mean, error), exact) in mean.iter().zip(&error).zip(means.iter().chain([&1.0])) {
            // Small beside the deviations of states and observations, which are of about 1.
            assert!(*error < 0.04, "{error}");
            assert_abs_diff_eq!(mean, exact, epsilon = 5.0 * error);
        }
        error.dot(&error).sqrt()
    });
    // A standard error of 40 is itself known to about a ninth.
    assert_relative_eq!(sizes[1] / sizes[0], 0.5, max_relative = 0.25);
}

/// Where all is linear and normal, Kalman's filter has the mean and the likelihood.
#[test]
fn a_linear_model_is_kalman_s() {
    let (model, series) = (moving(), observed(&moving(), 15, 18));
    let (g, s) = (&model.disturbance, &model.spread);
    let exact = kalman::Model {
        transition: model.transition.t().to_owned(),
        observation: array![1.0, 0.0],
        disturbance: g.t().dot(g),
        noise: model.noise,
        initial: s.t().dot(s),
    };
    let (means, likelihood) = kalman::on_the_heap(&exact, series.view()).unwrap();
    tend_to(&means.into_iter().collect(), likelihood, &model, &series);
}

/// Where the observation is not linear, the density of a state of one number is found on a grid.
#[test]
fn an_exponential_model_is_that_of_a_grid() {
    let (model, series) = (exponential(), observed(&exponential(), 10, 19));
    let (by, deviation) = (0.02, model.disturbance[[0, 0]]);
    let grid: Vec<f64> = (-400..=400).map(|i| f64::from(i) * by).collect();
    let normal =
        |x: f64, variance: f64| (-x * x / (2.0 * variance)).exp() / (2.0 * std::f64::consts::PI * variance).sqrt();
    let mut density: Vec<f64> = grid.iter().map(|x| normal(x - model.mean[0], model.spread[[0, 0]].powi(2))).collect();
    let (mut exact, mut likelihood) = (Vec::new(), 0.0);
    for y in &series {
        let moved = |to: &f64| {
            let from = grid.iter().zip(&density);
            from.map(|(x, p)| p * by * normal(to - model.transition[[0, 0]] * x, deviation * deviation)).sum::<f64>()
        };
        let joint: Vec<f64> = grid.iter().map(|x| moved(x) * normal(y - x.exp(), model.noise)).collect();
        let sum: f64 = joint.iter().sum::<f64>() * by;
        likelihood += sum.ln();
        density = joint.iter().map(|p| p / sum).collect();
        exact.push(grid.iter().zip(&density).map(|(x, p)| x * p * by).sum());
    }
    tend_to(&exact.into(), likelihood, &model, &series);
}

/// Kitagawa (1996): systematic resampling takes each as often as its weight says, but for rounding.
#[test]
fn each_is_chosen_as_often_as_its_weight_says() {
    let random = &mut SplitMix64(8);
    for n in [1, 2, 5, 30, 300] {
        for power in [1, 4, 40] {
            let mut weights = Array1::from_shape_simple_fn(n, || random.uniform().powi(power));
            weights /= weights.sum();
            for offset in [0.0, 0.25, random.uniform(), 1.0 - f64::EPSILON] {
                let chosen: Vec<usize> = systematic(&weights, offset).collect();
                assert_eq!(chosen.len(), n);
                assert!(chosen.is_sorted());
                for (i, weight) in weights.iter().enumerate() {
                    let (times, expected) = (chosen.iter().filter(|&&j| j == i).count() as f64, n as f64 * weight);
                    assert!((times - expected).abs() < 1.0 + 1e-9, "{times} times instead of {expected}");
                }
            }
        }
    }
    // Those that do not fit at all are never chosen, not even if the first place is theirs.
    assert_eq!(systematic(&array![0.0, 0.5, 0.0, 0.5, 0.0], 0.0).collect::<Vec<_>>(), [1, 1, 1, 3, 3]);
}

/// The numbers are those of S. Vigna's `splitmix64.c` for this seed.
#[test]
fn the_generator_is_splitmix64() {
    let random = &mut SplitMix64(1_234_567);
    let expected = [
        6_457_827_717_110_365_317,
        3_203_168_211_198_807_973,
        9_817_491_932_198_370_423,
        4_593_380_528_125_082_431,
        16_408_922_859_458_223_821,
    ];
    assert_eq!([(); 5].map(|()| random.bits()), expected);
    // The moments of 100 000 normal numbers, which have standard errors of √(1, 2, 15, 96) / 316.
    let numbers = Array1::from_shape_simple_fn(100_000, || random.normal());
    for (power, (moment, variance)) in [(0.0, 1.0f64), (1.0, 2.0), (0.0, 15.0), (3.0, 96.0)].into_iter().enumerate() {
        let mean = numbers.mapv(|x| x.powi(power as i32 + 1)).mean().unwrap();
        assert_abs_diff_eq!(mean, moment, epsilon = 4.0 * (variance / 1e5).sqrt());
    }
}

#[test]
fn it_allocates_nothing_but_what_ndarray_s_product_does() {
    for model in [moving(), exponential(), Model::bearings()] {
        let series = observed(&model, 10, 9);
        for particles in [1, 5, 12, 40] {
            let draws = Draws::new(&model, series.len(), particles, &mut SplitMix64(10));
            let calls = steady_calls(|s| in_a_scope(s, &model, series.view(), &draws).unwrap().1);
            let n = model.mean.len();
            let (mut work, mut means) = (Workspace::new(particles, n), Array2::zeros((series.len(), n)));
            let by_hand = calls_of(|| by_hand(&model, series.view(), &draws, &mut work, means.view_mut()).unwrap());
            // Small products are made without ndarray's kernel.
            assert_eq!(calls, if particles <= 12 { 0 } else { by_hand }, "{particles}");
        }
    }
}

#[test]
fn a_step_takes_the_memory_of_the_last() {
    let (model, buffer, particles) = (Model::bearings(), Buffer::new(), 64);
    let series = observed(&model, 100, 11);
    let draws = Draws::new(&model, 100, particles, &mut SplitMix64(12));
    buffer.scope(|s| drop(in_a_scope(s, &model, series.view(), &draws).unwrap()));
    // The means; the particles, and which are chosen; of one step, those that are, where they move, what shakes them, and
    // their weights. All are whole cache lines.
    assert_eq!(buffer.stats().peak, 8 * (100 * 4 + particles * (4 + 1) + particles * (4 + 4 + 4 + 1)));
}

#[test]
fn what_is_not_finite_is_an_error() {
    let model = moving();
    let series = observed(&model, 20, 13);
    let draws = Draws::new(&model, 20, 8, &mut SplitMix64(14));
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let refused = [const { Err(Error::NotFinite) }; 3];
        let mut series = series.clone();
        series[12] = bad;
        assert_eq!(all(&model, &series, &draws), refused);
        series[12] = 0.0;
        assert_eq!(all(&Model { noise: bad, ..model.clone() }, &series, &draws), refused);
        assert_eq!(all(&Model { mean: array![0.0, bad], ..model.clone() }, &series, &draws), refused);
        // One particle is enough.
        let mut draws = draws.clone();
        draws.disturbances[[3, 5, 0]] = bad;
        assert_eq!(all(&model, &series, &draws), refused);
    }
    // Finite, but no particle comes near it.
    let mut series = series;
    series[12] = 1e200;
    assert_eq!(all(&model, &series, &draws), [const { Err(Error::NotFinite) }; 3]);
}

#[test]
fn noise_that_is_not_positive_is_an_error() {
    let series = observed(&moving(), 20, 13);
    let draws = Draws::new(&moving(), 20, 8, &mut SplitMix64(14));
    for noise in [0.0, -1.0] {
        let expected = [const { Err(Error::NotPositiveDefinite { pivot: 0 }) }; 3];
        assert_eq!(all(&Model { noise, ..moving() }, &series, &draws), expected);
    }
}

#[test]
fn no_observations_give_no_means() {
    let draws = Draws::new(&moving(), 0, 8, &mut SplitMix64(15));
    for way in all(&moving(), &Array1::zeros(0), &draws) {
        assert_eq!(way.unwrap(), (Array2::zeros((0, 2)), 0.0));
    }
}

#[test]
fn what_does_not_fit_panics() {
    let (model, random) = (moving(), &mut SplitMix64(16));
    let series = observed(&model, 5, 17);
    let draws = Draws::new(&model, 5, 8, random);
    let bad = [
        (Draws::new(&model, 5, 0, random), "no particles"),
        (Draws::new(&model, 6, 8, random), "do not fit"),
        (Draws { first: Array2::zeros((8, 3)), ..draws.clone() }, "first draws"),
        (Draws { first: Array2::zeros((7, 2)), ..draws.clone() }, "do not fit"),
        (Draws { disturbances: Array3::zeros((5, 8, 2)), ..draws.clone() }, "do not fit"),
        (Draws { offsets: Array1::zeros(4), ..draws.clone() }, "offsets"),
    ];
    let buffer = Buffer::new();
    for (draws, what) in &bad {
        let (mut work, mut means) = (Workspace::new(8, 2), Array2::zeros((5, 2)));
        assert_panics(what, || drop(on_the_heap(&model, series.view(), draws)));
        assert_panics(what, || {
            let _ = by_hand(&model, series.view(), draws, &mut work, means.view_mut());
        });
        assert_panics(what, || buffer.scope(|s| drop(in_a_scope(s, &model, series.view(), draws))));
    }
    let (mut work, mut means) = (Workspace::new(8, 2), Array2::zeros((4, 2)));
    assert_panics("steps × states", || {
        let _ = by_hand(&model, series.view(), &draws, &mut work, means.view_mut());
    });
    let (mut work, mut means) = (Workspace::new(7, 2), Array2::zeros((5, 2)));
    assert_panics("not for", || {
        let _ = by_hand(&model, series.view(), &draws, &mut work, means.view_mut());
    });
    assert_eq!(buffer.stats().in_use, 0);
}

fn assert_panics(what: &str, f: impl FnOnce()) {
    let panic = catch_unwind(AssertUnwindSafe(f)).unwrap_err();
    let message = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied()).unwrap();
    assert!(message.contains(what), "{message}");
}
