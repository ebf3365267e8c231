//! Which arena this thread's allocations come from, and `arena` and `no_arena`, which say so.
//!
//! # Invariants
//!
//! - **Current.** `current` is an arena that this thread owns, if there is one, while any `arena` call is open on the
//!   thread, and nothing otherwise, or while it is profiled. `depth` counts the open calls, so they may end in any order. Apart
//!   from the functions of `pool`, which take arenas over themselves, and a profile, which keeps the one that it took over to
//!   itself, an owner reaches its arena by `current` alone (No destructor).
//! - **No destructor.** The thread-local is initialised by the compiler and has no destructor, so it works at any time of a
//!   thread's life, and in the allocator itself.
//!
//! What serves the thread, `serving`, is null or `current`; or, where that is nothing, [`PROBE`], or, while the thread is profiled,
//! [`PROFILED`].

use core::alloc::Layout;
use core::cell::Cell;
use core::hint::black_box;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};

use super::arena::Arena;
use super::pool::{self, Search};
use super::reservation;

/// What a thread knows of its arena.
pub(super) struct Thread {
    /// The arena that allocations come from at the moment; null if that is the wrapped allocator, or [`PROBE`] or [`PROFILED`].
    serving: Cell<*const Arena>,
    /// The arena that this thread owns, whether or not it serves at the moment.
    current: Cell<Option<&'static Arena>>,
    /// How many `arena` calls are open.
    depth: Cell<usize>,
    /// The arena that this thread owned last, to ask for it first.
    last: Cell<Option<&'static Arena>>,
    /// What this thread remembers of its last search for another.
    search: Cell<Search>,
    /// Whether a [`profile`](super::profile()) is open.
    profiled: Cell<bool>,
}

thread_local! {
    static THREAD: Thread = const {
        Thread {
            serving: Cell::new(ptr::null()),
            current: Cell::new(None),
            depth: Cell::new(0),
            last: Cell::new(None),
            search: Cell::new(Search::NEW),
            profiled: Cell::new(false),
        }
    };
}

/// What `serving` is while this thread finds out which allocator is installed.
const PROBE: *const Arena = ptr::without_provenance(1);

/// What `serving` is while this thread is profiled, and in a call of [`arena`].
const PROFILED: *const Arena = ptr::without_provenance(2);

/// The layout that is asked for when the thread finds that out. Its size is also the limit of `min_size`, so that it is never too
/// small for an arena.
pub(super) const PROBE_LAYOUT: Layout = match Layout::from_size_align(64 << 20, 1) {
    Ok(layout) => layout,
    Err(_) => unreachable!(),
};

/// Whether something else than the wrapped allocator may serve this thread: the arena that it owns; or, where it owns none,
/// nothing, as it is probing, or a profile.
#[inline]
pub(super) fn is_open() -> bool {
    THREAD.with(|thread| !thread.serving.get().is_null())
}

/// Whether this thread finds out which allocator is installed.
pub(super) fn is_probing() -> bool {
    THREAD.with(|thread| thread.serving.get() == PROBE)
}

/// The arena that this thread owns, whether or not it serves at the moment.
#[inline]
pub(super) fn current() -> Option<&'static Arena> {
    THREAD.with(|thread| thread.current.get())
}

impl Thread {
    /// Lets the current arena serve this thread if `on`, and the wrapped allocator otherwise.
    fn serve(&self, on: bool) {
        let serving = match self.current.get() {
            Some(arena) if on => ptr::from_ref(arena),
            None if on && self.profiled.get() => PROFILED,
            _ => ptr::null(),
        };
        self.serving.set(serving);
    }

    /// Whether an arena serves this thread.
    fn is_serving(&self) -> bool {
        !self.serving.get().is_null()
    }
}

/// An open `arena` call, which ends when this is dropped.
struct ArenaCall {
    /// Whether an arena served the thread before the call.
    was_serving: bool,
}

impl ArenaCall {
    #[inline]
    fn new() -> Self {
        THREAD.with(|thread| {
            let was_serving = thread.is_serving();
            if thread.depth.get() == 0 && is_installed() {
                thread.current.set(pool::acquire(thread.last.get(), &thread.search));
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
                // SAFETY: `current` was an arena that this thread owns, and is nothing now (Current).
                unsafe { pool::release(arena) };
            }
        });
    }
}

/// An open profile, which ends when this is dropped. As long as it is open this thread's allocations are the profile's to serve, and
/// what the thread frees goes to arenas as what other threads free does.
pub(super) struct ProfileCall {
    serving: *const Arena,
    current: Option<&'static Arena>,
    profiled: bool,
}

impl ProfileCall {
    pub(super) fn new() -> Self {
        THREAD.with(|thread| {
            // So that no `arena` call inside it takes an arena.
            thread.depth.set(thread.depth.get() + 1);
            Self {
                current: thread.current.take(),
                profiled: thread.profiled.replace(true),
                serving: thread.serving.replace(PROFILED),
            }
        })
    }
}

impl Drop for ProfileCall {
    fn drop(&mut self) {
        THREAD.with(|thread| {
            thread.depth.set(thread.depth.get() - 1);
            thread.current.set(self.current);
            thread.profiled.set(self.profiled);
            thread.serving.set(self.serving);
        });
    }
}

/// An arena for a profile, which this thread owns from now on; if there is none, nothing.
pub(super) fn acquire_for_profile() -> Option<&'static Arena> {
    if is_installed() { THREAD.with(|thread| pool::another(&thread.search)) } else { None }
}

/// Lets another arena serve this thread for the rest of its outermost call, if there is one: for when the current one has
/// only pieces left that are too small. Blocks in that one stay where they are. The caller is served by an arena.
#[cold]
pub(super) fn replace() -> Option<&'static Arena> {
    THREAD.with(|thread| {
        let old = thread.current.get()?;
        let new = pool::another(&thread.search)?;
        thread.current.set(Some(new));
        thread.serve(true);
        // SAFETY: `current` was an arena that this thread owns, and is another now (Current).
        unsafe { pool::release(old) };
        Some(new)
    })
}

/// An open `no_arena` call, which ends when this is dropped.
struct NoArenaCall {
    /// Whether an arena served the thread before the call.
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
/// Whether an [`ArenaAlloc`](super::ArenaAlloc) is the global allocator: [`UNKNOWN`], [`NO`] or [`YES`].
static INSTALLED: AtomicUsize = AtomicUsize::new(UNKNOWN);

/// The size from which on the global allocator's arenas serve a request, once it is found to be installed.
pub(super) static MIN_SIZE: AtomicUsize = AtomicUsize::new(0);

/// Whether the program's allocations reach an [`ArenaAlloc`](super::ArenaAlloc). The first call finds out.
#[inline]
pub(super) fn is_installed() -> bool {
    match INSTALLED.load(Ordering::Acquire) {
        UNKNOWN => probe(),
        known => known == YES,
    }
}

/// Asks the global allocator for a block, and looks whether that led to a call of [`install`].
#[cold]
fn probe() -> bool {
    THREAD.with(|thread| {
        thread.serving.set(PROBE);
        // SAFETY: the layout's size is not zero, as `alloc` asks (Allocator).
        let block = black_box(unsafe { std::alloc::alloc(PROBE_LAYOUT) });
        thread.serving.set(ptr::null());
        if !block.is_null() {
            // SAFETY: the block was allocated above, with this layout, and nobody uses it (Allocator).
            unsafe { std::alloc::dealloc(block, PROBE_LAYOUT) };
        }
    });
    let _ = INSTALLED.compare_exchange(UNKNOWN, NO, Ordering::Relaxed, Ordering::Relaxed);
    INSTALLED.load(Ordering::Acquire) == YES
}

/// Notes that an `ArenaAlloc` is the global allocator, and reserves addresses for the arenas that it asks for. The
/// allocator calls this when a probe reaches it.
#[cold]
pub(super) fn install(capacity: usize, huge_pages: bool, min_size: usize) {
    reservation::reserve(capacity, huge_pages);
    MIN_SIZE.store(min_size, Ordering::Relaxed);
    INSTALLED.store(YES, Ordering::Release);
}
