//! Each thread's default buffer.
//!
//! # Invariants
//!
//! - **Current.** `CURRENT` is null or points to a [`Buffer`] that lives and belongs to this thread: one borrowed by a
//!   [`with_buffer`] that has not returned, or the thread's own, `OWN`, before its destructor has run.
//!
//! `CURRENT` has no destructor, so that reading it is one load, at any time in a thread's life. `OWN` has one, which
//! sets `CURRENT` back; in thread-local destructors that run after it a call gets a buffer for its own duration.

use core::cell::Cell;
use core::fmt;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::thread_local;

use super::Buffer;
use super::physical_memory::physical_memory;
use crate::scope::Scope;

thread_local! {
    /// This thread's default buffer, or null where it is to be found out which one that is.
    static CURRENT: Cell<*const Buffer> = const { Cell::new(ptr::null()) };
    /// The thread's own buffer: its default one outside of any [`with_buffer`].
    static OWN: Own = const { Own(Buffer::new()) };
}

/// A buffer that is not [`CURRENT`] any more when it is dropped.
struct Own(Buffer);

impl Drop for Own {
    fn drop(&mut self) {
        if ptr::eq(CURRENT.get(), &self.0) {
            CURRENT.set(ptr::null());
        }
    }
}

/// The limit of default buffers where the system does not tell how much memory there is: an eighth of 2 GiB.
const LIMIT_WHERE_MEMORY_IS_UNKNOWN: usize = 256 << 20;

/// The limit of default buffers that are not yet created, in bytes; 0 as long as it is not known.
static LIMIT: AtomicUsize = AtomicUsize::new(0);

/// [`LIMIT`], which is found out if it is not known yet.
fn default_limit() -> usize {
    let limit = LIMIT.load(Ordering::Relaxed);
    if limit != 0 {
        return limit;
    }
    let limit = match physical_memory() {
        Some(bytes) => usize::try_from(bytes / 8).unwrap_or(usize::MAX).max(1),
        None => LIMIT_WHERE_MEMORY_IS_UNKNOWN,
    };
    match LIMIT.compare_exchange(0, limit, Ordering::Relaxed, Ordering::Relaxed) {
        Ok(_) => limit,
        Err(set_meanwhile) => set_meanwhile,
    }
}

/// Sets the limit of default buffers that are not yet created: those of threads that have not used theirs so far. At
/// first it is one eighth of the machine's physical memory; where the system does not tell how much that is, such as in
/// WebAssembly, it is 256 MiB.
///
/// ```
/// ndarena::set_default_limit(1 << 26);
/// let limit = std::thread::spawn(|| ndarena::default_buffer(|b| b.stats().limit)).join().unwrap();
/// assert_eq!(limit, Some(1 << 26));
/// ```
pub fn set_default_limit(bytes: usize) {
    LIMIT.store(bytes.max(1), Ordering::Relaxed);
}

/// Runs `f` with a scope on this thread's default buffer: `default_buffer(|b| b.scope(f))`.
///
/// Each thread has a default buffer of its own, created when it is first used, so nothing is shared and nothing needs
/// locking; and a buffer serves any number of scopes at once, so a kernel that opens one may call another that does the
/// same, or run a job of a thread pool in the middle.
///
/// ```
/// use ndarena::prelude::*;
/// use ndarray::{Array1, ArrayView1};
///
/// fn sum_of_increments(x: ArrayView1<i64>) -> i64 {
///     ndarena::scope(|s| s.map(&x, |x| x + 1).sum())
/// }
/// assert_eq!(sum_of_increments(Array1::from(vec![1, 2, 3]).view()), 9);
/// ```
#[inline]
pub fn scope<R>(f: impl for<'s> FnOnce(Scope<'s>) -> R) -> R {
    default_buffer(|buffer| buffer.scope(f))
}

/// Runs `f` with this thread's default buffer: the one of the innermost [`with_buffer`] around the call, or else the
/// thread's own, which is created on first use.
///
/// ```
/// println!("{}", ndarena::default_buffer(|buffer| buffer.stats()));
/// ```
#[inline]
pub fn default_buffer<R>(f: impl FnOnce(&Buffer) -> R) -> R {
    let mut current = CURRENT.get();
    if current.is_null() {
        current = own();
        if current.is_null() {
            return after_own_is_gone(f);
        }
    }
    // SAFETY: `current` points to a live buffer of this thread (Current). It stays one while `f` runs: calls of
    // `with_buffer` return in the reverse order of their beginning, and `OWN`'s destructor runs when the thread has
    // ended; or within `std::process::exit`, after which `f` does not go on.
    f(unsafe { &*current })
}

/// Makes this thread's own buffer its default one; null if its destructor has run.
#[cold]
#[inline(never)]
fn own() -> *const Buffer {
    let own = OWN.try_with(|own| {
        own.0.stack.set_limit(default_limit());
        ptr::from_ref(&own.0)
    });
    let own = own.unwrap_or(ptr::null());
    CURRENT.set(own);
    own
}

/// [`default_buffer`] in a thread-local destructor that runs after [`OWN`]'s.
#[cold]
#[inline(never)]
fn after_own_is_gone<R>(f: impl FnOnce(&Buffer) -> R) -> R {
    let buffer = Buffer::with_limit(default_limit());
    with_buffer(&buffer, || f(&buffer))
}

/// Runs `f` with `buffer` as this thread's default buffer: for [`scope`] wherever it is called inside `f`, by whatever
/// function. The default before it is restored when `f` returns or unwinds.
///
/// ```
/// use ndarena::Buffer;
///
/// let small = Buffer::with_limit(1 << 20);
/// ndarena::with_buffer(&small, || {
///     assert_eq!(ndarena::default_buffer(|b| b.stats().limit), Some(1 << 20));
/// });
/// ```
pub fn with_buffer<R>(buffer: &Buffer, f: impl FnOnce() -> R) -> R {
    /// Makes the buffer that was current before current again.
    struct Restore(*const Buffer);
    impl Drop for Restore {
        fn drop(&mut self) {
            CURRENT.set(self.0);
        }
    }
    let _restore = Restore(CURRENT.replace(buffer));
    f()
}

/// Gives the memory of this thread's default buffer back to the system, as [`Buffer::reset`] does.
///
/// # Errors
///
/// If a scope is open on it. That scope's memory then stays as it is, as do all figures but `reserved`; memory that no open
/// scope has is given back all the same.
///
/// A guard that was forgotten ([`core::mem::forget`]), or leaked, counts as open for good, since nobody can tell whether
/// arrays in its scope are still in use: from then on this gives back what it can, and says so by its error.
///
/// ```
/// use ndarena::prelude::*;
///
/// ndarena::scope(|s| {
///     let x = s.ones::<f64>(1000);
///     s.scope(|inner| assert_eq!(inner.ones::<f64>(1_000_000).len(), 1_000_000));
///     assert!(ndarena::reset_default_buffer().is_err());
///     assert_eq!(x.sum(), 1000.0);
///     assert!(ndarena::default_buffer(|b| b.stats().reserved) < 1_000_000);
/// });
/// assert!(ndarena::reset_default_buffer().is_ok());
/// assert_eq!(ndarena::default_buffer(|b| b.stats().reserved), 0);
/// ```
pub fn reset_default_buffer() -> Result<(), ScopeOpen> {
    default_buffer(|buffer| if buffer.stack.release_all_if_free() { Ok(()) } else { Err(ScopeOpen(())) })
}

/// The error of [`reset_default_buffer`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScopeOpen(());

impl fmt::Display for ScopeOpen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a scope is open on this thread's default buffer, or a guard on it was forgotten, whose scope counts as open; \
             what no open scope has was given back; reset the buffer after its scopes have ended for the rest",
        )
    }
}

impl core::error::Error for ScopeOpen {}
