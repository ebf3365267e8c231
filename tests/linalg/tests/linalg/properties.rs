//! Factorisations of matrices that proptest makes up: of any shape up to 12 × 12, whose rows and columns are of all sizes, are zero,
//! or come several times.

use ndarena::linalg::LinalgError;
use ndarena::prelude::*;
use ndarray::prelude::*;
use num_complex::Complex64;
use proptest::prelude::*;

use crate::judge::*;
use crate::{eigen, qr, svd};

/// How a matrix is made up.
#[derive(Debug, Clone)]
struct Made {
    rows: Vec<Line>,
    columns: Vec<Line>,
    seed: u64,
}

/// Of a row or a column: the power of two that it is multiplied by, and which line it is like, if it is like another; zero, if that is
/// itself.
type Line = (i32, Option<usize>);

fn lines() -> impl Strategy<Value = Vec<Line>> {
    prop::collection::vec((-8..8, prop::option::weighted(0.15, 0usize..12)), 0..12)
}

fn made() -> impl Strategy<Value = Made> {
    (lines(), lines(), any::<u64>()).prop_map(|(rows, columns, seed)| Made { rows, columns, seed })
}

/// The roundings that are allowed, of factorisations and of what should be orthonormal: 30 for each row or column, which is a usual
/// threshold for such ratios.
pub(crate) fn allowed(m: usize, n: usize) -> f64 {
    30.0 * m.max(n) as f64
}

impl Made {
    fn allowed(&self) -> f64 {
        allowed(self.rows.len(), self.columns.len())
    }

    /// The matrix, and whether its lines are independent as far as that is known.
    fn matrix<T: Number>(&self) -> (Array2<T>, bool) {
        let mut a = random::<T>(self.rows.len(), self.columns.len(), self.seed);
        let mut independent = true;
        for (axis, lines) in [(Axis(0), &self.rows), (Axis(1), &self.columns)] {
            for (i, &(power, like)) in lines.iter().enumerate() {
                let factor = T::near(Complex64::new(2f64.powi(power), 0.0));
                let other = like.filter(|&other| other < lines.len());
                independent &= other.is_none();
                let line = match other {
                    Some(other) if other == i => Array1::zeros(a.index_axis(axis, i).len()),
                    Some(other) => a.index_axis(axis, other).to_owned(),
                    None => a.index_axis(axis, i).map(|&x| x * factor),
                };
                a.index_axis_mut(axis, i).assign(&line);
            }
        }
        (a, independent)
    }

    /// A Hermitian matrix with the same lower triangle, and as many rows as columns.
    fn hermitian<T: Number>(&self) -> Array2<T> {
        let (a, _) = self.matrix::<T>();
        let n = a.nrows().min(a.ncols());
        Array2::from_shape_fn((n, n), |(i, j)| match i {
            _ if i == j => T::near(Complex64::new(a[[i, i]].exact().re, 0.0)),
            _ if i > j => a[[i, j]],
            _ => a[[j, i]].conjugate(),
        })
    }
}

fn lu<T: Number>(made: &Made) {
    let (a, independent) = made.matrix::<T>();
    let (m, n) = a.dim();
    ndarena::scope(|s| match s.lu(&a) {
        Ok(lu) => {
            let permuted = a.select(Axis(0), lu.permutation().as_slice().unwrap());
            let product = exact(&lu.l()).dot(&exact(&lu.u()));
            // Elements may grow on the way, but no more than `u` tells.
            let scale = norm(&a) + norm(&lu.u());
            assert_close::<T, _>(&product, &exact(&permuted), scale, 4.0 + m as f64, "lu");
            if m == n {
                let b = random::<T>(n, 2, 1);
                match lu.solve(&b) {
                    Ok(x) => {
                        let left = exact(&a).dot(&exact(&x));
                        assert_close::<T, _>(
                            &left,
                            &exact(&b),
                            scale * norm(&x) + norm(&b),
                            4.0 + 2.0 * n as f64,
                            "solve",
                        );
                    }
                    Err(error) => assert_eq!(error, LinalgError::NotFinite),
                }
            }
        }
        Err(LinalgError::Singular { pivot }) => {
            assert!(!independent || m < n, "pivot {pivot}");
            // The columns up to that one are not independent.
            let values = svd::check_within(
                a.slice(ndarray::s![.., ..=pivot]),
                allowed(m, n),
                "columns up to a pivot that is zero",
            );
            let (largest, least) = (values.first().copied().unwrap_or(0.0), values.last().copied().unwrap_or(0.0));
            let is_wide = pivot >= m;
            assert!(is_wide || least <= largest * 16.0 * (m + n) as f64 * T::EPSILON, "{values:?}, pivot {pivot}");
        }
        Err(other) => panic!("{other}"),
    });
}

fn cholesky<T: Number>(made: &Made) {
    // `g gᴴ` is semidefinite, and often not definite.
    let (g, _) = made.matrix::<T>();
    let product = exact(&g).dot(&adjoint(&g)).mapv(T::near);
    for a in [product, made.hermitian::<T>()] {
        let n = a.nrows();
        ndarena::scope(|s| match s.cholesky(&a) {
            Ok(cholesky) => {
                let l = cholesky.l();
                assert_close::<T, _>(&exact(&l).dot(&adjoint(&l)), &exact(&a), norm(&a), 4.0 + n as f64, "cholesky");
            }
            Err(LinalgError::NotPositiveDefinite { pivot }) => {
                // Up to that pivot it has an eigenvalue that is not positive, but for rounding; before, none.
                let part = |end| a.slice(ndarray::s![..end, ..end]).to_owned();
                let least = |values: Vec<f64>| (values[0], values.last().unwrap().abs().max(values[0].abs()));
                let (least, largest) = least(eigen::check_within(
                    part(pivot + 1).view(),
                    allowed(n, n),
                    "up to a pivot that is not positive",
                ));
                assert!(least <= 16.0 * n as f64 * T::EPSILON * largest, "{least}, of {largest}, pivot {pivot}");
                assert!(s.cholesky(&part(pivot)).is_ok(), "before the pivot {pivot}");
            }
            Err(other) => panic!("{other}"),
        });
    }
}

fn least_squares<T: Number>(made: &Made) {
    let (a, _) = made.matrix::<T>();
    let (m, n) = a.dim();
    let b = random::<T>(m, 2, 2);
    ndarena::scope(|s| {
        // What is left is orthogonal to the columns, as far as it is not rounding; where the solution is very large, that is all.
        let Ok(x) = s.least_squares(&a, &b) else { return };
        let left = exact(&b) - exact(&a).dot(&exact(&x));
        let scale = norm(&a) * (norm(&a) * norm(&x) + norm(&b));
        let steps = 64.0 * (m + n) as f64;
        assert_close::<T, _>(&adjoint(&a).dot(&left), &Array2::zeros((n, 2)), scale, steps, "least squares");
    });
}

proptest! {
    #[test]
    fn lu_of_any(made in made()) {
        for_all_elements!(lu(&made));
    }

    #[test]
    fn cholesky_of_any(made in made()) {
        for_all_elements!(cholesky(&made));
    }

    #[test]
    fn qr_of_any(made in made()) {
        let zero = 16.0 * made.rows.len() as f64;
        qr::check_within(made.matrix::<f64>().0.view(), made.allowed(), zero, "f64");
        qr::check_within(made.matrix::<f32>().0.view(), made.allowed(), zero, "f32");
        qr::check_within(made.matrix::<Complex64>().0.view(), made.allowed(), zero, "Complex<f64>");
    }

    #[test]
    fn eigenvalues_of_any(made in made()) {
        eigen::check_within(made.hermitian::<f64>().view(), made.allowed(), "f64");
        eigen::check_within(made.hermitian::<f32>().view(), made.allowed(), "f32");
        eigen::check_within(made.hermitian::<Complex64>().view(), made.allowed(), "Complex<f64>");
    }

    #[test]
    fn singular_values_of_any(made in made()) {
        svd::check_within(made.matrix::<f64>().0.view(), made.allowed(), "f64");
        svd::check_within(made.matrix::<f32>().0.view(), made.allowed(), "f32");
        svd::check_within(made.matrix::<Complex64>().0.view(), made.allowed(), "Complex<f64>");
    }

    #[test]
    fn least_squares_of_any(made in made()) {
        for_all_elements!(least_squares(&made));
    }
}
