//! Products of vectors and matrices, by ndarray's own kernels.
//!
//! The invariant `Same`: types that may have no lifetimes in them (`'static`) and have one id are one type.

use core::any::TypeId;
use core::marker::PhantomData;

use ndarray::linalg::{general_mat_mul, general_mat_vec_mul};
use ndarray::{
    ArrayRef, ArrayRef1, ArrayRef2, ArrayViewMut, ArrayViewMut1, ArrayViewMut2, Axis, Ix3, Ix4, LinalgScalar,
    ShapeBuilder,
};

use super::axes::{DotDim, Kernel};
#[cfg(feature = "std")]
use super::small::small_product;
use crate::array::AllocArray;
use crate::array::filling::written;
use crate::array::raw::{Contents, place};
use crate::array::runs::{Run, strided, write_walk};
use crate::array::walk::Broadcast;
use crate::memory::End;
use crate::scope::Scope;
use crate::shape::ArrayShape;

impl<'s> Scope<'s> {
    /// The product of `a` and `b`, as ndarray's `dot` has it: of two vectors their inner product, a number; of matrices and
    /// vectors the matrix product. A product of matrices is column-major if both operands are, and row-major otherwise.
    ///
    /// It is what ndarray gives, bit for bit (of NaN only that it is one), and so by ndarray's own kernels; but for products
    /// of matrices of `f32` or `f64` with at most 12 rows and columns, for which plain loops are faster, where these give the
    /// same: the first such product of a program tries, with all kinds of numbers. That trial, and ndarray's kernel for larger
    /// matrices, allocate the memory that they pack them into; nothing else does.
    ///
    /// # Panics
    ///
    /// If the shapes do not fit each other, and as [`AllocArray`] says.
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// let (a, x) = (array![[1.0, 2.0], [0.0, 1.0]], array![3.0, 4.0]);
    /// ndarena::scope(|s| {
    ///     assert_eq!(s.dot(&a, &a), array![[1.0, 4.0], [0.0, 1.0]]);
    ///     assert_eq!(s.dot(&a, &x), array![11.0, 4.0]);
    ///     assert_eq!(s.dot(&x, &a), array![3.0, 10.0]);
    ///     assert_eq!(s.dot(&a.t(), &s.dot(&a, &x)), array![11.0, 26.0]);
    ///     assert_eq!(s.dot(&x, &x), 25.0);
    /// });
    /// ```
    #[inline]
    #[track_caller]
    pub fn dot<A, D, E>(self, a: &ArrayRef<A, D>, b: &ArrayRef<A, E>) -> D::Output
    where
        A: LinalgScalar,
        D: DotDim<'s, A, E>,
    {
        D::product::<ByNdarray>(self, a, b)
    }

    /// The outer product of two vectors: `a[i] * b[j]` at `[i, j]`.
    ///
    /// # Panics
    ///
    /// As [`AllocArray`] says.
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// ndarena::scope(|s| assert_eq!(s.outer(&array![1, 2], &array![3, 4, 5]), array![[3, 4, 5], [6, 8, 10]]));
    /// ```
    #[track_caller]
    pub fn outer<A: LinalgScalar>(self, a: &ArrayRef1<A>, b: &ArrayRef1<A>) -> ArrayViewMut2<'s, A> {
        written(self, (a.len(), b.len()).set_f(false), |to| {
            for &a in a {
                to.write(b.len(), |j| a * b[j]);
            }
        })
    }

    /// The Kronecker product of two matrices: `a[i, j] * b`, block by block, as `ndarray::linalg::kron` gives it.
    ///
    /// # Panics
    ///
    /// As [`AllocArray`] says.
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// ndarena::scope(|s| {
    ///     let doubled = s.kron(&array![[1, 2]], &array![[3], [4]]);
    ///     assert_eq!(doubled, array![[3, 6], [4, 8]]);
    /// });
    /// ```
    #[track_caller]
    pub fn kron<A: LinalgScalar>(self, a: &ArrayRef2<A>, b: &ArrayRef2<A>) -> ArrayViewMut2<'s, A> {
        // A product that overflows becomes `usize::MAX`, which is too large for any array.
        let dim = (a.nrows().saturating_mul(b.nrows()), a.ncols().saturating_mul(b.ncols()));
        written(self, dim.set_f(false), |to| {
            // Matrices without elements may have more rows than anyone can count.
            if dim.0 == 0 || dim.1 == 0 {
                return;
            }
            // Row-major, this is the array of the products at all (i, j, k, l): of element (i, k) of `a` and (j, l) of `b`.
            let shape = [a.nrows(), b.nrows(), a.ncols(), b.ncols()];
            let (a, b) = (a.view().insert_axis(Axis(1)).insert_axis(Axis(3)), b.view().insert_axis(Axis(1)));
            let (a, b): (&ArrayRef<A, Ix4>, &ArrayRef<A, Ix3>) = (&a, &b);
            let axes = Broadcast::new(&shape, [strided(a), strided(b)]).expect("it has four axes");
            let product = |&a: &A, &b: &A| a * b;
            write_walk!(to, axes.walk(|axis| axis), product, a 0 b 1);
        })
    }
}

/// Elements that are `f64` or `f32`: whoever places them has looked at their type.
struct Float<A>(PhantomData<A>);

// SAFETY: `result` is the only one that places them, and does so where `A` is `f64` or `f32` (Same). These are `Pod`, so any
// initialised bytes are valid, and stay initialised (Contents).
unsafe impl<A> Contents for Float<A> {
    type Element = A;
    const END: End = End::Low;
}

/// Memory for the result of a kernel that does not read it, but may rely on its being initialised: for `f64` and `f32`
/// whatever is there, and for other elements zeros.
#[inline]
#[track_caller]
fn result<'s, A: LinalgScalar, Sh: ArrayShape>(s: Scope<'s>, shape: Sh) -> ArrayViewMut<'s, A, Sh::Dim>
where
    Scope<'s>: AllocArray<'s, Sh>,
{
    let element = TypeId::of::<A>();
    if element == TypeId::of::<f64>() || element == TypeId::of::<f32>() {
        return place::<Float<A>, _>(s, shape.into_any_shape());
    }
    s.zeros(shape)
}

/// ndarray's own kernels; but for small matrices loops that give the same.
struct ByNdarray;

impl<A: LinalgScalar> Kernel<A> for ByNdarray {
    const NAME: &'static str = "dot";

    #[inline]
    fn vectors(_: Scope<'_>, a: &ArrayRef1<A>, b: &ArrayRef1<A>) -> A {
        a.dot(b)
    }

    #[inline]
    #[track_caller]
    fn matrix_and_vector<'s>(s: Scope<'s>, a: &ArrayRef2<A>, b: &ArrayRef1<A>) -> ArrayViewMut1<'s, A> {
        let mut product = result(s, a.nrows());
        general_mat_vec_mul(A::one(), a, b, A::zero(), &mut product);
        product
    }

    #[inline]
    #[track_caller]
    fn matrices<'s>(s: Scope<'s>, a: &ArrayRef2<A>, b: &ArrayRef2<A>) -> ArrayViewMut2<'s, A> {
        let column_major = a.strides()[0] == 1 && b.strides()[0] == 1;
        let mut product = result(s, (a.nrows(), b.ncols()).set_f(column_major));
        #[cfg(feature = "std")]
        if small_product(a, b, &mut product) {
            return product;
        }
        general_mat_mul(A::one(), a, b, A::zero(), &mut product);
        product
    }
}
