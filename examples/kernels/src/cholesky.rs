//! Systems of equations with a symmetric positive definite matrix, by Cholesky's factorisation `A = L Lᵀ`, which goes by
//! halves.
//!
//! F. G. Gustavson, "Recursion leads to automatic variable blocking for dense linear-algebra algorithms", *IBM Journal of
//! Research and Development* 41 (1997); small matrices column by column, as in G. H. Golub and C. F. Van Loan, *Matrix
//! Computations*, 4th edition (2013), 4.2.

use ndarena::prelude::*;
use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayRef, ArrayRef2, prelude::*, s};

use crate::Error;

/// Up to this many rows, a matrix is not divided any further.
const BLOCK: usize = 32;

/// The `x` of `A x = b`, for a symmetric positive definite `A` of n × n, of which only the lower triangle counts, and `b`
/// of n.
///
/// # Errors
///
/// [`Error::NotPositiveDefinite`], with the first pivot that is not positive: the leading minor that ends there is the first
/// that is not. [`Error::NotFinite`] for a NaN or an infinity.
///
/// # Panics
///
/// If `A` is not square, or `b` has not as many elements as `A` has rows.
pub fn on_the_heap(a: ArrayView2<'_, f64>, b: ArrayView1<'_, f64>) -> Result<Array1<f64>, Error> {
    assert_conform(a, b);
    let l = owned_factor(a, 0)?;
    let mut x = b.to_owned();
    substitute(l.view(), x.view_mut())?;
    Ok(x)
}

/// `L`, where row 0 of `a` is row `first` of the whole matrix.
fn owned_factor(a: ArrayView2<'_, f64>, first: usize) -> Result<Array2<f64>, Error> {
    let (n, middle) = (a.nrows(), a.nrows() / 2);
    let mut l = Array2::zeros((n, n));
    if n <= BLOCK {
        for j in 0..n {
            let column = &a.slice(s![j.., j]) - &l.slice(s![j.., ..j]).dot(&l.slice(s![j, ..j]));
            let root = root(column[0], first + j)?;
            l.slice_mut(s![j.., j]).assign(&(column / root));
        }
        return Ok(l);
    }
    let l11 = owned_factor(a.slice(s![..middle, ..middle]), first)?;
    let mut l21t = a.slice(s![middle.., ..middle]).t().to_owned();
    forward(l11.view(), l21t.view_mut());
    let rest = &a.slice(s![middle.., middle..]) - &l21t.t().dot(&l21t);
    let l22 = owned_factor(rest.view(), first + middle)?;
    l.slice_mut(s![..middle, ..middle]).assign(&l11);
    l.slice_mut(s![middle.., ..middle]).assign(&l21t.t());
    l.slice_mut(s![middle.., middle..]).assign(&l22);
    Ok(l)
}

/// What [`by_hand`] works in.
#[derive(Debug)]
pub struct Workspace {
    l: Array2<f64>,
}

impl Workspace {
    /// For matrices of n × n.
    pub fn new(n: usize) -> Self {
        Workspace { l: Array2::zeros((n, n).f()) }
    }
}

/// [`on_the_heap`] in memory that is there, and with the result in `x`, of n.
pub fn by_hand(
    a: ArrayView2<'_, f64>,
    b: ArrayView1<'_, f64>,
    work: &mut Workspace,
    mut x: ArrayViewMut1<'_, f64>,
) -> Result<(), Error> {
    assert_conform(a, b);
    work.l.assign(&a);
    factor_in_place(work.l.view_mut(), 0)?;
    x.assign(&b);
    substitute(work.l.view(), x)
}

/// Makes `a` its `L`, where row 0 of `a` is row `first` of the whole matrix.
fn factor_in_place(a: ArrayViewMut2<'_, f64>, first: usize) -> Result<(), Error> {
    if a.nrows() <= BLOCK {
        return factor_columns(a, first);
    }
    let middle = a.nrows() / 2;
    let [mut l11, mut l12, mut l21, mut l22] = quarters(a, middle);
    factor_in_place(l11.view_mut(), first)?;
    forward(l11.view(), l21.view_mut().reversed_axes());
    general_mat_mul(-1.0, &l21, &l21.t(), 1.0, &mut l22);
    l12.fill(0.0);
    factor_in_place(l22, first + middle)
}

/// [`on_the_heap`] in a scope: `x` is made in `s`.
pub fn in_a_scope<'s>(
    s: Scope<'s>,
    a: ArrayView2<'_, f64>,
    b: ArrayView1<'_, f64>,
) -> Result<ArrayViewMut1<'s, f64>, Error> {
    assert_conform(a, b);
    let mut x = s.copy_of(&b);
    s.scope(|inner| {
        let mut l = inner.alloc_array::<f64>(a.raw_dim().f());
        l.assign(&a);
        factor_in_scopes(inner, l.view_mut(), 0)?;
        // Not `solve`, which would copy `b` twice: for a few rows, that is much of the time.
        substitute(l.view(), x.view_mut())
    })?;
    Ok(x)
}

/// [`on_the_heap`] by the library's factorisation, in a scope: `x` is made in `s`.
#[cfg(feature = "linalg")]
pub fn by_calls<'s>(
    s: Scope<'s>,
    a: ArrayView2<'_, f64>,
    b: ArrayView1<'_, f64>,
) -> Result<ArrayViewMut1<'s, f64>, Error> {
    assert_conform(a, b);
    s.scope(|inner| Ok(inner.cholesky(&a)?.solve_in(s, &b)?))
}

/// The lower triangular `L` of `A = L Lᵀ`, with zeros above its diagonal.
///
/// # Errors
///
/// As [`on_the_heap`].
///
/// # Panics
///
/// If `A` is not square.
pub fn factor<'s>(s: Scope<'s>, a: ArrayView2<'_, f64>) -> Result<ArrayViewMut2<'s, f64>, Error> {
    assert_conform(a, a.diag());
    let mut l = s.alloc_array::<f64>(a.raw_dim().f());
    l.assign(&a);
    factor_in_scopes(s, l.view_mut(), 0)?;
    Ok(l)
}

/// [`factor_in_place`], where each system of equations has a scope for its solution.
fn factor_in_scopes(s: Scope<'_>, a: ArrayViewMut2<'_, f64>, first: usize) -> Result<(), Error> {
    if a.nrows() <= BLOCK {
        return factor_columns(a, first);
    }
    let middle = a.nrows() / 2;
    let [mut l11, mut l12, mut l21, mut l22] = quarters(a, middle);
    factor_in_scopes(s, l11.view_mut(), first)?;
    s.scope(|inner| {
        let l21t = inner.solve_lower_triangular(&l11, &l21.t())?;
        general_mat_mul(-1.0, &l21t.t(), &l21t, 1.0, &mut l22);
        l21.assign(&l21t.t());
        Ok::<_, Error>(())
    })?;
    l12.fill(0.0);
    factor_in_scopes(s, l22, first + middle)
}

/// The `x` of `L Lᵀ x = b`, for `b` of n, or with a right-hand side in each column.
///
/// # Errors
///
/// [`Error::Singular`] if there is a zero on `L`'s diagonal, and [`Error::NotFinite`] for a NaN or an infinity.
///
/// # Panics
///
/// If `L` is not square, or `b` has not as many rows.
pub fn solve<'s, D: Dimension>(
    s: Scope<'s>,
    l: &ArrayRef2<f64>,
    b: &ArrayRef<f64, D>,
) -> Result<ArrayViewMut<'s, f64, D>, Error> {
    s.scope(|inner| Ok(s.solve_upper_triangular(&l.t(), &inner.solve_lower_triangular(l, b)?)?))
}

fn assert_conform(a: ArrayView2<'_, f64>, b: ArrayView1<'_, f64>) {
    let ((m, n), len) = (a.dim(), b.len());
    assert!(m == n && n == len, "a system of equations wants n × n and n: not {m} × {n} and {len}");
}

/// `A₁₁`, `A₁₂`, `A₂₁` and `A₂₂`
fn quarters(a: ArrayViewMut2<'_, f64>, middle: usize) -> [ArrayViewMut2<'_, f64>; 4] {
    let (a1, a2) = a.split_at(Axis(0), middle);
    let ((a11, a12), (a21, a22)) = (a1.split_at(Axis(1), middle), a2.split_at(Axis(1), middle));
    [a11, a12, a21, a22]
}

/// [`factor_in_place`] column by column: each is subtracted from those after it.
fn factor_columns(a: ArrayViewMut2<'_, f64>, first: usize) -> Result<(), Error> {
    let mut rest = a;
    for j in 0..rest.nrows() {
        let (column, mut later) = rest.split_at(Axis(1), 1);
        // `split_at`: for a few rows, to make a slice would take longer than all the rest.
        let (mut above, mut column) = column.index_axis_move(Axis(1), 0).split_at(Axis(0), j);
        above.fill(0.0);
        let root = root(column[0], first + j)?;
        column /= root;
        for (k, later) in (1..).zip(later.columns_mut()) {
            let (_, below) = column.view().split_at(Axis(0), k);
            later.split_at(Axis(0), j + k).1.scaled_add(-column[k], &below);
        }
        rest = later;
    }
    Ok(())
}

/// The square root of a pivot, which is an element of `L`'s diagonal.
fn root(square: f64, pivot: usize) -> Result<f64, Error> {
    if !square.is_finite() {
        return Err(Error::NotFinite);
    }
    if square <= 0.0 { Err(Error::NotPositiveDefinite { pivot }) } else { Ok(square.sqrt()) }
}

/// `X ← L⁻¹ X`
fn forward(l: ArrayView2<'_, f64>, mut x: ArrayViewMut2<'_, f64>) {
    let (n, middle) = (l.nrows(), l.nrows() / 2);
    if n <= BLOCK {
        for (i, l) in l.rows().into_iter().enumerate() {
            let (solved, rest) = x.view_mut().split_at(Axis(0), i);
            let mut row = rest.index_axis_move(Axis(0), 0);
            l.iter().zip(solved.rows()).for_each(|(l, solved)| row.scaled_add(-l, &solved));
            row /= l[i];
        }
        return;
    }
    let (mut x1, mut x2) = x.split_at(Axis(0), middle);
    forward(l.slice(s![..middle, ..middle]), x1.view_mut());
    general_mat_mul(-1.0, &l.slice(s![middle.., ..middle]), &x1, 1.0, &mut x2);
    forward(l.slice(s![middle.., middle..]), x2);
}

/// `x ← L⁻ᵀ L⁻¹ x`
fn substitute(l: ArrayView2<'_, f64>, mut x: ArrayViewMut1<'_, f64>) -> Result<(), Error> {
    for (i, l) in l.columns().into_iter().enumerate() {
        let (mut first, mut rest) = x.view_mut().split_at(Axis(0), i + 1);
        first[i] /= l[i];
        rest.scaled_add(-first[i], &l.split_at(Axis(0), i + 1).1);
    }
    for (i, l) in l.columns().into_iter().enumerate().rev() {
        let (mut first, rest) = x.view_mut().split_at(Axis(0), i + 1);
        first[i] = (first[i] - l.split_at(Axis(0), i + 1).1.dot(&rest)) / l[i];
    }
    if x.iter().all(|x| x.is_finite()) { Ok(()) } else { Err(Error::NotFinite) }
}
