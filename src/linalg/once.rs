//! What is asked of a matrix once, by its LU factorisation: a solution, the inverse, the determinant.

#![forbid(unsafe_code)]

use ndarray::{ArrayRef, ArrayRef2, ArrayViewMut, ArrayViewMut2, Dimension};

use super::lu::no_factors;
use super::matrices::{columns_of, elements_mut, finite, matrix, not_square, order_of, right_hand_side};
use super::{LinalgElement, LinalgError, small};
use crate::scope::Scope;

impl<'s> Scope<'s> {
    /// The solution `x` of `a x = b`, by [`lu`](Scope::lu). `b` is a vector, or a matrix with a right-hand side in each column; then
    /// `x` is column-major.
    ///
    /// # Errors
    ///
    /// If `a` is not square, or is singular; if `b` has not as many rows; if elements of the operands or of the result are not
    /// finite; if there is no memory.
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// let a = array![[1.0, 2.0], [4.0, 4.0]];
    /// ndarena::scope(|s| {
    ///     assert_eq!(s.solve(&a, &array![5.0, 12.0])?, array![1.0, 2.0]);
    ///     Ok::<_, ndarena::linalg::LinalgError>(())
    /// });
    /// ```
    pub fn solve<T: LinalgElement, D: Dimension>(
        self,
        a: &ArrayRef2<T>,
        b: &ArrayRef<T, D>,
    ) -> Result<ArrayViewMut<'s, T, D>, LinalgError> {
        let n = order_of(a)?;
        let mut x = right_hand_side(self, b, n)?;
        if n <= small::TINY {
            let solved = small::with_lu(a, |factors, rows| {
                columns_of(&mut x, n).for_each(|x| small::solve_lu(factors, n, rows, x));
            });
            solved.map_err(|pivot| no_factors(a, pivot))?;
        } else {
            self.scope(|inner| inner.lu(a)?.solve_in_place(inner, &mut x))?;
        }
        finite(x)
    }

    /// The inverse of `a`, column-major, by [`lu`](Scope::lu), or, of two rows, by its determinant where that is as accurate. To solve
    /// systems of equations, [`solve`](Scope::solve()) is faster and more accurate.
    ///
    /// # Errors
    ///
    /// If `a` is not square, or is singular; if elements of `a` or of the result are not finite; if there is no memory.
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// ndarena::scope(|s| {
    ///     let inverse = s.inv(&array![[1.0, 2.0], [4.0, 4.0]]).unwrap();
    ///     assert_eq!(inverse, array![[-1.0, 0.5], [1.0, -0.25]]);
    /// });
    /// ```
    pub fn inv<T: LinalgElement>(self, a: &ArrayRef2<T>) -> Result<ArrayViewMut2<'s, T>, LinalgError> {
        let n = order_of(a)?;
        let mut inverse = matrix(self, n, n)?;
        if n <= small::TINY {
            let to = elements_mut(&mut inverse);
            let of_two =
                if n == 2 { small::inverse_of_two([a[[0, 0]], a[[0, 1]], a[[1, 0]], a[[1, 1]]]) } else { None };
            if let Some(found) = of_two {
                to.copy_from_slice(&found);
                return finite(inverse);
            }
            let inverted = small::with_lu(a, |factors, rows| small::invert_lu(factors, n, rows, to));
            inverted.map_err(|pivot| no_factors(a, pivot))?;
        } else {
            self.scope(|inner| inner.lu(a)?.inverse_to(inner, &mut inverse))?;
        }
        finite(inverse)
    }

    /// The determinant of `a`, by [`lu`](Scope::lu): zero, if that finds it singular; NaN, if an element is NaN or infinite.
    ///
    /// # Panics
    ///
    /// If `a` is not square; and as [`AllocArray`](crate::AllocArray) says.
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// ndarena::scope(|s| {
    ///     assert_eq!(s.det(&array![[1.0, 2.0], [4.0, 4.0]]), -4.0);
    ///     assert_eq!(s.det(&array![[1.0, 2.0], [2.0, 4.0]]), 0.0);
    /// });
    /// ```
    #[track_caller]
    pub fn det<T: LinalgElement>(self, a: &ArrayRef2<T>) -> T {
        if !a.is_square() {
            not_square("det", a.dim());
        }
        match self.scope(|inner| Ok(inner.lu(a)?.det())) {
            Ok(det) => det,
            Err(LinalgError::Singular { .. }) => num_traits::zero(),
            Err(LinalgError::Alloc(error)) => error.panic(),
            Err(_) => num_traits::zero::<T>() / num_traits::zero::<T>(),
        }
    }
}
