//! Arrays made from several others, element by element, in one pass.

use ndarray::{ArrayRef, ArrayView, ArrayViewMut, Axis, DimMax, Dimension, ShapeBuilder, Zip};

use crate::AllocArray;
use crate::scope::Scope;
use crate::shape::lengths_mut;

/// The number of axes of `D` and `E` broadcast together.
type Max<D, E> = <D as DimMax<E>>::Output;

macro_rules! zip_map {
    ($(#[$doc:meta])* $name:ident, $($a:ident: $A:ident $D:ident),+; $dim:ty, $($bound:tt)+) => {
        $(#[$doc])*
        #[inline]
        #[track_caller]
        pub fn $name<$($A, $D,)+ R, F>(self, $($a: &ArrayRef<$A, $D>,)+ mut f: F) -> ArrayViewMut<'s, R, $dim>
        where
            $($D: Dimension,)+
            $($bound)+
            R: Copy + 's,
            F: FnMut($(&$A),+) -> R,
        {
            let shapes = [$($a.shape()),+];
            if shapes.iter().all(|shape| *shape == shapes[0]) {
                if let ($(Some($a),)+) = ($($a.as_slice(),)+) {
                    let len = [$($a.len()),+][0];
                    if let Some(to) = self.uninit_slice_quickly(len) {
                        // As long, which the compiler then knows.
                        $(let $a = &$a[..len];)+
                        for (i, to) in to.iter_mut().enumerate() {
                            to.write(f($(&$a[i]),+));
                        }
                        let dim = broadcast_shape::<$dim>(&shapes);
                        // SAFETY: `to` has as many elements as an array of that shape, each written, for `'s` and for no
                        // one else.
                        return unsafe { ArrayViewMut::from_shape_ptr(dim, to.as_mut_ptr().cast()) };
                    }
                }
            }
            let dim = broadcast_shape::<$dim>(&shapes);
            $(let $a = broadcast(&$a, &dim);)+
            let column_major = 0 $(+ prefers_column_major(&$a))+ > 0;
            let mut to = self.uninit(dim.set_f(column_major));
            Zip::from(&mut to)$(.and($a))+.for_each(|to, $($a),+| {
                to.write(f($($a),+));
            });
            // SAFETY: `Zip` walks over all elements, and each is written.
            unsafe { to.assume_init() }
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
        zip_map, a: A D, b: B E; Max<D, E>, D: DimMax<E>,
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
        zip_map3, a: A D, b: B E, c: C G; Max<Max<D, E>, G>, D: DimMax<E>, Max<D, E>: DimMax<G>,
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
        zip_map4, a: A D, b: B E, c: C G, d: X H; Max<Max<Max<D, E>, G>, H>,
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
        zip_map5, a: A D, b: B E, c: C G, d: X H, e: Y I; Max<Max<Max<Max<D, E>, G>, H>, I>,
        D: DimMax<E>, Max<D, E>: DimMax<G>, Max<Max<D, E>, G>: DimMax<H>, Max<Max<Max<D, E>, G>, H>: DimMax<I>,
    }
}

/// The shape that arrays of these shapes are broadcast to, or a panic.
#[inline]
#[track_caller]
fn broadcast_shape<D: Dimension>(shapes: &[&[usize]]) -> D {
    let mut dim = D::zeros(shapes.iter().map(|shape| shape.len()).max().unwrap_or(0));
    let lengths = lengths_mut(&mut dim);
    lengths.fill(1);
    for shape in shapes {
        for (to, &from) in lengths.iter_mut().rev().zip(shape.iter().rev()) {
            if *to == 1 {
                *to = from;
            } else if from != 1 && from != *to {
                cannot_broadcast(shapes);
            }
        }
    }
    dim
}

#[cold]
#[inline(never)]
#[track_caller]
fn cannot_broadcast(shapes: &[&[usize]]) -> ! {
    match shapes {
        [a, b] => panic!("ndarena: could not broadcast array from shape: {b:?} to: {a:?}"),
        _ => panic!("ndarena: could not broadcast arrays of shapes {shapes:?} together"),
    }
}

/// `a` as a view of the shape that it is broadcast to.
#[inline]
fn broadcast<'a, A, D: Dimension, E: Dimension>(a: &'a ArrayRef<A, D>, dim: &E) -> ArrayView<'a, A, E> {
    if a.shape() == dim.as_array_view().as_slice().unwrap_or_default() {
        if let Ok(a) = a.view().into_dimensionality() {
            return a;
        }
    }
    a.broadcast(dim.clone()).expect("this shape was made of all operands'")
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
