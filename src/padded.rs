//! Leading dimensions that do not set one row against the next in the cache.

#![forbid(unsafe_code)]

use ndarray::{ArrayView, Dimension, ShapeBuilder, StrideShape};

use crate::cursor::LINE;
use crate::shape::lengths_mut;

/// Rows shorter than this are left as they are: a matrix of them is in the nearest cache, or walked in whole lines.
const FROM: usize = 8 * LINE;

/// Shapes with padding between rows.
///
/// In a cache, lines whose addresses are a multiple of some power of two apart share the same few places. So walking down
/// a column of a matrix whose rows take 4096 bytes, or any other large power of two, throws out each line before its
/// neighbours are wanted. Transposes, blocked products and stencils do that, and a few elements of padding cure it.
///
/// ```
/// use ndarena::{Padded, prelude::*};
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
/// and what it costs is in `docs/benchmarks.md`.
pub trait Padded: ShapeBuilder {
    /// This shape with a stride from one row (in column-major order: one column) to the next, for elements of type `T`,
    /// that is an odd number of whole cache lines of 64 bytes, so that rows fall on all places of the cache in turn.
    ///
    /// Rows of less than 512 bytes, and elements whose size does not divide 64, are left as they are.
    fn padded<T>(self) -> StrideShape<Self::Dim>;
}

impl<Sh: ShapeBuilder> Padded for Sh {
    fn padded<T>(self) -> StrideShape<Self::Dim> {
        let shape = self.into_shape_with_order();
        let dim = shape.raw_dim().clone();
        // ndarray keeps the order to itself, but shows the strides of a view.
        let units = &[(); isize::MAX as usize];
        let Ok(view) = ArrayView::from_shape(shape.clone(), &units[..dim.size_checked().unwrap_or(0)]) else {
            return shape.into(); // too large for any array, as whoever allocates it will say
        };
        let column_major = !view.is_standard_layout();
        let size = size_of::<T>();
        let n = dim.ndim();
        if n < 2 || size == 0 || LINE % size != 0 {
            return shape.into();
        }
        let mut strides = dim.clone();
        let (lengths, mut stride) = (dim.slice(), 1usize);
        for k in 0..n {
            let axis = if column_major { k } else { n - 1 - k };
            lengths_mut(&mut strides)[axis] = stride;
            stride = stride.saturating_mul(lengths[axis]);
            if k == 0 && stride.saturating_mul(size) >= FROM {
                let lines = stride.saturating_mul(size).div_ceil(LINE) | 1;
                stride = lines.saturating_mul(LINE / size);
            }
        }
        dim.strides(strides)
    }
}
