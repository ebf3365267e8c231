//! The Cholesky factorisation.

#![forbid(unsafe_code)]

use faer::Par;
use faer::linalg::cholesky::llt;
use ndarray::{ArrayRef, ArrayRef2, ArrayView2, ArrayViewMut, ArrayViewMut2, Dimension};

use num_traits::{Float, Zero};

use super::matrices::{
    clear_upper, columns_of, copy_lower, elements, elements_mut, faer_mut, faer_ref, finite, is_finite_below, matrix,
    order_of, right_hand_side, with_scratch,
};
use super::product::product;
use super::{LinalgElement, LinalgError, small};
use crate::error::AllocError;
use crate::scope::Scope;

/// The factorisation `a = l lᴴ` of a positive definite matrix: symmetric, or Hermitian if it is complex. `l` is lower triangular,
/// with a positive diagonal, and lies in the scope's memory.
///
/// [`Scope::cholesky`] makes it. It takes half the operations of elimination with pivots, and whether there is one is the usual test
/// for a matrix to be positive definite.
#[derive(Debug)]
pub struct Cholesky<'s, T> {
    s: Scope<'s>,
    /// Zeros above the diagonal.
    l: ArrayViewMut2<'s, T>,
}

impl<'s> Scope<'s> {
    /// The factorisation `a = l lᴴ` of a positive definite matrix. Only the lower triangle of `a`, with the diagonal, is looked
    /// at, and only the real part of the diagonal.
    ///
    /// # Errors
    ///
    /// If `a` is not square, not positive definite, or has elements that are not finite; if there is no memory.
    ///
    /// ```
    /// use ndarena::linalg::LinalgError;
    /// use ndarray::array;
    ///
    /// let a = array![[4.0, 2.0], [2.0, 5.0]];
    /// ndarena::scope(|s| {
    ///     let cholesky = s.cholesky(&a)?;
    ///     assert_eq!(cholesky.l(), array![[2.0, 0.0], [1.0, 2.0]]);
    ///     assert_eq!(cholesky.solve(&array![8.0, 12.0])?, array![1.0, 2.0]);
    ///     assert_eq!(cholesky.det(), 16.0);
    ///     Ok::<_, LinalgError>(())
    /// });
    /// ```
    pub fn cholesky<T: LinalgElement>(self, a: &ArrayRef2<T>) -> Result<Cholesky<'s, T>, LinalgError> {
        let n = order_of(a)?;
        let mut l = copy_lower(self, a)?;
        let factored = if small::is_small_for_cholesky(n) {
            small::cholesky(elements_mut(&mut l), n)
        } else {
            self.cholesky_by_faer(&mut l)?
        };
        if let Err(pivot) = factored {
            // What is NaN or infinite makes the pivot in its row so: it is looked for only where there is no factorisation.
            return Err(if is_finite_below(a) {
                LinalgError::NotPositiveDefinite { pivot }
            } else {
                LinalgError::NotFinite
            });
        }
        clear_upper(&mut l);
        Ok(Cholesky { s: self, l })
    }

    /// Replaces a lower triangle by the factor, or tells which pivot is not positive.
    #[inline(never)]
    fn cholesky_by_faer<T: LinalgElement>(self, l: &mut ArrayViewMut2<'_, T>) -> Result<Result<(), usize>, AllocError> {
        let scratch = llt::factor::cholesky_in_place_scratch::<T::Faer>(l.nrows(), Par::Seq, Default::default());
        let factored = with_scratch(self, scratch, |stack| {
            llt::factor::cholesky_in_place(faer_mut(l), Default::default(), Par::Seq, stack, Default::default())
        })?;
        Ok(factored.map(drop).map_err(|llt::factor::LltError::NonPositivePivot { index }| index))
    }
}

impl<'s, T: LinalgElement> Cholesky<'s, T> {
    /// The factor `l`, column-major, with zeros above its diagonal.
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// ndarena::scope(|s| assert_eq!(s.cholesky(&array![[9.0]]).unwrap().l(), array![[3.0]]));
    /// ```
    pub fn l(&self) -> ArrayView2<'_, T> {
        self.l.view()
    }

    /// The factor `l` itself, as an array of the scope.
    ///
    /// ```
    /// use ndarena::{linalg::LinalgError, prelude::*};
    /// use ndarray::{ArrayView2, ArrayViewMut2, array};
    ///
    /// fn square_root<'s>(s: Scope<'s>, a: ArrayView2<f64>) -> Result<ArrayViewMut2<'s, f64>, LinalgError> {
    ///     Ok(s.cholesky(&a)?.factor())
    /// }
    /// ndarena::scope(|s| assert_eq!(square_root(s, array![[9.0]].view()).unwrap(), array![[3.0]]));
    /// ```
    pub fn factor(self) -> ArrayViewMut2<'s, T> {
        self.l
    }

    /// The solution `x` of `a x = b`, in the memory of the scope that the factorisation was made in. `b` is a vector, or a matrix
    /// with a right-hand side in each column; then `x` is column-major.
    ///
    /// # Errors
    ///
    /// If `b` has not as many rows as `a`; if elements of `b` or of the result are not finite; if there is no memory.
    ///
    /// ```
    /// use ndarena::linalg::LinalgError;
    /// use ndarray::array;
    ///
    /// ndarena::scope(|s| {
    ///     let cholesky = s.cholesky(&array![[4.0, 0.0], [0.0, 1.0]])?;
    ///     assert_eq!(cholesky.solve(&array![8.0, 3.0])?, array![2.0, 3.0]);
    ///     assert_eq!(cholesky.solve(&array![[8.0, 4.0], [3.0, 1.0]])?, array![[2.0, 1.0], [3.0, 1.0]]);
    ///     Ok::<_, LinalgError>(())
    /// });
    /// ```
    pub fn solve<D: Dimension>(&self, b: &ArrayRef<T, D>) -> Result<ArrayViewMut<'s, T, D>, LinalgError> {
        self.solve_in(self.s, b)
    }

    /// [`solve`](Cholesky::solve) with the result in the memory of that scope: of one inside the factorisation's, say, which ends
    /// with each turn of a loop.
    ///
    /// # Errors
    ///
    /// As [`solve`](Cholesky::solve).
    ///
    /// ```
    /// use ndarena::linalg::LinalgError;
    /// use ndarray::array;
    ///
    /// ndarena::scope(|s| {
    ///     let cholesky = s.cholesky(&array![[4.0, 0.0], [0.0, 1.0]])?;
    ///     let mut total = 0.0;
    ///     for turn in 0..10 {
    ///         total += s.scope(|inner| Ok::<_, LinalgError>(cholesky.solve_in(inner, &array![8.0, turn as f64])?.sum()))?;
    ///     }
    ///     assert_eq!(total, 65.0);
    ///     Ok::<_, LinalgError>(())
    /// });
    /// ```
    pub fn solve_in<'r, D: Dimension>(
        &self,
        s: Scope<'r>,
        b: &ArrayRef<T, D>,
    ) -> Result<ArrayViewMut<'r, T, D>, LinalgError> {
        let n = self.l.nrows();
        let mut x = right_hand_side(s, b, n)?;
        if small::is_small_for_cholesky(n) {
            let l = elements(&self.l);
            columns_of(&mut x, n).for_each(|x| small::solve_cholesky(l, n, x));
        } else {
            let scratch = llt::solve::solve_in_place_scratch::<T::Faer>(n, 1, Par::Seq);
            with_scratch(s, scratch, |stack| {
                llt::solve::solve_in_place(faer_ref(&self.l), faer_mut(&mut x), Par::Seq, stack);
            })?;
        }
        finite(x)
    }

    /// The determinant of `a`; infinite, or zero, if it is too large or too small for its type
    /// ([`ln_det`](Cholesky::ln_det) is not).
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// ndarena::scope(|s| assert_eq!(s.cholesky(&array![[4.0, 2.0], [2.0, 5.0]]).unwrap().det(), 16.0));
    /// ```
    pub fn det(&self) -> T::Real {
        let root = product(self.l.diag().iter().map(|x| x.real_part()));
        root * root
    }

    /// The natural logarithm of the determinant of `a`.
    ///
    /// ```
    /// use ndarray::Array2;
    ///
    /// let a = Array2::<f64>::eye(1000) * 16.0;
    /// ndarena::scope(|s| {
    ///     let cholesky = s.cholesky(&a).unwrap();
    ///     assert_eq!(cholesky.det(), f64::INFINITY);
    ///     assert!((cholesky.ln_det() - 1000.0 * 16f64.ln()).abs() < 1e-9);
    /// });
    /// ```
    pub fn ln_det(&self) -> T::Real {
        let half = self.l.diag().iter().fold(T::Real::zero(), |sum, x| sum + x.real_part().ln());
        half + half
    }

    /// The inverse of `a`, column-major, in the memory of the scope that the factorisation was made in. To solve systems of
    /// equations, [`solve`](Cholesky::solve) is faster and more accurate.
    ///
    /// # Errors
    ///
    /// If elements of the result are not finite; if there is no memory.
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// ndarena::scope(|s| {
    ///     let inverse = s.cholesky(&array![[4.0, 2.0], [2.0, 5.0]]).unwrap().inv().unwrap();
    ///     assert_eq!(inverse, array![[0.3125, -0.125], [-0.125, 0.25]]);
    /// });
    /// ```
    pub fn inv(&self) -> Result<ArrayViewMut2<'s, T>, LinalgError> {
        let n = self.l.nrows();
        let mut inverse = matrix::<T>(self.s, n, n)?;
        with_scratch(self.s, llt::inverse::inverse_scratch::<T::Faer>(n, Par::Seq), |stack| {
            llt::inverse::inverse(faer_mut(&mut inverse), faer_ref(&self.l), Par::Seq, stack);
        })?;
        // faer writes the lower triangle.
        for j in 0..n {
            for i in 0..j {
                inverse[[i, j]] = inverse[[j, i]].conjugate();
            }
            inverse[[j, j]] = inverse[[j, j]].without_imaginary_part();
        }
        finite(inverse)
    }
}
