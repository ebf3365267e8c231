//! The product of two square matrices by seven products of matrices half as large, and so on: n^2.81 multiplications.
//!
//! V. Strassen, "Gaussian elimination is not optimal", *Numerische Mathematik* 13 (1969).
//!
//! What `cutoff` is best is to be measured. Where ndarray's own product has vector instructions to multiply by, the sums that
//! a level of recursion takes cost more than the product that it saves, unless matrices are large.

use std::ops::{Add, Sub};

use ndarena::prelude::*;
use ndarray::linalg::general_mat_vec_mul;
use ndarray::{ArrayRef2, Zip, prelude::*, s};

use crate::products::dot_into;

/// The quadrants of `a`, row by row; without the last row and column, if they are odd.
fn quadrants(a: &ArrayRef2<f64>) -> [ArrayView2<'_, f64>; 4] {
    let h = a.nrows() / 2;
    let (upper, lower) = a.slice(s![..2 * h, ..2 * h]).split_at(Axis(0), h);
    let ((a11, a12), (a21, a22)) = (upper.split_at(Axis(1), h), lower.split_at(Axis(1), h));
    [a11, a12, a21, a22]
}

/// [`quadrants`] to be written.
fn quadrants_mut(a: &mut ArrayRef2<f64>) -> [ArrayViewMut2<'_, f64>; 4] {
    let h = a.nrows() / 2;
    let (upper, lower) = a.slice_mut(s![..2 * h, ..2 * h]).split_at(Axis(0), h);
    let ((a11, a12), (a21, a22)) = (upper.split_at(Axis(1), h), lower.split_at(Axis(1), h));
    [a11, a12, a21, a22]
}

/// What an odd last row and column add to `c`, in which there is the product of the rest: the dynamic peeling of
/// S. Huss-Lederman et al., "Implementation of Strassen's algorithm for matrix multiplication", *Supercomputing '96*.
fn peel(a: &ArrayRef2<f64>, b: &ArrayRef2<f64>, c: &mut ArrayRef2<f64>) {
    let last = a.nrows() - 1;
    if last % 2 == 1 {
        return;
    }
    general_mat_vec_mul(1.0, a, &b.column(last), 0.0, &mut c.column_mut(last));
    let (mut rest, mut row) = c.slice_mut(s![.., ..last]).split_at(Axis(0), last);
    for (mut c, &a) in rest.rows_mut().into_iter().zip(a.column(last)) {
        c.scaled_add(a, &b.slice(s![last, ..last]));
    }
    // By rows of `b`, as they lie in memory.
    row.fill(0.0);
    for (&a, b) in a.row(last).iter().zip(b.slice(s![.., ..last]).rows()) {
        row.scaled_add(a, &b);
    }
}

fn check(a: &ArrayRef2<f64>, b: &ArrayRef2<f64>) {
    let (a, b) = (a.shape(), b.shape());
    assert!(a[0] == a[1] && a == b, "matrices of shapes {a:?} and {b:?} are not square and of one size");
}

/// `a b`, where matrices of up to `cutoff` rows are multiplied by ndarray.
///
/// The error is larger than that of `a.dot(&b)`, and so is the number of elements that a NaN or an infinity spreads to.
///
/// # Panics
///
/// If `a` and `b` are not square and of one size.
pub fn on_the_heap(a: &ArrayRef2<f64>, b: &ArrayRef2<f64>, cutoff: usize) -> Array2<f64> {
    check(a, b);
    if a.nrows() <= cutoff.max(1) {
        return a.dot(b);
    }
    let ([a11, a12, a21, a22], [b11, b12, b21, b22]) = (quadrants(a), quadrants(b));
    let m1 = on_the_heap(&(&a11 + &a22), &(&b11 + &b22), cutoff);
    let m2 = on_the_heap(&(&a21 + &a22), &b11, cutoff);
    let m3 = on_the_heap(&a11, &(&b12 - &b22), cutoff);
    let m4 = on_the_heap(&a22, &(&b21 - &b11), cutoff);
    let m5 = on_the_heap(&(&a11 + &a12), &b22, cutoff);
    let m6 = on_the_heap(&(&a21 - &a11), &(&b11 + &b12), cutoff);
    let m7 = on_the_heap(&(&a12 - &a22), &(&b21 + &b22), cutoff);
    let mut c = Array2::zeros(a.dim());
    let [mut c11, mut c12, mut c21, mut c22] = quadrants_mut(&mut c);
    c12.assign(&(&m3 + &m5));
    c21.assign(&(&m2 + &m4));
    c22.assign(&(&m1 - &m2 + &m3 + &m6));
    c11.assign(&(m1 + &m4 - &m5 + &m7));
    peel(a, b, &mut c);
    c
}

/// What [`by_hand`] works in: at each level, a sum of quadrants of either operand, and a product.
#[derive(Debug)]
pub struct Workspace(Vec<[Array2<f64>; 3]>);

impl Workspace {
    /// For matrices of `n` rows, and products by ndarray from `cutoff` rows down.
    pub fn new(mut n: usize, cutoff: usize) -> Self {
        let mut levels = Vec::new();
        while n > cutoff.max(1) {
            n /= 2;
            levels.push([(); 3].map(|()| Array2::zeros((n, n))));
        }
        Workspace(levels)
    }
}

/// [`on_the_heap`] in memory that is there, with the product in `c`, and with the cutoff that `work` was made for.
///
/// # Panics
///
/// As [`on_the_heap`], and if `c` is not of that size, or `work` not for it.
pub fn by_hand(a: &ArrayRef2<f64>, b: &ArrayRef2<f64>, work: &mut Workspace, mut c: ArrayViewMut2<'_, f64>) {
    check(a, b);
    check(a, &c);
    multiply_by_hand(a, b, &mut c, &mut work.0);
}

fn multiply_by_hand(a: &ArrayRef2<f64>, b: &ArrayRef2<f64>, c: &mut ArrayRef2<f64>, levels: &mut [[Array2<f64>; 3]]) {
    let Some(([left, right, m], levels)) = levels.split_first_mut() else {
        return dot_into(a.view(), b.view(), c.view_mut());
    };
    let ([a11, a12, a21, a22], [b11, b12, b21, b22]) = (quadrants(a), quadrants(b));
    let [mut c11, mut c12, mut c21, mut c22] = quadrants_mut(c);
    set(left, &a11, f64::add, &a22);
    set(right, &b11, f64::add, &b22);
    multiply_by_hand(left, right, &mut c11, levels);
    c22.assign(&c11);
    set(left, &a21, f64::add, &a22);
    multiply_by_hand(left, &b11, &mut c21, levels);
    c22 -= &c21;
    set(right, &b12, f64::sub, &b22);
    multiply_by_hand(&a11, right, &mut c12, levels);
    c22 += &c12;
    set(right, &b21, f64::sub, &b11);
    multiply_by_hand(&a22, right, m, levels);
    c11 += &*m;
    c21 += &*m;
    set(left, &a11, f64::add, &a12);
    multiply_by_hand(left, &b22, m, levels);
    c11 -= &*m;
    c12 += &*m;
    set(left, &a21, f64::sub, &a11);
    set(right, &b11, f64::add, &b12);
    multiply_by_hand(left, right, m, levels);
    c22 += &*m;
    set(left, &a12, f64::sub, &a22);
    set(right, &b21, f64::add, &b22);
    multiply_by_hand(left, right, m, levels);
    c11 += &*m;
    peel(a, b, c);
}

/// `to ← f(x, y)`, element by element.
fn set(to: &mut Array2<f64>, x: &ArrayRef2<f64>, f: impl Fn(f64, f64) -> f64, y: &ArrayRef2<f64>) {
    Zip::from(to).and(x).and(y).for_each(|to, &x, &y| *to = f(x, y));
}

/// [`on_the_heap`] in a scope: the product is made in `s`. Each of the seven has a scope with the sums that it is of, so that
/// no more than three matrices are there at a level, and all levels together take as much memory as the product.
///
/// # Panics
///
/// As [`on_the_heap`], and as [`AllocArray`] says.
pub fn in_a_scope<'s>(s: Scope<'s>, a: &ArrayRef2<f64>, b: &ArrayRef2<f64>, cutoff: usize) -> ArrayViewMut2<'s, f64> {
    check(a, b);
    let mut c = s.alloc_array::<f64>(a.dim());
    multiply(s, a, b, &mut c, cutoff);
    c
}

/// `c ← a b`. A product that is the first of its quadrant is written there, the others are made in their scope.
fn multiply(s: Scope<'_>, a: &ArrayRef2<f64>, b: &ArrayRef2<f64>, c: &mut ArrayRef2<f64>, cutoff: usize) {
    if a.nrows() <= cutoff.max(1) {
        return dot_into(a.view(), b.view(), c.view_mut());
    }
    let ([a11, a12, a21, a22], [b11, b12, b21, b22]) = (quadrants(a), quadrants(b));
    let [mut c11, mut c12, mut c21, mut c22] = quadrants_mut(c);
    s.scope(|inner| multiply(inner, &inner.add(&a11, &a22), &inner.add(&b11, &b22), &mut c11, cutoff));
    c22.assign(&c11);
    s.scope(|inner| multiply(inner, &inner.add(&a21, &a22), &b11, &mut c21, cutoff));
    c22 -= &c21;
    s.scope(|inner| multiply(inner, &a11, &inner.sub(&b12, &b22), &mut c12, cutoff));
    c22 += &c12;
    s.scope(|inner| {
        let m4 = in_a_scope(inner, &a22, &inner.sub(&b21, &b11), cutoff);
        c11 += &m4;
        c21 += &m4;
    });
    s.scope(|inner| {
        let m5 = in_a_scope(inner, &inner.add(&a11, &a12), &b22, cutoff);
        c11 -= &m5;
        c12 += &m5;
    });
    s.scope(|inner| c22 += &in_a_scope(inner, &inner.sub(&a21, &a11), &inner.add(&b11, &b12), cutoff));
    s.scope(|inner| c11 += &in_a_scope(inner, &inner.sub(&a12, &a22), &inner.add(&b21, &b22), cutoff));
    peel(a, b, c);
}
