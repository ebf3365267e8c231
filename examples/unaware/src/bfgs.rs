//! A solver of somebody else's: argmin's BFGS, on Rosenbrock's function in `n` dimensions.

use argmin::core::{CostFunction, Error, Executor, Gradient, State};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::BFGS;
use ndarray_0_16::{Array1, Array2};

struct Rosenbrock;

impl CostFunction for Rosenbrock {
    type Param = Array1<f64>;
    type Output = f64;

    fn cost(&self, x: &Array1<f64>) -> Result<f64, Error> {
        Ok(x.windows(2).into_iter().map(|x| (1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0] * x[0]).powi(2)).sum())
    }
}

impl Gradient for Rosenbrock {
    type Param = Array1<f64>;
    type Gradient = Array1<f64>;

    fn gradient(&self, x: &Array1<f64>) -> Result<Array1<f64>, Error> {
        let mut gradient = Array1::zeros(x.len());
        for i in 1..x.len() {
            let off = x[i] - x[i - 1] * x[i - 1];
            gradient[i - 1] -= 2.0 * (1.0 - x[i - 1]) + 400.0 * x[i - 1] * off;
            gradient[i] += 200.0 * off;
        }
        Ok(gradient)
    }
}

/// Where BFGS gets in so many steps, starting at (-1.2, 1, -1.2, ..).
pub fn minimum(n: usize, steps: u64) -> Result<Array1<f64>, Error> {
    let start = Array1::from_shape_fn(n, |i| if i % 2 == 0 { -1.2 } else { 1.0 });
    let solver = BFGS::new(MoreThuenteLineSearch::new().with_c(1e-4, 0.9)?);
    let run = Executor::new(Rosenbrock, solver)
        .configure(|state| state.param(start).inv_hessian(Array2::eye(n)).max_iters(steps))
        .run()?;
    run.state().get_best_param().cloned().ok_or_else(|| Error::msg("no parameters"))
}
