//! Arrays of a given shape.

use core::alloc::Layout;
use core::mem::MaybeUninit;

use ndarray::{ArrayViewMut, Dimension, IntoDimension, Ix1, aview0};
use num_traits::{One, Zero};

use super::element::AllocElement;
use super::filling::{filled, written_from, written_in};
use super::raw::{Initialised, Uninitialised, place, place_bytes, slice_fast, try_place};
use crate::error::AllocError;
use crate::scope::Scope;
use crate::shape::{ArrayShape, Contiguous};

/// The constructors of [`Scope`], and of a scope with an alignment ([`Aligned`](super::Aligned)), that take a shape.
///
/// Shapes are ndarray's own: `n`, `(m, n)`, `[a, b, c]`, `(m, n).f()`, `IxDyn(&[..])`, `x.raw_dim()`, `x.dim()`, or with
/// padding `(m, n).strides((ld, 1))` or [`(m, n).padded::<f64>()`](crate::Padded), for which the whole extent is allocated.
/// They are a parameter of the trait, and so the only type to write is that of the elements:
///
/// ```
/// use ndarena::prelude::*;
/// use ndarray::{IxDyn, ShapeBuilder};
///
/// ndarena::scope(|s| {
///     let a = s.alloc_array::<f64>((3, 4));
///     assert_eq!(a.dim(), (3, 4));
///     let b = s.zeros::<f32>(IxDyn(&[2, 3, 4]));
///     assert_eq!(b.shape(), &[2, 3, 4]);
///     let c = s.from_elem((3, 4).f(), 1u8);
///     assert_eq!(c.strides(), &[1, 3]);
///     let d = s.ones::<f64>((3, 4).strides((8, 1)));
///     assert_eq!(d.strides(), &[8, 1]);
/// });
/// ```
///
/// Every array starts at a multiple of 64 bytes, or of its elements' alignment if that is larger, or of the one that
/// [`Scope::align`] asks for; only where a [`FixedBuffer`](crate::FixedBuffer) is short of memory does its elements' do. An
/// empty array, and one of elements without size, takes no memory.
///
/// # Panics
///
/// All but those named `try_` panic where these would return an error: when the buffer's limit does not allow the array,
/// there is no memory for it, its size overflows `isize`, or its strides let two indices share an element. The message is
/// the [`AllocError`], which lists the cases, and the buffer goes on working.
#[expect(clippy::wrong_self_convention, reason = "these are ndarray's names")]
pub trait AllocArray<'s, Sh: ArrayShape<K>, K = Contiguous>: Copy {
    /// An array whose contents are unspecified, but always initialised: what was in the memory before, or zeros.
    ///
    /// No time is spent on filling it. In debug builds every byte is `0xFF` (NaN, or -1), so that a read before a write
    /// shows.
    ///
    /// The elements are [`Pod`](bytemuck::Pod), for which [`AllocElement`] is another name: numbers, arrays of numbers, and
    /// `#[repr(C)]` structs without padding that derive it. For others there is [`uninit`](AllocArray::uninit), and the
    /// constructors that fill.
    ///
    /// ```
    /// # use ndarena::prelude::*;
    /// ndarena::scope(|s| {
    ///     let mut a = s.alloc_array::<f64>((100, 100));
    ///     a.diag_mut().fill(1.0);
    ///     assert_eq!(a.diag().sum(), 100.0); // the rest of `a` is some numbers or other
    /// });
    /// ```
    fn alloc_array<T: AllocElement>(self, shape: Sh) -> ArrayViewMut<'s, T, Sh::Dim>;

    /// [`alloc_array`](AllocArray::alloc_array), with an error in place of a panic.
    ///
    /// ```
    /// # use ndarena::prelude::*;
    /// fn norm(s: Scope<'_>, n: usize) -> Result<f64, ndarena::AllocError> {
    ///     let mut x = s.try_alloc_array::<f64>(n)?;
    ///     x.fill(2.0);
    ///     Ok(x.dot(&x).sqrt())
    /// }
    /// assert_eq!(ndarena::scope(|s| norm(s, 4)), Ok(4.0));
    /// assert!(Buffer::with_limit(1000).scope(|s| norm(s, 1000)).is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// As the trait's documentation says under "Panics".
    fn try_alloc_array<T: AllocElement>(self, shape: Sh) -> Result<ArrayViewMut<'s, T, Sh::Dim>, AllocError>;

    /// An array to be written before it is read, of any elements that need no dropping.
    ///
    /// ```
    /// use ndarena::prelude::*;
    /// use ndarray::array;
    ///
    /// ndarena::scope(|s| {
    ///     let x = array![1.0, 2.0, 3.0];
    ///     let mut y = s.uninit::<(f64, bool)>(3);
    ///     for (y, &x) in y.iter_mut().zip(&x) {
    ///         y.write((x, x > 1.5));
    ///     }
    ///     // SAFETY: every element is written.
    ///     let y = unsafe { y.assume_init() };
    ///     assert_eq!(y[2], (3.0, true));
    /// });
    /// ```
    fn uninit<T: Copy + 's>(self, shape: Sh) -> ArrayViewMut<'s, MaybeUninit<T>, Sh::Dim>;

    /// [`uninit`](AllocArray::uninit), with an error in place of a panic.
    ///
    /// ```
    /// # use ndarena::prelude::*;
    /// let buffer = Buffer::with_limit(1000);
    /// buffer.scope(|s| assert_eq!(s.try_uninit::<bool>(2000).unwrap_err().bytes(), 2000));
    /// ```
    ///
    /// # Errors
    ///
    /// As the trait's documentation says under "Panics".
    fn try_uninit<T: Copy + 's>(self, shape: Sh) -> Result<ArrayViewMut<'s, MaybeUninit<T>, Sh::Dim>, AllocError>;

    /// An array with every element `elem`, written in one pass.
    ///
    /// ```
    /// # use ndarena::prelude::*;
    /// ndarena::scope(|s| assert_eq!(s.from_elem((2, 3), true).len(), 6));
    /// ```
    #[inline]
    #[track_caller]
    fn from_elem<T: Copy + 's>(self, shape: Sh, elem: T) -> ArrayViewMut<'s, T, Sh::Dim> {
        filled(self.uninit(shape), elem)
    }

    /// An array of zeros.
    ///
    /// ```
    /// # use ndarena::prelude::*;
    /// ndarena::scope(|s| assert_eq!(s.zeros::<f64>((2, 3)), ndarray::Array2::<f64>::zeros((2, 3))));
    /// ```
    #[inline]
    #[track_caller]
    fn zeros<T: Copy + Zero + 's>(self, shape: Sh) -> ArrayViewMut<'s, T, Sh::Dim> {
        self.from_elem(shape, T::zero())
    }

    /// An array of ones.
    ///
    /// ```
    /// # use ndarena::prelude::*;
    /// ndarena::scope(|s| assert_eq!(s.ones::<i32>(5).sum(), 5));
    /// ```
    #[inline]
    #[track_caller]
    fn ones<T: Copy + One + 's>(self, shape: Sh) -> ArrayViewMut<'s, T, Sh::Dim> {
        self.from_elem(shape, T::one())
    }

    /// An array of the elements' default.
    ///
    /// ```
    /// # use ndarena::prelude::*;
    /// ndarena::scope(|s| assert!(s.default::<(f64, bool)>(5).iter().all(|&x| x == (0.0, false))));
    /// ```
    #[inline]
    #[track_caller]
    fn default<T: Copy + Default + 's>(self, shape: Sh) -> ArrayViewMut<'s, T, Sh::Dim> {
        self.from_elem(shape, T::default())
    }

    /// An array each of whose elements is another `f()`: random numbers, say. `f` is called in the order of memory for contiguous
    /// shapes, and in any for others.
    ///
    /// ```
    /// # use ndarena::prelude::*;
    /// use ndarray::{ShapeBuilder, array};
    ///
    /// ndarena::scope(|s| {
    ///     let mut n = 0;
    ///     let count = || {
    ///         n += 1;
    ///         n
    ///     };
    ///     assert_eq!(s.from_shape_simple_fn((2, 2).f(), count), array![[1, 3], [2, 4]]);
    /// });
    /// ```
    #[inline]
    #[track_caller]
    fn from_shape_simple_fn<T, F>(self, shape: Sh, mut f: F) -> ArrayViewMut<'s, T, Sh::Dim>
    where
        T: Copy + 's,
        F: FnMut() -> T,
    {
        let array = self.uninit(shape);
        if array.as_slice_memory_order().is_some() {
            let len = array.len();
            return written_in(array, |to| to.write(len, |_| f()));
        }
        let one = aview0(&());
        let as_many = one.broadcast(array.raw_dim()).expect("one element is broadcast to any shape that there is");
        written_from(array, as_many, |()| f())
    }

    /// An array whose element at each index is `f(index)`. `f` is called in the order of memory for contiguous shapes, as
    /// ndarray does, and in that of the indices for others.
    ///
    /// ```
    /// # use ndarena::prelude::*;
    /// use ndarray::array;
    ///
    /// ndarena::scope(|s| {
    ///     let hilbert = s.from_shape_fn((2, 3), |(i, j)| 1.0 / (i + j + 1) as f64);
    ///     assert_eq!(hilbert, array![[1.0, 1.0 / 2.0, 1.0 / 3.0], [1.0 / 2.0, 1.0 / 3.0, 1.0 / 4.0]]);
    /// });
    /// ```
    #[inline]
    #[track_caller]
    fn from_shape_fn<T, F>(self, shape: Sh, mut f: F) -> ArrayViewMut<'s, T, Sh::Dim>
    where
        T: Copy + 's,
        F: FnMut(<Sh::Dim as Dimension>::Pattern) -> T,
    {
        let mut array = self.uninit(shape);
        let dim = array.raw_dim();
        let (row_major, column_major) = (array.is_standard_layout(), array.t().is_standard_layout());
        match array.as_slice_memory_order_mut() {
            Some(elements) if row_major => write_all(elements, dim, f),
            // The transpose is row-major. Its indices are this array's in the opposite order.
            Some(elements) if column_major => {
                write_all(elements, reversed(dim), |index| f(reversed(index.into_dimension()).into_pattern()));
            }
            _ => array.indexed_iter_mut().for_each(|(index, element)| {
                element.write(f(index));
            }),
        }
        // SAFETY: each branch writes every element (Whole of `filling`).
        unsafe { array.assume_init() }
    }
}

impl<'s, Sh: ArrayShape<K>, K> AllocArray<'s, Sh, K> for Scope<'s> {
    #[inline]
    #[track_caller]
    fn alloc_array<T: AllocElement>(self, shape: Sh) -> ArrayViewMut<'s, T, Sh::Dim> {
        place::<Initialised<T>, _>(self, shape.into_any_shape())
    }

    #[inline]
    fn try_alloc_array<T: AllocElement>(self, shape: Sh) -> Result<ArrayViewMut<'s, T, Sh::Dim>, AllocError> {
        try_place::<Initialised<T>, _>(self, shape.into_any_shape())
    }

    #[inline]
    #[track_caller]
    fn uninit<T: Copy + 's>(self, shape: Sh) -> ArrayViewMut<'s, MaybeUninit<T>, Sh::Dim> {
        place::<Uninitialised<T>, _>(self, shape.into_any_shape())
    }

    #[inline]
    fn try_uninit<T: Copy + 's>(self, shape: Sh) -> Result<ArrayViewMut<'s, MaybeUninit<T>, Sh::Dim>, AllocError> {
        try_place::<Uninitialised<T>, _>(self, shape.into_any_shape())
    }
}

/// Writes `f(index)` to each of `elements`, the indices being those of `dim` in row-major order, or panics if there are not as many
/// of both.
#[inline]
fn write_all<T, D: Dimension>(elements: &mut [MaybeUninit<T>], dim: D, mut f: impl FnMut(D::Pattern) -> T) {
    assert!(elements.len() == dim.size(), "each element has an index");
    let mut index = D::zeros(dim.ndim());
    let Some(last) = dim.ndim().checked_sub(1) else {
        elements[0].write(f(index.into_pattern()));
        return;
    };
    // There is no row if the last axis is empty, as then there are no elements.
    for row in elements.chunks_exact_mut(dim[last].max(1)) {
        for (i, element) in row.iter_mut().enumerate() {
            index[last] = i;
            element.write(f(index.clone().into_pattern()));
        }
        for axis in (0..last).rev() {
            index[axis] += 1;
            if index[axis] < dim[axis] {
                break;
            }
            index[axis] = 0;
        }
    }
}

/// `index` with its components in the opposite order.
#[inline]
fn reversed<D: Dimension>(mut index: D) -> D {
    let last = index.ndim().saturating_sub(1);
    for i in 0..index.ndim() / 2 {
        (index[i], index[last - i]) = (index[last - i], index[i]);
    }
    index
}

impl<'s> Scope<'s> {
    /// A slice of `len` elements whose contents are unspecified, but always initialised: what
    /// [`alloc_array`](AllocArray::alloc_array) gives in one dimension.
    ///
    /// # Panics
    ///
    /// As [`AllocArray`] says.
    ///
    /// ```
    /// ndarena::scope(|s| {
    ///     let x: &mut [f32] = s.alloc_slice(100);
    ///     x.fill(1.0);
    ///     assert_eq!(x.iter().sum::<f32>(), 100.0);
    /// });
    /// ```
    ///
    /// Other libraries' views lie on slices, too: [a guide](crate::guide::interop#nalgebra) has examples of nalgebra's.
    #[inline]
    #[track_caller]
    pub fn alloc_slice<T: AllocElement>(self, len: usize) -> &'s mut [T] {
        match slice_fast::<Initialised<T>, _>(self, &Ix1(len)) {
            Some(slice) => slice,
            None => self.alloc_array(len).into_slice().expect("a contiguous array is a slice"),
        }
    }

    /// `layout.size()` bytes aligned to `layout.align()`, or to 64 if they are as many, for what makes its own of them: the
    /// scratch memory of a library, such as the `MemStack` of faer and dyn-stack.
    ///
    /// # Panics
    ///
    /// As [`AllocArray`] says.
    ///
    /// ```
    /// use dyn_stack::{MemStack, StackReq};
    ///
    /// ndarena::scope(|s| {
    ///     let scratch = StackReq::new::<f64>(100);
    ///     let stack = MemStack::new(s.bytes(scratch.layout().unwrap()));
    ///     let (x, _) = stack.make_with(100, |i| i as f64);
    ///     assert_eq!(x.iter().sum::<f64>(), 4950.0);
    /// });
    /// ```
    ///
    /// Kernels of faer's say how much they need in the same way: [a guide](crate::guide::interop#faer) has an example.
    #[inline]
    #[track_caller]
    pub fn bytes(self, layout: Layout) -> &'s mut [MaybeUninit<u8>] {
        place_bytes(self, layout)
    }
}
