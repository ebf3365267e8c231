//! Arrays made from other arrays, element by element, in one pass.

use core::cmp::Reverse;
use core::mem::MaybeUninit;
use core::slice;

use ndarray::{ArrayRef, ArrayView, ArrayViewMut, Axis, DimMax, Dimension, ShapeBuilder, Zip};

use crate::AllocArray;
use crate::scope::Scope;
use crate::shape::lengths_mut;

impl<'s> Scope<'s> {
    /// A copy of `a`, of the same shape and in the same memory order: row-major, column-major, or any other order of the
    /// axes, without the gaps that `a` may have.
    ///
    /// # Panics
    ///
    /// As [`AllocArray`] says.
    ///
    /// ```
    /// use ndarray::{Array2, ShapeBuilder, s};
    ///
    /// let a = Array2::from_shape_fn((4, 6).f(), |(i, j)| i * j);
    /// ndarena::scope(|scope| {
    ///     let b = scope.copy_of(&a.slice(s![1.., ..]));
    ///     assert_eq!(b, a.slice(s![1.., ..]));
    ///     assert_eq!(b.strides(), &[1, 3]);
    /// });
    /// ```
    #[inline]
    #[track_caller]
    pub fn copy_of<T, D>(self, a: &ArrayRef<T, D>) -> ArrayViewMut<'s, T, D>
    where
        T: Copy + 's,
        D: Dimension,
    {
        self.map(a, |&x| x)
    }

    /// The array of `f(&x)` for each element `x` of `a`, of the same shape and in the same memory order.
    ///
    /// # Panics
    ///
    /// As [`AllocArray`] says.
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// let a = array![[1.0, 4.0], [9.0, 16.0]];
    /// ndarena::scope(|s| assert_eq!(s.map(&a, |x: &f64| x.sqrt()), array![[1.0, 2.0], [3.0, 4.0]]));
    /// ```
    #[inline]
    #[track_caller]
    pub fn map<'a, A, B, D, F>(self, a: &'a ArrayRef<A, D>, mut f: F) -> ArrayViewMut<'s, B, D>
    where
        A: 'a,
        B: Copy + 's,
        D: Dimension,
        F: FnMut(&'a A) -> B,
    {
        if let Some(from) = a.as_slice() {
            if let Some(to) = self.map_slice(from, &mut f) {
                // SAFETY: `to` has as many elements as `a`, for `'s` and for no one else.
                return unsafe { ArrayViewMut::from_shape_ptr(a.raw_dim(), to.as_mut_ptr()) };
            }
        }
        self.map_in_order(a, f)
    }

    /// Every case of [`map`](Scope::map): apart, so that row-major arrays without gaps get short code.
    #[inline(never)]
    #[track_caller]
    fn map_in_order<'a, A, B, D, F>(self, a: &'a ArrayRef<A, D>, mut f: F) -> ArrayViewMut<'s, B, D>
    where
        A: 'a,
        B: Copy + 's,
        D: Dimension,
        F: FnMut(&'a A) -> B,
    {
        if let Some(from) = a.t().to_slice() {
            if let Some(to) = self.map_slice(from, &mut f) {
                // SAFETY: `to` has as many elements as `a`, for `'s` and for no one else.
                return unsafe { ArrayViewMut::from_shape_ptr(a.raw_dim().f(), to.as_mut_ptr()) };
            }
        }
        let mut to = self.uninit_like(a);
        match (to.strides() == a.strides(), to.as_slice_memory_order_mut(), a.as_slice_memory_order()) {
            // Both without gaps and in the same order.
            (true, Some(to), Some(from)) => to.iter_mut().zip(from).for_each(|(to, from)| {
                to.write(f(from));
            }),
            _ => Zip::from(&mut to).and(a).for_each(|to, from| {
                to.write(f(from));
            }),
        }
        // SAFETY: either branch writes every element; the slices of the first are as long as the arrays, which have the
        // same shape.
        unsafe { to.assume_init() }
    }

    /// The values of `f` for the elements of `from`, if there is memory ready for them.
    #[inline(always)]
    fn map_slice<'a, A, B: Copy + 's>(self, from: &'a [A], mut f: impl FnMut(&'a A) -> B) -> Option<&'s mut [B]> {
        let to = self.uninit_slice_quickly::<B>(from.len())?;
        for (to, from) in to.iter_mut().zip(from) {
            to.write(f(from));
        }
        // SAFETY: both are as long, so each element is written.
        Some(unsafe { slice::from_raw_parts_mut(to.as_mut_ptr().cast(), to.len()) })
    }

    /// The array of `f(&x, &y)` for the elements `x` of `a` and `y` of `b` at each index. Shapes are broadcast as ndarray's
    /// operators do it: from the last axis, lengths must be the same, or 1, or missing.
    ///
    /// # Panics
    ///
    /// If the shapes cannot be broadcast together, and as [`AllocArray`] says.
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// let a = array![[1, 2, 3], [4, 5, 6]];
    /// let row = array![10, 20, 30];
    /// ndarena::scope(|s| {
    ///     assert_eq!(s.zip_map(&a, &row, |x, y| x + y), array![[11, 22, 33], [14, 25, 36]]);
    /// });
    /// ```
    #[inline]
    #[track_caller]
    pub fn zip_map<A, B, C, D, E, F>(
        self,
        a: &ArrayRef<A, D>,
        b: &ArrayRef<B, E>,
        mut f: F,
    ) -> ArrayViewMut<'s, C, <D as DimMax<E>>::Output>
    where
        C: Copy + 's,
        D: Dimension + DimMax<E>,
        E: Dimension,
        F: FnMut(&A, &B) -> C,
    {
        let (a, b) = broadcast_together(a, b);
        let column_major = prefers_column_major(&a) + prefers_column_major(&b) > 0;
        let mut to = self.uninit(a.raw_dim().set_f(column_major));
        Zip::from(&mut to).and(a).and(b).for_each(|to, a, b| {
            to.write(f(a, b));
        });
        // SAFETY: `Zip` walks over all elements, and each is written.
        unsafe { to.assume_init() }
    }

    /// An array of `a`'s shape, without gaps, whose axes have the order in memory that `a`'s have; row-major where `a`
    /// repeats elements and so has none.
    #[inline]
    #[track_caller]
    fn uninit_like<A, B, D>(self, a: &ArrayRef<A, D>) -> ArrayViewMut<'s, MaybeUninit<B>, D>
    where
        B: Copy + 's,
        D: Dimension,
    {
        let strides = a.strides();
        let repeats = || a.axes().any(|axis| axis.stride == 0 && axis.len > 1);
        if strides.windows(2).all(|pair| pair[0].unsigned_abs() >= pair[1].unsigned_abs()) || repeats() {
            return self.uninit(a.raw_dim());
        }
        let mut slowest_first = D::zeros(a.ndim());
        lengths_mut(&mut slowest_first).iter_mut().enumerate().for_each(|(i, axis)| *axis = i);
        lengths_mut(&mut slowest_first).sort_by_key(|&axis| Reverse(strides[axis].unsigned_abs()));
        let mut dim = slowest_first.clone();
        let mut place_of = slowest_first.clone();
        for (place, &axis) in lengths_mut(&mut slowest_first).iter().enumerate() {
            dim[place] = a.len_of(Axis(axis));
            place_of[axis] = place;
        }
        self.uninit(dim).permuted_axes(place_of)
    }
}

/// A view of an array that is broadcast together with another.
type Broadcast<'a, A, D, E> = ArrayView<'a, A, <D as DimMax<E>>::Output>;

/// `a` and `b` as views of the shape that both broadcast to.
#[inline]
#[track_caller]
fn broadcast_together<'a, 'b, A, B, D, E>(
    a: &'a ArrayRef<A, D>,
    b: &'b ArrayRef<B, E>,
) -> (Broadcast<'a, A, D, E>, Broadcast<'b, B, D, E>)
where
    D: Dimension + DimMax<E>,
    E: Dimension,
{
    if a.shape() == b.shape() {
        if let (Ok(a), Ok(b)) = (a.view().into_dimensionality(), b.view().into_dimensionality()) {
            return (a, b);
        }
    }
    let mut dim = <D as DimMax<E>>::Output::zeros(a.ndim().max(b.ndim()));
    lengths_mut(&mut dim).fill(1);
    for shape in [a.shape(), b.shape()] {
        // A length other than 1 decides; where two differ, `broadcast` below refuses one of the arrays.
        for (to, &from) in lengths_mut(&mut dim).iter_mut().rev().zip(shape.iter().rev()) {
            if from != 1 {
                *to = from;
            }
        }
    }
    match (a.broadcast(dim.clone()), b.broadcast(dim)) {
        (Some(a), Some(b)) => (a, b),
        _ => cannot_broadcast(a.shape(), b.shape()),
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn cannot_broadcast(a: &[usize], b: &[usize]) -> ! {
    panic!("ndarena: could not broadcast arrays of shapes {a:?} and {b:?} together")
}

/// How much an operand speaks for column-major order, as ndarray's `Zip` weighs it: more if it lies without gaps.
pub(super) fn prefers_column_major<A, D: Dimension>(a: &ArrayView<'_, A, D>) -> i32 {
    let fastest = |axis: usize| a.len_of(Axis(axis)) > 1 && a.stride_of(Axis(axis)) == 1;
    match a.ndim() {
        0 | 1 => 0,
        _ if a.is_standard_layout() => {
            let one_dimensional = a.shape().iter().filter(|&&len| len > 1).count() <= 1;
            if one_dimensional { 0 } else { -2 }
        }
        _ if a.t().is_standard_layout() => 2,
        _ if fastest(0) => 1,
        n if fastest(n - 1) => -1,
        _ => 0,
    }
}
