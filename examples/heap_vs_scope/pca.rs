//! The leading principal components of a table, three ways.
//!
//! The columns are standardised, and the eigenvectors of their correlation matrix found one by one: power iteration, then
//! deflation (Golub and Van Loan, *Matrix Computations*, 4th edition, 8.2.1; Hotelling, 1933).

use ndarena::prelude::*;
use ndarray::Zip;
use ndarray::linalg::general_mat_vec_mul;
use ndarray::prelude::*;

/// Power iteration stops when a step moves the vector by less than this.
const TOLERANCE: f64 = 1e-12;
const MOST_STEPS: usize = 10_000;

/// Variances, and components as rows.
pub(crate) struct Components {
    pub(crate) variances: Array1<f64>,
    pub(crate) vectors: Array2<f64>,
}

impl Components {
    pub(crate) fn zeros(count: usize, columns: usize) -> Self {
        Components { variances: Array1::zeros(count), vectors: Array2::zeros((count, columns)) }
    }
}

/// As one writes it with ndarray alone.
pub(crate) fn on_the_heap(x: ArrayView2<'_, f64>, found: &mut Components) {
    let z = (&x - &x.mean_axis(Axis(0)).expect("a table has rows")) / &x.std_axis(Axis(0), 1.0);
    let mut c = z.t().dot(&z) / (x.nrows() - 1) as f64;
    for (variance, mut vector) in found.variances.iter_mut().zip(found.vectors.rows_mut()) {
        let mut v = Array1::from_elem(x.ncols(), 1.0 / (x.ncols() as f64).sqrt());
        for _ in 0..MOST_STEPS {
            let cv = c.dot(&v);
            let next = &cv / cv.dot(&cv).sqrt();
            let moved = (&next - &v).mapv(|d| d * d).sum().sqrt();
            v = next;
            if moved < TOLERANCE {
                break;
            }
        }
        *variance = v.dot(&c.dot(&v));
        let column = v.view().insert_axis(Axis(1));
        c = &c - &(*variance * column.dot(&column.t()));
        vector.assign(&v);
    }
}

/// What [`by_hand`] works in.
pub(crate) struct Workspace {
    mean: Array1<f64>,
    deviation: Array1<f64>,
    z: Array2<f64>,
    c: Array2<f64>,
    v: Array1<f64>,
    next: Array1<f64>,
}

impl Workspace {
    pub(crate) fn new((rows, columns): (usize, usize)) -> Self {
        Workspace {
            mean: Array1::zeros(columns),
            deviation: Array1::zeros(columns),
            z: Array2::zeros((rows, columns).f()),
            c: Array2::zeros((columns, columns)),
            v: Array1::zeros(columns),
            next: Array1::zeros(columns),
        }
    }
}

/// Every temporary allocated beforehand.
pub(crate) fn by_hand(x: ArrayView2<'_, f64>, work: &mut Workspace, found: &mut Components) {
    let Workspace { mean, deviation, z, c, v, next } = work;
    moments(x, mean.view_mut(), deviation.view_mut());
    standardise(x, mean.view(), deviation.view(), z.view_mut());
    correlate(z.view(), c.view_mut());
    for (variance, mut vector) in found.variances.iter_mut().zip(found.vectors.rows_mut()) {
        *variance = leading(c.view(), v.view_mut(), next.view_mut());
        deflate(c.view_mut(), *variance, v.view());
        vector.assign(&*v);
    }
}

/// The same, with temporaries where they are needed.
pub(crate) fn in_a_scope(s: Scope<'_>, x: ArrayView2<'_, f64>, found: &mut Components) {
    let (rows, columns) = x.dim();
    let mut c = s.alloc_array::<f64>((columns, columns));
    s.scope(|s| {
        let (mut mean, mut deviation) = (s.alloc_array::<f64>(columns), s.alloc_array::<f64>(columns));
        moments(x, mean.view_mut(), deviation.view_mut());
        let mut z = s.alloc_array::<f64>((rows, columns).f());
        standardise(x, mean.view(), deviation.view(), z.view_mut());
        correlate(z.view(), c.view_mut());
    });
    for (variance, mut vector) in found.variances.iter_mut().zip(found.vectors.rows_mut()) {
        s.scope(|s| {
            let (mut v, next) = (s.alloc_array::<f64>(columns), s.alloc_array::<f64>(columns));
            *variance = leading(c.view(), v.view_mut(), next);
            deflate(c.view_mut(), *variance, v.view());
            vector.assign(&v);
        });
    }
}

/// Mean and standard deviation of each column.
fn moments(x: ArrayView2<'_, f64>, mut mean: ArrayViewMut1<'_, f64>, mut deviation: ArrayViewMut1<'_, f64>) {
    let rows = x.nrows() as f64;
    mean.fill(0.0);
    x.rows().into_iter().for_each(|row| mean += &row);
    mean /= rows;
    deviation.fill(0.0);
    for row in x.rows() {
        Zip::from(&mut deviation).and(row).and(&mean).for_each(|sum, x, mean| *sum += (x - mean).powi(2));
    }
    deviation.mapv_inplace(|sum| (sum / (rows - 1.0)).sqrt());
}

fn standardise(
    x: ArrayView2<'_, f64>,
    mean: ArrayView1<'_, f64>,
    deviation: ArrayView1<'_, f64>,
    z: ArrayViewMut2<'_, f64>,
) {
    Zip::from(z).and(x).and_broadcast(mean).and_broadcast(deviation).for_each(|z, x, mean, deviation| {
        *z = (x - mean) / deviation;
    });
}

/// The correlation matrix of standardised columns.
fn correlate(z: ArrayView2<'_, f64>, mut c: ArrayViewMut2<'_, f64>) {
    for i in 0..z.ncols() {
        for j in 0..=i {
            c[[i, j]] = z.column(i).dot(&z.column(j)) / (z.nrows() - 1) as f64;
            c[[j, i]] = c[[i, j]];
        }
    }
}

/// The largest eigenvalue of `c`, with its eigenvector in `v`.
fn leading(c: ArrayView2<'_, f64>, mut v: ArrayViewMut1<'_, f64>, mut next: ArrayViewMut1<'_, f64>) -> f64 {
    let length = (v.len() as f64).sqrt();
    v.fill(1.0 / length);
    for _ in 0..MOST_STEPS {
        general_mat_vec_mul(1.0, &c, &v, 0.0, &mut next);
        next /= next.dot(&next).sqrt();
        let moved = Zip::from(&next).and(&v).fold(0.0, |sum, next, v| sum + (next - v).powi(2)).sqrt();
        v.assign(&next);
        if moved < TOLERANCE {
            break;
        }
    }
    general_mat_vec_mul(1.0, &c, &v, 0.0, &mut next);
    v.dot(&next)
}

/// `c ← c - variance · v vᵀ`
fn deflate(mut c: ArrayViewMut2<'_, f64>, variance: f64, v: ArrayView1<'_, f64>) {
    for (mut row, vi) in c.rows_mut().into_iter().zip(v) {
        row.scaled_add(-variance * vi, &v);
    }
}
