//! The same elements in another shape, or another order in memory.

use ndarray::{
    ArrayRef, ArrayView, ArrayView1, ArrayViewMut, Dimension, ErrorKind, IntoDimension, Order, ShapeArg, ShapeBuilder,
    ShapeError,
};

use super::checks::cannot_broadcast;
use super::filling::written;
use super::raw::too_large;
use super::runs::write_array;
use crate::scope::Scope;
use crate::shape::contiguous_extent;

impl<'s> Scope<'s> {
    /// `a` in row-major order without gaps: a view of `a` itself if it lies so, else of a copy.
    ///
    /// # Panics
    ///
    /// As [`AllocArray`](crate::AllocArray) says.
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// let a = array![[1, 2], [3, 4]];
    /// ndarena::scope(|s| {
    ///     assert_eq!(s.as_standard_layout(&a).as_ptr(), a.as_ptr());
    ///     assert_eq!(s.as_standard_layout(&a.t()).as_slice(), Some(&[1, 3, 2, 4][..]));
    /// });
    /// ```
    #[track_caller]
    pub fn as_standard_layout<'a, T, D>(self, a: &'a ArrayRef<T, D>) -> ArrayView<'a, T, D>
    where
        's: 'a,
        T: Copy,
        D: Dimension,
    {
        if a.is_standard_layout() {
            return a.view();
        }
        self.in_order_of_indices(a.view(), a.raw_dim()).expect("a copy has as many elements")
    }

    /// The elements of `a`, in the order of their indices, in an array of another shape: a view of `a` itself if that is
    /// possible, else of a copy. For the order of column-major arrays, the shape is `(shape, Order::ColumnMajor)`.
    ///
    /// # Errors
    ///
    /// If the shape has not as many elements as `a`.
    ///
    /// # Panics
    ///
    /// As [`AllocArray`](crate::AllocArray) says.
    ///
    /// ```
    /// use ndarray::{Order, array};
    ///
    /// let a = array![[1, 2, 3], [4, 5, 6]];
    /// ndarena::scope(|s| {
    ///     assert_eq!(s.to_shape(&a, (3, 2))?, array![[1, 2], [3, 4], [5, 6]]);
    ///     assert_eq!(s.to_shape(&a.t(), 6)?, array![1, 4, 2, 5, 3, 6]);
    ///     assert_eq!(s.to_shape(&a, (6, Order::ColumnMajor))?, array![1, 4, 2, 5, 3, 6]);
    ///     assert!(s.to_shape(&a, 5).is_err());
    ///     Ok::<_, ndarray::ShapeError>(())
    /// });
    /// ```
    #[track_caller]
    pub fn to_shape<'a, T, D, E>(self, a: &'a ArrayRef<T, D>, shape: E) -> Result<ArrayView<'a, T, E::Dim>, ShapeError>
    where
        's: 'a,
        T: Copy,
        D: Dimension,
        E: ShapeArg,
    {
        let (dim, order) = shape.into_shape_and_order();
        let order = order.unwrap_or(Order::RowMajor);
        match a.view().into_shape_with_order((dim.clone(), order)) {
            Err(error) if error.kind() == ErrorKind::IncompatibleLayout => match order {
                Order::ColumnMajor => self.in_order_of_indices(a.t(), dim.f()),
                _ => self.in_order_of_indices(a.view(), dim),
            },
            done => done,
        }
    }

    /// The elements of `a` in the order of their indices, with one axis: a view of `a` itself if it is row-major without gaps, else
    /// of a copy.
    ///
    /// # Panics
    ///
    /// As [`AllocArray`](crate::AllocArray) says.
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// ndarena::scope(|s| assert_eq!(s.flatten(&array![[1, 2], [3, 4]].t()), array![1, 3, 2, 4]));
    /// ```
    #[track_caller]
    pub fn flatten<'a, T, D>(self, a: &'a ArrayRef<T, D>) -> ArrayView1<'a, T>
    where
        's: 'a,
        T: Copy,
        D: Dimension,
    {
        self.flatten_with_order(a, Order::RowMajor)
    }

    /// [`flatten`](Scope::flatten), or the same in the order of column-major arrays.
    ///
    /// # Panics
    ///
    /// As [`AllocArray`](crate::AllocArray) says.
    ///
    /// ```
    /// use ndarray::{Order, array};
    ///
    /// let a = array![[1, 2], [3, 4]];
    /// ndarena::scope(|s| assert_eq!(s.flatten_with_order(&a, Order::ColumnMajor), array![1, 3, 2, 4]));
    /// ```
    #[track_caller]
    pub fn flatten_with_order<'a, T, D>(self, a: &'a ArrayRef<T, D>, order: Order) -> ArrayView1<'a, T>
    where
        's: 'a,
        T: Copy,
        D: Dimension,
    {
        self.to_shape(a, (a.len(), order)).expect("as many elements")
    }

    /// `a` broadcast to a larger shape, as ndarray's `broadcast`, but with every element written out.
    ///
    /// # Panics
    ///
    /// If `a` cannot be broadcast to that shape, and as [`AllocArray`](crate::AllocArray) says.
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// ndarena::scope(|s| {
    ///     let mut rows = s.broadcast(&array![1, 2], (3, 2));
    ///     rows[[1, 0]] = 0;
    ///     assert_eq!(rows, array![[1, 2], [0, 2], [1, 2]]);
    /// });
    /// ```
    #[track_caller]
    pub fn broadcast<T, D, E>(self, a: &ArrayRef<T, D>, shape: E) -> ArrayViewMut<'s, T, E::Dim>
    where
        T: Copy + 's,
        D: Dimension,
        E: IntoDimension,
    {
        let dim = shape.into_dimension();
        match a.broadcast(dim.clone()) {
            Some(a) => self.copy_of(&a),
            None if contiguous_extent(&dim, 0).is_err() => too_large(self, &dim),
            None => cannot_broadcast("broadcast", &[dim.as_array_view().to_slice().unwrap_or_default(), a.shape()]),
        }
    }

    /// A copy of `a`'s elements, in the order of their indices, in an array of another shape; or ndarray's error if that has not
    /// as many.
    #[track_caller]
    fn in_order_of_indices<T, D, Sh>(
        self,
        a: ArrayView<'_, T, D>,
        shape: Sh,
    ) -> Result<ArrayView<'s, T, Sh::Dim>, ShapeError>
    where
        T: Copy + 's,
        D: Dimension,
        Sh: ShapeBuilder,
    {
        let copy = written(self, a.raw_dim().set_f(false), |to| write_array(to, &a, |axis| axis, |&x| x));
        let elements: &'s [T] = copy.into_slice().expect("a new array has no gaps");
        ArrayView::from_shape(shape.into_shape_with_order(), elements)
    }
}
