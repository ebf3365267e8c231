//! A chain of elementwise operations.

use ndarray::{Array1, Zip};

/// The sum of `2 d + 1`, which makes one temporary.
pub fn sum_of_line(d: &Array1<f64>) -> f64 {
    ((d * 2.0) + 1.0).sum()
}

/// The same, with the temporary given.
pub fn sum_of_line_into(d: &Array1<f64>, t: &mut Array1<f64>) -> f64 {
    Zip::from(&mut *t).and(d).for_each(|t, d| *t = d * 2.0);
    *t += 1.0;
    t.sum()
}

/// The sum of `d² + 2 d`, which makes two.
pub fn sum_of_parabola(d: &Array1<f64>) -> f64 {
    (d * d + d * 2.0).sum()
}

/// The same, with the temporaries given.
pub fn sum_of_parabola_into(d: &Array1<f64>, t: &mut Array1<f64>, u: &mut Array1<f64>) -> f64 {
    Zip::from(&mut *t).and(d).for_each(|t, d| *t = d * d);
    Zip::from(&mut *u).and(d).for_each(|u, d| *u = d * 2.0);
    *t += &*u;
    t.sum()
}
