//! The routines, and what is asked of their answers.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ndarena::linalg::LinalgError;
use ndarena::prelude::*;
use ndarray::prelude::*;
use num_traits::ToPrimitive;

use super::wide::*;
use super::{Base, Case, Extreme, Grading};

/// The roundings that are allowed, for each row or column.
const STEPS: f64 = 30.0;

/// Asserts that elements of `found` are off those of `expected` by no more than roundings of those of `scale`, and what is lost because
/// there are no smaller numbers: `lost` times the smallest one.
#[track_caller]
fn assert_within<T: Extreme>(found: &Matrix, expected: &Matrix, scale: &Matrix, lost: Wide, what: &str) {
    let n = found.nrows().max(found.ncols()).max(2) as f64;
    let off = difference(found, expected);
    for (at, off) in off.indexed_iter() {
        let allowed = Wide::real(STEPS * n * T::EPSILON) * scale[at] + Wide::real(STEPS * n * T::LEAST) * lost;
        assert!(
            off.abs().over(allowed) <= 1.0,
            "{what}: {at:?} is off by {} times what is allowed",
            off.abs().over(allowed)
        );
    }
}

/// One more than the largest modulus.
fn largest(a: &Matrix) -> Wide {
    let one = Wide::real(1.0);
    a.iter().fold(one, |largest, x| if x.abs().over(largest) > 1.0 { x.abs() } else { largest }) + one
}

/// A matrix, if all its elements are finite.
#[track_caller]
fn finite<T: Extreme>(a: &ArrayRef2<T>, what: &str) -> Matrix {
    assert!(a.iter().all(|x| x.exact().is_finite()), "{what}: {a:?}");
    wide(a)
}

/// The same in every row.
fn in_rows(rows: usize, columns: &Matrix) -> Matrix {
    Array2::from_shape_fn((rows, columns.nrows()), |(_, j)| columns[[j, 0]])
}

#[track_caller]
fn assert_columns_are_orthonormal<T: Extreme>(q: &Matrix, what: &str) {
    let one = Matrix::from_shape_fn((q.ncols(), q.ncols()), |(i, j)| Wide::real(f64::from(u8::from(i == j))));
    // Sums have as many terms as there are rows.
    let scale = Matrix::from_elem(one.dim(), Wide::real(1.0 + q.nrows() as f64 / q.ncols().max(2) as f64));
    assert_within::<T>(&product(&adjoint(q), q), &one, &scale, Wide::ZERO, what);
}

/// Runs a routine for a case; whether it failed, of which it has printed how.
fn fails(f: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(f)).is_err()
}

/// How many routines for matrices of any shape fail.
pub(super) fn of_any_shape<T: Extreme>(case: &Case<T>, a: ArrayView2<'_, T>, layout: &str) -> usize {
    let what = |routine: &str| format!("{routine}: {}, {layout}", case.what);
    usize::from(fails(|| lu(case, a, &what("lu"))))
        + usize::from(fails(|| qr(case, a, &what("qr"))))
        + usize::from(fails(|| svd(a, &what("svd"))))
        + usize::from(fails(|| least_squares(case, a, &what("least squares"))))
        + usize::from(fails(|| matmul(case, a, &what("matmul"))))
}

/// The same, of square matrices.
pub(super) fn of_square<T: Extreme>(case: &Case<T>, a: ArrayView2<'_, T>, layout: &str) -> usize {
    let what = |routine: &str| format!("{routine}: {}, {layout}", case.what);
    usize::from(fails(|| solve(case, a, &what("solve"))))
        + usize::from(fails(|| inverse(case, a, &what("inv"))))
        + usize::from(fails(|| determinant(case, a, &what("det"))))
}

/// The same, of Hermitian matrices.
pub(super) fn of_hermitian<T: Extreme>(case: &Case<T>, a: ArrayView2<'_, T>, layout: &str) -> usize {
    let what = |routine: &str| format!("{routine}: {}, {layout}", case.what);
    usize::from(fails(|| cholesky(case, a, &what("cholesky")))) + usize::from(fails(|| eigh(a, &what("eigh"))))
}

/// The factors, and `p`ᵀ `|l| |u|`, by which errors of solutions are measured; or it is singular.
fn factors<T: Extreme>(
    s: Scope<'_>,
    a: ArrayView2<'_, T>,
    what: &str,
) -> Result<(Matrix, Matrix, Matrix), LinalgError> {
    let lu = s.lu(&a)?;
    let (l, u) = (finite(&lu.l(), what), finite(&lu.u(), what));
    let in_order = product(&sizes(&l), &sizes(&u));
    let mut scale = in_order.clone();
    for (i, &row) in lu.permutation().iter().enumerate() {
        scale.row_mut(row).assign(&in_order.row(i));
    }
    let permuted = a.select(Axis(0), lu.permutation().as_slice().unwrap());
    let lost = largest(&l) + largest(&u);
    assert_within::<T>(&product(&l, &u), &wide(&permuted), &in_order, lost, what);
    assert!(l.iter().all(|x| x.abs().over(Wide::real(1.5)) <= 1.0), "{what}: elements of l");
    Ok((l, u, scale))
}

fn lu<T: Extreme>(case: &Case<T>, a: ArrayView2<'_, T>, what: &str) {
    ndarena::scope(|s| match factors(s, a, what) {
        Ok(_) => assert!(a.is_empty() || case.base != Base::Zero, "{what}: there is no pivot"),
        Err(LinalgError::Singular { .. }) => assert!(!case.is_regular(), "{what}: it is not singular"),
        Err(other) => panic!("{what}: {other}"),
    });
}

fn solve<T: Extreme>(case: &Case<T>, a: ArrayView2<'_, T>, what: &str) {
    ndarena::scope(|s| match s.solve(&a, &case.b) {
        Ok(x) => {
            let (_, _, scale) = factors(s, a, what).unwrap();
            let (x, wide_a, b) = (finite(&x, what), wide(&a), wide(&case.b));
            let scale = product(&scale, &sizes(&x));
            let scale = Matrix::from_shape_fn(b.dim(), |at| scale[at] + b[at].abs());
            assert_within::<T>(&product(&wide_a, &x), &b, &scale, largest(&wide_a) * largest(&x), what);
        }
        Err(error) => {
            assert!(!case.is_regular(), "{what}: {error}");
            // A pivot that is a rounding and no zero may make a solution too large.
            assert!(matches!(error, LinalgError::Singular { .. } | LinalgError::NotFinite), "{what}: {error}");
        }
    });
}

fn inverse<T: Extreme>(case: &Case<T>, a: ArrayView2<'_, T>, what: &str) {
    ndarena::scope(|s| match s.inv(&a) {
        Ok(x) => {
            if !case.is_regular() {
                return;
            }
            let n = a.nrows();
            let (_, _, scale) = factors(s, a, what).unwrap();
            let (x, wide_a) = (finite(&x, what), wide(&a));
            let one = Matrix::from_shape_fn((n, n), |(i, j)| Wide::real(f64::from(u8::from(i == j))));
            let scale = product(&scale, &sizes(&x));
            let scale = Matrix::from_shape_fn((n, n), |at| scale[at] + one[at]);
            assert_within::<T>(&product(&wide_a, &x), &one, &scale, largest(&wide_a) * largest(&x), what);
        }
        Err(error) => {
            // Numbers below the smallest with all digits have no inverses.
            let too_small = case.grading == Grading::Subnormal && error == LinalgError::NotFinite;
            assert!(!case.is_regular() || too_small, "{what}: {error}");
            assert!(matches!(error, LinalgError::Singular { .. } | LinalgError::NotFinite), "{what}: {error}");
        }
    });
}

/// The determinant and the inverse, by elimination in all rows.
fn determinant_and_inverse(mut a: Matrix) -> (Wide, Matrix) {
    let n = a.nrows();
    let mut det = Wide::real(1.0);
    let mut inverse = Matrix::from_shape_fn((n, n), |(i, j)| Wide::real(f64::from(u8::from(i == j))));
    for k in 0..n {
        let pivot = (k..n).fold(k, |best, i| if a[[i, k]].abs().over(a[[best, k]].abs()) > 1.0 { i } else { best });
        if pivot != k {
            for j in 0..n {
                a.swap([k, j], [pivot, j]);
                inverse.swap([k, j], [pivot, j]);
            }
            det = -det;
        }
        det = det * a[[k, k]];
        let reciprocal = a[[k, k]].reciprocal();
        for matrix in [&mut a, &mut inverse] {
            matrix.row_mut(k).map_inplace(|x| *x = *x * reciprocal);
        }
        for i in (0..n).filter(|&i| i != k) {
            let factor = a[[i, k]];
            for j in 0..n {
                a[[i, j]] = a[[i, j]] - factor * a[[k, j]];
                inverse[[i, j]] = inverse[[i, j]] - factor * inverse[[k, j]];
            }
        }
    }
    (det, inverse)
}

fn determinant<T: Extreme>(case: &Case<T>, a: ArrayView2<'_, T>, what: &str) {
    let det = ndarena::scope(|s| s.det(&a));
    if !case.is_regular() {
        assert!(!det.exact().is_nan(), "{what}");
        assert!(case.base != Base::Zero || a.is_empty() || det == T::zero(), "{what}");
        return;
    }
    // Powers of two by which rows and columns were multiplied are divided out, exactly: else an elimination might find pivots that
    // are large only for the size of their rows.
    let (m, grading) = (a.nrows(), case.grading);
    let power = |i, j| i64::from(grading.row::<T>(i, m) + grading.column::<T>(j, m) + grading.all::<T>());
    let even = Matrix::from_shape_fn(a.dim(), |(i, j)| Wide::of(a[[i, j]]).times_power(-power(i, j)));
    let (of_even, inverse) = determinant_and_inverse(even);
    let expected = of_even.times_power((0..m).map(|i| power(i, i)).sum());
    let inverse = Matrix::from_shape_fn(a.dim(), |(j, i)| inverse[[j, i]].times_power(-power(i, j)));
    if !det.exact().is_finite() {
        let largest = Wide::real(2f64.powi(T::EXPONENT + 2));
        assert!(expected.abs().over(largest) > 1.0, "{what}: {det:?} for {expected:?}");
        return;
    }
    // It is that of a matrix whose elements are off by roundings of these, by each of which it changes as the inverse says.
    let scale = ndarena::scope(|s| factors(s, a, what).unwrap().2);
    let relative = sizes(&inverse).iter().zip(scale.t()).fold(Wide::real(1.0), |sum, (&x, &y)| sum + x * y);
    let n = a.nrows().max(2) as f64;
    let allowed = Wide::real(STEPS * n * T::EPSILON) * expected.abs() * relative + Wide::real(n * T::LEAST);
    let off = (Wide::of(det) - expected).abs();
    assert!(off.over(allowed) <= 1.0, "{what}: {det:?} is off by {} times what is allowed", off.over(allowed));
}

fn qr<T: Extreme>(case: &Case<T>, a: ArrayView2<'_, T>, what: &str) {
    ndarena::scope(|s| {
        let qr = s.qr(&a);
        let (q, r, wide_a) = (finite(&qr.q(), what), finite(&qr.r(), what), wide(&a));
        let norms = column_norms(&wide_a);
        assert_within::<T>(&product(&q, &r), &wide_a, &in_rows(a.nrows(), &norms), largest(&q), what);
        assert_columns_are_orthonormal::<T>(&q, what);
        match qr.solve(&case.b) {
            Ok(x) => {
                let x = finite(&x, what);
                let left = difference(&wide(&case.b), &product(&wide_a, &x));
                let scale = column_norms(&wide(&case.b)) + product(&norms.t().to_owned(), &sizes(&x)).reversed_axes();
                let along = product(&adjoint(&wide_a), &left);
                let lost = largest(&wide_a) * largest(&wide_a) * largest(&x);
                let scale = product(&norms, &scale.reversed_axes());
                assert_within::<T>(&along, &Matrix::from_elem(along.dim(), Wide::ZERO), &scale, lost, what);
            }
            Err(error) => {
                assert!(!case.has_independent_columns(), "{what}: {error}");
                let dependent = matches!(error, LinalgError::Singular { .. } | LinalgError::NotFinite);
                let wide = matches!(error, LinalgError::Underdetermined { .. }) && a.nrows() < a.ncols();
                assert!(dependent || wide, "{what}: {error}");
            }
        }
    });
}

fn svd<T: Extreme>(a: ArrayView2<'_, T>, what: &str) {
    ndarena::scope(|s| {
        let (u, values, vt) = s.svd(&a).unwrap_or_else(|error| panic!("{what}: {error}"));
        let values: Vec<f64> = values.iter().map(|x| x.to_f64().unwrap()).collect();
        assert!(values.iter().rev().is_sorted() && values.iter().all(|&x| x >= 0.0), "{what}: {values:?}");
        let (u, vt, a) = (finite(&u, what), finite(&vt, what), wide(&a));
        let scaled = Matrix::from_shape_fn(u.dim(), |(i, j)| u[[i, j]] * Wide::real(values[j]));
        let scale = Matrix::from_elem(a.dim(), norm(&a));
        assert_within::<T>(&product(&scaled, &vt), &a, &scale, Wide::real(1.0), what);
        assert_columns_are_orthonormal::<T>(&u, what);
        assert_columns_are_orthonormal::<T>(&adjoint(&vt), what);
    });
}

fn eigh<T: Extreme>(a: ArrayView2<'_, T>, what: &str) {
    ndarena::scope(|s| {
        let (values, vectors) = s.eigh(&a).unwrap_or_else(|error| panic!("{what}: {error}"));
        let values: Vec<f64> = values.iter().map(|x| x.to_f64().unwrap()).collect();
        assert!(values.is_sorted(), "{what}: {values:?}");
        let (vectors, a) = (finite(&vectors, what), wide(&a));
        let scaled = Matrix::from_shape_fn(vectors.dim(), |(i, j)| vectors[[i, j]] * Wide::real(values[j]));
        let scale = Matrix::from_elem(a.dim(), norm(&a));
        assert_within::<T>(&product(&a, &vectors), &scaled, &scale, Wide::real(1.0), what);
        assert_columns_are_orthonormal::<T>(&vectors, what);
    });
}

fn cholesky<T: Extreme>(case: &Case<T>, a: ArrayView2<'_, T>, what: &str) {
    let definite = matches!(case.base, Base::Well | Base::Identity);
    let wide_a = wide(&a);
    let roots = Matrix::from_shape_fn((a.nrows(), 1), |(i, _)| wide_a[[i, i]].abs().sqrt());
    ndarena::scope(|s| match s.cholesky(&a) {
        Ok(cholesky) => {
            let l = finite(&cholesky.l(), what);
            let scale = product(&roots, &roots.t().to_owned());
            assert_within::<T>(&product(&l, &adjoint(&l)), &wide_a, &scale, largest(&l), what);
            // Of a product of squares, what `f64` has of the sum of their logarithms.
            let half: f64 = l.diag().iter().map(|x| x.ln()).sum();
            let size: f64 = l.diag().iter().map(|x| x.ln().abs()).sum();
            let off = (cholesky.ln_det().to_f64().unwrap() - 2.0 * half).abs();
            assert!(off <= 8.0 * (l.nrows() + 1) as f64 * T::EPSILON * (1.0 + size), "{what}: ln_det is off by {off}");
            let (det, expected) =
                (cholesky.det().to_f64().unwrap(), l.diag().iter().fold(Wide::real(1.0), |x, &y| x * y * y));
            if det.is_finite() {
                let off = (Wide::real(det) - expected).abs();
                let allowed =
                    Wide::real(STEPS * (1 + l.nrows()) as f64 * T::EPSILON) * expected + Wide::real(2.0 * T::LEAST);
                assert!(off.over(allowed) <= 1.0, "{what}: det {det}");
            } else {
                assert!(
                    expected.over(Wide::real(2f64.powi(T::EXPONENT + 3))) > 1.0,
                    "{what}: det {det} for {expected:?}"
                );
            }
            match cholesky.solve(&case.hermitian_b) {
                Ok(x) => {
                    let (x, b) = (finite(&x, what), wide(&case.hermitian_b));
                    let along = product(&roots.t().to_owned(), &sizes(&x));
                    let scale = product(&roots, &along);
                    let scale = Matrix::from_shape_fn(b.dim(), |at| scale[at] + b[at].abs());
                    assert_within::<T>(&product(&wide_a, &x), &b, &scale, largest(&wide_a) * largest(&x), what);
                }
                Err(error) => assert!(!definite, "{what}: {error}"),
            }
            match cholesky.inv() {
                Ok(x) if definite => {
                    let x = finite(&x, what);
                    let one = Matrix::from_shape_fn(a.dim(), |(i, j)| Wide::real(f64::from(u8::from(i == j))));
                    let along = product(&roots.t().to_owned(), &sizes(&x));
                    let scale = product(&roots, &along);
                    let scale = Matrix::from_shape_fn(a.dim(), |at| scale[at] + one[at]);
                    assert_within::<T>(&product(&wide_a, &x), &one, &scale, largest(&wide_a) * largest(&x), what);
                }
                Ok(_) => {}
                Err(error) => assert!(!definite || case.grading == Grading::Subnormal, "{what}: inv: {error}"),
            }
        }
        Err(LinalgError::NotPositiveDefinite { .. }) => assert!(!definite, "{what}: it is positive definite"),
        Err(other) => panic!("{what}: {other}"),
    });
}

fn least_squares<T: Extreme>(case: &Case<T>, a: ArrayView2<'_, T>, what: &str) {
    ndarena::scope(|s| match s.least_squares(&a, &case.b) {
        Ok(x) => {
            let (x, a, b) = (finite(&x, what), wide(&a), wide(&case.b));
            let left = difference(&b, &product(&a, &x));
            // Column by column where they are independent; else by norms.
            let (norms, sizes) = if case.has_independent_columns() {
                let norms = column_norms(&a);
                let sizes = product(&norms.t().to_owned(), &sizes(&x)).reversed_axes();
                (norms, sizes)
            } else {
                let all = norm(&a);
                (Matrix::from_elem((a.ncols(), 1), all), column_norms(&x).mapv(|x| x * all))
            };
            let along = product(&adjoint(&a), &left);
            let scale = product(&norms, &(column_norms(&b) + sizes).reversed_axes());
            let lost = largest(&a) * largest(&a) * largest(&x);
            assert_within::<T>(&along, &Matrix::from_elem(along.dim(), Wide::ZERO), &scale, lost, what);
        }
        Err(LinalgError::NotFinite) => assert!(!case.is_regular(), "{what}: not finite"),
        Err(other) => panic!("{what}: {other}"),
    });
}

fn matmul<T: Extreme>(case: &Case<T>, a: ArrayView2<'_, T>, what: &str) {
    ndarena::scope(|s| {
        let (a_wide, b) = (wide(&a), wide(&case.factor));
        let c = finite(&s.matmul(&a, &case.factor), what);
        assert_within::<T>(&c, &product(&a_wide, &b), &product(&sizes(&a_wide), &sizes(&b)), Wide::real(1.0), what);
    });
}
