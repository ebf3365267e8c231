//! A buffer over memory that the caller brings.

use core::fmt;
use core::marker::PhantomData;
use core::mem::{ManuallyDrop, MaybeUninit};
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::ptr::NonNull;

use crate::guard::Guard;
use crate::memory::{Frame, Own, Stack, Stats};
use crate::scope::Scope;
use crate::threads::SharedWithThreads;

/// A buffer over memory that the caller brings: an array on the stack, a static, what a `Vec` has to spare, mapped memory.
///
/// It calls no allocator. (What [`Scope::bump`] lends is another library's, and would; so its limit is 0 here, and only a
/// caller who lifts it has it ask for memory.) Its scopes are those of any buffer, so kernels need not know which they run
/// on:
///
/// ```
/// use std::mem::MaybeUninit;
///
/// use ndarena::{FixedBuffer, prelude::*};
///
/// fn kernel(s: Scope<'_>, n: usize) -> i64 {
///     let mut x = s.alloc_array::<i64>(n);
///     x.fill(1);
///     x.sum()
/// }
///
/// let mut memory = [MaybeUninit::uninit(); 100];
/// let buffer = FixedBuffer::new(&mut memory);
/// assert_eq!((0..10_000).map(|_| buffer.scope(|s| kernel(s, 5))).sum::<i64>(), 50_000);
/// ```
///
/// # When it is full
///
/// What finds no room is refused, with an [`AllocError`](crate::AllocError) by the methods named `try_`, with a panic by the
/// others; what is there stays as it is, and smaller requests may yet be met.
///
/// ```
/// use std::mem::MaybeUninit;
///
/// use ndarena::{AllocErrorKind, FixedBuffer, prelude::*};
///
/// let mut memory = [MaybeUninit::uninit(); 1000];
/// let buffer = FixedBuffer::new(&mut memory);
/// buffer.scope(|s| {
///     let error = s.try_alloc_array::<f64>((20, 20)).unwrap_err();
///     assert_eq!((error.kind(), error.bytes(), error.limit()), (AllocErrorKind::OutOfMemory, 3200, Some(1000)));
///     assert!(s.try_alloc_array::<f64>((10, 10)).is_ok());
/// });
/// ```
///
/// # Where arrays lie
///
/// In whole cache lines of 64 bytes, as in any buffer, as long as that leaves room. Where memory is short, that is less
/// than 256 bytes or not enough for what is asked in whole lines, arrays lie side by side, aligned as their elements are:
/// 100 bytes aligned to 4 or more hold twelve `i64`, in one array or in several. From the first time that a scope's memory
/// had to be used like this on it always is; that takes a few nanoseconds more for each array.
///
/// # Scopes inside scopes
///
/// An inner scope is lent all that the scopes around it have left, and the memory goes back when it ends. Outer scopes make
/// arrays meanwhile, as on any buffer:
///
/// ```
/// use std::mem::MaybeUninit;
///
/// use ndarena::{FixedBuffer, prelude::*};
///
/// let mut memory = [MaybeUninit::uninit(); 4096];
/// let buffer = FixedBuffer::new(&mut memory);
/// buffer.scope(|outer| {
///     let mut kept = Vec::new();
///     for i in 0..10 {
///         outer.scope(|inner| {
///             let temporary = inner.from_elem(300, i as f64); // more than half of the memory
///             kept.push(outer.from_elem(3, temporary.sum()));
///         });
///     }
///     assert!(kept.iter().enumerate().all(|(i, x)| x[2] == 300.0 * i as f64));
/// });
/// assert_eq!(buffer.stats().in_use, 0);
/// ```
///
/// Such an array lies beside what the innermost scope has made, at the end where less is in use, and stays there until its own
/// scope ends. What inner scopes had made between it and the other arrays of its scope is not free before that either, but
/// serves for further such arrays. So what is lost is of the order of what is kept: a loop that leaves a small array of each
/// turn in an outer scope needs at most about twice these arrays and a few turns' temporaries.
///
/// # How much memory is enough
///
/// [`stats`](FixedBuffer::stats) tells, after a trial in more than enough: on `peak` bytes, from a boundary of 64 on, the same
/// calls find room again. (Not so arrays on larger boundaries, before which more may be left out where the memory ends
/// elsewhere.)
// The stack comes first, so that one register holds the addresses of both.
#[repr(C)]
pub struct FixedBuffer<'m> {
    // It is never dropped, as it has no levels to free; so a buffer has no destructor.
    stack: ManuallyDrop<Stack>,
    own: Own,
    size: usize,
    memory: PhantomData<&'m mut [MaybeUninit<u8>]>,
}

impl<'m> FixedBuffer<'m> {
    /// A buffer over `memory`, of any size and at any address. What the memory contains does not matter; afterwards it
    /// contains anything.
    ///
    /// What a vector has to spare, for one:
    ///
    /// ```
    /// use ndarena::{FixedBuffer, prelude::*};
    ///
    /// let mut memory = Vec::with_capacity(10_000);
    /// let buffer = FixedBuffer::new(memory.spare_capacity_mut());
    /// assert_eq!(buffer.scope(|s| s.ones::<f32>((20, 30)).sum()), 600.0);
    /// ```
    pub fn new(memory: &'m mut [MaybeUninit<u8>]) -> Self {
        let size = memory.len();
        // SAFETY: `memory` is borrowed exclusively for `'m`, which outlives the buffer (Memory of `region`).
        let own = unsafe { Own::over(NonNull::from(memory).cast(), size) };
        FixedBuffer { stack: ManuallyDrop::new(Stack::fixed(size)), own, size, memory: PhantomData }
    }

    /// Runs `f` with a scope on this buffer, and takes back all memory that the scope handed out when `f` returns, or
    /// unwinds: [`Buffer::scope`](crate::Buffer::scope).
    ///
    /// ```
    /// use std::mem::MaybeUninit;
    ///
    /// use ndarena::{FixedBuffer, prelude::*};
    ///
    /// let mut memory = [MaybeUninit::uninit(); 4096];
    /// let buffer = FixedBuffer::new(&mut memory);
    /// let trace = buffer.scope(|s| {
    ///     let a = s.from_shape_fn((20, 20), |(i, j)| (i * j) as f64);
    ///     a.diag().sum()
    /// });
    /// assert_eq!(trace, 2470.0);
    /// ```
    #[inline]
    pub fn scope<R>(&self, f: impl for<'s> FnOnce(Scope<'s>) -> R) -> R {
        let frame = Frame::new();
        let entered = self.stack.enter_fixed(&self.own, Some(&frame));
        f(Scope::on(&entered))
    }

    /// A scope that lasts until the guard is dropped. See [`Guard`].
    ///
    /// Of several guards that are open at a time, each but the first keeps 320 bytes of the memory or less for itself. Where
    /// there is no room for that, a guard's scope has no memory to hand out.
    ///
    /// ```
    /// use std::mem::MaybeUninit;
    ///
    /// use ndarena::{FixedBuffer, prelude::*};
    ///
    /// let mut memory = [MaybeUninit::uninit(); 4096];
    /// let buffer = FixedBuffer::new(&mut memory);
    /// let (first, second) = (buffer.guard(), buffer.guard());
    /// let x = second.scope().from_elem(300, 1.0);
    /// drop(first);
    /// assert_eq!(x.sum(), 300.0);
    /// ```
    #[inline]
    pub fn guard(&self) -> Guard<'_> {
        Guard::new(self.stack.enter_fixed(&self.own, None))
    }

    /// How much of the memory is in use, and was in use at most. See [`Stats`]; `reserved` and `limit` are the size of the
    /// memory, and `growths` is 0.
    ///
    /// ```
    /// use std::mem::MaybeUninit;
    ///
    /// use ndarena::{FixedBuffer, prelude::*};
    ///
    /// let mut memory = [MaybeUninit::uninit(); 1000];
    /// let buffer = FixedBuffer::new(&mut memory);
    /// buffer.scope(|s| {
    ///     let _x = s.alloc_array::<f64>(16);
    ///     assert_eq!(buffer.stats().in_use, 128);
    /// });
    /// assert_eq!((buffer.stats().in_use, buffer.stats().peak), (0, 128));
    /// ```
    pub fn stats(&self) -> Stats {
        self.stack.fixed_stats(&self.own, self.size)
    }
}

impl fmt::Debug for FixedBuffer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FixedBuffer").field(&self.stats()).finish()
    }
}

// SAFETY: the memory is borrowed exclusively, and bytes have no tie to a thread; the buffer can only move when nothing
// borrows from it, and then no scope is left (Idle of `region`).
unsafe impl Send for FixedBuffer<'_> {}
// SAFETY: it is not, as the condition does not hold (Never of `threads`).
#[doc(hidden)]
unsafe impl<'m> Sync for FixedBuffer<'m> where FixedBuffer<'m>: SharedWithThreads<'m> {}

// A panic that unwinds out of a scope ends it like any other way out, and leaves the buffer as it should be.
impl UnwindSafe for FixedBuffer<'_> {}
impl RefUnwindSafe for FixedBuffer<'_> {}
