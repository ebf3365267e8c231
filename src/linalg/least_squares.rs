//! Least squares, for matrices of any rank.

#![forbid(unsafe_code)]

use faer::linalg::matmul::matmul;
use faer::linalg::qr::col_pivoting;
use faer::{Accum, Par};
use ndarray::{ArrayRef, ArrayRef2, ArrayViewMut, ArrayViewMut1, ArrayViewMut2, Dimension, ShapeBuilder};

use num_traits::Float;

use super::matrices::{
    NO_GAPS, check_right_hand_side, columns_of, copy, elements_mut, faer_mut, faer_ref, finite, is_finite, matrix,
    number, with_scratch,
};
use super::qr::Reflections;
use super::svd::Svd;
use super::{LinalgElement, LinalgError, reflections};
use crate::array::AllocArray;
use crate::scope::Scope;

/// The factorisation `a d p = q r`: `d` is diagonal, and `p` changes the order of columns, so that what the columns before leave of
/// each is larger than what they leave of those behind it.
struct Pivoted<'s, T: LinalgElement> {
    reflections: Reflections<'s, T>,
    /// Which column of `a` each column of `r` is.
    order: ArrayViewMut1<'s, usize>,
    /// The diagonal of `d`: powers of two, by which nothing is rounded.
    scale: ArrayViewMut1<'s, T::Real>,
    /// So many columns do not depend on those before them.
    rank: usize,
}

impl<'s> Scope<'s> {
    /// The `x` for which `a x - b` is smallest, and of all such `x` the smallest one. `a` may have any numbers of rows and columns,
    /// and columns that depend on each other. `b` is a vector, or a matrix with a right-hand side in each column; then `x` is
    /// column-major.
    ///
    /// By a QR factorisation with column pivoting, of columns that are scaled to be about equally large. Where the ones before leave of
    /// a column less than `max(m, n)` roundings of the largest, or there are fewer rows than columns, by singular values, of which
    /// those count that are larger than `max(m, n)` roundings of the largest (Golub and Van Loan, *Matrix Computations*, 4th edition,
    /// 5.5). Where columns are known to be independent, [`qr`](Scope::qr) is faster.
    ///
    /// # Errors
    ///
    /// If `b` has not as many rows as `a`; if elements of the operands or of the result are not finite; if the iteration for singular
    /// values does not converge, or there is no memory.
    ///
    /// ```
    /// use ndarena::linalg::LinalgError;
    /// use ndarray::array;
    ///
    /// // The second column is twice the first: of `x[0] + 2 x[1] = 5`, this is the solution next to zero.
    /// let a = array![[1.0, 2.0], [1.0, 2.0], [1.0, 2.0]];
    /// ndarena::scope(|s| {
    ///     let x = s.least_squares(&a, &array![4.0, 5.0, 6.0])?;
    ///     assert!(s.sub(&x, &array![1.0, 2.0]).iter().all(|x: &f64| x.abs() < 1e-14));
    ///     Ok::<_, LinalgError>(())
    /// });
    /// ```
    pub fn least_squares<T: LinalgElement, D: Dimension>(
        self,
        a: &ArrayRef2<T>,
        b: &ArrayRef<T, D>,
    ) -> Result<ArrayViewMut<'s, T, D>, LinalgError> {
        let (m, n) = a.dim();
        check_right_hand_side(b, m)?;
        let mut dim = b.raw_dim();
        dim[0] = n;
        let mut x = self.try_alloc_array::<T>(dim.f())?;
        let columns = b.shape().get(1).copied().unwrap_or(1);
        let as_matrix = (n, columns).f();
        let mut to = ArrayViewMut2::from_shape(as_matrix, elements_mut(&mut x)).expect(NO_GAPS);
        self.scope(|inner| {
            let mut rotated = copy(inner, b)?;
            if m >= n {
                let pivoted = Pivoted::of(inner, a)?;
                if pivoted.rank == n {
                    pivoted.reflections.apply_adjoint(inner, &mut rotated)?;
                    pivoted.reflections.solve_upper(&mut rotated);
                    let solutions = columns_of(&mut rotated, m);
                    solutions.zip(to.columns_mut()).for_each(|(x, to)| pivoted.back_in_order(x, to));
                    return Ok(());
                }
            }
            let Svd { u, values, v, power } = Svd::of(inner, a)?;
            let mut along = matrix::<T>(inner, values.len(), columns)?;
            let one = faer::traits::math_utils::one::<T::Faer>();
            matmul(
                faer_mut(&mut along),
                Accum::Replace,
                faer_ref(&u).adjoint(),
                faer_ref(&rotated),
                one.clone(),
                Par::Seq,
            );
            for (mut row, &value) in along.rows_mut().into_iter().zip(&values) {
                let counts = value > values[0] * rounding::<T>(m, n);
                row.map_inplace(|x| *x = if counts { x.times(value.recip()) } else { num_traits::zero() });
            }
            matmul(faer_mut(&mut to), Accum::Replace, faer_ref(&v), faer_ref(&along), one, Par::Seq);
            to.map_inplace(|x| *x = x.times(power));
            Ok::<_, LinalgError>(())
        })?;
        finite(x)
    }
}

impl<'s, T: LinalgElement> Pivoted<'s, T> {
    /// The factorisation, with columns of about the size 1.
    fn of(s: Scope<'s>, a: &ArrayRef2<T>) -> Result<Self, LinalgError> {
        let (m, n) = a.dim();
        let mut factors = copy(s, a)?;
        if !is_finite(&factors) {
            return Err(LinalgError::NotFinite);
        }
        let mut scale = s.try_alloc_array::<T::Real>(n)?;
        for (scale, mut column) in scale.iter_mut().zip(factors.columns_mut()) {
            *scale = T::scale_of(column.as_slice().expect(NO_GAPS));
            column.map_inplace(|x| *x = x.times(*scale));
        }
        let mut reflections = Reflections::of(s, factors)?;
        let (mut order, mut places) = (s.try_alloc_array::<usize>(n)?, s.try_alloc_array::<usize>(n)?);
        let Reflections { factors, blocks } = &mut reflections;
        let scratch = col_pivoting::factor::qr_in_place_scratch::<usize, T::Faer>(
            m,
            n,
            blocks.nrows(),
            Par::Seq,
            Default::default(),
        );
        with_scratch(s, scratch, |stack| {
            let (order, places) = (order.as_slice_mut().expect(NO_GAPS), places.as_slice_mut().expect(NO_GAPS));
            let (factors, blocks) = (faer_mut(factors), faer_mut(blocks));
            col_pivoting::factor::qr_in_place(factors, blocks, order, places, Par::Seq, stack, Default::default());
        })?;
        let size = |j: usize| reflections::norm(&[factors[[j, j]]]);
        let rounding = rounding::<T>(m, n);
        let rank = (0..m.min(n)).take_while(|&j| size(j) > size(0) * rounding).count();
        Ok(Pivoted { reflections, order, scale, rank })
    }

    /// Writes a solution, of which each element is that of a column of `r`, to where the column of `a` was.
    fn back_in_order(&self, solution: &[T], mut to: ArrayViewMut1<'_, T>) {
        for (&column, &x) in self.order.iter().zip(solution) {
            to[column] = x.times(self.scale[column]);
        }
    }
}

/// How many times smaller than the largest is as good as zero.
fn rounding<T: LinalgElement>(m: usize, n: usize) -> T::Real {
    T::Real::epsilon() * number::<T>(m.max(n))
}
