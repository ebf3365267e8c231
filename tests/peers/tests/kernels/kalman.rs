use std::f64::consts::PI;

use approx::{assert_abs_diff_eq, assert_relative_eq};
use nalgebra::{DMatrix, DVector};
use ndarena::prelude::*;
use ndarena_kernels::Error;
use ndarena_kernels::airline::PASSENGERS;
use ndarena_kernels::kalman::{Model, Workspace, by_hand, in_a_scope, on_the_heap};
use ndarray::prelude::*;

use super::steady_calls;

/// The annual flow of the Nile at Aswan, 1871 to 1970, in 10⁸ m³ (G. W. Cobb, *Biometrika* 65, 1978).
#[rustfmt::skip]
const NILE: [f64; 100] = [
    1120., 1160., 963., 1210., 1160., 1160., 813., 1230., 1370., 1140., 995., 935., 1110., 994., 1020., 960., 1180., 799.,
    958., 1140., 1100., 1210., 1150., 1250., 1260., 1220., 1030., 1100., 774., 840., 874., 694., 940., 833., 701., 916.,
    692., 1020., 1050., 969., 831., 726., 456., 824., 702., 1120., 1100., 832., 764., 821., 768., 845., 864., 862., 698.,
    845., 744., 796., 1040., 759., 781., 865., 845., 944., 984., 897., 822., 1010., 771., 676., 649., 846., 812., 742.,
    801., 1040., 860., 874., 848., 890., 744., 749., 838., 1050., 918., 986., 797., 923., 975., 815., 1020., 906., 901.,
    1170., 912., 746., 919., 718., 714., 740.,
];

fn logarithms() -> Array1<f64> {
    PASSENGERS.iter().map(|y| y.ln()).collect()
}

#[test]
fn three_ways_agree() {
    let (series, buffer) = (logarithms(), Buffer::new());
    for harmonics in 0..=3 {
        let model = Model::structural(harmonics, 12);
        let n = model.observation.len();
        let (means, likelihood) = on_the_heap(&model, series.view()).unwrap();
        let mut hand = Array2::zeros((series.len(), n));
        let by_hand = by_hand(&model, series.view(), &mut Workspace::new(n), hand.view_mut()).unwrap();
        // Sums in another order; the first covariances are ten thousand times the noise.
        assert_relative_eq!(hand, means, max_relative = 1e-7, epsilon = 1e-9);
        assert_relative_eq!(by_hand, likelihood, max_relative = 1e-9);
        buffer.scope(|s| {
            let (scope, in_a_scope) = in_a_scope(s, &model, series.view()).unwrap();
            // The same operations, in the same order.
            assert_eq!((scope.to_owned(), in_a_scope), (means, likelihood));
        });
    }
}

/// What is jointly normal needs no recursion: the last state given all observations, and these' density, from their
/// covariances, as large dense matrices.
#[test]
fn the_last_state_is_the_conditional_mean() {
    for harmonics in 0..=3 {
        let (model, series) = (Model::structural(harmonics, 12), logarithms());
        let (n, t) = (model.observation.len(), series.len());
        let dense = |a: &Array2<f64>| DMatrix::from_fn(a.nrows(), a.ncols(), |i, j| a[[i, j]]);
        let (f, q) = (dense(&model.transition), dense(&model.disturbance));
        let h = DVector::from_iterator(n, model.observation.iter().copied());
        // of[k] is the state's covariance at the time of observation k; later states are powers of f away.
        let mut of = vec![&f * dense(&model.initial) * f.transpose() + &q];
        while of.len() < t {
            of.push(&f * &of[of.len() - 1] * f.transpose() + &q);
        }
        let mut powers = vec![DMatrix::identity(n, n)];
        while powers.len() < t {
            powers.push(&f * &powers[powers.len() - 1]);
        }
        let observed = DMatrix::from_fn(t, t, |i, j| {
            let (early, late) = (i.min(j), i.max(j));
            let covariance = h.dot(&(&powers[late - early] * &of[early] * &h));
            covariance + if i == j { model.noise } else { 0.0 }
        });
        let with_last =
            DMatrix::from_columns(&(0..t).map(|k| &powers[t - 1 - k] * &of[k] * &h).collect::<Vec<DVector<f64>>>());
        let cholesky = observed.cholesky().unwrap();
        let weights = cholesky.solve(&DVector::from_iterator(t, series.iter().copied()));
        let expected = with_last * &weights;
        let distance = weights.iter().zip(&series).map(|(w, y)| w * y).sum::<f64>();
        let log_determinant: f64 = cholesky.l_dirty().diagonal().iter().map(|x| 2.0 * x.ln()).sum();
        let density = -0.5 * (t as f64 * (2.0 * PI).ln() + log_determinant + distance);

        let (means, likelihood) = on_the_heap(&model, series.view()).unwrap();
        for (mean, &expected) in means.row(t - 1).iter().zip(expected.iter()) {
            assert_relative_eq!(*mean, expected, max_relative = 1e-6, epsilon = 1e-8);
        }
        assert_relative_eq!(likelihood, density, max_relative = 1e-7);
    }
}

/// J. Durbin and S. J. Koopman, *Time Series Analysis by State Space Methods*, Oxford University Press (2001), table 2.1: the
/// logarithmic likelihood at its maximum is -492.07, without the first observation and constant terms; section 2.11: in the
/// end the variance of what is known is 4032.16.
#[test]
fn the_nile_is_durbin_and_koopmans() {
    let series = Array1::from(NILE.to_vec());
    let model = Model::local_level(1469.1, 15_099.0, 1e7);
    Buffer::new().scope(|s| {
        let (means, all) = in_a_scope(s, &model, series.view()).unwrap();
        let (_, first) = in_a_scope(s, &model, series.slice(ndarray::s![..1])).unwrap();
        let constant = -0.5 * 99.0 * ((2.0 * PI).ln() + 1.0);
        assert_abs_diff_eq!(all - first - constant, -492.07, epsilon = 0.005);
        let gain = (means[[99, 0]] - means[[98, 0]]) / (series[99] - means[[98, 0]]);
        assert_abs_diff_eq!(gain * 15_099.0, 4032.16, epsilon = 0.005);
    });
}

#[test]
fn it_allocates_nothing() {
    let series = logarithms();
    for harmonics in 0..=3 {
        let model = Model::structural(harmonics, 12);
        assert_eq!(steady_calls(|s| in_a_scope(s, &model, series.view()).unwrap().1), 0);
    }
}

#[test]
fn what_is_not_finite_is_an_error() {
    let mut series = logarithms();
    series[70] = f64::NAN;
    let model = Model::structural(1, 12);
    assert_eq!(on_the_heap(&model, series.view()).unwrap_err(), Error::NotFinite);
    let mut means = Array2::zeros((series.len(), 4));
    let failed = by_hand(&model, series.view(), &mut Workspace::new(4), means.view_mut());
    assert_eq!(failed.unwrap_err(), Error::NotFinite);
    let buffer = Buffer::new();
    assert_eq!(buffer.scope(|s| in_a_scope(s, &model, series.view()).map(drop)).unwrap_err(), Error::NotFinite);
    let negative = Model { noise: -1e3, ..model };
    let failed = buffer.scope(|s| in_a_scope(s, &negative, logarithms().view()).map(drop));
    assert_eq!(failed.unwrap_err(), Error::NotPositiveDefinite { pivot: 0 });
    assert_eq!(buffer.stats().in_use, 0);
}
