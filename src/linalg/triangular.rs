//! Triangular systems of equations by faer's kernels, for those methods of [`Scope`](crate::Scope) that are there without faer, too.

#![forbid(unsafe_code)]

use core::any::Any;

use faer::linalg::triangular_solve::{solve_lower_triangular_in_place, solve_upper_triangular_in_place};
use faer::{MatMut, Par};
use ndarray::{ArrayView2, ArrayViewMut2};
use num_traits::Float;

use super::LinalgElement;
use super::matrices::{NO_GAPS, faer_view};

/// With fewer rows, loops of the crate's own are done sooner.
const LEAST_ROWS: usize = 8;

/// Replaces `x` by the solution of a system of equations, where that is for faer's kernel; whether it did.
type Solve<A> = for<'a> fn(ArrayView2<'a, A>, bool, ArrayViewMut2<'a, A>) -> bool;

/// Replaces `x`, a matrix that holds right-hand sides, by the solution `y` of `a y = x`, of which one triangle is looked at; if that
/// is for faer's kernel: if elements are `f32` or `f64`, and none is so large or so small that its way of multiplying by
/// reciprocals would lose what division keeps.
#[inline]
pub(crate) fn solve_triangular<A: 'static>(a: ArrayView2<'_, A>, is_lower: bool, x: ArrayViewMut2<'_, A>) -> bool {
    // Functions of `A` are those of `f32`, or `f64`, if these are one type: which tells so without a cast.
    let (f32s, f64s): (Solve<f32>, Solve<f64>) = (by_faer, by_faer);
    let known: [&dyn Any; 2] = [&f32s, &f64s];
    known.iter().find_map(|solve| solve.downcast_ref::<Solve<A>>()).is_some_and(|solve| solve(a, is_lower, x))
}

/// A real element, of which it is known what can be divided without a loss of digits.
trait Moderate: LinalgElement + Float {
    /// Quotients of numbers between these are far from the largest, and the smallest.
    const LEAST: Self;
    const MOST: Self;
}

impl Moderate for f32 {
    const LEAST: f32 = 1e-12;
    const MOST: f32 = 1e12;
}

impl Moderate for f64 {
    const LEAST: f64 = 1e-100;
    const MOST: f64 = 1e100;
}

fn by_faer<T: Moderate>(a: ArrayView2<'_, T>, is_lower: bool, x: ArrayViewMut2<'_, T>) -> bool {
    let (rows, columns) = x.dim();
    if rows < LEAST_ROWS || !is_moderate(a, is_lower) {
        return false;
    }
    let x = if x.is_standard_layout() {
        MatMut::from_row_major_slice_mut(x.into_slice().expect(NO_GAPS), rows, columns)
    } else {
        match x.reversed_axes().into_slice() {
            Some(x) => MatMut::from_column_major_slice_mut(x, rows, columns),
            None => return false,
        }
    };
    let (a, x) = (faer_view(a), T::for_faer_mut(x));
    if is_lower {
        solve_lower_triangular_in_place(a, x, Par::Seq);
    } else {
        solve_upper_triangular_in_place(a, x, Par::Seq);
    }
    true
}

/// Whether all elements of a triangle are zero or of moderate size; NaN is not.
fn is_moderate<T: Moderate>(a: ArrayView2<'_, T>, is_lower: bool) -> bool {
    let by_columns = a.strides()[0].unsigned_abs() < a.strides()[1].unsigned_abs();
    let (a, is_lower) = if by_columns { (a.reversed_axes(), !is_lower) } else { (a, is_lower) };
    a.rows().into_iter().enumerate().all(|(i, row)| {
        let (before, from) = row.split_at(ndarray::Axis(0), if is_lower { i + 1 } else { i });
        let part = if is_lower { before } else { from };
        part.fold(true, |moderate, x| {
            let size = Float::abs(*x);
            moderate & (((size >= T::LEAST) & (size <= T::MOST)) | (size == T::zero()))
        })
    })
}
