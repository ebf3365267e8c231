//! From a shape to the memory it takes.
//!
//! ndarray tells a contiguous shape ([`Shape`], and all that a [`ShapeBuilder`] makes) from one with strides of its own
//! ([`StrideShape`]) by type, and lets nobody look into the latter. So do we: the common case is known to be contiguous
//! when it is compiled, and costs a multiplication and a comparison; strides are checked by ndarray itself, on a view of
//! elements without size.

#![forbid(unsafe_code)]

use ndarray::{ArrayView, ArrayViewMut, Dimension, ErrorKind, Shape, ShapeBuilder, ShapeError, StrideShape};

use crate::error::AllocErrorKind;

mod padded;
mod regrouped;

pub use padded::Padded;
pub(crate) use regrouped::regrouped;

/// Marks shapes whose elements lie without gaps, in row-major or column-major order.
#[derive(Debug, Clone, Copy)]
pub enum Contiguous {}

/// Marks shapes with strides of their own.
#[derive(Debug, Clone, Copy)]
pub enum Strided {}

/// A shape, as ndarray writes them: `n`, `(m, n)`, `[m, n]`, `Dim`, `IxDyn(&[m, n])`, `a.raw_dim()`, `a.dim()`, any of
/// these with `.f()` or `.set_f(..)`, or with `.strides(..)`.
///
/// `K` is found by the compiler and tells the last from the others. There is nothing to implement: this holds for every
/// [`ShapeBuilder`], and for [`StrideShape`].
///
/// ```
/// use ndarena::{ArrayShape, prelude::*};
///
/// fn sum_of_ones<K, Sh: ArrayShape<K>>(s: Scope<'_>, shape: Sh) -> f64 {
///     s.ones::<f64>(shape).sum()
/// }
/// ndarena::scope(|s| assert_eq!(sum_of_ones(s, (3, 4)) + sum_of_ones(s, [2, 2, 2]), 20.0));
/// ```
pub trait ArrayShape<K = Contiguous> {
    /// The number of axes, as a type.
    type Dim: Dimension;

    #[doc(hidden)]
    fn into_any_shape(self) -> AnyShape<Self::Dim>;
}

/// A shape of either kind.
#[doc(hidden)]
#[derive(Debug)]
pub enum AnyShape<D> {
    Contiguous(Shape<D>),
    Strided(StrideShape<D>),
}

impl<Sh: ShapeBuilder> ArrayShape<Contiguous> for Sh {
    type Dim = Sh::Dim;

    #[inline(always)]
    fn into_any_shape(self) -> AnyShape<Sh::Dim> {
        AnyShape::Contiguous(self.into_shape_with_order())
    }
}

impl<D: Dimension> ArrayShape<Strided> for StrideShape<D> {
    type Dim = D;

    #[inline(always)]
    fn into_any_shape(self) -> AnyShape<D> {
        AnyShape::Strided(self)
    }
}

/// The axis lengths of `dim`.
#[inline(always)]
pub(crate) fn lengths_mut<D: Dimension>(dim: &mut D) -> &mut [usize] {
    dim.as_array_view_mut().into_slice().expect("axis lengths are a slice")
}

/// The bytes that elements take side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// No bytes: no elements, or elements without size.
    Nothing,
    /// That many elements, one or more, of at most `isize::MAX` bytes.
    Elements(usize),
}

impl<D: Dimension> AnyShape<D> {
    pub(crate) fn dim(&self) -> &D {
        match self {
            AnyShape::Contiguous(shape) => shape.raw_dim(),
            AnyShape::Strided(shape) => shape.raw_dim(),
        }
    }

    /// How many elements of type `T` to make room for: the axis lengths' product; with strides, one more than the
    /// distance from the first element in memory to the last.
    pub(crate) fn extent<T>(&self) -> Result<Extent, AllocErrorKind> {
        match self {
            AnyShape::Contiguous(shape) => contiguous_extent(shape.raw_dim(), size_of::<T>()),
            AnyShape::Strided(shape) => strided_extent::<T, D>(shape),
        }
    }
}

/// The number of elements of type `T` in an array that lies without gaps, if there are any, they have a size, and the
/// numbers are not too large.
#[inline(always)]
pub(crate) fn usual_len<T, D: Dimension>(dim: &D) -> Option<usize> {
    if size_of::<T>() == 0 {
        return None;
    }
    let len = dim.size_checked()?;
    // Zero wraps round to the largest number: one shift tells "empty" and "perhaps too large" from the rest.
    let limit = (isize::MAX as usize / size_of::<T>()).ilog2();
    if (len.wrapping_sub(1)) >> limit == 0 { Some(len) } else { None }
}

/// The extent of an array that lies without gaps. ndarray's rule: the product of the lengths other than 0 must fit `isize`,
/// and of course the bytes.
pub(crate) fn contiguous_extent<D: Dimension>(dim: &D, size: usize) -> Result<Extent, AllocErrorKind> {
    let lengths = dim.as_array_view();
    let product = lengths.iter().filter(|&&length| length != 0).try_fold(1usize, |n, &length| n.checked_mul(length));
    let product = product.filter(|&n| n <= isize::MAX as usize).ok_or(AllocErrorKind::Overflow)?;
    if size == 0 || lengths.iter().any(|&length| length == 0) {
        return Ok(Extent::Nothing);
    }
    match product.checked_mul(size) {
        Some(bytes) if bytes <= isize::MAX as usize => Ok(Extent::Elements(product)),
        _ => Err(AllocErrorKind::Overflow),
    }
}

/// The extent of an array with strides, which ndarray checks.
fn strided_extent<T, D: Dimension>(shape: &StrideShape<D>) -> Result<Extent, AllocErrorKind> {
    let checked = contiguous_extent(shape.raw_dim(), size_of::<T>())?;
    // A slice of elements without size may have any length, and takes no memory.
    let units = &mut [(); isize::MAX as usize];
    let error = |error: ShapeError| match error.kind() {
        // The last element lies further from the first than `isize` can express.
        ErrorKind::Overflow | ErrorKind::OutOfBounds => AllocErrorKind::Overflow,
        _ => AllocErrorKind::Strides,
    };
    // The least `isize` has no absolute value. As the stride of an axis of length 1 it does no harm, but ndarray's search for
    // shared elements, on the mutable view, would negate it.
    let view = ArrayView::from_shape(shape.clone(), units).map_err(error)?;
    if view.strides().contains(&isize::MIN) && !view.is_empty() {
        return Err(AllocErrorKind::Overflow);
    }
    let view = ArrayViewMut::from_shape(shape.clone(), units).map_err(error)?;
    if checked == Extent::Nothing {
        return Ok(checked);
    }
    let distance: usize = view.shape().iter().zip(view.strides()).map(|(&n, &by)| (n - 1) * by.unsigned_abs()).sum();
    match (distance + 1).checked_mul(size_of::<T>()) {
        Some(bytes) if bytes <= isize::MAX as usize => Ok(Extent::Elements(distance + 1)),
        _ => Err(AllocErrorKind::Overflow),
    }
}
