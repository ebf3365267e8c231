//! ndarray's `Zip`, ended in a scope.

use core::mem::MaybeUninit;

use ndarray::{Array, ArrayViewMut, Dimension, NdProducer, Shape, ShapeBuilder, Zip};

use super::AllocArray;
use crate::scope::Scope;

/// The end of an ndarray [`Zip`] in a scope: what `map_collect` gives, in scope memory.
///
/// For what [`zip_map`](Scope::zip_map) does not have: indices, lanes, windows, chunks, and threads. There is nothing to
/// implement; `use ndarena::prelude::*` brings it in.
///
/// ```
/// use ndarena::prelude::*;
/// use ndarray::{Zip, array};
///
/// let x = array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
/// let weights = array![0.5, 2.0];
/// ndarena::scope(|s| {
///     let sums = Zip::from(x.rows()).and(&weights).map_collect_in(s, |row, w| w * row.sum());
///     assert_eq!(sums, array![3.0, 30.0]);
///     let upper = Zip::indexed(&x).map_collect_in(s, |(i, j), &x| if i <= j { x } else { 0.0 });
///     assert_eq!(upper, array![[1.0, 2.0, 3.0], [0.0, 5.0, 6.0]]);
/// });
/// ```
pub trait MapCollectIn<F, R> {
    /// The number of axes, as a type.
    type Dim: Dimension;

    /// The array of what `f` makes of the items at each index, of the zip's shape; column-major where `map_collect` would
    /// make it so.
    ///
    /// The producers must be `Clone`, as all are that only read.
    ///
    /// # Panics
    ///
    /// As [`AllocArray`] says.
    fn map_collect_in<'s>(self, s: Scope<'s>, f: F) -> ArrayViewMut<'s, R, Self::Dim>
    where
        R: Copy + 's;
}

/// [`MapCollectIn`] on the threads of rayon's pool.
///
/// ```
/// use ndarena::prelude::*;
/// use ndarray::{Array1, Zip};
///
/// let x = Array1::linspace(0.0, 1.0, 10_000);
/// ndarena::scope(|s| {
///     let y = Zip::from(&x).par_map_collect_in(s, |x: &f64| x.exp());
///     assert_eq!(y, x.mapv(f64::exp));
/// });
/// ```
///
/// The scope stays on its thread. Threads that need scratch memory for each item have default buffers of their own:
/// `ndarena::scope` inside `f`.
#[cfg(feature = "rayon")]
pub trait ParMapCollectIn<F, R> {
    /// The number of axes, as a type.
    type Dim: Dimension;

    /// [`map_collect_in`](MapCollectIn::map_collect_in), with `f` called on several threads at once.
    ///
    /// # Panics
    ///
    /// As [`AllocArray`] says.
    fn par_map_collect_in<'s>(self, s: Scope<'s>, f: F) -> ArrayViewMut<'s, R, Self::Dim>
    where
        R: Copy + Send + 's;
}

/// The end of a [`Zip`] in an array whose elements are not written yet.
pub(super) trait ZipInto<F, R> {
    /// The number of axes, as a type.
    type Dim: Dimension;

    /// `to`, which has the zip's shape, with what `f` makes of the items at each index.
    fn write_into<'s>(self, to: ArrayViewMut<'s, MaybeUninit<R>, Self::Dim>, f: F) -> ArrayViewMut<'s, R, Self::Dim>;
}

macro_rules! map_collect_in {
    ($($P:ident),+) => {
        impl<$($P,)+ D, F, R> ZipInto<F, R> for Zip<($($P,)+), D>
        where
            $($P: NdProducer<Dim = D>,)+
            D: Dimension,
            F: FnMut($($P::Item),+) -> R,
        {
            type Dim = D;

            #[inline]
            fn write_into<'s>(self, mut to: ArrayViewMut<'s, MaybeUninit<R>, D>, f: F) -> ArrayViewMut<'s, R, D> {
                self.map_assign_into(&mut to, f);
                // SAFETY: the zip has `to`'s shape, walks over all indices, and assigns to each element (Whole of `filling`).
                unsafe { to.assume_init() }
            }
        }

        impl<$($P,)+ D, F, R> MapCollectIn<F, R> for Zip<($($P,)+), D>
        where
            Self: Clone,
            $($P: NdProducer<Dim = D>,)+
            D: Dimension,
            F: FnMut($($P::Item),+) -> R,
        {
            type Dim = D;

            #[inline]
            #[track_caller]
            fn map_collect_in<'s>(self, s: Scope<'s>, f: F) -> ArrayViewMut<'s, R, D>
            where
                R: Copy + 's,
            {
                let to = s.uninit(shape_of(self.clone().map_collect(|$(_: $P::Item),+| ())));
                self.write_into(to, f)
            }
        }

        #[cfg(feature = "rayon")]
        impl<$($P,)+ D, F, R> ParMapCollectIn<F, R> for Zip<($($P,)+), D>
        where
            Self: Clone,
            $($P: NdProducer<Dim = D, Item: Send> + Send,)+
            D: Dimension,
            F: Fn($($P::Item),+) -> R + Send + Sync,
        {
            type Dim = D;

            #[inline]
            #[track_caller]
            fn par_map_collect_in<'s>(self, s: Scope<'s>, f: F) -> ArrayViewMut<'s, R, D>
            where
                R: Copy + Send + 's,
            {
                let mut to = s.uninit(shape_of(self.clone().map_collect(|$(_: $P::Item),+| ())));
                self.par_map_assign_into(&mut to, f);
                // SAFETY: the zip has `to`'s shape, walks over all indices before it returns, and assigns to each
                // element (Whole of `filling`).
                unsafe { to.assume_init() }
            }
        }
    };
}

/// The shape and memory order that a `Zip` gives the array that it collects into, of which it tells nothing otherwise. The
/// elements have no size, so collecting them takes no memory, and the compiler removes the loop.
#[inline]
fn shape_of<D: Dimension>(collected: Array<(), D>) -> Shape<D> {
    let column_major = !collected.is_standard_layout();
    collected.raw_dim().set_f(column_major)
}

map_collect_in!(P1);
map_collect_in!(P1, P2);
map_collect_in!(P1, P2, P3);
map_collect_in!(P1, P2, P3, P4);
map_collect_in!(P1, P2, P3, P4, P5);
