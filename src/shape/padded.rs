//! Leading dimensions that do not set one row against the next in the cache.

#![forbid(unsafe_code)]

use ndarray::{ArrayView, Dimension, ShapeBuilder, StrideShape};

use super::{Extent, contiguous_extent, lengths_mut};
use crate::memory::offsets::LINE;

/// Rows of fewer bytes than this are left as they are: few of them share a place of the cache.
const FROM: usize = 512;

/// Rows of a multiple of this many bytes are padded: in a cache that has 64 places for lines, at least every sixteenth row begins
/// at the same place.
const CROWDED: usize = 256;

/// Shapes with padding between rows.
///
/// In a cache, lines whose addresses are a multiple of some power of two apart share the same few places. So walking down
/// a column of a matrix whose rows take 4096 bytes, or any other multiple of a large power of two, throws out each line
/// before its neighbours are wanted. Transposes, blocked products and stencils do that, and one cache line of padding a
/// row cures it: a transpose of 512 × 512 takes a quarter of the time.
///
/// ```
/// use ndarena::prelude::*;
/// use ndarray::ShapeBuilder;
///
/// ndarena::scope(|s| {
///     let mut a = s.alloc_array::<f64>((512, 512).padded::<f64>());
///     a.fill(1.0);
///     assert_eq!((a.dim(), a.strides()), ((512, 512), &[520, 1][..]));
///     let b = s.zeros::<f32>((2048, 100).f().padded::<f32>());
///     assert_eq!(b.strides(), &[1, 2064]);
/// });
/// ```
///
/// A padded array is not contiguous: `as_slice()` gives nothing, and elementwise work on it goes row by row. Where it pays
/// and what it costs is in [the figures](crate::guide::benchmarks).
pub trait Padded: ShapeBuilder {
    /// This shape, for elements of type `T`, with a cache line of 64 bytes between one row (in column-major order: one
    /// column) and the next, where the rows would fall on few places of the cache: where they take 512 bytes or more, and a
    /// multiple of 256. Other shapes are left as they are, and so are those of elements whose size does not divide 64.
    fn padded<T>(self) -> StrideShape<Self::Dim>;
}

impl<Sh: ShapeBuilder> Padded for Sh {
    fn padded<T>(self) -> StrideShape<Self::Dim> {
        let shape = self.into_shape_with_order();
        let dim = shape.raw_dim().clone();
        let (n, size) = (dim.ndim(), size_of::<T>());
        if n < 2 || size == 0 || LINE % size != 0 {
            return shape.into();
        }
        let Ok(Extent::Elements(len)) = contiguous_extent(&dim, size) else {
            // The array is empty, or too large for any; then whoever allocates it says so.
            return shape.into();
        };
        // ndarray does not tell the order of a shape, but the strides of a view, which is made here of elements without size.
        let units = &[(); isize::MAX as usize];
        let view = ArrayView::from_shape(shape, &units[..len]).expect("as many elements as the shape has");
        let column_major = !view.is_standard_layout();
        let mut strides = dim.clone();
        let (lengths, mut stride) = (dim.slice(), 1usize);
        for k in 0..n {
            let axis = if column_major { k } else { n - 1 - k };
            lengths_mut(&mut strides)[axis] = stride;
            // The bytes of the array fit `isize`, and the padding adds at most an eighth, so this fits `usize`.
            stride *= lengths[axis];
            let row = stride * size;
            if k == 0 && row >= FROM && row % CROWDED == 0 {
                stride += LINE / size;
            }
        }
        dim.strides(strides)
    }
}
