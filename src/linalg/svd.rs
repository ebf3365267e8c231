//! The singular value decomposition.

#![forbid(unsafe_code)]

use faer::Par;
use faer::linalg::svd::{self, ComputeSvdVectors};
use ndarray::{ArrayRef2, ArrayViewMut1, ArrayViewMut2};
use num_traits::Float;

use super::matrices::{copy, elements_mut, faer_mut, faer_ref, finite, make_moderate, matrix, with_scratch};
use super::{LinalgElement, LinalgError, bidiagonal};
use crate::array::AllocArray;
use crate::scope::Scope;

impl<'s> Scope<'s> {
    /// The singular value decomposition `a = u diag(values) vt` of a matrix with any numbers of rows and columns: as many singular
    /// values as it has rows or columns, whichever are fewer, the largest first; as many columns of `u`, and as many rows of
    /// `vt`, all of them orthonormal. `u` is column-major, and `vt`, which of complex matrices is conjugated, row-major.
    ///
    /// # Errors
    ///
    /// If elements of `a` are not finite, or a singular value would be, because it is too large; if the iteration does not converge,
    /// or there is no memory.
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
        let Svd { u, mut values, mut v, power } = Svd::of(self, a)?;
        values.map_inplace(|x| *x *= power.recip());
        v.map_inplace(|x| *x = x.conjugate());
        Ok((u, finite(values)?, v.reversed_axes()))
    }
}

/// The decomposition `a power = u diag(values) vᴴ`, where `power` is a power of two, by which singular values are neither too large nor
/// too small.
pub(super) struct Svd<'s, T: LinalgElement> {
    pub(super) u: ArrayViewMut2<'s, T>,
    pub(super) values: ArrayViewMut1<'s, T::Real>,
    pub(super) v: ArrayViewMut2<'s, T>,
    pub(super) power: T::Real,
}

impl<'s, T: LinalgElement> Svd<'s, T> {
    pub(super) fn of(s: Scope<'s>, a: &ArrayRef2<T>) -> Result<Self, LinalgError> {
        let (m, n) = a.dim();
        let size = m.min(n);
        let (mut u, mut v) = (matrix::<T>(s, m, size)?, matrix::<T>(s, n, size)?);
        let mut values = s.try_alloc_array::<T::Real>(size)?;
        let mut power = num_traits::one();
        if size > 0 {
            s.scope(|inner| {
                if bidiagonal::is_small(m, n) {
                    let parts = (elements_mut(&mut u), elements_mut(&mut values), elements_mut(&mut v));
                    power = small(inner, a, parts.0, parts.1, parts.2)?;
                    return Ok(());
                }
                let copy = &mut finite(copy(inner, a)?)?;
                power = make_moderate(copy);
                let mut found = inner.try_alloc_array::<T>(size)?;
                let thin = ComputeSvdVectors::Thin;
                let scratch = svd::svd_scratch::<T::Faer>(m, n, thin, thin, Par::Seq, Default::default());
                let done = with_scratch(inner, scratch, |stack| {
                    let found = faer_mut(&mut found).col_mut(0).as_diagonal_mut();
                    let (u, v) = (Some(faer_mut(&mut u)), Some(faer_mut(&mut v)));
                    svd::svd(faer_ref(copy), found, u, v, Par::Seq, stack, Default::default())
                })?;
                done.map_err(|svd::SvdError::NoConvergence| LinalgError::NoConvergence)?;
                values.iter_mut().zip(&found).for_each(|(to, from)| *to = from.real_part());
                Ok::<_, LinalgError>(())
            })?;
        }
        Ok(Svd { u, values, v, power })
    }
}

/// Writes the decomposition of a matrix by the crate's own loops, the matrix or its adjoint, whichever has no fewer rows than columns: the
/// power.
#[inline(never)]
fn small<T: LinalgElement>(
    s: Scope<'_>,
    a: &ArrayRef2<T>,
    u: &mut [T],
    values: &mut [T::Real],
    v: &mut [T],
) -> Result<T::Real, LinalgError> {
    let (m, n) = a.dim();
    let is_wide = m < n;
    let mut copy = finite(if is_wide { copy(s, &a.t())? } else { copy(s, a)? })?;
    let power = make_moderate(&mut copy);
    let copy = elements_mut(&mut copy);
    let done = if is_wide {
        copy.iter_mut().for_each(|x| *x = x.conjugate());
        bidiagonal::decompose(copy, (n, m), v, values, u)
    } else {
        bidiagonal::decompose(copy, (m, n), u, values, v)
    };
    if done { Ok(power) } else { Err(LinalgError::NoConvergence) }
}
