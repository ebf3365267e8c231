//! The LU factorisation.

#![forbid(unsafe_code)]

use faer::Par;
use faer::linalg::lu::partial_pivoting;
use faer::linalg::triangular_inverse::invert_unit_lower_triangular;
use faer::linalg::triangular_solve::solve_upper_triangular_in_place;
use faer::perm::{PermRef, permute_cols_in_place, permute_cols_in_place_scratch};
use ndarray::{
    ArrayRef, ArrayRef2, ArrayView1, ArrayViewMut, ArrayViewMut1, ArrayViewMut2, Axis, Dimension, ShapeBuilder,
};

use num_traits::Float;

use super::matrices::{
    check_right_hand_side, columns_of, copy, elements, elements_mut, enlarge, faer_mut, faer_ref, finite, is_finite,
    matrix, not_square, order_of, with_scratch,
};
use super::product::product;
use super::{LinalgElement, LinalgError, small};
use crate::array::AllocArray;
use crate::error::AllocError;
use crate::scope::Scope;

/// The factorisation `p a = l u` of a matrix: `p` changes the order of rows, `l` is lower triangular, with ones on its diagonal, and
/// `u` upper triangular. Each pivot is the largest element of what is left of its column, so that no element of `l` is larger
/// than 1.
///
/// [`Scope::lu`] makes it.
#[derive(Debug)]
pub struct Lu<'s, T> {
    s: Scope<'s>,
    /// `u`, and below the diagonal `l`.
    factors: ArrayViewMut2<'s, T>,
    /// Which row of `a` each row of the product is; and then, which row of the product each row of `a` is.
    order: ArrayViewMut1<'s, usize>,
    /// Whether the number of rows that changed places with another is odd.
    odd: bool,
    /// The power of two that `a` was multiplied by: 1, but where faer's kernel is to have elements of moderate size.
    power: T,
}

/// Why there are no factors of which no pivot is zero and all are finite; the first pivot that is zero, if there is one.
#[cold]
pub(super) fn no_factors<T: LinalgElement>(a: &ArrayRef2<T>, zero: Option<usize>) -> LinalgError {
    match zero {
        Some(pivot) if is_finite(a) => LinalgError::Singular { pivot },
        _ => LinalgError::NotFinite,
    }
}

impl<'s> Scope<'s> {
    /// The factorisation `p a = l u`, with partial pivoting. `a` need not be square; only of a square matrix there are solutions,
    /// an inverse, and the determinant.
    ///
    /// # Errors
    ///
    /// If `a` is singular (that is, a column has only zeros left, as its columns are not independent; a matrix that is close to
    /// such has a factorisation); if it has elements that are not finite; if there is no memory.
    ///
    /// ```
    /// use ndarena::linalg::LinalgError;
    /// use ndarray::array;
    ///
    /// let a = array![[1.0, 2.0], [4.0, 4.0]];
    /// ndarena::scope(|s| {
    ///     let lu = s.lu(&a)?;
    ///     assert_eq!(lu.l(), array![[1.0, 0.0], [0.25, 1.0]]);
    ///     assert_eq!(lu.u(), array![[4.0, 4.0], [0.0, 1.0]]);
    ///     assert_eq!(lu.permutation(), array![1, 0]); // the rows of `l u` are those of `a` in this order
    ///     assert_eq!(lu.solve(&array![5.0, 12.0])?, array![1.0, 2.0]);
    ///     assert_eq!(lu.det(), -4.0);
    ///     assert_eq!(s.lu(&array![[1.0, 2.0], [2.0, 4.0]]).unwrap_err(), LinalgError::Singular { pivot: 1 });
    ///     Ok::<_, LinalgError>(())
    /// });
    /// ```
    pub fn lu<T: LinalgElement>(self, a: &ArrayRef2<T>) -> Result<Lu<'s, T>, LinalgError> {
        let (m, n) = a.dim();
        let mut lu = Lu {
            s: self,
            factors: copy(self, a)?,
            order: self.try_alloc_array::<usize>(m.saturating_mul(2))?,
            odd: false,
            power: T::one(),
        };
        let factored = if small::is_small(m, n) {
            small::lu(elements_mut(&mut lu.factors), m, n, elements_mut(&mut lu.order)).map(|odd| lu.odd = odd)
        } else {
            lu.factor_by_faer(self)?;
            lu.pivots()
        };
        match factored {
            // What is not finite spreads from where it is to the right and downwards, and so to the last pivot of a square matrix, if
            // it is not in one before.
            Ok(()) if m == n || is_finite(a) => Ok(lu),
            Ok(()) => Err(LinalgError::NotFinite),
            Err(pivot) => Err(no_factors(a, pivot)),
        }
    }
}

impl<'s, T: LinalgElement> Lu<'s, T> {
    /// Whether all pivots are finite, and none is zero; else the first that is, if one is.
    fn pivots(&self) -> Result<(), Option<usize>> {
        let mut finite = true;
        for (j, &pivot) in self.factors.diag().iter().enumerate() {
            // Behind a pivot of zero faer divides by it; those before are right.
            if pivot.is_zero() {
                return Err(Some(j));
            }
            finite &= T::all_finite(&[pivot]);
        }
        if finite { Ok(()) } else { Err(None) }
    }

    /// Replaces the matrix by its factors.
    #[inline(never)]
    fn factor_by_faer(&mut self, s: Scope<'_>) -> Result<(), AllocError> {
        let (m, n) = self.factors.dim();
        // It multiplies by reciprocals of pivots, of which the smallest numbers have none.
        self.power = T::of_real(enlarge(&mut self.factors));
        let scratch =
            partial_pivoting::factor::lu_in_place_scratch::<usize, T::Faer>(m, n, Par::Seq, Default::default());
        with_scratch(s, scratch, |stack| {
            let (rows, places) = elements_mut(&mut self.order).split_at_mut(m);
            let factors = faer_mut(&mut self.factors);
            let (info, _) =
                partial_pivoting::factor::lu_in_place(factors, rows, places, Par::Seq, stack, Default::default());
            self.odd = info.transposition_count % 2 == 1;
        })
    }

    /// The factor `l`, lower triangular with ones on its diagonal, as a column-major array of the scope: as many rows as `a`, and
    /// as many columns as `a` has rows or columns, whichever are fewer.
    ///
    /// # Panics
    ///
    /// As [`AllocArray`](crate::AllocArray) says.
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// ndarena::scope(|s| {
    ///     let lu = s.lu(&array![[2.0, 1.0], [1.0, 1.0]]).unwrap();
    ///     assert_eq!(lu.l(), array![[1.0, 0.0], [0.5, 1.0]]);
    /// });
    /// ```
    #[track_caller]
    pub fn l(&self) -> ArrayViewMut2<'s, T> {
        let (m, n) = self.factors.dim();
        let mut l = self.s.alloc_array::<T>((m, m.min(n)).f());
        for ((i, j), l) in l.indexed_iter_mut() {
            *l = match i {
                _ if i < j => num_traits::zero(),
                _ if i == j => num_traits::one(),
                _ => self.factors[[i, j]],
            };
        }
        l
    }

    /// The factor `u`, upper triangular, as a column-major array of the scope: as many columns as `a`, and as many rows as `a` has
    /// rows or columns, whichever are fewer.
    ///
    /// # Panics
    ///
    /// As [`AllocArray`](crate::AllocArray) says.
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// ndarena::scope(|s| {
    ///     let lu = s.lu(&array![[2.0, 1.0], [1.0, 1.0]]).unwrap();
    ///     assert_eq!(lu.u(), array![[2.0, 1.0], [0.0, 0.5]]);
    /// });
    /// ```
    #[track_caller]
    pub fn u(&self) -> ArrayViewMut2<'s, T> {
        let (m, n) = self.factors.dim();
        let mut u = self.s.alloc_array::<T>((m.min(n), n).f());
        for ((i, j), u) in u.indexed_iter_mut() {
            *u = if i > j { num_traits::zero() } else { self.factors[[i, j]].times(self.power.real_part().recip()) };
        }
        u
    }

    /// Which row of `a` each row of `l u` is.
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// ndarena::scope(|s| assert_eq!(s.lu(&array![[1.0, 1.0], [2.0, 1.0]]).unwrap().permutation(), array![1, 0]));
    /// ```
    pub fn permutation(&self) -> ArrayView1<'_, usize> {
        self.order.view().split_at(Axis(0), self.factors.nrows()).0
    }

    /// The solution `x` of `a x = b`, in the memory of the scope that the factorisation was made in. `b` is a vector, or a matrix
    /// with a right-hand side in each column; then `x` is column-major.
    ///
    /// # Errors
    ///
    /// If `a` is not square; if `b` has not as many rows; if elements of `b` or of the result are not finite; if there is no memory.
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// ndarena::scope(|s| {
    ///     let lu = s.lu(&array![[1.0, 2.0], [4.0, 4.0]]).unwrap();
    ///     assert_eq!(lu.solve(&array![5.0, 12.0]).unwrap(), array![1.0, 2.0]);
    ///     assert_eq!(lu.solve(&array![3.0, 8.0]).unwrap(), array![1.0, 1.0]);
    /// });
    /// ```
    pub fn solve<D: Dimension>(&self, b: &ArrayRef<T, D>) -> Result<ArrayViewMut<'s, T, D>, LinalgError> {
        self.solve_in(self.s, b)
    }

    /// [`solve`](Lu::solve) with the result in the memory of that scope: of one inside the factorisation's, say, which ends with
    /// each turn of a loop.
    ///
    /// # Errors
    ///
    /// As [`solve`](Lu::solve).
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// ndarena::scope(|s| {
    ///     let lu = s.lu(&array![[1.0, 2.0], [4.0, 4.0]]).unwrap();
    ///     let sum = s.scope(|inner| lu.solve_in(inner, &array![5.0, 12.0]).unwrap().sum());
    ///     assert_eq!(sum, 3.0);
    /// });
    /// ```
    pub fn solve_in<'r, D: Dimension>(
        &self,
        s: Scope<'r>,
        b: &ArrayRef<T, D>,
    ) -> Result<ArrayViewMut<'r, T, D>, LinalgError> {
        let n = order_of(&self.factors)?;
        check_right_hand_side(b, n)?;
        let mut x = copy(s, b)?;
        self.solve_in_place(s, &mut x)?;
        finite(x)
    }

    /// Replaces `x`, which holds `b` at first and was made by `copy`, by the solution; `a` is square.
    pub(super) fn solve_in_place<D: Dimension>(
        &self,
        s: Scope<'_>,
        x: &mut ArrayViewMut<'_, T, D>,
    ) -> Result<(), LinalgError> {
        let n = self.factors.nrows();
        if small::is_small(n, n) {
            let (factors, rows) = (elements(&self.factors), elements(&self.order));
            columns_of(x, n).for_each(|x| small::solve_lu(factors, n, rows, x));
        } else {
            if self.power != T::one() {
                elements_mut(x).iter_mut().for_each(|x| *x *= self.power);
            }
            let factors = faer_ref(&self.factors);
            let columns = x.shape().get(1).copied().unwrap_or(1);
            let scratch = partial_pivoting::solve::solve_in_place_scratch::<usize, T::Faer>(n, columns, Par::Seq);
            with_scratch(s, scratch, |stack| {
                let x = faer_mut(x);
                partial_pivoting::solve::solve_in_place(factors, factors, self.order(), x, Par::Seq, stack);
            })?;
        }
        Ok(())
    }

    /// The inverse of `a`, column-major, in the memory of the scope that the factorisation was made in. To solve systems of
    /// equations, [`solve`](Lu::solve) is faster and more accurate.
    ///
    /// # Errors
    ///
    /// If `a` is not square; if elements of the result are not finite; if there is no memory.
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// ndarena::scope(|s| {
    ///     let inverse = s.lu(&array![[1.0, 2.0], [4.0, 4.0]]).unwrap().inv().unwrap();
    ///     assert_eq!(inverse, array![[-1.0, 0.5], [1.0, -0.25]]);
    /// });
    /// ```
    pub fn inv(&self) -> Result<ArrayViewMut2<'s, T>, LinalgError> {
        let n = order_of(&self.factors)?;
        let mut inverse = matrix(self.s, n, n)?;
        self.inverse_to(self.s, &mut inverse)?;
        finite(inverse)
    }

    /// Writes the inverse to what `matrix` has made; `a` is square.
    pub(super) fn inverse_to(&self, s: Scope<'_>, inverse: &mut ArrayViewMut2<'_, T>) -> Result<(), LinalgError> {
        let n = self.factors.nrows();
        if n <= small::INVERSE_LIMIT {
            small::invert_lu(elements(&self.factors), n, elements(&self.order), elements_mut(inverse));
        } else {
            let factors = faer_ref(&self.factors);
            // `u x = l⁻¹` is solved (Higham, Accuracy and Stability of Numerical Algorithms, 2nd edition, 14.3): then residuals of
            // `a x` are roundings of `|l| |u| |x|`, as those of solutions are. Of `u⁻¹` times `l⁻¹` they are not, if rows are of
            // different sizes, and `u⁻¹` may be too large where the product is not.
            elements_mut(inverse).fill(T::zero());
            inverse.diag_mut().fill(T::one());
            invert_unit_lower_triangular(faer_mut(inverse), factors, Par::Seq);
            solve_upper_triangular_in_place(factors, faer_mut(inverse), Par::Seq);
            with_scratch(s, permute_cols_in_place_scratch::<usize, T::Faer>(n, n), |stack| {
                permute_cols_in_place(faer_mut(inverse), self.order().inverse(), stack);
            })?;
            if self.power != T::one() {
                elements_mut(inverse).iter_mut().for_each(|x| *x *= self.power);
            }
        }
        Ok(())
    }

    /// The determinant of `a`; infinite, or zero, if it is too large or too small for its type.
    ///
    /// # Panics
    ///
    /// If `a` is not square.
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// ndarena::scope(|s| assert_eq!(s.lu(&array![[1.0, 2.0], [4.0, 4.0]]).unwrap().det(), -4.0));
    /// ```
    #[track_caller]
    pub fn det(&self) -> T {
        if !self.factors.is_square() {
            not_square("det", self.factors.dim());
        }
        let factor = T::of_real(self.power.real_part().recip());
        let factors = (0..if self.power == T::one() { 0 } else { self.factors.nrows() }).map(|_| factor);
        let det = product(self.factors.diag().iter().copied().chain(factors));
        if self.odd { -det } else { det }
    }

    /// The order of rows, as faer has it.
    fn order(&self) -> PermRef<'_, usize> {
        let (rows, places) = elements(&self.order).split_at(self.factors.nrows());
        PermRef::new_checked(rows, places, rows.len())
    }
}
