//! Scopes that last until a value is dropped.

use core::fmt;

use crate::memory::Entered;
use crate::scope::Scope;
use crate::threads::SharedWithThreads;

/// A scope that is open until this is dropped: where a closure is in the way.
///
/// [`Buffer::guard`](crate::Buffer::guard), [`FixedBuffer::guard`](crate::FixedBuffer::guard) and [`Scope::guard`] open
/// one, [`scope`](Guard::scope) gives the right to make arrays in it. They borrow from the guard, so they are gone before
/// it is:
///
/// ```
/// use ndarena::prelude::*;
///
/// let buffer = Buffer::new();
/// let guard = buffer.guard(); // like `checkpoint_save` in Bumper.jl
/// let s = guard.scope();
/// let x = s.from_elem(100, 1.5);
/// assert_eq!(x.sum(), 150.0);
/// drop(guard); // like `checkpoint_restore!`
/// assert_eq!(buffer.stats().in_use, 0);
/// ```
///
/// ```compile_fail,E0505
/// use ndarena::prelude::*;
///
/// let buffer = Buffer::new();
/// let guard = buffer.guard();
/// let x = guard.scope().from_elem(100, 1.5);
/// drop(guard);
/// assert_eq!(x.sum(), 150.0);
/// ```
///
/// Guards may be moved, stored, swapped, and dropped in any order; each has memory of its own, and takes back nobody
/// else's. So a state machine can hold one for each of its phases:
///
/// ```
/// use ndarena::{Guard, prelude::*};
///
/// /// Work that is done piece by piece, with scratch memory for the piece in hand.
/// struct Steps<'b> {
///     buffer: &'b Buffer,
///     scratch: Guard<'b>,
///     done: usize,
/// }
///
/// impl Steps<'_> {
///     fn step(&mut self) -> f64 {
///         self.done += 1;
///         self.scratch = self.buffer.guard(); // the next step's opens before the last one's is dropped
///         self.scratch.scope().from_shape_fn(self.done, |i| i as f64).sum()
///     }
/// }
///
/// let buffer = Buffer::new();
/// let mut steps = Steps { buffer: &buffer, scratch: buffer.guard(), done: 0 };
/// assert_eq!((0..4).map(|_| steps.step()).collect::<Vec<_>>(), [0.0, 1.0, 3.0, 6.0]);
/// ```
///
/// A guard that is forgotten ([`core::mem::forget`]) keeps its memory for good.
#[must_use = "the scope ends when the guard is dropped"]
pub struct Guard<'b> {
    entered: Entered<'b>,
}

impl<'b> Guard<'b> {
    #[inline(always)]
    pub(crate) fn new(entered: Entered<'b>) -> Self {
        Guard { entered }
    }

    /// The scope, as often as it is asked for: it is the same one each time.
    ///
    /// ```
    /// use ndarena::prelude::*;
    ///
    /// let buffer = Buffer::new();
    /// let guard = buffer.guard();
    /// let (x, y) = (guard.scope().ones::<f64>(3), guard.scope().zeros::<f64>(3));
    /// assert_eq!(x.sum() + y.sum(), 3.0);
    /// ```
    #[inline]
    pub fn scope(&self) -> Scope<'_> {
        Scope::on(&self.entered)
    }
}

impl<'s> Scope<'s> {
    /// A scope inside this one that lasts until the guard is dropped: for code in which a closure is in the way. See
    /// [`Guard`].
    ///
    /// ```
    /// use ndarena::prelude::*;
    ///
    /// /// The first power of `x` that is at least `bound`.
    /// fn first_above(s: Scope<'_>, x: f64, bound: f64) -> usize {
    ///     let guard = s.guard();
    ///     let powers = guard.scope().from_shape_fn(64, |k| x.powi(k as i32));
    ///     for (k, &power) in powers.iter().enumerate() {
    ///         if power >= bound {
    ///             return k; // ends the guard's scope, too
    ///         }
    ///     }
    ///     powers.len()
    /// }
    /// assert_eq!(ndarena::scope(|s| first_above(s, 2.0, 1000.0)), 10);
    /// ```
    #[inline]
    pub fn guard(self) -> Guard<'s> {
        Guard::new(self.enter())
    }
}

// SAFETY: it is not, as the condition does not hold (Never of `threads`).
#[doc(hidden)]
unsafe impl<'b> Send for Guard<'b> where Guard<'b>: SharedWithThreads<'b> {}
// SAFETY: it is not, as the condition does not hold (Never of `threads`).
#[doc(hidden)]
unsafe impl<'b> Sync for Guard<'b> where Guard<'b>: SharedWithThreads<'b> {}

impl fmt::Debug for Guard<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Guard").field(&self.scope()).finish()
    }
}
