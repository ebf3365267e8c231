//! Which arena this thread's allocations come from, and `arena` and `no_arena`, which say so.
//!
//! # Invariants
//!
//! 1. **Current.** `current` is an arena that this thread owns, from when the first `arena` call in a row begins to when the
//!    last one ends, counted by `depth`: in whatever order they do. It is the only owner's access to an arena, apart from
//!    that of the functions in `pool`, which take arenas over themselves.
//! 2. **Serving.** `serving` is null, `current`, or [`PROBE`].
//! 3. **Always there.** The thread-local is initialised by the compiler and has no destructor, so that it works at any time
//!    of a thread's life, and in the allocator itself.

use core::alloc::Layout;
use core::cell::Cell;
use core::hint::black_box;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};

use super::arena::Arena;
use super::{pool, reservation};

pub(super) struct Thread {
    /// What allocations come from.
    serving: Cell<*const Arena>,
    current: Cell<Option<&'static Arena>>,
    depth: Cell<usize>,
    /// The arena that this thread had before.
    last: Cell<Option<&'static Arena>>,
}

thread_local! {
    static THREAD: Thread = const {
        Thread { serving: Cell::new(ptr::null()), current: Cell::new(None), depth: Cell::new(0), last: Cell::new(None) }
    };
}

/// Stands in `serving` while this thread asks which allocator is installed.
const PROBE: *const Arena = ptr::without_provenance(1);

/// What is asked for then; no `min_size` is larger.
pub(super) const PROBE_LAYOUT: Layout = match Layout::from_size_align(64 << 20, 1) {
    Ok(layout) => layout,
    Err(_) => unreachable!(),
};

/// What an allocation comes from.
pub(super) enum Serving {
    Wrapped,
    /// This thread's arena, which it owns.
    Arena(&'static Arena),
    /// Nothing: this is the question which allocator is installed.
    Probe,
}

/// Whether an arena serves this thread, or it is asking.
#[inline]
pub(super) fn is_open() -> bool {
    THREAD.with(|thread| !thread.serving.get().is_null())
}

#[inline]
pub(super) fn serving() -> Serving {
    THREAD.with(|thread| match thread.serving.get() {
        serving if serving.is_null() => Serving::Wrapped,
        PROBE => Serving::Probe,
        // Invariant 2: it is `current`, so not `None`.
        _ => thread.current.get().map_or(Serving::Wrapped, Serving::Arena),
    })
}

/// The arena that this thread owns, whether or not it serves at the moment.
#[inline]
pub(super) fn current() -> Option<&'static Arena> {
    THREAD.with(|thread| thread.current.get())
}

impl Thread {
    /// Lets the current arena serve, or nothing.
    fn serve(&self, on: bool) {
        let current = self.current.get().filter(|_| on);
        self.serving.set(current.map_or(ptr::null(), ptr::from_ref));
    }

    fn is_serving(&self) -> bool {
        !self.serving.get().is_null()
    }
}

/// An `arena` call, until it is dropped.
struct ArenaCall {
    was_serving: bool,
}

impl ArenaCall {
    #[inline]
    fn new() -> Self {
        THREAD.with(|thread| {
            let was_serving = thread.is_serving();
            if thread.depth.get() == 0 && is_installed() {
                thread.current.set(pool::acquire(thread.last.get()));
            }
            thread.depth.set(thread.depth.get() + 1);
            thread.serve(true);
            Self { was_serving }
        })
    }
}

impl Drop for ArenaCall {
    #[inline]
    fn drop(&mut self) {
        THREAD.with(|thread| {
            thread.depth.set(thread.depth.get() - 1);
            if thread.depth.get() > 0 {
                return thread.serve(self.was_serving);
            }
            thread.serve(false);
            if let Some(arena) = thread.current.take() {
                thread.last.set(Some(arena));
                // SAFETY: this thread owned it, and no longer has it (invariant 1).
                unsafe { pool::release(arena) };
            }
        });
    }
}

/// A `no_arena` call, until it is dropped.
struct NoArenaCall {
    was_serving: bool,
}

impl Drop for NoArenaCall {
    fn drop(&mut self) {
        THREAD.with(|thread| thread.serve(self.was_serving));
    }
}

/// Runs `f` with an arena behind its allocations: those of at least
/// [`min_size`](super::ArenaAlloc::min_size) bytes that this thread makes meanwhile come from the thread's arena, whose
/// memory is used again and again without asking the system for any. Calls inside this one share the arena.
///
/// This changes where memory comes from and nothing else. Whatever leaves the closure, in its result or otherwise, stays
/// valid until it is dropped, by whichever thread. Where there is no arena to be had, because no
/// [`ArenaAlloc`](super::ArenaAlloc) is the global allocator or because addresses have run out, `f` just runs;
/// [`stats`](super::stats) tells. Threads that `f` starts have no part in the arena; see
/// [`par_map_arena`](super::par_map_arena).
///
/// ```
/// use ndarena::global::{ArenaAlloc, arena};
/// use ndarray::Array1;
///
/// #[global_allocator]
/// static ALLOCATOR: ArenaAlloc = ArenaAlloc::system();
///
/// let x = Array1::linspace(0.0, 1.0, 100_000);
/// let y = arena(|| (&x * 2.0 + 1.0) / (&x * &x + 1.0)); // the temporaries lie in the arena, and so does `y`
/// assert_eq!(y[0], 1.0);
/// ```
///
/// # Panics
///
/// If `f` does. The call ends then as it does otherwise.
#[inline]
pub fn arena<R>(f: impl FnOnce() -> R) -> R {
    let _call = ArenaCall::new();
    f()
}

/// Runs `f` without an arena: what this thread allocates meanwhile comes from the wrapped allocator. Inside it, [`arena`]
/// is on again.
///
/// For what is made inside an arena to be kept for long; it is never needed for safety, as blocks may leave an arena.
///
/// ```
/// use ndarena::global::{arena, no_arena};
///
/// let mut kept = Vec::new();
/// arena(|| {
///     let squares: Vec<u64> = (0..1000).map(|i| i * i).collect();
///     no_arena(|| kept.push(squares.iter().sum::<u64>()));
/// });
/// assert_eq!(kept, [332_833_500]);
/// ```
///
/// # Panics
///
/// If `f` does. The call ends then as it does otherwise.
pub fn no_arena<R>(f: impl FnOnce() -> R) -> R {
    let _call = THREAD.with(|thread| {
        let was_serving = thread.is_serving();
        thread.serve(false);
        NoArenaCall { was_serving }
    });
    f()
}

const UNKNOWN: usize = 0;
const NO: usize = 1;
const YES: usize = 2;
static INSTALLED: AtomicUsize = AtomicUsize::new(UNKNOWN);

/// Whether the program's allocations reach an [`ArenaAlloc`](super::ArenaAlloc).
#[inline]
pub(super) fn is_installed() -> bool {
    match INSTALLED.load(Ordering::Acquire) {
        UNKNOWN => probe(),
        known => known == YES,
    }
}

/// Asks the global allocator for a block and sees whether that comes to [`install`].
#[cold]
fn probe() -> bool {
    THREAD.with(|thread| {
        thread.serving.set(PROBE);
        // SAFETY: the layout is not of size zero.
        let block = black_box(unsafe { std::alloc::alloc(PROBE_LAYOUT) });
        thread.serving.set(ptr::null());
        if !block.is_null() {
            // SAFETY: allocated above, with this layout.
            unsafe { std::alloc::dealloc(block, PROBE_LAYOUT) };
        }
    });
    let _ = INSTALLED.compare_exchange(UNKNOWN, NO, Ordering::Relaxed, Ordering::Relaxed);
    INSTALLED.load(Ordering::Acquire) == YES
}

/// The global allocator's answer to the question: it is there, and wants arenas like this.
#[cold]
pub(super) fn install(capacity: usize, huge_pages: bool) {
    reservation::reserve(capacity, huge_pages);
    INSTALLED.store(YES, Ordering::Release);
}
