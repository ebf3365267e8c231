//! Arrays made from several others, element by element, in one pass.

use ndarray::{ArrayRef, ArrayView, ArrayViewMut, DimMax, Dimension, ShapeBuilder, Zip};

use super::AllocArray;
use super::checks::cannot_broadcast;
use super::filling::written_fast;
use super::order::{prefers_column_major, rows_without_gaps};
use super::raw::too_large;
use super::zip_collect::ZipInto;
use crate::scope::Scope;
use crate::shape::lengths_mut;

/// The number of axes of `D` and `E` broadcast together.
type Max<D, E> = <D as DimMax<E>>::Output;

/// Up to this number of elements, iterators take less time than `Zip` takes to set itself up.
const FEW: usize = 32;

/// ndarray's `Zip` of these producers.
macro_rules! zip {
    ($a:ident $($b:ident)*) => { Zip::from($a)$(.and($b))* };
}

macro_rules! zip_map {
    ($(#[$doc:meta])* $name:ident, $zip:ident, $broadcast:ident, $($a:ident: $A:ident $D:ident),+; $dim:ty, $($bound:tt)+) => {
        $(#[$doc])*
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
        #[allow(clippy::too_many_arguments, reason = "of five operands")]
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
            if shapes.iter().all(|shape| same(shape, shapes[0])) {
                if let ($(Some($a),)+) = ($($a.as_slice(),)+) {
                    let len = [$($a.len()),+][0];
                    // After this the compiler knows that all slices have this length.
                    $(let $a = &$a[..len];)+
                    let dim = broadcast_shape::<$dim>(operation, &shapes);
                    if let Some(to) = written_fast(self, dim, |to, len| to.write(len, |i| f($(&$a[i]),+))) {
                        return to;
                    }
                }
            }
            self.$broadcast(operation, $($a,)+ f)
        }

        /// Every case. It is a function of its own, so that the code for row-major arrays of one shape is short.
        #[allow(clippy::too_many_arguments, reason = "of five operands")]
        #[inline(never)]
        #[track_caller]
        fn $broadcast<$($A, $D,)+ R, F>(
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
            let dim = broadcast_shape::<$dim>(operation, &shapes);
            $(let $a = broadcast(self, &$a, &dim);)+
            if [$(rows_without_gaps(&$a)),+].iter().all(|&without| without) {
                let row_len = dim[dim.ndim() - 1];
                let by_rows = written_fast(self, dim.clone(), |mut to, len| {
                    $(let mut $a = $a.rows().into_iter();)+
                    for _ in 0..len / row_len {
                        $(let $a = $a.next().and_then(|row| row.to_slice()).expect("as many rows, without gaps");)+
                        $(let $a = &$a[..row_len];)+
                        to = to.write(row_len, |i| f($(&$a[i]),+));
                    }
                    to
                });
                if let Some(to) = by_rows {
                    return to;
                }
            }
            let column_major = 0 $(+ prefers_column_major(&$a))+ > 0;
            if let (Some(..=FEW), false) = (dim.size_checked(), column_major) {
                let few = written_fast(self, dim.clone(), |to, len| {
                    $(let mut $a = $a.iter();)+
                    to.write(len, |_| f($($a.next().expect("as many elements")),+))
                });
                if let Some(to) = few {
                    return to;
                }
            }
            zip!($($a)+).write_into(self.uninit(dim.set_f(column_major)), f)
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
        zip_map, zip_as, broadcast_and_zip, a: A D, b: B E; Max<D, E>, D: DimMax<E>,
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
        /// use ndarray::{arr0, array};
        ///
        /// let (x, y) = (array![[1.0], [2.0]], array![3.0, 4.0]);
        /// ndarena::scope(|s| {
        ///     let z = s.zip_map3(&x, &y, &arr0(0.5), |x, y, t| x + t * (y - x));
        ///     assert_eq!(z, array![[2.0, 2.5], [2.5, 3.0]]);
        /// });
        /// ```
        zip_map3, zip3_as, broadcast_and_zip3, a: A D, b: B E, c: C G; Max<Max<D, E>, G>, D: DimMax<E>, Max<D, E>: DimMax<G>,
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
        zip_map4, zip4_as, broadcast_and_zip4, a: A D, b: B E, c: C G, d: X H; Max<Max<Max<D, E>, G>, H>,
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
        zip_map5, zip5_as, broadcast_and_zip5, a: A D, b: B E, c: C G, d: X H, e: Y I; Max<Max<Max<Max<D, E>, G>, H>, I>,
        D: DimMax<E>, Max<D, E>: DimMax<G>, Max<Max<D, E>, G>: DimMax<H>, Max<Max<Max<D, E>, G>, H>: DimMax<I>,
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

/// `a` broadcast to `dim`, which is made of the shapes of all operands; panics if `dim` is too large for any array.
#[inline]
#[track_caller]
fn broadcast<'a, A, D: Dimension, E: Dimension>(s: Scope<'_>, a: &'a ArrayRef<A, D>, dim: &E) -> ArrayView<'a, A, E> {
    if same(a.shape(), dim.as_array_view().as_slice().unwrap_or_default()) {
        if let Ok(a) = a.view().into_dimensionality() {
            return a;
        }
    }
    match a.broadcast(dim.clone()) {
        Some(a) => a,
        None => too_large(s, dim),
    }
}
