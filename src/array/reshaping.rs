//! The same elements in another shape, or another order in memory.

use ndarray::{
    ArrayRef, ArrayView, ArrayView1, ArrayViewMut, Axis, Dimension, IntoDimension, Order, ShapeArg, ShapeBuilder,
    ShapeError,
};

use super::checks::cannot_broadcast;
use super::filling::written;
use super::raw::too_large;
use super::runs::copy_array;
use crate::scope::Scope;
use crate::shape::{contiguous_extent, lengths_mut, regrouped};

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
    #[inline]
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

    /// The elements of `a`, in the order of their indices, in an array of another shape: a view of `a` itself if there are strides
    /// with which its elements have that shape, else of a copy. For the order of column-major arrays, the shape is `(shape, Order::ColumnMajor)`.
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
    #[inline]
    #[track_caller]
    pub fn to_shape<'a, T, D, E>(self, a: &'a ArrayRef<T, D>, shape: E) -> Result<ArrayView<'a, T, E::Dim>, ShapeError>
    where
        's: 'a,
        T: Copy,
        D: Dimension,
        E: ShapeArg,
    {
        let (dim, order) = shape.into_shape_and_order();
        // It has that shape, so that the order does not matter.
        if D::NDIM.is_some() && dim.slice() == a.shape() {
            return a.view().into_dimensionality();
        }
        let order = order.unwrap_or(Order::RowMajor);
        if a.is_empty() || dim.size_checked() != Some(a.len()) {
            return a.view().into_shape_with_order((dim, order));
        }
        match order {
            // With all axes the other way round, this is the order of row-major arrays.
            Order::ColumnMajor => match regrouped_view(a.view().reversed_axes(), &reversed(&dim)) {
                Some(view) => Ok(view.reversed_axes()),
                None => self.in_order_of_indices(a.t(), dim.f()),
            },
            _ => match regrouped_view(a.view(), &dim) {
                Some(view) => Ok(view),
                None => self.in_order_of_indices(a.view(), dim),
            },
        }
    }

    /// The elements of `a` in the order of their indices, with one axis: a view of `a` itself if they are all equally far from each
    /// other, as those of a row-major array without gaps are, else of a copy.
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
        match a.as_slice() {
            Some(elements) if order == Order::RowMajor => ArrayView1::from(elements),
            _ => self.to_shape(a, (a.len(), order)).expect("as many elements"),
        }
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

    /// `array`, of which no element changes any more, as a view that can be copied: for a `Copy` struct of several arrays, or for a
    /// variable that is either this array or a part of another.
    ///
    /// ```
    /// use ndarena::prelude::*;
    /// use ndarray::prelude::*;
    ///
    /// #[derive(Clone, Copy)]
    /// struct Model<'s> {
    ///     weights: ArrayView2<'s, f64>,
    ///     bias: ArrayView1<'s, f64>,
    /// }
    ///
    /// fn normalised<'s>(s: Scope<'s>, x: ArrayView1<'s, f64>) -> ArrayView1<'s, f64> {
    ///     match x.sum() {
    ///         0.0 => x,
    ///         sum => s.freeze(s.div(&x, sum)),
    ///     }
    /// }
    ///
    /// ndarena::scope(|s| {
    ///     let model = Model { weights: s.freeze(s.eye(2)), bias: s.freeze(s.ones(2)) };
    ///     let apply = |model: Model<'_>, x: ArrayView1<f64>| s.add(&s.dot(&model.weights, &x), &model.bias).sum();
    ///     let x = normalised(s, s.freeze(s.from_iter([1.0, 3.0])));
    ///     assert_eq!(apply(model, x) + apply(model, x), 6.0);
    /// });
    /// ```
    #[inline]
    pub fn freeze<'a, T, D: Dimension>(self, array: ArrayViewMut<'a, T, D>) -> ArrayView<'a, T, D> {
        let elements = array.raw_view();
        // SAFETY: the array is valid for `'a`, and the one mutable view of it for that time ends here (Borrowed).
        unsafe { elements.deref_into_view() }
    }

    /// A copy of `a`'s elements, in the order of their indices, in an array of another shape; or ndarray's error if that has not
    /// as many.
    #[cold]
    #[inline(never)]
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
        let copy = written(self, a.raw_dim().set_f(false), |to| copy_array(to, &a, |axis| axis));
        let elements: &'s [T] = copy.into_slice().expect("a new array has no gaps");
        ArrayView::from_shape(shape.into_shape_with_order(), elements)
    }
}

/// `dim` from its end to its beginning.
fn reversed<D: Dimension>(dim: &D) -> D {
    let mut reversed = dim.clone();
    lengths_mut(&mut reversed).reverse();
    reversed
}

/// The elements of `a` in that shape, which has as many, and not none, if there are strides for that.
fn regrouped_view<'a, T, D: Dimension, E: Dimension>(a: ArrayView<'a, T, D>, shape: &E) -> Option<ArrayView<'a, T, E>> {
    let strides = regrouped(&a, shape)?;
    // An array is made of its lowest element and of strides that are not negative. Axes that go backwards are turned round then.
    let (mut forwards, mut lowest) = (strides.clone(), 0);
    for (stride, &len) in lengths_mut(&mut forwards).iter_mut().zip(shape.slice()) {
        let signed = *stride as isize;
        if signed < 0 {
            lowest += signed * (len as isize - 1);
            *stride = signed.unsigned_abs();
        }
    }
    // SAFETY: it is an element of `a`: the one whose indices are the last ones along axes that go backwards (Regrouped of
    // `regrouped`).
    let lowest = unsafe { a.as_ptr().offset(lowest) };
    // SAFETY: from there each index leads to an element of `a`, and each of these is valid for `'a` (Regrouped of
    // `regrouped`).
    let mut view = unsafe { ArrayView::from_shape_ptr(shape.clone().strides(forwards), lowest) };
    for (axis, &stride) in strides.slice().iter().enumerate() {
        if (stride as isize) < 0 {
            view.invert_axis(Axis(axis));
        }
    }
    Some(view)
}
