//! Solvers of others', that know nothing of arenas and allocate as they go.

use levenberg_marquardt::{LeastSquaresProblem, LevenbergMarquardt};
use nalgebra::{DMatrix, DVector, Dyn, Owned};
use ode_solvers::{Dopri5, System};

/// Heat in a rod, at `n` places.
struct Heat;

impl System<f64, DVector<f64>> for Heat {
    fn system(&self, _time: f64, heat: &DVector<f64>, change: &mut DVector<f64>) {
        let n = heat.len();
        for i in 1..n - 1 {
            change[i] = heat[i - 1] - 2.0 * heat[i] + heat[i + 1];
        }
        (change[0], change[n - 1]) = (0.0, 0.0);
    }
}

/// The heat in the middle of a rod after some time: Dormand and Prince's method, from `ode_solvers`.
pub(crate) fn heat(n: usize) -> f64 {
    let start = DVector::from_fn(n, |i, _| if i < n / 2 { 1.0 } else { 0.0 });
    let mut solver = Dopri5::new(Heat, 0.0, 20.0, 20.0, start, 1e-6, 1e-9);
    solver.integrate().expect("a system that is not stiff");
    solver.y_out().last().expect("a step")[n / 2]
}

/// Points on a sum of exponentials, and its parameters: heights and rates in turn.
struct Decay {
    parameters: DVector<f64>,
    times: DVector<f64>,
    values: DVector<f64>,
}

fn decay(parameters: &DVector<f64>, time: f64) -> f64 {
    parameters.as_slice().chunks_exact(2).map(|p| p[0] * (-p[1] * time).exp()).sum()
}

impl LeastSquaresProblem<f64, Dyn, Dyn> for Decay {
    type ParameterStorage = Owned<f64, Dyn>;
    type ResidualStorage = Owned<f64, Dyn>;
    type JacobianStorage = Owned<f64, Dyn, Dyn>;

    fn set_params(&mut self, parameters: &DVector<f64>) {
        self.parameters.copy_from(parameters);
    }

    fn params(&self) -> DVector<f64> {
        self.parameters.clone()
    }

    fn residuals(&self) -> Option<DVector<f64>> {
        Some(self.times.map(|time| decay(&self.parameters, time)) - &self.values)
    }

    fn jacobian(&self) -> Option<DMatrix<f64>> {
        let p = &self.parameters;
        Some(DMatrix::from_fn(self.times.len(), p.len(), |i, j| {
            let (time, height, rate) = (self.times[i], p[j / 2 * 2], p[j / 2 * 2 + 1]);
            if j % 2 == 0 { (-rate * time).exp() } else { -height * time * (-rate * time).exp() }
        }))
    }
}

/// How well three exponentials fit `n` points: Levenberg and Marquardt's method, from `levenberg-marquardt`.
pub(crate) fn fit(n: usize) -> f64 {
    let truth = DVector::from_vec(vec![1.0, 0.3, 2.0, 1.0, 0.5, 4.0]);
    let times = DVector::from_fn(n, |i, _| 5.0 * i as f64 / n as f64);
    let values = times.map(|time| decay(&truth, time) + 1e-3 * (1e3 * time).sin());
    let parameters = DVector::from_vec(vec![1.0, 0.1, 1.0, 1.5, 1.0, 3.0]);
    let (_, report) = LevenbergMarquardt::new().minimize(Decay { parameters, times, values });
    report.objective_function
}
