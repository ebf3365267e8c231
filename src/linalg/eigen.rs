//! Eigenvalues and eigenvectors of symmetric and Hermitian matrices.

#![forbid(unsafe_code)]

use faer::Par;
use faer::linalg::evd::{self, ComputeEigenvectors};
use ndarray::{ArrayRef2, ArrayViewMut1, ArrayViewMut2};
use num_traits::Float;

use super::matrices::{
    clear_upper, copy_lower, elements_mut, faer_mut, faer_ref, finite, is_finite_below, make_moderate, matrix,
    order_of, with_scratch,
};
use super::{LinalgElement, LinalgError, symmetric};
use crate::array::AllocArray;
use crate::scope::Scope;

impl<'s> Scope<'s> {
    /// The eigenvalues of a symmetric matrix (Hermitian, if it is complex), the smallest first, and its eigenvectors, which are the
    /// columns of a column-major matrix, orthonormal: `a vectors = vectors diag(values)`. Only the lower triangle of `a`, with the
    /// diagonal, is looked at, and only the real part of the diagonal.
    ///
    /// # Errors
    ///
    /// If `a` is not square; if it has elements that are not finite, or an eigenvalue would be, because it is too large; if the
    /// iteration does not converge, or there is no memory.
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
        if !is_finite_below(a) {
            return Err(LinalgError::NotFinite);
        }
        if n == 1 {
            (values[0], vectors[[0, 0]]) = (a[[0, 0]].real_part(), T::one());
            return Ok((values, vectors));
        }
        self.scope(|inner| {
            // Of imaginary parts on the diagonal faer looks at some.
            let mut copy = copy_lower(inner, a)?;
            clear_upper(&mut copy);
            let power = make_moderate(&mut copy);
            if n <= symmetric::LIMIT {
                let parts = (elements_mut(&mut copy), elements_mut(&mut values), elements_mut(&mut vectors));
                if !symmetric::eigen(parts.0, n, parts.1, parts.2) {
                    return Err(LinalgError::NoConvergence);
                }
                values.iter_mut().for_each(|x| *x *= power.recip());
                return Ok(());
            }
            let mut found = inner.try_alloc_array::<T>(n)?;
            let scratch =
                evd::self_adjoint_evd_scratch::<T::Faer>(n, ComputeEigenvectors::Yes, Par::Seq, Default::default());
            let done = with_scratch(inner, scratch, |stack| {
                let found = faer_mut(&mut found).col_mut(0).as_diagonal_mut();
                let vectors = Some(faer_mut(&mut vectors));
                evd::self_adjoint_evd(faer_ref(&copy), found, vectors, Par::Seq, stack, Default::default())
            })?;
            done.map_err(|evd::EvdError::NoConvergence| LinalgError::NoConvergence)?;
            values.iter_mut().zip(&found).for_each(|(to, from)| *to = from.real_part() * power.recip());
            Ok::<_, LinalgError>(())
        })?;
        Ok((finite(values)?, vectors))
    }
}
