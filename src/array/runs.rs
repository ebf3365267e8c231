//! The elements of an array along one axis, wherever they lie.

use core::marker::PhantomData;
use core::slice;

use ndarray::{ArrayRef, Dimension};

use super::filling::Filling;
use super::walk::{Broadcast, Strided, Walk};
use crate::shape::lengths_mut;

/// Elements of an array of which each is so far from the one before.
///
/// The invariant `Steps`: there are `len` elements for `'a`, the first at `first`, and each next one `step` elements further.
pub(super) struct Run<'a, A> {
    first: *const A,
    step: isize,
    len: usize,
    elements: PhantomData<&'a [A]>,
}

impl<'a, A> Run<'a, A> {
    /// The run of the array that is number `k` in the walk, at that distance from its first element.
    ///
    /// # Safety
    ///
    /// The walk was made for the [lengths and strides](strided) of this array as number `k`, and gave the distance for it.
    #[inline(always)]
    pub(super) unsafe fn new<D: Dimension, const N: usize>(
        array: &'a ArrayRef<A, D>,
        walk: &Walk<N>,
        k: usize,
        at: isize,
    ) -> Self {
        // SAFETY: the distance leads to an element of the array (Inside of `walk`).
        let first = unsafe { array.as_ptr().offset(at) };
        // All further elements of the run are the array's as well (Inside of `walk`).
        Run { first, step: walk.steps()[k], len: walk.len(), elements: PhantomData }
    }

    /// The elements, if they lie side by side.
    #[inline(always)]
    pub(super) fn as_slice(&self) -> Option<&'a [A]> {
        if self.step != 1 && self.len != 1 {
            return None;
        }
        // SAFETY: there are `len` elements from the first one on, side by side (Steps).
        Some(unsafe { slice::from_raw_parts(self.first, self.len) })
    }

    /// The element, if it is one and the same at every step.
    #[inline(always)]
    pub(super) fn as_one(&self) -> Option<&'a A> {
        // SAFETY: a run has one element or more (Steps).
        if self.step == 0 { Some(unsafe { &*self.first }) } else { None }
    }

    /// The next element of the run, the first one at the first call.
    ///
    /// # Safety
    ///
    /// The run has elements left: this is called no more often than the walk's runs are long; and nothing else is called after it.
    #[inline(always)]
    pub(super) unsafe fn next(&mut self) -> &'a A {
        let element = self.first;
        self.first = element.wrapping_offset(self.step);
        self.len = self.len.wrapping_sub(1);
        // SAFETY: it is an element, for `'a` (Steps).
        unsafe { &*element }
    }
}

/// Writes `f` of the elements of arrays to the next elements of `to`, in the order of `$walk`, a walk that was made of these arrays,
/// broadcast to a shape that has elements.
macro_rules! write_walk {
    ($to:ident, $walk:expr, $f:ident, $($a:ident $k:literal)+) => {{
        let walk = $walk;
        let len = walk.len();
        walk.runs(|at| {
            // SAFETY: the walk was made for these arrays, each with its number, and gave these distances (Inside of `walk`).
            $(let $a = unsafe { Run::new($a, &walk, $k, at[$k]) };)+
            if let ($(Some($a),)+) = ($($a.as_slice(),)+) {
                // After this the compiler knows that all slices have this length.
                $(let $a = &$a[..len];)+
                $to.write(len, |i| $f($(&$a[i]),+));
            } else {
                write_walk!(@steps $to, len, $f, $($a)+);
            }
        });
    }};
    // Of two, one is often the same at every step: a column, or a number.
    (@steps $to:ident, $len:ident, $f:ident, $a:ident $b:ident) => {
        match (($a.as_slice(), $a.as_one()), ($b.as_slice(), $b.as_one())) {
            ((Some(a), _), (_, Some(b))) => $to.map(a, |a| $f(a, b)),
            ((_, Some(a)), (Some(b), _)) => $to.map(b, |b| $f(a, b)),
            _ => {
                let (mut a, mut b) = ($a, $b);
                // SAFETY: this is done as often as the runs are long (Steps).
                $to.write_with($len, || $f(unsafe { a.next() }, unsafe { b.next() }));
            }
        }
    };
    (@steps $to:ident, $len:ident, $f:ident, $($a:ident)+) => {{
        $(let mut $a = $a;)+
        // SAFETY: this is done as often as the runs are long (Steps).
        $to.write_with($len, || $f($(unsafe { $a.next() }),+));
    }};
}
pub(super) use write_walk;

/// Writes `f` of the elements of `a` to the next elements of `to`; `slowest_first(0)` is the axis that changes last.
#[inline]
pub(super) fn write_array<'a, A, T, D: Dimension>(
    to: &mut Filling<'_, T>,
    a: &'a ArrayRef<A, D>,
    slowest_first: impl Fn(usize) -> usize,
    mut f: impl FnMut(&'a A) -> T,
) {
    if a.is_empty() {
        return;
    }
    match Broadcast::new(a.shape(), [strided(a)]) {
        Some(axes) => write_walk!(to, axes.walk(slowest_first), f, a 0),
        None => {
            let mut axes = a.raw_dim();
            lengths_mut(&mut axes).iter_mut().enumerate().for_each(|(i, axis)| *axis = slowest_first(i));
            a.view().permuted_axes(axes).into_iter().for_each(|x| to.write_with(1, || f(x)));
        }
    }
}

/// Writes the elements of `a` to the next elements of `to`; `slowest_first(0)` is the axis that changes last.
#[inline]
pub(super) fn copy_array<T: Copy, D: Dimension>(
    to: &mut Filling<'_, T>,
    a: &ArrayRef<T, D>,
    slowest_first: impl Fn(usize) -> usize,
) {
    match Broadcast::new(a.shape(), [strided(a)]) {
        Some(axes) if !a.is_empty() => {
            let walk = axes.walk(slowest_first);
            walk.runs(|at| {
                // SAFETY: the walk was made for this array, and gave this distance (Inside of `walk`).
                let mut run = unsafe { Run::new(a, &walk, 0, at[0]) };
                match run.as_slice() {
                    Some(from) if size_of_val(from) >= LONG => to.copy(from),
                    Some(from) => to.map(from, |&x| x),
                    // SAFETY: this is done as often as the run is long (Steps).
                    None => to.write_with(walk.len(), || *unsafe { run.next() }),
                }
            });
        }
        _ => write_array(to, a, slowest_first, |&x| x),
    }
}

/// From so many bytes on a copy by `memcpy`, which is a call, is faster than a loop.
const LONG: usize = 64;

/// An array's lengths and strides.
#[inline(always)]
pub(super) fn strided<A, D: Dimension>(array: &ArrayRef<A, D>) -> Strided<'_> {
    (array.shape(), array.strides())
}
