//! Reductions along an axis, by ndarray's own algorithms: what they give is what ndarray gives, bit for bit.

use core::ops::{Add, Div, Mul};

#[cfg(feature = "std")]
use ndarray::Zip;
use ndarray::{ArrayRef, ArrayView, ArrayView1, ArrayViewMut, ArrayViewMut1, Axis, RemoveAxis, ShapeBuilder};
use num_traits::{FromPrimitive, One, Zero};

use super::AllocArray;
use super::checks::{check_axis, converted};
#[cfg(feature = "std")]
use super::filling::filled;
use super::filling::written_from;
use super::walk::prefers_column_major;
#[cfg(feature = "std")]
use crate::error::AllocError;
use crate::scope::Scope;

impl<'s> Scope<'s> {
    /// The array of `f(lane)` for each lane of `a` along `axis`, of the shape that `a` has without that axis.
    ///
    /// # Panics
    ///
    /// If `a` has no such axis, and as [`AllocArray`] says.
    ///
    /// ```
    /// use ndarray::{Axis, array};
    ///
    /// let a = array![[1.0, 2.0], [3.0, 4.0]];
    /// ndarena::scope(|s| assert_eq!(s.map_axis(&a, Axis(1), |row| row[1] - row[0]), array![1.0, 1.0]));
    /// ```
    #[track_caller]
    pub fn map_axis<'a, A, B, D, F>(self, a: &'a ArrayRef<A, D>, axis: Axis, f: F) -> ArrayViewMut<'s, B, D::Smaller>
    where
        A: 'a,
        B: Copy + 's,
        D: RemoveAxis,
        F: FnMut(ArrayView1<'a, A>) -> B,
    {
        self.lanes("map_axis", a, axis, f)
    }

    /// [`map_axis`](Scope::map_axis) with a function that may change the lanes.
    ///
    /// # Panics
    ///
    /// If `a` has no such axis, and as [`AllocArray`] says.
    ///
    /// ```
    /// use ndarray::{Axis, array};
    ///
    /// let mut a = array![[3, 1, 2], [4, 6, 5]];
    /// ndarena::scope(|s| {
    ///     let medians = s.map_axis_mut(&mut a, Axis(1), |mut row| {
    ///         row.as_slice_mut().unwrap().sort();
    ///         row[1]
    ///     });
    ///     assert_eq!(medians, array![2, 5]);
    /// });
    /// assert_eq!(a, array![[1, 2, 3], [4, 5, 6]]);
    /// ```
    #[track_caller]
    pub fn map_axis_mut<'a, A, B, D, F>(
        self,
        a: &'a mut ArrayRef<A, D>,
        axis: Axis,
        mut f: F,
    ) -> ArrayViewMut<'s, B, D::Smaller>
    where
        A: 'a,
        B: Copy + 's,
        D: RemoveAxis,
        F: FnMut(ArrayViewMut1<'a, A>) -> B,
    {
        check_axis("map_axis_mut", a, axis);
        let dim = a.raw_dim().remove_axis(axis);
        if a.len_of(axis) == 0 {
            return self.from_shape_fn(dim, |_| f(ArrayViewMut::from(&mut [])));
        }
        let column_major = is_column_major_without(a, axis);
        written_from(self.uninit(dim.set_f(column_major)), a.lanes_mut(axis), f)
    }

    /// Along `axis`, `f` of what was there so far, `init` at first, and the next element; of the shape that `a` has without
    /// that axis.
    ///
    /// # Panics
    ///
    /// If `a` has no such axis, and as [`AllocArray`] says.
    ///
    /// ```
    /// use ndarray::{Axis, array};
    ///
    /// let a = array![[1, 5], [3, 4]];
    /// ndarena::scope(|s| assert_eq!(s.fold_axis(&a, Axis(0), 0, |&largest, &x| largest.max(x)), array![3, 5]));
    /// ```
    #[track_caller]
    pub fn fold_axis<A, B, D, F>(self, a: &ArrayRef<A, D>, axis: Axis, init: B, f: F) -> ArrayViewMut<'s, B, D::Smaller>
    where
        B: Copy + 's,
        D: RemoveAxis,
        F: FnMut(&B, &A) -> B,
    {
        self.folded("fold_axis", a, axis, init, f)
    }

    /// The sums along `axis`, of the shape that `a` has without that axis.
    ///
    /// # Panics
    ///
    /// If `a` has no such axis, and as [`AllocArray`] says.
    ///
    /// ```
    /// use ndarray::{Axis, array};
    ///
    /// let a = array![[1.0, 2.0], [3.0, 4.0]];
    /// ndarena::scope(|s| {
    ///     assert_eq!(s.sum_axis(&a, Axis(0)), array![4.0, 6.0]);
    ///     assert_eq!(s.sum_axis(&a, Axis(1)), array![3.0, 7.0]);
    /// });
    /// ```
    #[track_caller]
    pub fn sum_axis<A, D>(self, a: &ArrayRef<A, D>, axis: Axis) -> ArrayViewMut<'s, A, D::Smaller>
    where
        A: Copy + Zero + Add<Output = A> + 's,
        D: RemoveAxis,
    {
        self.sums("sum_axis", a, axis)
    }

    /// The products along `axis`, of the shape that `a` has without that axis.
    ///
    /// # Panics
    ///
    /// If `a` has no such axis, and as [`AllocArray`] says.
    ///
    /// ```
    /// use ndarray::{Axis, array};
    ///
    /// let a = array![[1.0, 2.0], [3.0, 4.0]];
    /// ndarena::scope(|s| assert_eq!(s.product_axis(&a, Axis(0)), array![3.0, 8.0]));
    /// ```
    #[track_caller]
    pub fn product_axis<A, D>(self, a: &ArrayRef<A, D>, axis: Axis) -> ArrayViewMut<'s, A, D::Smaller>
    where
        A: Copy + One + Mul<Output = A> + 's,
        D: RemoveAxis,
    {
        if fastest_axis(a) == Some(axis) {
            self.lanes("product_axis", a, axis, |lane| lane.product())
        } else {
            self.folded("product_axis", a, axis, A::one(), |&product, &x| product * x)
        }
    }

    /// The means along `axis`, of the shape that `a` has without that axis; nothing if that axis has no length.
    ///
    /// # Panics
    ///
    /// If `a` has no such axis, if its length cannot be converted to `A`, and as [`AllocArray`] says.
    ///
    /// ```
    /// use ndarray::{Axis, array};
    ///
    /// let a = array![[1.0, 2.0], [3.0, 4.0]];
    /// ndarena::scope(|s| assert_eq!(s.mean_axis(&a, Axis(0)).unwrap(), array![2.0, 3.0]));
    /// ```
    #[track_caller]
    pub fn mean_axis<A, D>(self, a: &ArrayRef<A, D>, axis: Axis) -> Option<ArrayViewMut<'s, A, D::Smaller>>
    where
        A: Copy + Zero + FromPrimitive + Add<Output = A> + Div<Output = A> + 's,
        D: RemoveAxis,
    {
        check_axis("mean_axis", a, axis);
        if a.len_of(axis) == 0 {
            return None;
        }
        let len = converted("mean_axis", a.len_of(axis), A::from_usize);
        let mut mean = self.sums("mean_axis", a, axis);
        mean.map_inplace(|x| *x = *x / len);
        Some(mean)
    }

    /// The variances along `axis`, of the shape that `a` has without that axis; `ddof` degrees of freedom are subtracted from
    /// its length, so 1 gives the sample's and 0 the population's. By Welford's algorithm (Technometrics 4, 1962), as
    /// ndarray has it.
    ///
    /// # Panics
    ///
    /// If `a` has no such axis, if `ddof` is less than 0 or more than its length, if that cannot be converted to `A`, and as
    /// [`AllocArray`] says.
    ///
    /// ```
    /// use ndarray::{Axis, array};
    ///
    /// let a = array![[1.0, 2.0], [3.0, 5.0]];
    /// ndarena::scope(|s| assert_eq!(s.var_axis(&a, Axis(0), 1.0), array![2.0, 4.5]));
    /// ```
    #[cfg(feature = "std")]
    #[track_caller]
    pub fn var_axis<A, D>(self, a: &ArrayRef<A, D>, axis: Axis, ddof: A) -> ArrayViewMut<'s, A, D::Smaller>
    where
        A: num_traits::Float + FromPrimitive + 's,
        D: RemoveAxis,
    {
        self.variances("var_axis", a, axis, ddof)
    }

    /// The standard deviations along `axis`: the square roots of [`var_axis`](Scope::var_axis).
    ///
    /// # Panics
    ///
    /// As [`var_axis`](Scope::var_axis) says.
    ///
    /// ```
    /// use ndarray::{Axis, array};
    ///
    /// let a = array![[1.0, 2.0], [3.0, 6.0]];
    /// ndarena::scope(|s| assert_eq!(s.std_axis(&a, Axis(0), 0.0), array![1.0, 2.0]));
    /// ```
    #[cfg(feature = "std")]
    #[track_caller]
    pub fn std_axis<A, D>(self, a: &ArrayRef<A, D>, axis: Axis, ddof: A) -> ArrayViewMut<'s, A, D::Smaller>
    where
        A: num_traits::Float + FromPrimitive + 's,
        D: RemoveAxis,
    {
        self.variances("std_axis", a, axis, ddof).mapv_into(|x| x.sqrt())
    }

    /// [`map_axis`](Scope::map_axis) on behalf of `operation`, which panics name.
    #[inline]
    #[track_caller]
    fn lanes<'a, A, B, D, F>(
        self,
        operation: &'static str,
        a: &'a ArrayRef<A, D>,
        axis: Axis,
        mut f: F,
    ) -> ArrayViewMut<'s, B, D::Smaller>
    where
        A: 'a,
        B: Copy + 's,
        D: RemoveAxis,
        F: FnMut(ArrayView1<'a, A>) -> B,
    {
        check_axis(operation, a, axis);
        let dim = a.raw_dim().remove_axis(axis);
        if a.len_of(axis) == 0 {
            return self.from_shape_fn(dim, |_| f(ArrayView::from(&[])));
        }
        let column_major = is_column_major_without(a, axis);
        written_from(self.uninit(dim.set_f(column_major)), a.lanes(axis), f)
    }

    /// [`fold_axis`](Scope::fold_axis) on behalf of `operation`, which panics name.
    #[inline]
    #[track_caller]
    fn folded<A, B, D, F>(
        self,
        operation: &'static str,
        a: &ArrayRef<A, D>,
        axis: Axis,
        init: B,
        mut f: F,
    ) -> ArrayViewMut<'s, B, D::Smaller>
    where
        B: Copy + 's,
        D: RemoveAxis,
        F: FnMut(&B, &A) -> B,
    {
        check_axis(operation, a, axis);
        let mut to = self.from_elem(a.raw_dim().remove_axis(axis), init);
        // Of a row-major array the parts along the first axis are pieces of a slice. Where they are short, views of them would take
        // longer than their elements do.
        if let (0, Some(from), Some(to_elements)) = (axis.index(), a.as_slice(), to.as_slice_mut()) {
            for part in from.chunks_exact(to_elements.len().max(1)) {
                to_elements.iter_mut().zip(part).for_each(|(to, x)| *to = f(to, x));
            }
            return to;
        }
        for part in a.axis_iter(axis) {
            to.zip_mut_with(&part, |to, x| *to = f(to, x));
        }
        to
    }

    /// [`sum_axis`](Scope::sum_axis) on behalf of `operation`, which panics name.
    #[inline]
    #[track_caller]
    fn sums<A, D>(self, operation: &'static str, a: &ArrayRef<A, D>, axis: Axis) -> ArrayViewMut<'s, A, D::Smaller>
    where
        A: Copy + Zero + Add<Output = A> + 's,
        D: RemoveAxis,
    {
        if fastest_axis(a) == Some(axis) {
            self.lanes(operation, a, axis, |lane| lane.sum())
        } else {
            self.folded(operation, a, axis, A::zero(), |&sum, &x| sum + x)
        }
    }

    /// [`var_axis`](Scope::var_axis) on behalf of `operation`, which panics name.
    #[cfg(feature = "std")]
    #[track_caller]
    fn variances<A, D>(
        self,
        operation: &'static str,
        a: &ArrayRef<A, D>,
        axis: Axis,
        ddof: A,
    ) -> ArrayViewMut<'s, A, D::Smaller>
    where
        A: num_traits::Float + FromPrimitive + 's,
        D: RemoveAxis,
    {
        check_axis(operation, a, axis);
        let n = converted(operation, a.len_of(axis), A::from_usize);
        if ddof < A::zero() || ddof > n {
            bad_ddof(operation, ddof.to_f64(), axis, a.shape());
        }
        let dim = a.raw_dim().remove_axis(axis);
        let mut squares = self.zeros::<A>(dim.clone());
        // If there is no memory for the means, the closure says so by an error: its own panic would not be at the caller's place.
        let done: Result<(), AllocError> = self.scope(|inner| {
            let mut mean = filled(inner.try_uninit(dim)?, A::zero());
            for (i, part) in a.axis_iter(axis).enumerate() {
                let count = A::from_usize(i + 1).expect("the length can be converted, and this is no larger");
                Zip::from(&mut mean).and(&mut squares).and(&part).for_each(|mean, squares, &x| {
                    let delta = x - *mean;
                    *mean = *mean + delta / count;
                    *squares = (x - *mean).mul_add(delta, *squares);
                });
            }
            Ok(())
        });
        match done {
            Ok(()) => squares.mapv_into(|squares| squares / (n - ddof)),
            Err(error) => AllocError::panic(&error),
        }
    }
}

#[cfg(feature = "std")]
#[cold]
#[inline(never)]
#[track_caller]
fn bad_ddof(operation: &'static str, ddof: Option<f64>, axis: Axis, shape: &[usize]) -> ! {
    let (axis, len, ddof) = (axis.index(), shape[axis.index()], ddof.unwrap_or(f64::NAN));
    panic!(
        "ndarena: {operation}: `ddof` is {ddof}, and axis {axis} of shape {shape:?} has length {len}; give one that is not \
         less than zero or greater than the length"
    )
}

/// The axis along which neighbours lie closest in memory; if there are several, the last of these.
fn fastest_axis<A, D: RemoveAxis>(a: &ArrayRef<A, D>) -> Option<Axis> {
    (0..a.ndim()).rev().min_by_key(|&axis| a.strides()[axis].unsigned_abs()).map(Axis)
}

/// Whether what has an element for each lane of `a` along `axis`, which is not empty, is column-major, as ndarray has it.
#[inline]
fn is_column_major_without<A, D: RemoveAxis>(a: &ArrayRef<A, D>, axis: Axis) -> bool {
    let part = a.index_axis(axis, 0);
    prefers_column_major(part.ndim(), |i| (part.shape()[i], part.strides()[i])) > 0
}
