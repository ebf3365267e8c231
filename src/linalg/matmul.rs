//! Products of matrices and vectors, by faer's kernels.

#![forbid(unsafe_code)]

use faer::linalg::matmul::matmul;
use faer::traits::ComplexField;
use faer::{Accum, MatMut, MatRef, Par};
use ndarray::{ArrayRef, ArrayRef1, ArrayRef2, ArrayView2, ArrayViewMut1, ArrayViewMut2, Axis, ShapeBuilder};

use super::LinalgElement;
use super::matrices::{NO_GAPS, copy, faer_mut, faer_ref, faer_view, suits};
use crate::array::{AllocArray, DotDim, Kernel, plain_product};
use crate::error::AllocError;
use crate::scope::Scope;

impl<'s> Scope<'s> {
    /// The product of `a` and `b`, as [`dot`](Scope::dot) has it, by faer's kernel, but for matrices of up to 4 rows and columns, for which
    /// it is a plain loop: of two vectors their inner product (without
    /// conjugation), a number; of matrices and vectors the matrix product. A product of matrices is column-major if both operands are,
    /// and row-major otherwise.
    ///
    /// Sums are rounded in another order than by ndarray, so their last bits differ from `dot`'s. It allocates nothing, where ndarray's
    /// kernel allocates memory to pack matrices with more than 12 rows or columns into. An operand whose rows and columns both have gaps
    /// between their elements is copied, for the time being, to the scope's memory.
    ///
    /// # Panics
    ///
    /// If the shapes do not fit each other, and as [`AllocArray`](crate::AllocArray) says.
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// let (a, x) = (array![[1.0, 2.0], [0.0, 1.0]], array![3.0, 4.0]);
    /// ndarena::scope(|s| {
    ///     assert_eq!(s.matmul(&a, &a), array![[1.0, 4.0], [0.0, 1.0]]);
    ///     assert_eq!(s.matmul(&a, &x), array![11.0, 4.0]);
    ///     assert_eq!(s.matmul(&x, &a), array![3.0, 10.0]);
    ///     assert_eq!(s.matmul(&x, &x), 25.0);
    /// });
    /// ```
    #[track_caller]
    pub fn matmul<T, D, E>(self, a: &ArrayRef<T, D>, b: &ArrayRef<T, E>) -> D::Output
    where
        T: LinalgElement,
        D: DotDim<'s, T, E>,
    {
        D::product::<ByFaer>(self, a, b)
    }
}

/// `c ← a b`.
#[track_caller]
fn product<T: LinalgElement>(s: Scope<'_>, a: ArrayView2<'_, T>, b: ArrayView2<'_, T>, c: MatMut<'_, T::Faer>) {
    let done = if suits(&a) && suits(&b) {
        multiply(faer_view(a), faer_view(b), c);
        Ok(())
    } else {
        with_copies(s, a, b, c)
    };
    if let Err(error) = done {
        error.panic();
    }
}

#[cold]
#[inline(never)]
fn with_copies<T: LinalgElement>(
    s: Scope<'_>,
    a: ArrayView2<'_, T>,
    b: ArrayView2<'_, T>,
    c: MatMut<'_, T::Faer>,
) -> Result<(), AllocError> {
    s.scope(|inner| {
        let (a_copy, b_copy);
        let a = if suits(&a) {
            faer_view(a)
        } else {
            a_copy = copy(inner, &a)?;
            faer_ref(&a_copy)
        };
        let b = if suits(&b) {
            faer_view(b)
        } else {
            b_copy = copy(inner, &b)?;
            faer_ref(&b_copy)
        };
        multiply(a, b, c);
        Ok(())
    })
}

fn multiply<F: ComplexField>(a: MatRef<'_, F>, b: MatRef<'_, F>, c: MatMut<'_, F>) {
    matmul(c, Accum::Replace, a, b, faer::traits::math_utils::one(), Par::Seq);
}

/// faer's kernels, for shapes that fit each other.
struct ByFaer;

impl<T: LinalgElement> Kernel<T> for ByFaer {
    const NAME: &'static str = "matmul";

    #[track_caller]
    fn vectors(s: Scope<'_>, a: &ArrayRef1<T>, b: &ArrayRef1<T>) -> T {
        let mut c = [num_traits::zero()];
        let (a, b) = (a.view().insert_axis(Axis(0)), b.view().insert_axis(Axis(1)));
        product(s, a, b, T::for_faer_mut(MatMut::from_column_major_slice_mut(&mut c, 1, 1)));
        c[0]
    }

    #[track_caller]
    fn matrix_and_vector<'s>(s: Scope<'s>, a: &ArrayRef2<T>, b: &ArrayRef1<T>) -> ArrayViewMut1<'s, T> {
        let mut c = s.alloc_array::<T>(a.nrows());
        product(s, a.view(), b.view().insert_axis(Axis(1)), faer_mut(&mut c));
        c
    }

    #[track_caller]
    fn matrices<'s>(s: Scope<'s>, a: &ArrayRef2<T>, b: &ArrayRef2<T>) -> ArrayViewMut2<'s, T> {
        let (m, n) = (a.nrows(), b.ncols());
        let column_major = a.strides()[0] == 1 && b.strides()[0] == 1;
        let mut c = s.alloc_array::<T>((m, n).set_f(column_major));
        if m.max(n).max(a.ncols()) <= 4 {
            // Sooner done than faer's kernel is chosen.
            plain_product(a, b, &mut c);
            return c;
        }
        let to = c.as_slice_memory_order_mut().expect(NO_GAPS);
        let to = if column_major {
            MatMut::from_column_major_slice_mut(to, m, n)
        } else {
            MatMut::from_row_major_slice_mut(to, m, n)
        };
        product(s, a.view(), b.view(), T::for_faer_mut(to));
        c
    }
}
