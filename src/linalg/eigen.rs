//! Eigenvalues and eigenvectors of symmetric and Hermitian matrices.

#![forbid(unsafe_code)]

use faer::Par;
use faer::linalg::evd::{self, ComputeEigenvectors};
use faer::traits::ComplexField;
use ndarray::{ArrayRef2, ArrayViewMut1, ArrayViewMut2};

use super::matrices::{copy_lower, faer_mut, faer_ref, faer_view, is_finite_below, matrix, order_of, with_scratch};
use super::{LinalgElement, LinalgError};
use crate::array::AllocArray;
use crate::scope::Scope;

impl<'s> Scope<'s> {
    /// The eigenvalues of a symmetric matrix (Hermitian, if it is complex), the smallest first, and its eigenvectors, which are the
    /// columns of a column-major matrix, orthonormal: `a vectors = vectors diag(values)`. Only the lower triangle of `a`, with the
    /// diagonal, is looked at, and only the real part of the diagonal.
    ///
    /// # Errors
    ///
    /// If `a` is not square; if it has elements that are not finite; if the iteration does not converge, or there is no memory.
    ///
    /// ```
    /// use ndarena::linalg::LinalgError;
    /// use ndarray::array;
    ///
    /// let a = array![[2.0, 1.0], [1.0, 2.0]];
    /// ndarena::scope(|s| {
    ///     let (values, vectors) = s.eigh(&a)?;
    ///     assert!(s.sub(&values, &array![1.0, 3.0]).iter().all(|x: &f64| x.abs() < 1e-14));
    ///     assert!(s.sub(&s.dot(&a, &vectors), &s.mul(&vectors, &values)).iter().all(|x: &f64| x.abs() < 1e-14));
    ///     Ok::<_, LinalgError>(())
    /// });
    /// ```
    pub fn eigh<T: LinalgElement>(
        self,
        a: &ArrayRef2<T>,
    ) -> Result<(ArrayViewMut1<'s, T::Real>, ArrayViewMut2<'s, T>), LinalgError> {
        let n = order_of(a)?;
        let mut values = self.try_alloc_array::<T::Real>(n)?;
        let mut vectors = matrix(self, n, n)?;
        if n == 0 {
            return Ok((values, vectors));
        }
        self.scope(|inner| {
            if !is_finite_below(a) {
                return Err(LinalgError::NotFinite);
            }
            // Of imaginary parts on the diagonal faer looks at some; it copies the matrix by itself.
            let real;
            let a = if const { <T::Faer as ComplexField>::IS_REAL } {
                faer_view(a.view())
            } else {
                real = copy_lower(inner, a)?;
                faer_ref(&real)
            };
            let mut found = inner.try_alloc_array::<T>(n)?;
            let scratch =
                evd::self_adjoint_evd_scratch::<T::Faer>(n, ComputeEigenvectors::Yes, Par::Seq, Default::default());
            let done = with_scratch(inner, scratch, |stack| {
                let found = faer_mut(&mut found).col_mut(0).as_diagonal_mut();
                let vectors = Some(faer_mut(&mut vectors));
                evd::self_adjoint_evd(a, found, vectors, Par::Seq, stack, Default::default())
            })?;
            done.map_err(|evd::EvdError::NoConvergence| LinalgError::NoConvergence)?;
            values.iter_mut().zip(&found).for_each(|(to, from)| *to = from.real_part());
            Ok(())
        })?;
        Ok((values, vectors))
    }
}
