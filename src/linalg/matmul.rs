//! Products of matrices and vectors, by faer's kernels.

#![forbid(unsafe_code)]

use faer::linalg::matmul::matmul;
use faer::traits::ComplexField;
use faer::{Accum, MatMut, MatRef, Par};
use ndarray::{
    ArrayRef, ArrayRef1, ArrayRef2, ArrayView2, ArrayViewMut, ArrayViewMut1, ArrayViewMut2, Axis, Ix1, Ix2, IxDyn,
    ShapeBuilder,
};

use super::LinalgElement;
use super::matrices::{NO_GAPS, copy, faer_ref, faer_view};
use crate::array::AllocArray;
use crate::error::AllocError;
use crate::scope::Scope;

/// The numbers of axes that [`Scope::matmul`] has a product for: 1 and 1, 2 and 1, 1 and 2, 2 and 2, and any of these known when
/// the program runs (`IxDyn`). There is nothing to implement.
#[diagnostic::on_unimplemented(
    message = "no product of arrays of the dimensions `{Self}` and `{E}`",
    note = "`matmul` has products of vectors and matrices, with one axis or two, or of two arrays of the dimension `IxDyn`"
)]
pub trait MatmulDim<'s, T, E>: Sized {
    /// A number for two vectors, else an array of the scope.
    type Output;

    #[doc(hidden)]
    fn matmul(s: Scope<'s>, a: &ArrayRef<T, Self>, b: &ArrayRef<T, E>) -> Self::Output;
}

impl<'s> Scope<'s> {
    /// The product of `a` and `b`, as [`dot`](Scope::dot) has it, by faer's kernel: of two vectors their inner product (without
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
        D: MatmulDim<'s, T, E>,
    {
        D::matmul(self, a, b)
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn not_compatible((m, k): (usize, usize), (k2, n): (usize, usize)) -> ! {
    panic!(
        "ndarena: matmul: inputs {m} × {k} and {k2} × {n} are not compatible for matrix multiplication; give the second as many \
         rows as the first has columns"
    )
}

#[cold]
#[inline(never)]
#[track_caller]
fn no_product(a: &[usize], b: &[usize]) -> ! {
    let (axes, other) = (a.len(), b.len());
    panic!(
        "ndarena: matmul: shapes {a:?} and {b:?}; there is a product of arrays of 1 and 2 axes, not for {axes} and {other}"
    )
}

/// `c ← a b`.
#[track_caller]
fn product<T: LinalgElement>(s: Scope<'_>, a: ArrayView2<'_, T>, b: ArrayView2<'_, T>, c: MatMut<'_, T::Faer>) {
    if a.ncols() != b.nrows() {
        not_compatible(a.dim(), b.dim());
    }
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

/// Whether the elements of rows or those of columns lie side by side, and rows, or columns, one behind the other.
#[inline]
fn suits<T>(a: &ArrayView2<'_, T>) -> bool {
    let ((rows, columns), strides) = (a.dim(), a.strides());
    (strides[0] == 1 && strides[1] >= rows as isize) || (strides[1] == 1 && strides[0] >= columns as isize)
}

impl<'s, T: LinalgElement> MatmulDim<'s, T, Ix1> for Ix1 {
    type Output = T;

    #[track_caller]
    fn matmul(s: Scope<'s>, a: &ArrayRef1<T>, b: &ArrayRef1<T>) -> T {
        let mut c = [num_traits::zero()];
        let (a, b) = (a.view().insert_axis(Axis(0)), b.view().insert_axis(Axis(1)));
        product(s, a, b, T::for_faer_mut(MatMut::from_column_major_slice_mut(&mut c, 1, 1)));
        c[0]
    }
}

impl<'s, T: LinalgElement> MatmulDim<'s, T, Ix1> for Ix2 {
    type Output = ArrayViewMut1<'s, T>;

    #[track_caller]
    fn matmul(s: Scope<'s>, a: &ArrayRef2<T>, b: &ArrayRef1<T>) -> ArrayViewMut1<'s, T> {
        let mut c = s.alloc_array::<T>(a.nrows());
        let to = MatMut::from_column_major_slice_mut(c.as_slice_mut().expect(NO_GAPS), a.nrows(), 1);
        product(s, a.view(), b.view().insert_axis(Axis(1)), T::for_faer_mut(to));
        c
    }
}

impl<'s, T: LinalgElement> MatmulDim<'s, T, Ix2> for Ix1 {
    type Output = ArrayViewMut1<'s, T>;

    #[track_caller]
    fn matmul(s: Scope<'s>, a: &ArrayRef1<T>, b: &ArrayRef2<T>) -> ArrayViewMut1<'s, T> {
        let mut c = s.alloc_array::<T>(b.ncols());
        let to = MatMut::from_row_major_slice_mut(c.as_slice_mut().expect(NO_GAPS), 1, b.ncols());
        product(s, a.view().insert_axis(Axis(0)), b.view(), T::for_faer_mut(to));
        c
    }
}

impl<'s, T: LinalgElement> MatmulDim<'s, T, Ix2> for Ix2 {
    type Output = ArrayViewMut2<'s, T>;

    #[track_caller]
    fn matmul(s: Scope<'s>, a: &ArrayRef2<T>, b: &ArrayRef2<T>) -> ArrayViewMut2<'s, T> {
        let (m, n) = (a.nrows(), b.ncols());
        let column_major = a.strides()[0] == 1 && b.strides()[0] == 1;
        let mut c = s.alloc_array::<T>((m, n).set_f(column_major));
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

impl<'s, T: LinalgElement> MatmulDim<'s, T, IxDyn> for IxDyn {
    type Output = ArrayViewMut<'s, T, IxDyn>;

    #[track_caller]
    fn matmul(s: Scope<'s>, a: &ArrayRef<T, IxDyn>, b: &ArrayRef<T, IxDyn>) -> ArrayViewMut<'s, T, IxDyn> {
        let (vectors, matrices) = (
            (a.view().into_dimensionality::<Ix1>(), b.view().into_dimensionality::<Ix1>()),
            (a.view().into_dimensionality::<Ix2>(), b.view().into_dimensionality::<Ix2>()),
        );
        match (vectors, matrices) {
            ((Ok(a), Ok(b)), _) => s.from_elem(IxDyn(&[]), Ix1::matmul(s, &a, &b)),
            ((Ok(a), _), (_, Ok(b))) => Ix1::matmul(s, &a, &b).into_dyn(),
            ((_, Ok(b)), (Ok(a), _)) => Ix2::matmul(s, &a, &b).into_dyn(),
            (_, (Ok(a), Ok(b))) => Ix2::matmul(s, &a, &b).into_dyn(),
            _ => no_product(a.shape(), b.shape()),
        }
    }
}
