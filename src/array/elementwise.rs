//! Further forms of `map`: by value, of elements that are changed on the way, and between bounds.

#![forbid(unsafe_code)]

use core::cmp::Ordering;

use core::mem::MaybeUninit;

use ndarray::{ArrayRef, ArrayViewMut, Dimension, ShapeBuilder};

use super::AllocArray;
use super::filling::{written_from, written_in};
use crate::scope::Scope;

impl<'s> Scope<'s> {
    /// [`map`](Scope::map) with a function of elements rather than references: the array of `f(x)`.
    ///
    /// # Panics
    ///
    /// As [`AllocArray`](crate::AllocArray) says.
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// ndarena::scope(|s| assert_eq!(s.mapv(&array![1.0, 4.0], f64::sqrt), array![1.0, 2.0]));
    /// ```
    #[inline]
    #[track_caller]
    pub fn mapv<A, B, D, F>(self, a: &ArrayRef<A, D>, mut f: F) -> ArrayViewMut<'s, B, D>
    where
        A: Clone,
        B: Copy + 's,
        D: Dimension,
        F: FnMut(A) -> B,
    {
        self.map(a, |x| f(x.clone()))
    }

    /// The array of `f(&mut x)` for each element `x` of `a`, which `f` may change; of the same shape and in the same memory order,
    /// as [`map`](Scope::map) has it.
    ///
    /// # Panics
    ///
    /// As [`AllocArray`](crate::AllocArray) says.
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// let mut a = array![1, 2, 3];
    /// ndarena::scope(|s| assert_eq!(s.map_mut(&mut a, |x| std::mem::replace(x, 0)), array![1, 2, 3]));
    /// assert_eq!(a, array![0, 0, 0]);
    /// ```
    #[track_caller]
    pub fn map_mut<'a, A, B, D, F>(self, a: &'a mut ArrayRef<A, D>, f: F) -> ArrayViewMut<'s, B, D>
    where
        A: 'a,
        B: Copy + 's,
        D: Dimension,
        F: FnMut(&'a mut A) -> B,
    {
        let column_major = a.t().is_standard_layout();
        let to: ArrayViewMut<'s, MaybeUninit<B>, D> =
            if column_major { self.uninit(a.raw_dim().f()) } else { self.uninit_like(a) };
        if to.strides() != a.strides() {
            return written_from(to, a, f);
        }
        // Neither array has gaps, and both are in the same order.
        let from = a.as_slice_memory_order_mut().expect("an array of a new one's strides has no gaps");
        written_in(to, |to| to.extend(from.iter_mut().map(f)))
    }

    /// The elements of `a`, but `min` in place of what is less, and `max` in place of what is greater. What cannot be compared,
    /// such as NaN, stays.
    ///
    /// # Panics
    ///
    /// Unless `min <= max`, and as [`AllocArray`](crate::AllocArray) says.
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// ndarena::scope(|s| assert_eq!(s.clamp(&array![-1, 0, 5, 9], 0, 5), array![0, 0, 5, 5]));
    /// ```
    #[inline]
    #[track_caller]
    pub fn clamp<A, D>(self, a: &ArrayRef<A, D>, min: A, max: A) -> ArrayViewMut<'s, A, D>
    where
        A: Copy + PartialOrd + 's,
        D: Dimension,
    {
        if !matches!(min.partial_cmp(&max), Some(Ordering::Less | Ordering::Equal)) {
            not_in_order();
        }
        self.map(a, |&x| num_traits::clamp(x, min, max))
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn not_in_order() -> ! {
    panic!(
        "ndarena: clamp: the lower bound is not less than or equal to the upper one; give bounds in order, and no NaN"
    )
}
