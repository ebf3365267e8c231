//! The singular value decomposition.

#![forbid(unsafe_code)]

use faer::Par;
use faer::linalg::svd::{self, ComputeSvdVectors};
use ndarray::{ArrayRef2, ArrayViewMut1, ArrayViewMut2};

use super::matrices::{faer_mut, faer_view, is_finite, matrix, with_scratch};
use super::{LinalgElement, LinalgError};
use crate::array::AllocArray;
use crate::scope::Scope;

impl<'s> Scope<'s> {
    /// The singular value decomposition `a = u diag(values) vt` of a matrix with any numbers of rows and columns: as many singular
    /// values as it has rows or columns, whichever are fewer, the largest first; as many columns of `u`, and as many rows of
    /// `vt`, all of them orthonormal. `u` is column-major, and `vt`, which of complex matrices is conjugated, row-major.
    ///
    /// # Errors
    ///
    /// If elements of `a` are not finite; if the iteration does not converge, or there is no memory.
    ///
    /// ```
    /// use ndarena::linalg::LinalgError;
    /// use ndarray::array;
    ///
    /// let a = array![[0.0, 2.0], [3.0, 0.0], [0.0, 0.0]];
    /// ndarena::scope(|s| {
    ///     let (u, values, vt) = s.svd(&a)?;
    ///     assert_eq!((u.dim(), vt.dim()), ((3, 2), (2, 2)));
    ///     assert!(s.sub(&values, &array![3.0, 2.0]).iter().all(|x: &f64| x.abs() < 1e-14));
    ///     assert!(s.sub(&s.dot(&s.mul(&u, &values), &vt), &a).iter().all(|x: &f64| x.abs() < 1e-14));
    ///     Ok::<_, LinalgError>(())
    /// });
    /// ```
    #[expect(clippy::type_complexity, reason = "three arrays")]
    pub fn svd<T: LinalgElement>(
        self,
        a: &ArrayRef2<T>,
    ) -> Result<(ArrayViewMut2<'s, T>, ArrayViewMut1<'s, T::Real>, ArrayViewMut2<'s, T>), LinalgError> {
        let (m, n) = a.dim();
        let size = m.min(n);
        let (mut u, mut v) = (matrix::<T>(self, m, size)?, matrix::<T>(self, n, size)?);
        let mut values = self.try_alloc_array::<T::Real>(size)?;
        if size > 0 {
            if !is_finite(a) {
                return Err(LinalgError::NotFinite);
            }
            self.scope(|inner| {
                let mut found = inner.try_alloc_array::<T>(size)?;
                let thin = ComputeSvdVectors::Thin;
                let scratch = svd::svd_scratch::<T::Faer>(m, n, thin, thin, Par::Seq, Default::default());
                let done = with_scratch(inner, scratch, |stack| {
                    let found = faer_mut(&mut found).col_mut(0).as_diagonal_mut();
                    let (u, v) = (Some(faer_mut(&mut u)), Some(faer_mut(&mut v)));
                    svd::svd(faer_view(a.view()), found, u, v, Par::Seq, stack, Default::default())
                })?;
                done.map_err(|svd::SvdError::NoConvergence| LinalgError::NoConvergence)?;
                values.iter_mut().zip(&found).for_each(|(to, from)| *to = from.real_part());
                Ok::<_, LinalgError>(())
            })?;
        }
        v.map_inplace(|x| *x = x.conjugate());
        Ok((u, values, v.reversed_axes()))
    }
}
