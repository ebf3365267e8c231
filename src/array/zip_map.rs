//! Arrays made from several others, element by element, in one pass.

use ndarray::{ArrayRef, ArrayView, ArrayViewMut, DimMax, Dimension, ShapeBuilder};

use super::checks::cannot_broadcast;
use super::filling::written;
use super::runs::{Run, strided, write_walk};
use super::walk::{Broadcast, Strided, prefers_column_major};
use crate::scope::Scope;
use crate::shape::lengths_mut;

/// The number of axes of `D` and `E` broadcast together.
type Max<D, E> = <D as DimMax<E>>::Output;

macro_rules! zip_map {
    ($(#[$doc:meta])* $name:ident, $zip:ident, $broadcast:ident, $($k:literal $a:ident: $A:ident $D:ident),+; $dim:ty, $($bound:tt)+) => {
        $(#[$doc])*
        #[allow(clippy::too_many_arguments, reason = "of many operands")]
        #[inline]
        #[track_caller]
        pub fn $name<$($A, $D,)+ R, F>(self, $($a: &ArrayRef<$A, $D>,)+ f: F) -> ArrayViewMut<'s, R, $dim>
        where
            $($D: Dimension,)+
            $($bound)+
            R: Copy + 's,
            F: FnMut($(&$A),+) -> R,
        {
            self.$zip(stringify!($name), $($a,)+ f)
        }

        /// The same on behalf of `operation`, which panics name.
        #[allow(clippy::too_many_arguments, reason = "of many operands")]
        #[inline]
        #[track_caller]
        pub(super) fn $zip<$($A, $D,)+ R, F>(
            self,
            operation: &'static str,
            $($a: &ArrayRef<$A, $D>,)+
            mut f: F,
        ) -> ArrayViewMut<'s, R, $dim>
        where
            $($D: Dimension,)+
            $($bound)+
            R: Copy + 's,
            F: FnMut($(&$A),+) -> R,
        {
            let shapes = [$($a.shape()),+];
            let alike = shapes.iter().all(|shape| same(shape, shapes[0]));
            if alike {
                if let ($(Some($a),)+) = ($($a.as_slice(),)+) {
                    let dim = broadcast_shape::<$dim>(operation, &shapes);
                    return written(self, dim.set_f(false), |to| {
                        let len = [$($a.len()),+][0];
                        // After this the compiler knows that all slices have this length.
                        $(let $a = &$a[..len];)+
                        to.write(len, |i| f($(&$a[i]),+));
                    });
                }
            }
            self.$broadcast(operation, alike, $($a,)+ f)
        }

        /// Every other case; `alike` tells whether all have one shape. It is a function of its own, so that the code for row-major arrays
        /// of one shape is short.
        #[allow(clippy::too_many_arguments, reason = "of many operands")]
        #[inline(never)]
        #[track_caller]
        fn $broadcast<$($A, $D,)+ R, F>(
            self,
            operation: &'static str,
            alike: bool,
            $($a: &ArrayRef<$A, $D>,)+
            mut f: F,
        ) -> ArrayViewMut<'s, R, $dim>
        where
            $($D: Dimension,)+
            $($bound)+
            R: Copy + 's,
            F: FnMut($(&$A),+) -> R,
        {
            let shapes = [$($a.shape()),+];
            let dim = broadcast_shape::<$dim>(operation, &shapes);
            // Row-major operands, each as large as the result, or one row that all of its rows are made with.
            let (len, row) = (dim.size_checked().unwrap_or(usize::MAX), dim.slice().last().copied().unwrap_or(1));
            let rows = |shape: &[usize], own: usize| own == len || (own == row && shape.last() == Some(&row));
            if !alike && [$(rows($a.shape(), $a.len())),+].iter().all(|&fits| fits) {
                if let ($(Some($a),)+) = ($($a.as_slice(),)+) {
                    return written(self, dim.set_f(false), |to| {
                        for start in (0..len).step_by(row.max(1)) {
                            $(let $a = if $a.len() == len { &$a[start..][..row] } else { &$a[..row] };)+
                            to.write(row, |i| f($(&$a[i]),+));
                        }
                    });
                }
            }
            let strides = [$($a.strides()),+];
            if alike && strides.iter().all(|own| own.first() == Some(&1)) {
                // Column-major, perhaps.
                if let ($(Some($a),)+) = ($($a.view().reversed_axes().to_slice(),)+) {
                    return written(self, dim.set_f(true), |to| {
                        let len = [$($a.len()),+][0];
                        $(let $a = &$a[..len];)+
                        to.write(len, |i| f($(&$a[i]),+));
                    });
                }
            }
            let (axes, broadcast) = (dim.ndim(), Broadcast::new(dim.slice(), [$(strided($a)),+]));
            let column_major = match &broadcast {
                Some(broadcast) => broadcast.prefers_column_major(),
                None => 0 $(+ weight(dim.slice(), strided($a)))+ > 0,
            };
            written(self, dim.clone().set_f(column_major), |to| {
                let order = |axis| if column_major { axes - 1 - axis } else { axis };
                match broadcast {
                    _ if dim.size() == 0 => {}
                    Some(broadcast) => write_walk!(to, broadcast.walk(order), f, $($a $k)+),
                    None => {
                        $(
                            let $a = view_of($a, &dim, column_major);
                            let mut $a = $a.iter();
                        )+
                        to.write(dim.size(), |_| f($($a.next().expect("as many elements")),+));
                    }
                }
            })
        }
    };
}

impl<'s> Scope<'s> {
    zip_map! {
        /// The array of `f(&x, &y)` for the elements `x` of `a` and `y` of `b` at each index. Shapes are broadcast as
        /// ndarray's operators do it: from the last axis, lengths must be the same, or 1, or missing.
        ///
        /// # Panics
        ///
        /// If the shapes cannot be broadcast together, and as [`AllocArray`](crate::AllocArray) says.
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
        zip_map, zip_as, broadcast_and_zip, 0 a: A D, 1 b: B E; Max<D, E>, D: DimMax<E>,
    }

    zip_map! {
        /// [`zip_map`](Scope::zip_map) of three arrays: an expression of them in one pass, where operators would take one
        /// for each.
        ///
        /// # Panics
        ///
        /// As [`zip_map`](Scope::zip_map).
        ///
        /// ```
        /// use ndarray::array;
        ///
        /// let (x, y, t) = (array![[1.0], [2.0]], array![3.0, 4.0], array![0.5, 1.0]);
        /// let scale = 2.0; // numbers are captured, and are no operands
        /// ndarena::scope(|s| {
        ///     let z = s.zip_map3(&x, &y, &t, |x, y, t| scale * (x + t * (y - x)));
        ///     assert_eq!(z, array![[4.0, 8.0], [5.0, 8.0]]);
        /// });
        /// ```
        zip_map3, zip3_as, broadcast_and_zip3, 0 a: A D, 1 b: B E, 2 c: C G; Max<Max<D, E>, G>, D: DimMax<E>, Max<D, E>: DimMax<G>,
    }

    zip_map! {
        /// [`zip_map`](Scope::zip_map) of four arrays.
        ///
        /// # Panics
        ///
        /// As [`zip_map`](Scope::zip_map).
        ///
        /// ```
        /// use ndarray::array;
        ///
        /// let x = array![1.0, 2.0];
        /// ndarena::scope(|s| assert_eq!(s.zip_map4(&x, &x, &x, &x, |a, b, c, d| a + b * c - d), array![1.0, 4.0]));
        /// ```
        zip_map4, zip4_as, broadcast_and_zip4, 0 a: A D, 1 b: B E, 2 c: C G, 3 d: X H; Max<Max<Max<D, E>, G>, H>,
        D: DimMax<E>, Max<D, E>: DimMax<G>, Max<Max<D, E>, G>: DimMax<H>,
    }

    zip_map! {
        /// [`zip_map`](Scope::zip_map) of five arrays.
        ///
        /// # Panics
        ///
        /// As [`zip_map`](Scope::zip_map).
        ///
        /// ```
        /// use ndarray::array;
        ///
        /// let x = array![1.0, 2.0];
        /// ndarena::scope(|s| {
        ///     assert_eq!(s.zip_map5(&x, &x, &x, &x, &x, |a, b, c, d, e| a + b * c - d * e), array![1.0, 2.0]);
        /// });
        /// ```
        zip_map5, zip5_as, broadcast_and_zip5, 0 a: A D, 1 b: B E, 2 c: C G, 3 d: X H, 4 e: Y I; Max<Max<Max<Max<D, E>, G>, H>, I>,
        D: DimMax<E>, Max<D, E>: DimMax<G>, Max<Max<D, E>, G>: DimMax<H>, Max<Max<Max<D, E>, G>, H>: DimMax<I>,
    }

    zip_map! {
        /// [`zip_map`](Scope::zip_map) of six arrays.
        ///
        /// # Panics
        ///
        /// As [`zip_map`](Scope::zip_map).
        ///
        /// ```
        /// use ndarray::array;
        ///
        /// let x = array![1.0, 2.0];
        /// ndarena::scope(|s| {
        ///     let sums = s.zip_map6(&x, &x, &x, &x, &x, &x, |a, b, c, d, e, f| a + b + c + d + e + f);
        ///     assert_eq!(sums, array![6.0, 12.0]);
        /// });
        /// ```
        zip_map6, zip6_as, broadcast_and_zip6, 0 a: A D, 1 b: B E, 2 c: C G, 3 d: X H, 4 e: Y I, 5 g: Z J; Max<Max<Max<Max<Max<D, E>, G>, H>, I>, J>,
        D: DimMax<E>, Max<D, E>: DimMax<G>, Max<Max<D, E>, G>: DimMax<H>, Max<Max<Max<D, E>, G>, H>: DimMax<I>, Max<Max<Max<Max<D, E>, G>, H>, I>: DimMax<J>,
    }

    zip_map! {
        /// [`zip_map`](Scope::zip_map) of seven arrays.
        ///
        /// # Panics
        ///
        /// As [`zip_map`](Scope::zip_map).
        ///
        /// ```
        /// use ndarray::array;
        ///
        /// let x = array![1.0, 2.0];
        /// ndarena::scope(|s| {
        ///     let sums = s.zip_map7(&x, &x, &x, &x, &x, &x, &x, |a, b, c, d, e, f, g| a + b + c + d + e + f + g);
        ///     assert_eq!(sums, array![7.0, 14.0]);
        /// });
        /// ```
        zip_map7, zip7_as, broadcast_and_zip7, 0 a: A D, 1 b: B E, 2 c: C G, 3 d: X H, 4 e: Y I, 5 g: Z J, 6 h: P K; Max<Max<Max<Max<Max<Max<D, E>, G>, H>, I>, J>, K>,
        D: DimMax<E>, Max<D, E>: DimMax<G>, Max<Max<D, E>, G>: DimMax<H>, Max<Max<Max<D, E>, G>, H>: DimMax<I>, Max<Max<Max<Max<D, E>, G>, H>, I>: DimMax<J>, Max<Max<Max<Max<Max<D, E>, G>, H>, I>, J>: DimMax<K>,
    }

    zip_map! {
        /// [`zip_map`](Scope::zip_map) of eight arrays.
        ///
        /// # Panics
        ///
        /// As [`zip_map`](Scope::zip_map).
        ///
        /// ```
        /// use ndarray::array;
        ///
        /// let x = array![1.0, 2.0];
        /// ndarena::scope(|s| {
        ///     let sums = s.zip_map8(&x, &x, &x, &x, &x, &x, &x, &x, |a, b, c, d, e, f, g, h| a + b + c + d + e + f + g + h);
        ///     assert_eq!(sums, array![8.0, 16.0]);
        /// });
        /// ```
        zip_map8, zip8_as, broadcast_and_zip8, 0 a: A D, 1 b: B E, 2 c: C G, 3 d: X H, 4 e: Y I, 5 g: Z J, 6 h: P K, 7 i: Q L; Max<Max<Max<Max<Max<Max<Max<D, E>, G>, H>, I>, J>, K>, L>,
        D: DimMax<E>, Max<D, E>: DimMax<G>, Max<Max<D, E>, G>: DimMax<H>, Max<Max<Max<D, E>, G>, H>: DimMax<I>, Max<Max<Max<Max<D, E>, G>, H>, I>: DimMax<J>, Max<Max<Max<Max<Max<D, E>, G>, H>, I>, J>: DimMax<K>, Max<Max<Max<Max<Max<Max<D, E>, G>, H>, I>, J>, K>: DimMax<L>,
    }
}

/// `a == b`, without a call for the few lengths that there are.
#[inline(always)]
fn same(a: &[usize], b: &[usize]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a == b)
}

/// The shape that arrays of these shapes are broadcast to; panics if there is none.
#[inline]
#[track_caller]
fn broadcast_shape<D: Dimension>(operation: &'static str, shapes: &[&[usize]]) -> D {
    let mut dim = D::zeros(shapes.iter().map(|shape| shape.len()).max().unwrap_or(0));
    let lengths = lengths_mut(&mut dim);
    lengths.fill(1);
    for shape in shapes {
        for (to, &from) in lengths.iter_mut().rev().zip(shape.iter().rev()) {
            if *to == 1 {
                *to = from;
            } else if from != 1 && from != *to {
                cannot_broadcast(operation, shapes);
            }
        }
    }
    dim
}

/// How much an operand that is broadcast to `shape` speaks for column-major order, if there are too many axes for a [`Broadcast`].
#[cold]
fn weight(shape: &[usize], (lengths, strides): Strided<'_>) -> i32 {
    let missing = shape.len() - lengths.len();
    prefers_column_major(shape.len(), |axis| match axis.checked_sub(missing) {
        Some(own) if lengths[own] != 1 => (shape[axis], strides[own]),
        _ => (shape[axis], 0),
    })
}

/// `a` broadcast to `dim`, which is made of the shapes of all operands; with its axes in the opposite order if asked.
#[cold]
fn view_of<'a, A, D: Dimension, E: Dimension>(a: &'a ArrayRef<A, D>, dim: &E, reversed: bool) -> ArrayView<'a, A, E> {
    let a = a.broadcast(dim.clone()).expect("an array of this shape was made");
    if reversed { a.reversed_axes() } else { a }
}
