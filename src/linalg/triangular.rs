//! Triangular systems of equations by faer's kernel, for those methods of [`Scope`](crate::Scope) that are there without it, too.

#![forbid(unsafe_code)]

use core::any::Any;
use core::ops::RangeInclusive;

use faer::linalg::triangular_solve::{solve_lower_triangular_in_place, solve_upper_triangular_in_place};
use faer::{MatMut, Par};
use ndarray::{ArrayView2, ArrayViewMut2};
use num_traits::Float;

use super::LinalgElement;
use super::matrices::{faer_view, suits};

/// Whether a system with so many rows and right-hand sides is for faer's kernel.
///
/// As the bench `linalg` has it (`-- triangle`, the rows against `loops`, where this function said yes to all): matrices took 0.20 to
/// 0.87 of the time of the crate's own loops, in all orders in memory, from 2 × 2 on. Vectors took 0.73 to 0.92 up to 4 rows, which
/// is a few nanoseconds, for which whole numbers would not be divided exactly any more; from 8 rows on 0.85 to 1.37, but for those of
/// upper triangles that are row-major, which took 0.73 to 0.91.
const fn is_for_faer(rows: usize, columns: usize) -> bool {
    rows >= 2 && columns >= 2
}

/// How many rows faer's kernel takes at once, at most, without a product of matrices.
const BLOCK: usize = 4;

/// Replaces `x` by the solution of a system of equations, if faer's kernel is for that; whether it did.
type Solve<A> = for<'a> fn(ArrayView2<'a, A>, bool, ArrayViewMut2<'a, A>) -> bool;

/// Replaces `x`, a matrix that holds right-hand sides, by the solution `y` of `a y = x`, where of `a` one triangle is looked at; if
/// faer's kernel is the faster one, and for such elements: whether it did.
///
/// The solution is then as accurate as one by substitution with divisions, if it is finite; if it is not, there may be one that is.
#[inline]
pub(crate) fn solve_triangular<A: 'static>(a: ArrayView2<'_, A>, is_lower: bool, x: ArrayViewMut2<'_, A>) -> bool {
    if !is_for_faer(x.nrows(), x.ncols()) {
        return false;
    }
    // Functions of `A` are those of `f32`, or `f64`, if these are one type: which tells so without a cast.
    let (f32s, f64s): (Solve<f32>, Solve<f64>) = (by_faer, by_faer);
    let known: [&dyn Any; 2] = [&f32s, &f64s];
    known.iter().find_map(|solve| solve.downcast_ref::<Solve<A>>()).is_some_and(|solve| solve(a, is_lower, x))
}

/// A real element, of which it is known what can be divided without a loss of digits.
trait Moderate: LinalgElement + Float {
    /// Quotients of these have all digits, as have reciprocals.
    const MODERATE: RangeInclusive<Self>;
}

impl Moderate for f32 {
    // Two to the power of -60 and of 60.
    const MODERATE: RangeInclusive<f32> = 1.0 / (1u64 << 60) as f32..=(1u64 << 60) as f32;
}

impl Moderate for f64 {
    const MODERATE: RangeInclusive<f64> = 1e-150..=1e150;
}

fn by_faer<T: Moderate>(a: ArrayView2<'_, T>, is_lower: bool, x: ArrayViewMut2<'_, T>) -> bool {
    let (rows, columns) = x.dim();
    if !suits(&a) || !divides_well(a, is_lower) {
        return false;
    }
    let x = if x.is_standard_layout() {
        x.into_slice().map(|x| MatMut::from_row_major_slice_mut(x, rows, columns))
    } else {
        x.reversed_axes().into_slice().map(|x| MatMut::from_column_major_slice_mut(x, rows, columns))
    };
    let Some(x) = x else { return false };
    let (a, x) = (faer_view(a), T::for_faer_mut(x));
    if is_lower {
        solve_lower_triangular_in_place(a, x, Par::Seq);
    } else {
        solve_upper_triangular_in_place(a, x, Par::Seq);
    }
    true
}

/// Whether the quotients that faer's kernel multiplies by, where substitution divides, have all digits. They are reciprocals of the
/// diagonal, and quotients by it of elements that are fewer than [`BLOCK`] beside it: elsewhere it has products of matrices, as
/// substitution has.
fn divides_well<T: Moderate>(a: ArrayView2<'_, T>, is_lower: bool) -> bool {
    let diagonal_is_moderate = a.diag().fold(true, |moderate, x| moderate & T::MODERATE.contains(&x.abs()));
    // Of the transposed matrix, what is below is what is above.
    let a = if is_lower { a } else { a.reversed_axes() };
    let beside = |distance: usize| a.split_at(ndarray::Axis(0), distance.min(a.nrows())).1.into_diag();
    diagonal_is_moderate
        && (1..BLOCK).all(|distance| {
            // NaN is in no range.
            let moderate = |x: &T| T::MODERATE.contains(&x.abs()) | x.is_zero();
            beside(distance).fold(true, |all, x| all & moderate(x))
        })
}
