//! Linear least squares by Householder's QR factorisation, in panels of columns.
//!
//! G. H. Golub and C. F. Van Loan, *Matrix Computations*, 4th edition (2013), 5.2 and 5.3; a panel's reflections are put
//! together as R. Schreiber and C. Van Loan do, "A storage-efficient WY representation for products of Householder
//! transformations", *SIAM Journal on Scientific and Statistical Computing* 10 (1989).

use ndarena::prelude::*;
use ndarray::linalg::{general_mat_mul, general_mat_vec_mul};
use ndarray::{ArrayRef2, concatenate, prelude::*, s};

use crate::Error;

/// So many columns are reflected one by one, before all that are right of them are reflected at once.
const PANEL: usize = 32;

/// The `x` that makes `‖A x - b‖` least, for `A` of m × n and `b` of m, m ≥ n.
///
/// # Errors
///
/// [`Error::Singular`] if a column depends on those before it: no more than `m ε` of its length is orthogonal to them, where
/// `ε` is [`f64::EPSILON`]. [`Error::NotFinite`] for a NaN or an infinity, which the square of a number may be, too.
///
/// # Panics
///
/// If m < n, or `b` has not as many elements as `A` has rows.
pub fn on_the_heap(a: ArrayView2<'_, f64>, b: ArrayView1<'_, f64>) -> Result<Array1<f64>, Error> {
    let n = unknowns(a, b);
    let mut ab = concatenate![Axis(1), a, b.insert_axis(Axis(1))];
    let mut start = 0;
    while n - start > PANEL {
        let (mut panel, rest) = ab.slice_mut(s![.., start..]).split_at(Axis(1), PANEL);
        reflect_by_operators(panel.view_mut(), start, PANEL)?;
        let mut v = panel.slice(s![start.., ..]).to_owned();
        unit_lower(&mut v);
        let mut t = Array2::zeros((PANEL, PANEL));
        put_together(&v.t().dot(&v), &mut t);
        let mut rest = rest.slice_move(s![start.., ..]);
        let w = t.t().dot(&v.t().dot(&rest));
        rest -= &v.dot(&w);
        start += PANEL;
    }
    reflect_by_operators(ab.slice_mut(s![.., start..]), start, n - start)?;
    let mut x = ab.slice(s![..n, n]).to_owned();
    substitute(ab.slice(s![..n, ..n]), x.view_mut())?;
    Ok(x)
}

/// [`reflect`] with an array for what is subtracted.
fn reflect_by_operators(c: ArrayViewMut2<'_, f64>, first: usize, count: usize) -> Result<(), Error> {
    let mut rest = c;
    for pivot in first..first + count {
        let (column, mut later) = rest.split_at(Axis(1), 1);
        let (above, mut v) = column.index_axis_move(Axis(1), 0).split_at(Axis(0), pivot);
        let (diagonal, tau) = reflection(above.view(), v.view_mut())?;
        // As rows, which then lie as ndarray's own arrays do.
        let mut below = later.slice_mut(s![pivot.., ..]).reversed_axes();
        let along = below.dot(&v) * tau;
        below -= &(&along.insert_axis(Axis(1)) * &v);
        v[0] = diagonal;
        rest = later;
    }
    Ok(())
}

/// What [`by_hand`] works in.
#[derive(Debug)]
pub struct Workspace {
    ab: Array2<f64>,
    v: Array2<f64>,
    gram: Array2<f64>,
    t: Array2<f64>,
    vc: Array2<f64>,
    w: Array2<f64>,
}

impl Workspace {
    /// For matrices of m × n.
    pub fn new(m: usize, n: usize) -> Self {
        let column_major = |columns: usize| Array2::zeros((m, columns).f());
        let (square, wide) = (|| Array2::zeros((PANEL, PANEL)), || Array2::zeros((PANEL, n + 1)));
        Workspace {
            ab: column_major(n + 1),
            v: column_major(PANEL),
            gram: square(),
            t: square(),
            vc: wide(),
            w: wide(),
        }
    }
}

/// [`on_the_heap`] in memory that is there, and with the result in `x`, of n.
pub fn by_hand(
    a: ArrayView2<'_, f64>,
    b: ArrayView1<'_, f64>,
    work: &mut Workspace,
    mut x: ArrayViewMut1<'_, f64>,
) -> Result<(), Error> {
    let n = unknowns(a, b);
    let Workspace { ab, v, gram, t, vc, w } = work;
    write_beside(a, b, ab);
    let mut start = 0;
    while n - start > PANEL {
        let (mut panel, rest) = ab.slice_mut(s![.., start..]).split_at(Axis(1), PANEL);
        reflect(panel.view_mut(), start, PANEL)?;
        let mut v = v.slice_mut(s![start.., ..]);
        v.assign(&panel.slice(s![start.., ..]));
        unit_lower(&mut v);
        general_mat_mul(1.0, &v.t(), &v, 0.0, gram);
        put_together(gram, t);
        let mut rest = rest.slice_move(s![start.., ..]);
        let mut vc = vc.slice_mut(s![.., ..rest.ncols()]);
        let mut w = w.slice_mut(s![.., ..rest.ncols()]);
        general_mat_mul(1.0, &v.t(), &rest, 0.0, &mut vc);
        general_mat_mul(1.0, &t.t(), &vc, 0.0, &mut w);
        general_mat_mul(-1.0, &v, &w, 1.0, &mut rest);
        start += PANEL;
    }
    reflect(ab.slice_mut(s![.., start..]), start, n - start)?;
    x.assign(&ab.slice(s![..n, n]));
    substitute(ab.slice(s![..n, ..n]), x)
}

/// [`on_the_heap`] in a scope: `x` is made in `s`.
pub fn in_a_scope<'s>(
    s: Scope<'s>,
    a: ArrayView2<'_, f64>,
    b: ArrayView1<'_, f64>,
) -> Result<ArrayViewMut1<'s, f64>, Error> {
    let n = unknowns(a, b);
    s.scope(|inner| {
        let mut ab = inner.alloc_array::<f64>((a.nrows(), n + 1).f());
        write_beside(a, b, &mut ab);
        triangularize(inner, &mut ab, n)?;
        Ok(s.solve_upper_triangular(&ab.slice(s![..n, ..n]), &ab.slice(s![..n, n]))?)
    })
}

/// [`on_the_heap`] by the library's factorisation, in a scope: `x` is made in `s`.
#[cfg(feature = "linalg")]
pub fn by_calls<'s>(
    s: Scope<'s>,
    a: ArrayView2<'_, f64>,
    b: ArrayView1<'_, f64>,
) -> Result<ArrayViewMut1<'s, f64>, Error> {
    unknowns(a, b);
    s.scope(|inner| Ok(inner.qr(&a).solve_in(s, &b)?))
}

/// Makes `[A C]`, of which `A` is the first n columns, `[R QᵀC]`, where `A = Q R`; each panel has a scope for what is gone
/// after it. Below `R`'s diagonal are the vectors of the reflections, each without the 1 on the diagonal.
///
/// # Errors
///
/// As [`on_the_heap`].
///
/// # Panics
///
/// If there are fewer than n columns.
pub fn triangularize(s: Scope<'_>, ac: &mut ArrayRef2<f64>, n: usize) -> Result<(), Error> {
    let mut start = 0;
    while n - start > PANEL {
        let (mut panel, rest) = ac.slice_mut(s![.., start..]).split_at(Axis(1), PANEL);
        reflect(panel.view_mut(), start, PANEL)?;
        s.scope(|inner| {
            let mut v = inner.copy_of(&panel.slice(s![start.., ..]));
            unit_lower(&mut v);
            let mut t = inner.zeros((PANEL, PANEL));
            put_together(&inner.dot(&v.t(), &v), &mut t);
            let mut rest = rest.slice_move(s![start.., ..]);
            let w = inner.dot(&t.t(), &inner.dot(&v.t(), &rest));
            general_mat_mul(-1.0, &v, &w, 1.0, &mut rest);
        });
        start += PANEL;
    }
    reflect(ac.slice_mut(s![.., start..]), start, n - start)
}

fn unknowns(a: ArrayView2<'_, f64>, b: ArrayView1<'_, f64>) -> usize {
    let (m, n) = a.dim();
    assert!(m >= n && m == b.len(), "least squares want m × n, m ≥ n, and m: not {m} × {n} and {}", b.len());
    n
}

/// `[A b]`, by columns: what is done to `A` is done to `b` as well.
fn write_beside(a: ArrayView2<'_, f64>, b: ArrayView1<'_, f64>, ab: &mut ArrayRef2<f64>) {
    for (mut to, from) in ab.columns_mut().into_iter().zip(a.columns()) {
        to.assign(&from);
    }
    ab.column_mut(a.ncols()).assign(&b);
}

/// Reflects the columns of `c` one by one, so that the first `count` become columns of `R`, from its column `first` on.
fn reflect(c: ArrayViewMut2<'_, f64>, first: usize, count: usize) -> Result<(), Error> {
    let mut rest = c;
    for pivot in first..first + count {
        let (column, mut later) = rest.split_at(Axis(1), 1);
        let (above, mut v) = column.index_axis_move(Axis(1), 0).split_at(Axis(0), pivot);
        let (diagonal, tau) = reflection(above.view(), v.view_mut())?;
        for column in later.columns_mut() {
            // `split_at`: for a few rows, a slice would take longer than all the rest.
            let (_, mut column) = column.split_at(Axis(0), pivot);
            let along = tau * v.dot(&column);
            column.scaled_add(-along, &v);
        }
        v[0] = diagonal;
        rest = later;
    }
    Ok(())
}

/// Makes `v`, a column without what is above the diagonal, the vector of the reflection `I - τ v vᵀ` that leaves only its
/// first element: gives that, and `τ`.
fn reflection(above: ArrayView1<'_, f64>, mut v: ArrayViewMut1<'_, f64>) -> Result<(f64, f64), Error> {
    let (fixed, free) = (above.dot(&above), v.dot(&v));
    if !(fixed + free).is_finite() {
        return Err(Error::NotFinite);
    }
    if free.sqrt() <= (above.len() + v.len()) as f64 * f64::EPSILON * (fixed + free).sqrt() {
        return Err(Error::Singular { pivot: above.len() });
    }
    // Of the two places on the axis that it can be reflected to, the one farther away.
    let diagonal = -free.sqrt().copysign(v[0]);
    let height = v[0] - diagonal;
    v /= height;
    v[0] = 1.0;
    Ok((diagonal, -height / diagonal))
}

/// Puts a 1 on the diagonal and zeros above it.
fn unit_lower(v: &mut ArrayRef2<f64>) {
    for (j, mut column) in v.columns_mut().into_iter().enumerate() {
        column.slice_mut(s![..j]).fill(0.0);
        column[j] = 1.0;
    }
}

/// Writes the upper triangular `T` for which the product of the reflections along the columns of `V` is `I - V T Vᵀ`, where
/// `gram` is `VᵀV`, and `t` is zero below its diagonal.
fn put_together(gram: &ArrayRef2<f64>, t: &mut ArrayRef2<f64>) {
    for j in 0..gram.ncols() {
        let tau = 2.0 / gram[[j, j]];
        let (before, mut column) = t.multi_slice_mut((s![..j, ..j], s![..=j, j]));
        general_mat_vec_mul(-tau, &before, &gram.slice(s![j, ..j]), 0.0, &mut column.slice_mut(s![..j]));
        column[j] = tau;
    }
}

/// `x ← R⁻¹ x`
fn substitute(r: ArrayView2<'_, f64>, mut x: ArrayViewMut1<'_, f64>) -> Result<(), Error> {
    for (i, r) in r.columns().into_iter().enumerate().rev() {
        let (mut above, mut rest) = x.view_mut().split_at(Axis(0), i);
        rest[0] /= r[i];
        above.scaled_add(-rest[0], &r.split_at(Axis(0), i).0);
    }
    if x.iter().all(|x| x.is_finite()) { Ok(()) } else { Err(Error::NotFinite) }
}
