//! A search for parameters by trying all on a grid: three nested loops, each with a map over the data.

use ndarray::{Array1, Zip};

/// The data: `y = 0.5 (2 x + 1)²` at `n` places.
pub fn data(n: usize) -> (Array1<f64>, Array1<f64>) {
    let x = Array1::linspace(-1.0, 1.0, n);
    let y = x.map(|&x: &f64| 0.5 * (2.0 * x + 1.0).powi(2));
    (x, y)
}

/// Which `[a, b, c]`, all of `grid`, makes `c (a x + b)²` fit `y` best.
pub fn search(x: &Array1<f64>, y: &Array1<f64>, grid: &[f64]) -> [f64; 3] {
    let mut best = (f64::INFINITY, [0.0; 3]);
    for &a in grid {
        let scaled = x.map(|x| a * x);
        for &b in grid {
            let squared = scaled.map(|u| (u + b) * (u + b));
            for &c in grid {
                let error = (squared.map(|v| c * v) - y).map(|e| e * e).sum();
                if error < best.0 {
                    best = (error, [a, b, c]);
                }
            }
        }
    }
    best.1
}

/// Room for the temporaries.
#[derive(Debug)]
pub struct Room([Array1<f64>; 4]);

impl Room {
    /// For data of `n` places.
    pub fn new(n: usize) -> Self {
        Self(std::array::from_fn(|_| Array1::zeros(n)))
    }
}

/// The same, with room for the temporaries given.
pub fn search_in(x: &Array1<f64>, y: &Array1<f64>, grid: &[f64], room: &mut Room) -> [f64; 3] {
    let Room([scaled, squared, error, errors]) = room;
    let mut best = (f64::INFINITY, [0.0; 3]);
    for &a in grid {
        Zip::from(&mut *scaled).and(x).for_each(|u, x| *u = a * x);
        for &b in grid {
            Zip::from(&mut *squared).and(&*scaled).for_each(|v, u| *v = (u + b) * (u + b));
            for &c in grid {
                Zip::from(&mut *error).and(&*squared).for_each(|e, v| *e = c * v);
                *error -= y;
                Zip::from(&mut *errors).and(&*error).for_each(|s, e| *s = e * e);
                let error = errors.sum();
                if error < best.0 {
                    best = (error, [a, b, c]);
                }
            }
        }
    }
    best.1
}
