//! Which product there is of arrays with so many axes; a [`Kernel`] finds it.

use ndarray::{
    ArrayRef, ArrayRef1, ArrayRef2, ArrayViewMut, ArrayViewMut1, ArrayViewMut2, Ix1, Ix2, IxDyn, LinalgScalar,
};

use crate::array::AllocArray;
use crate::scope::Scope;

/// The numbers of axes that [`Scope::dot`] has a product for: 1 and 1, 2 and 1, 1 and 2, 2 and 2, and any of these known when
/// the program runs (`IxDyn`). There is nothing to implement.
#[diagnostic::on_unimplemented(
    message = "no product of arrays of the dimensions `{Self}` and `{E}`",
    note = "`dot` has products of vectors and matrices, with one axis or two, or of two arrays of the dimension `IxDyn`"
)]
pub trait DotDim<'s, A: LinalgScalar, E>: Sized {
    /// A number for two vectors, else an array of the scope.
    type Output;

    #[doc(hidden)]
    fn product<K: Kernel<A>>(s: Scope<'s>, a: &ArrayRef<A, Self>, b: &ArrayRef<A, E>) -> Self::Output;
}

/// What multiplies operands whose shapes fit each other.
pub trait Kernel<A> {
    /// What messages call the operation.
    const NAME: &'static str;

    /// The inner product of two vectors.
    fn vectors(s: Scope<'_>, a: &ArrayRef1<A>, b: &ArrayRef1<A>) -> A;

    /// The product of a matrix and a vector.
    fn matrix_and_vector<'s>(s: Scope<'s>, a: &ArrayRef2<A>, b: &ArrayRef1<A>) -> ArrayViewMut1<'s, A>;

    /// The product of two matrices, column-major if both operands are, and row-major otherwise.
    fn matrices<'s>(s: Scope<'s>, a: &ArrayRef2<A>, b: &ArrayRef2<A>) -> ArrayViewMut2<'s, A>;
}

#[inline(always)]
#[track_caller]
fn check<A, K: Kernel<A>>(a: (usize, usize), b: (usize, usize)) {
    if a.1 != b.0 {
        not_compatible(K::NAME, a, b);
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn not_compatible(name: &str, (m, k): (usize, usize), (k2, n): (usize, usize)) -> ! {
    panic!(
        "ndarena: {name}: inputs {m} × {k} and {k2} × {n} are not compatible for matrix multiplication; give the second as many \
         rows as the first has columns"
    )
}

#[cold]
#[inline(never)]
#[track_caller]
fn no_product(name: &str, a: &[usize], b: &[usize]) -> ! {
    let (axes, other) = (a.len(), b.len());
    panic!(
        "ndarena: {name}: shapes {a:?} and {b:?}; there is a product of arrays of 1 and 2 axes, not for {axes} and {other}"
    )
}

impl<'s, A: LinalgScalar> DotDim<'s, A, Ix1> for Ix1 {
    type Output = A;

    #[inline]
    #[track_caller]
    fn product<K: Kernel<A>>(s: Scope<'s>, a: &ArrayRef1<A>, b: &ArrayRef1<A>) -> A {
        check::<A, K>((1, a.len()), (b.len(), 1));
        K::vectors(s, a, b)
    }
}

impl<'s, A: LinalgScalar> DotDim<'s, A, Ix1> for Ix2 {
    type Output = ArrayViewMut1<'s, A>;

    #[inline]
    #[track_caller]
    fn product<K: Kernel<A>>(s: Scope<'s>, a: &ArrayRef2<A>, b: &ArrayRef1<A>) -> ArrayViewMut1<'s, A> {
        check::<A, K>(a.dim(), (b.len(), 1));
        K::matrix_and_vector(s, a, b)
    }
}

impl<'s, A: LinalgScalar> DotDim<'s, A, Ix2> for Ix1 {
    type Output = ArrayViewMut1<'s, A>;

    #[inline]
    #[track_caller]
    fn product<K: Kernel<A>>(s: Scope<'s>, a: &ArrayRef1<A>, b: &ArrayRef2<A>) -> ArrayViewMut1<'s, A> {
        check::<A, K>((1, a.len()), b.dim());
        K::matrix_and_vector(s, &b.t(), a)
    }
}

impl<'s, A: LinalgScalar> DotDim<'s, A, Ix2> for Ix2 {
    type Output = ArrayViewMut2<'s, A>;

    #[inline]
    #[track_caller]
    fn product<K: Kernel<A>>(s: Scope<'s>, a: &ArrayRef2<A>, b: &ArrayRef2<A>) -> ArrayViewMut2<'s, A> {
        check::<A, K>(a.dim(), b.dim());
        K::matrices(s, a, b)
    }
}

impl<'s, A: LinalgScalar> DotDim<'s, A, IxDyn> for IxDyn {
    type Output = ArrayViewMut<'s, A, IxDyn>;

    #[track_caller]
    fn product<K: Kernel<A>>(
        s: Scope<'s>,
        a: &ArrayRef<A, IxDyn>,
        b: &ArrayRef<A, IxDyn>,
    ) -> ArrayViewMut<'s, A, IxDyn> {
        let (vectors, matrices) = (
            (a.view().into_dimensionality::<Ix1>(), b.view().into_dimensionality::<Ix1>()),
            (a.view().into_dimensionality::<Ix2>(), b.view().into_dimensionality::<Ix2>()),
        );
        match (vectors, matrices) {
            ((Ok(a), Ok(b)), _) => s.from_elem(IxDyn(&[]), Ix1::product::<K>(s, &a, &b)),
            ((Ok(a), _), (_, Ok(b))) => Ix1::product::<K>(s, &a, &b).into_dyn(),
            ((_, Ok(b)), (Ok(a), _)) => Ix2::product::<K>(s, &a, &b).into_dyn(),
            (_, (Ok(a), Ok(b))) => Ix2::product::<K>(s, &a, &b).into_dyn(),
            _ => no_product(K::NAME, a.shape(), b.shape()),
        }
    }
}
