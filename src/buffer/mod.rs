//! Where scopes get their memory: [`Buffer`], each thread's default one, and [`FixedBuffer`].

mod fixed;
#[cfg(feature = "huge-pages")]
mod huge_pages;
#[cfg(feature = "std")]
mod physical_memory;
mod profile;
#[cfg(feature = "std")]
mod thread;

#[cfg(target_has_atomic = "ptr")]
use alloc::sync::Arc;
use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};

pub use fixed::FixedBuffer;
#[cfg(feature = "huge-pages")]
pub use huge_pages::HugePages;
pub use profile::Profile;
#[cfg(feature = "std")]
pub use profile::profile;
#[cfg(feature = "std")]
pub use thread::{ScopeOpen, default_buffer, reset_default_buffer, scope, set_default_limit, with_buffer};

use ndarray::{ArrayViewMut, Dimension, Ix1};

use crate::detached::{DetachedArray, Memory};
use crate::error::AllocError;
use crate::guard::Guard;
#[cfg(target_has_atomic = "ptr")]
use crate::memory::block::ChunkSource;
use crate::memory::block::Source;
use crate::memory::{Stack, Stats};
use crate::scope::Scope;
use crate::threads::SharedWithThreads;

/// Memory for scopes, kept from one to the next.
///
/// A buffer is a stack of levels, one for each scope open on it. The first time that scopes nest to some depth, and the
/// first time that one of them needs so much memory, the buffer asks the system for it; from then on it asks for
/// nothing. It gives nothing back until it is [`reset`](Buffer::reset) or dropped.
///
/// A buffer serves one thread at a time: it can be sent to another, not shared with one. Each thread also has one of its
/// own, which [`scope`](crate::scope()) uses.
///
/// ```
/// use ndarena::{Buffer, prelude::*};
///
/// let buffer = Buffer::new();
/// let total = buffer.scope(|s| {
///     let mut squares = s.alloc_array::<f64>((3, 4));
///     squares.indexed_iter_mut().for_each(|((i, j), x)| *x = (i * j) as f64);
///     squares.sum()
/// });
/// assert_eq!(total, 18.0);
/// ```
pub struct Buffer {
    stack: Stack,
}

macro_rules! scope_to_owned {
    ($(#[$doc:meta])* $name:ident, $($a:ident: $T:ident $D:ident),+) => {
        $(#[$doc])*
        #[cfg(target_has_atomic = "ptr")]
        pub fn $name<$($T, $D,)+ F>(&self, f: F) -> ($(DetachedArray<$T, $D>),+)
        where
            $($T: 'static,)+
            $($D: Dimension,)+
            F: for<'s> FnOnce(Scope<'s>) -> ($(ArrayViewMut<'s, $T, $D>),+),
        {
            let entered = self.stack.enter_spare();
            let ($(mut $a),+) = f(Scope::on(&entered));
            let ($($a),+) = ($($a.raw_view_mut()),+);
            let memory = Arc::new(entered.detach());
            // SAFETY: each was returned with the lifetime of a scope on the level, whichever that is: it lies in the level's
            // memory, in that of a scope whose guard was leaked inside, or in memory that is `'static` (Memory of `region`).
            ($(unsafe { DetachedArray::new($a, Memory::Shared(Arc::clone(&memory))) }),+)
        }
    };
}

impl Buffer {
    /// A buffer without a limit. Allocates nothing until an array is asked for.
    pub const fn new() -> Self {
        Buffer { stack: Stack::new(Source::System, None) }
    }

    /// A buffer whose first scope has room for `bytes` bytes from the start, each array counted in whole cache lines of
    /// 64 bytes. It grows beyond that when it has to; [`stats`](Buffer::stats) tells what a program came to need.
    ///
    /// # Panics
    ///
    /// When the system has no such block of memory.
    ///
    /// ```
    /// use ndarena::{Buffer, prelude::*};
    ///
    /// let buffer = Buffer::with_capacity(100 * 100 * size_of::<f64>());
    /// buffer.scope(|s| assert_eq!(s.zeros::<f64>((100, 100)).sum(), 0.0));
    /// assert_eq!(buffer.stats().growths, 1); // the capacity itself
    /// ```
    #[track_caller]
    pub fn with_capacity(bytes: usize) -> Self {
        let buffer = Buffer::new();
        let reserved = buffer.stack.reserve(bytes);
        if let Err(shortage) = reserved {
            AllocError::new(shortage, &Ix1(bytes), bytes).panic();
        }
        buffer
    }

    /// A buffer that never holds more than `bytes` bytes (rounded up to a whole cache line of 64). An array that would
    /// need more is refused with an [`AllocError`](crate::AllocError) or, where the call returns none, a panic that says
    /// the same; the buffer goes on working.
    ///
    /// The limit is on what the buffer holds, over all its levels; each array counts as whole cache lines. What scopes that
    /// have ended needed gives way to what open ones need. But what a block has to spare serves only the scope that has the
    /// block, and no array that is larger than it. So for calls that come to some [`peak`](Stats::peak) on a buffer without a
    /// limit, one of twice that peak, and 2 KiB for each scope that is open at a time, is enough; a lower one may be. (What
    /// [`Scope::bump`] lends takes more, and so do arrays on larger boundaries than 64 bytes: each up to that boundary.)
    ///
    /// ```
    /// use ndarena::{Buffer, prelude::*};
    ///
    /// let buffer = Buffer::with_limit(1 << 20);
    /// buffer.scope(|s| {
    ///     assert!(s.try_alloc_array::<f64>((1000, 1000)).is_err());
    ///     assert!(s.try_alloc_array::<f64>((100, 1000)).is_ok());
    /// });
    /// ```
    pub const fn with_limit(bytes: usize) -> Self {
        Buffer { stack: Stack::new(Source::System, Some(bytes)) }
    }

    /// A buffer whose memory comes from `source`: [`HugePages`](crate::HugePages), or one of your own. See [`ChunkSource`].
    ///
    /// It has no limit but the source's. What [`Scope::bump`] lends is the global allocator's as ever.
    ///
    /// ```
    /// # #[cfg(feature = "huge-pages")] {
    /// use ndarena::{Buffer, HugePages, prelude::*};
    ///
    /// let buffer = Buffer::from_source(HugePages);
    /// let sums = buffer.scope(|s| s.sum_axis(&s.ones::<f64>((300, 200)), ndarray::Axis(0)).to_owned());
    /// assert_eq!(sums, ndarray::Array1::from_elem(200, 300.0));
    /// # }
    /// ```
    #[cfg(target_has_atomic = "ptr")]
    pub fn from_source(source: impl ChunkSource) -> Self {
        Buffer { stack: Stack::new(Source::Custom(alloc::sync::Arc::new(source)), None) }
    }

    /// Runs `f` with a scope on this buffer, and takes back all memory that the scope handed out when `f` returns, or
    /// unwinds. See [`Scope`] for what can be done with one.
    ///
    /// Scopes nest: `f` may open others on this buffer, by [`Scope::scope`] or through this method again.
    ///
    /// ```
    /// use ndarena::{Buffer, prelude::*};
    /// use ndarray::{ArrayView1, array};
    ///
    /// /// The number of sign changes, or nothing if there is no sign to change.
    /// fn sign_changes(buffer: &Buffer, x: ArrayView1<f64>) -> Option<usize> {
    ///     buffer.scope(|s| {
    ///         let signs = s.map(&x, |x| x.signum());
    ///         if signs.is_empty() {
    ///             return None; // leaves the closure, and rewinds
    ///         }
    ///         Some(signs.windows(2).into_iter().filter(|pair| pair[0] != pair[1]).count())
    ///     })
    /// }
    /// let buffer = Buffer::new();
    /// assert_eq!(sign_changes(&buffer, array![1.0, -2.0, -3.0, 4.0].view()), Some(2));
    /// assert_eq!(sign_changes(&buffer, array![].view()), None);
    /// ```
    #[inline]
    pub fn scope<R>(&self, f: impl for<'s> FnOnce(Scope<'s>) -> R) -> R {
        let entered = self.stack.enter(None);
        f(Scope::on(&entered))
    }

    /// A scope that lasts until the guard is dropped: for code in which a closure is in the way. See [`Guard`].
    ///
    /// ```
    /// use ndarena::prelude::*;
    ///
    /// let buffer = Buffer::new();
    /// let mut total = 0.0;
    /// for n in 0.. {
    ///     let guard = buffer.guard();
    ///     let x = guard.scope().from_elem(n, 0.5);
    ///     if x.sum() > 2.0 {
    ///         break; // out of the loop, which no closure allows
    ///     }
    ///     total += x.sum();
    /// }
    /// assert_eq!(total, 5.0);
    /// ```
    #[inline]
    pub fn guard(&self) -> Guard<'_> {
        Guard::new(self.stack.enter(None))
    }

    /// Runs `f` with a scope, and moves the memory in which the array lies that `f` returns out of the buffer, without a
    /// copy: in a time that does not depend on its size. See [`DetachedArray`].
    ///
    /// All memory of the scope goes along, so temporaries belong in a scope inside it:
    ///
    /// ```
    /// use ndarena::{Buffer, DetachedArray, prelude::*};
    /// use ndarray::{Array2, Ix2};
    ///
    /// fn gram(buffer: &Buffer, a: &Array2<f64>) -> DetachedArray<f64, Ix2> {
    ///     buffer.scope_to_owned(|s| {
    ///         s.scope(|inner| {
    ///             let centred = inner.map(a, |x| x - 0.5);
    ///             let mut gram = s.alloc_array::<f64>((a.ncols(), a.ncols()));
    ///             ndarray::linalg::general_mat_mul(1.0, &centred.t(), &centred, 0.0, &mut gram);
    ///             gram
    ///         })
    ///     })
    /// }
    ///
    /// let gram = gram(&Buffer::new(), &Array2::ones((100, 50)));
    /// assert_eq!(gram.sum(), 50.0 * 50.0 * 100.0 / 4.0); // the buffer is gone
    /// ```
    ///
    /// The closure takes a scope of *every* lifetime, and so the compiler refuses to return arrays of any other scope;
    /// those of `'static` memory it may return.
    ///
    /// ```compile_fail
    /// # use ndarena::prelude::*;
    /// let buffer = Buffer::new();
    /// buffer.scope(|outer| drop(buffer.scope_to_owned(|_| outer.ones::<f64>(3))));
    /// ```
    pub fn scope_to_owned<T, D, F>(&self, f: F) -> DetachedArray<T, D>
    where
        T: 'static,
        D: Dimension,
        F: for<'s> FnOnce(Scope<'s>) -> ArrayViewMut<'s, T, D>,
    {
        let entered = self.stack.enter_spare();
        let array = f(Scope::on(&entered)).raw_view_mut();
        // SAFETY: `array` was returned with the lifetime of a scope on the level, whichever that is: it lies in the level's
        // memory, in that of a scope whose guard was leaked inside, or in memory that is `'static` (Memory of `region`).
        unsafe { DetachedArray::new(array, Memory::Own(entered.detach())) }
    }

    scope_to_owned! {
        /// [`scope_to_owned`](Buffer::scope_to_owned) of two arrays, which share the memory that the scope had: the last one to be
        /// dropped gives it back. (The one name cannot do for both. The compiler finds the lifetime in what the closure returns only
        /// where it is told whether that is an array or a tuple.)
        ///
        /// ```
        /// use ndarena::prelude::*;
        /// use ndarray::array;
        ///
        /// let buffer = Buffer::new();
        /// let (sums, means) = buffer.scope_to_owned2(|s| {
        ///     let sums = s.from_iter([2.0, 4.0]);
        ///     let means = s.div(&sums, 2.0);
        ///     (sums, means)
        /// });
        /// drop((sums, buffer));
        /// assert_eq!(means.view(), array![1.0, 2.0]);
        /// ```
        scope_to_owned2, a: T D, b: U E
    }

    scope_to_owned! {
        /// [`scope_to_owned2`](Buffer::scope_to_owned2) of three arrays.
        ///
        /// ```
        /// use ndarena::prelude::*;
        ///
        /// let (a, b, c) = Buffer::new().scope_to_owned3(|s| (s.eye::<f64>(2), s.from_iter(0..3), s.zeros::<u8>(())));
        /// assert_eq!((a.sum(), b.sum(), c.sum()), (2.0, 3, 0));
        /// ```
        scope_to_owned3, a: T D, b: U E, c: V G
    }

    scope_to_owned! {
        /// [`scope_to_owned2`](Buffer::scope_to_owned2) of four arrays.
        ///
        /// ```
        /// use ndarena::prelude::*;
        ///
        /// let (a, b, c, d) = Buffer::new().scope_to_owned4(|s| (s.ones::<i32>(1), s.ones::<i32>(2), s.ones::<i32>(3), s.ones::<i32>(4)));
        /// assert_eq!(a.sum() + b.sum() + c.sum() + d.sum(), 10);
        /// ```
        scope_to_owned4, a: T D, b: U E, c: V G, d: W H
    }

    /// Gives all memory back to the system, and starts counting anew. That no scope is open the compiler sees to.
    ///
    /// ```
    /// use ndarena::{Buffer, prelude::*};
    ///
    /// let mut buffer = Buffer::new();
    /// buffer.scope(|s| assert_eq!(s.ones::<f64>(1_000_000).len(), 1_000_000));
    /// assert!(buffer.stats().reserved >= 8_000_000);
    /// buffer.reset();
    /// assert_eq!(buffer.stats().reserved, 0);
    /// ```
    pub fn reset(&mut self) {
        self.stack.release_all();
    }

    /// How much memory is in use, was in use at most, and is held. See [`Stats`].
    pub fn stats(&self) -> Stats {
        self.stack.stats()
    }
}

impl Default for Buffer {
    fn default() -> Self {
        Buffer::new()
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Buffer").field(&self.stats()).finish()
    }
}

// SAFETY: it is not, as the condition does not hold (Never of `threads`).
#[doc(hidden)]
unsafe impl<'b> Sync for Buffer where Buffer: SharedWithThreads<'b> {}

// A panic that unwinds out of a scope ends it like any other way out, and leaves the buffer as it should be.
impl UnwindSafe for Buffer {}
impl RefUnwindSafe for Buffer {}
