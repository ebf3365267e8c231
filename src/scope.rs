//! `Scope<'s>`: the right to make arrays that live for `'s`.

use core::fmt;
use core::ptr::NonNull;

use bumpalo::Bump;

use crate::error::Shortage;
use crate::memory::{End, Entered, Frame, Region, Stack};
use crate::threads::SharedWithThreads;

/// Makes arrays that live until the scope ends, in memory that is taken back then all at once.
///
/// A scope is handed to the closure of [`Buffer::scope`](crate::Buffer::scope), [`scope`](crate::scope()) or
/// [`Scope::scope`], or lent by a [`Guard`](crate::Guard). It is `Copy`, so a kernel takes it by value; its type names no buffer:
///
/// ```
/// use ndarena::{Scope, prelude::*};
/// use ndarray::{ArrayView1, ArrayView2, ArrayViewMut1};
///
/// /// `x ← x + (A x) ∘ x`, with a temporary.
/// fn step(s: Scope<'_>, a: ArrayView2<f64>, mut x: ArrayViewMut1<f64>) {
///     s.scope(|inner| {
///         let mut ax = inner.alloc_array::<f64>(x.len());
///         ndarray::linalg::general_mat_vec_mul(1.0, &a, &x, 0.0, &mut ax);
///         ax *= &x;
///         x += &ax;
///     });
/// }
/// # let mut x = ndarray::array![1.0, 2.0];
/// # ndarena::scope(|s| step(s, ndarray::array![[0.0, 1.0], [1.0, 0.0]].view(), x.view_mut()));
/// # assert_eq!(x, ndarray::array![3.0, 4.0]);
/// ```
///
/// # What it makes
///
/// | | |
/// |---|---|
/// | contents unspecified, elements [`Pod`](bytemuck::Pod) | [`alloc_array`], [`try_alloc_array`], [`alloc_slice`] |
/// | contents to be written first | [`uninit`], [`try_uninit`] |
/// | filled | [`zeros`], [`ones`], [`from_elem`], [`from_shape_fn`], [`eye`], [`from_diag`], [`from_iter`], `linspace`, `range`, `logspace` |
/// | elementwise, broadcasting | [`add`], [`sub`], [`mul`], [`div`], [`neg`], with numbers on either side |
/// | elementwise, in one pass | [`copy_of`], [`map`], [`zip_map`], [`zip_map3`] to [`zip_map8`], and any ndarray `Zip` by [`map_collect_in`] |
/// | linear algebra | [`dot`], [`outer`], [`kron`], `solve_lower_triangular`, `solve_upper_triangular` |
/// | with the feature `linalg`, its factorisations | `cholesky`, `lu`, `qr`, `eigh`, `svd`, `solve`, `inv`, `det`, `least_squares`, `matmul` |
/// | put together | [`concatenate`], [`stack`], [`select`] |
/// | in another shape or order | [`as_standard_layout`], [`to_shape`], [`broadcast`] |
/// | along an axis | [`sum_axis`], [`mean_axis`], [`fold_axis`], [`map_axis`], `var_axis`, `std_axis` |
/// | on a larger boundary than 64 bytes | [`align`]`(4096).alloc_array::<f64>(..)`, and so on |
/// | for other libraries | [`bytes`], [`bump`] |
/// | scopes inside this one | [`scope`](Scope::scope()), [`guard`] |
///
/// The constructors that take a shape are methods of the trait [`AllocArray`](crate::AllocArray), which
/// `use ndarena::prelude::*` brings in.
///
/// [`alloc_array`]: crate::AllocArray::alloc_array
/// [`try_alloc_array`]: crate::AllocArray::try_alloc_array
/// [`alloc_slice`]: Scope::alloc_slice
/// [`uninit`]: crate::AllocArray::uninit
/// [`try_uninit`]: crate::AllocArray::try_uninit
/// [`zeros`]: crate::AllocArray::zeros
/// [`ones`]: crate::AllocArray::ones
/// [`from_elem`]: crate::AllocArray::from_elem
/// [`from_shape_fn`]: crate::AllocArray::from_shape_fn
/// [`eye`]: Scope::eye
/// [`from_diag`]: Scope::from_diag
/// [`from_iter`]: Scope::from_iter
/// [`copy_of`]: Scope::copy_of
/// [`map`]: Scope::map
/// [`zip_map`]: Scope::zip_map
/// [`zip_map3`]: Scope::zip_map3
/// [`zip_map8`]: Scope::zip_map8
/// [`map_collect_in`]: crate::MapCollectIn::map_collect_in
/// [`add`]: Scope::add
/// [`sub`]: Scope::sub
/// [`mul`]: Scope::mul
/// [`div`]: Scope::div
/// [`neg`]: Scope::neg
/// [`dot`]: Scope::dot
/// [`outer`]: Scope::outer
/// [`kron`]: Scope::kron
/// [`concatenate`]: Scope::concatenate
/// [`stack`]: Scope::stack
/// [`select`]: Scope::select
/// [`as_standard_layout`]: Scope::as_standard_layout
/// [`to_shape`]: Scope::to_shape
/// [`broadcast`]: Scope::broadcast
/// [`sum_axis`]: Scope::sum_axis
/// [`mean_axis`]: Scope::mean_axis
/// [`fold_axis`]: Scope::fold_axis
/// [`map_axis`]: Scope::map_axis
/// [`align`]: Scope::align
/// [`bytes`]: Scope::bytes
/// [`bump`]: Scope::bump
/// [`guard`]: Scope::guard
///
/// # Lifetimes
///
/// The arrays of a scope cannot leave its closure, nor be kept in anything that does; those of an outer scope can be
/// made, and returned, from inside an inner one:
///
/// ```text
/// buffer.scope(|outer| {                       // ┐ 'o
///     let kept = outer.scope(|inner| {         // │  ┐ 'i
///         let t = inner.zeros::<f64>(1000);    // │  │  lives for 'i, is rewound with it
///         let r = outer.zeros::<f64>(10);      // │  │  lives for 'o
///         ..                                   // │  │
///         r                                    // │  ┘  may leave: 'o is longer than 'i
///     });                                      // │
///     ..                                       // │  `t`'s memory is free, `kept` is untouched
/// })                                           // ┘
/// ```
///
/// So a result leaves an inner scope without a copy, and its temporaries do not pile up. What the compiler refuses:
///
/// ```compile_fail,E0521
/// use ndarena::prelude::*;
/// ndarena::scope(|outer| {
///     let mut kept = outer.zeros::<f64>(10);
///     outer.scope(|inner| kept = inner.zeros::<f64>(10));
/// });
/// ```
///
/// What is to outlive every scope is copied by ndarray's `to_owned()`, in one allocation and one pass, or made by
/// [`Buffer::scope_to_owned`](crate::Buffer::scope_to_owned), and takes its memory along.
///
/// An array made in a scope can be sent to another thread that ends before the scope does; the scope itself cannot.
#[derive(Clone, Copy)]
pub struct Scope<'s> {
    stack: &'s Stack,
    region: &'s Region,
}

impl<'s> Scope<'s> {
    #[inline(always)]
    pub(crate) fn on(entered: &'s Entered<'_>) -> Self {
        Scope { stack: entered.stack(), region: entered.region() }
    }

    /// Runs `f` with a scope inside this one: what `f` makes in it is taken back when `f` returns or unwinds, while this
    /// scope and its arrays stay as they are and can be used meanwhile.
    ///
    /// ```
    /// use ndarena::prelude::*;
    /// use ndarray::array;
    ///
    /// let total = ndarena::scope(|outer| {
    ///     let product = outer.scope(|inner| {
    ///         let a = inner.from_shape_fn((100, 100), |(i, j)| (i + j) as f64);
    ///         let mut sums = outer.alloc_array::<f64>(100);
    ///         sums.assign(&a.diag());
    ///         sums // made in the outer scope, so it may leave the inner one
    ///     });
    ///     product.sum()
    /// });
    /// assert_eq!(total, 9900.0);
    /// ```
    #[inline]
    pub fn scope<R>(self, f: impl for<'i> FnOnce(Scope<'i>) -> R) -> R {
        // On fixed memory this scope's region lies here, in the frame; on other buffers nobody touches it.
        let frame = Frame::new();
        let entered = self.stack.enter(Some(&frame));
        f(Scope::on(&entered))
    }

    /// A [`bumpalo::Bump`] that lasts as long as the scope, for `bumpalo::collections` and whatever else takes one.
    ///
    /// It asks the global allocator for memory of its own, keeps it for the next scope at this depth (unless the buffer's limit
    /// leaves arrays no other room), and counts towards that limit; where several scopes inside each other grow theirs at once, each may take all that was left when
    /// it was lent.
    ///
    /// On a [`FixedBuffer`](crate::FixedBuffer), which has no allocator to ask, its limit is 0, and it refuses everything.
    /// Whoever lifts that limit ([`Bump::set_allocation_limit`]) has a `Bump` on the global allocator, which gives back what
    /// it got when the scope ends.
    ///
    /// ```
    /// use bumpalo::collections::Vec;
    /// use ndarray::ArrayView1;
    ///
    /// ndarena::scope(|s| {
    ///     let mut primes = Vec::new_in(s.bump());
    ///     for n in 2..100 {
    ///         if primes.iter().all(|p| n % p != 0) {
    ///             primes.push(n); // grows as a vector does, in the scope
    ///         }
    ///     }
    ///     assert_eq!(ArrayView1::from(&primes[..]).sum(), 1060);
    /// });
    /// ```
    pub fn bump(self) -> &'s Bump {
        self.stack.bump(self.region)
    }

    /// `bytes` bytes from `end`, for `'s` and for no one else, at an address aligned to `align`, if the region has them
    /// ready.
    #[inline(always)]
    pub(crate) fn take_fast(self, bytes: usize, align: usize, end: End) -> Option<NonNull<u8>> {
        self.region.take_fast(bytes, align, end)
    }

    /// [`Scope::take_fast`] beyond the marks, and side by side with what is there: without asking anyone for memory.
    #[inline(always)]
    pub(crate) fn take_ready(self, bytes: usize, align: usize, end: End) -> Option<NonNull<u8>> {
        self.region.take_cold(bytes, align, end)
    }

    /// `bytes` bytes from `end`, for `'s` and for no one else, at an address aligned to `align`.
    pub(crate) fn take(self, bytes: usize, align: usize, end: End) -> Result<NonNull<u8>, Shortage> {
        self.stack.take(self.region, bytes, align, end)
    }

    /// A region inside this scope's, until it is dropped.
    #[inline(always)]
    pub(crate) fn enter(self) -> Entered<'s> {
        self.stack.enter(None)
    }

    /// Why an array of that shape cannot be had at all.
    pub(crate) fn shortage(self, kind: crate::AllocErrorKind) -> Shortage {
        self.stack.shortage(kind, self.region)
    }
}

// SAFETY: it is not, as the condition does not hold (Never of `threads`).
#[doc(hidden)]
unsafe impl<'s> Send for Scope<'s> where Scope<'s>: SharedWithThreads<'s> {}
// SAFETY: it is not, as the condition does not hold (Never of `threads`).
#[doc(hidden)]
unsafe impl<'s> Sync for Scope<'s> where Scope<'s>: SharedWithThreads<'s> {}

impl fmt::Debug for Scope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").field("region", &self.region).finish_non_exhaustive()
    }
}
