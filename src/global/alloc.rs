//! `ArenaAlloc`, the global allocator: which calls go to an arena.

use core::alloc::{GlobalAlloc, Layout};
use core::fmt;
use core::ptr::{self, NonNull};
use std::alloc::System;

use super::arena::Arena;
use super::class::{Class, MAX_BYTES};
use super::reservation;
use super::thread::{self, PROBE_LAYOUT, Serving};

/// A global allocator that serves large allocations inside [`arena`](super::arena) calls from arenas, and all others from
/// the allocator it wraps.
///
/// ```
/// use ndarena::global::{ArenaAlloc, arena};
///
/// #[global_allocator]
/// static ALLOCATOR: ArenaAlloc = ArenaAlloc::system();
///
/// let total: f64 = arena(|| vec![1.0; 100_000].iter().sum());
/// assert_eq!(total, 100_000.0);
/// ```
///
/// With other settings than the usual ones:
///
/// ```
/// use ndarena::global::ArenaAlloc;
///
/// #[global_allocator]
/// static ALLOCATOR: ArenaAlloc = ArenaAlloc::system().capacity(8 << 30).min_size(4096).huge_pages(false);
/// ```
///
/// Around another allocator it is made by [`new`](ArenaAlloc::new).
///
/// The program has one set of arenas, made as the global allocator says when `arena` is first called. Blocks are told apart
/// by their address, so they may be freed or reallocated anywhere, inside an arena call or outside it, on any thread. A
/// thread in an `arena` call that allocates from an `ArenaAlloc` that is not the global one is served from its arena too.
pub struct ArenaAlloc<A = System> {
    inner: A,
    min_size: usize,
    capacity: usize,
    huge_pages: bool,
}

impl ArenaAlloc {
    /// Arenas before the system's allocator.
    ///
    /// ```
    /// use ndarena::global::ArenaAlloc;
    ///
    /// #[global_allocator]
    /// static ALLOCATOR: ArenaAlloc = ArenaAlloc::system();
    /// ```
    pub const fn system() -> Self {
        Self::new(System)
    }
}

impl<A> ArenaAlloc<A> {
    /// Arenas before `inner`, any global allocator; `docs/other-libraries.md` has an example around mimalloc.
    ///
    /// ```
    /// use std::alloc::System;
    ///
    /// use ndarena::global::ArenaAlloc;
    ///
    /// #[global_allocator]
    /// static ALLOCATOR: ArenaAlloc<System> = ArenaAlloc::new(System);
    /// ```
    pub const fn new(inner: A) -> Self {
        let capacity = if usize::BITS == 64 { 1 << 30 } else { 1 << 25 };
        Self { inner, min_size: 1000, capacity, huge_pages: true }
    }

    /// How many bytes an arena has room for: 1 GiB if this is not called, 32 MiB where pointers have 32 bits. They are
    /// addresses, which cost nothing; memory is taken as it is first written to. What does not fit comes from the wrapped
    /// allocator. With less than 128 there are no arenas.
    ///
    /// ```
    /// # use ndarena::global::ArenaAlloc;
    /// const LARGE: ArenaAlloc = ArenaAlloc::system().capacity(64 << 30);
    /// ```
    #[must_use]
    pub const fn capacity(mut self, bytes: usize) -> Self {
        self.capacity = bytes;
        self
    }

    /// Allocations of so many bytes or more come from arenas: 1000 if this is not called. Smaller ones are served well by
    /// any allocator.
    ///
    /// ```
    /// # use ndarena::global::ArenaAlloc;
    /// const FROM_A_PAGE_ON: ArenaAlloc = ArenaAlloc::system().min_size(4096);
    /// ```
    ///
    /// # Panics
    ///
    /// If that is more than 64 MiB, when the program is compiled.
    #[must_use]
    pub const fn min_size(mut self, bytes: usize) -> Self {
        assert!(bytes <= PROBE_LAYOUT.size(), "ArenaAlloc::min_size: at most 64 MiB");
        self.min_size = bytes;
        self
    }

    /// Whether to ask the system for huge pages behind arenas, which it does if this is not called. They make large arrays
    /// faster to touch, and take memory in larger pieces.
    ///
    /// ```
    /// # use ndarena::global::ArenaAlloc;
    /// const SMALL_PAGES: ArenaAlloc = ArenaAlloc::system().huge_pages(false);
    /// ```
    #[must_use]
    pub const fn huge_pages(mut self, on: bool) -> Self {
        self.huge_pages = on;
        self
    }
}

impl<A> fmt::Debug for ArenaAlloc<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArenaAlloc")
            .field("min_size", &self.min_size)
            .field("capacity", &self.capacity)
            .field("huge_pages", &self.huge_pages)
            .finish_non_exhaustive()
    }
}

impl<A: GlobalAlloc> ArenaAlloc<A> {
    /// `alloc`, or `alloc_zeroed`, on a thread that an arena serves. Apart from them, so that what they do elsewhere, to
    /// look and to call the wrapped allocator, is as short as can be.
    ///
    /// # Safety
    ///
    /// As for `alloc`.
    #[inline(never)]
    unsafe fn alloc_open(&self, layout: Layout, zeroed: bool) -> *mut u8 {
        if layout.size() >= self.min_size {
            // SAFETY: the caller's promise.
            return unsafe { self.alloc_large(layout, zeroed) };
        }
        if let Some(arena) = thread::current() {
            arena.note_too_small();
        }
        // SAFETY: the caller's promise.
        unsafe { self.alloc_inner(layout, zeroed) }
    }

    /// # Safety
    ///
    /// As for `alloc`.
    #[inline(never)]
    unsafe fn alloc_large(&self, layout: Layout, zeroed: bool) -> *mut u8 {
        match thread::serving() {
            Serving::Arena(arena) => {
                // SAFETY: this thread owns the arena (`thread`, invariant 1), and it has memory.
                if let Some((block, fresh)) = unsafe { arena.alloc(layout) } {
                    if zeroed && !fresh {
                        // SAFETY: the block has as many bytes.
                        unsafe { block.write_bytes(0, layout.size()) };
                    }
                    return block.as_ptr();
                }
            }
            // Or more, where an allocator around this one adds to it.
            Serving::Probe if layout.size() >= PROBE_LAYOUT.size() => {
                thread::install(self.capacity, self.huge_pages);
                return ptr::null_mut();
            }
            Serving::Probe | Serving::Wrapped => {}
        }
        // SAFETY: the caller's promise.
        unsafe { self.alloc_inner(layout, zeroed) }
    }

    /// # Safety
    ///
    /// As for `alloc`.
    #[inline]
    unsafe fn alloc_inner(&self, layout: Layout, zeroed: bool) -> *mut u8 {
        if zeroed {
            // SAFETY: the caller's promise.
            unsafe { self.inner.alloc_zeroed(layout) }
        } else {
            // SAFETY: the caller's promise.
            unsafe { self.inner.alloc(layout) }
        }
    }

    /// Whether a block of that size is an arena's. Smaller ones than `min_size` never are.
    #[inline]
    fn is_arenas(&self, block: *mut u8, size: usize) -> bool {
        size >= self.min_size && reservation::contains(block)
    }

    /// Moves a block to new memory of another size, or leaves it as it was if there is none.
    ///
    /// # Safety
    ///
    /// As for `realloc`.
    unsafe fn move_block(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: `realloc`'s caller promises a size that is not zero and, rounded up to the alignment, is a layout's.
        let new_layout = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        // SAFETY: as above.
        let new = unsafe { self.alloc(new_layout) };
        if !new.is_null() {
            // SAFETY: both blocks have as many bytes, and they are two.
            unsafe { ptr::copy_nonoverlapping(block, new, size.min(layout.size())) };
            // SAFETY: the caller's block, which it gives up.
            unsafe { self.dealloc(block, layout) };
        }
        new
    }

    /// `realloc` of an arena's block.
    ///
    /// # Safety
    ///
    /// As for `realloc`, and `is_arenas`.
    #[inline(never)]
    unsafe fn realloc_arenas(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // A block that is smaller than `min_size` would not be known for an arena's.
        // SAFETY: the caller's promise.
        if size >= self.min_size && unsafe { resize(block, layout.size(), size) } {
            return block;
        }
        // SAFETY: the caller's promise.
        unsafe { self.move_block(block, layout, size) }
    }
}

/// This thread's arena, if the block lies in it.
#[inline]
fn own_arena(block: NonNull<u8>) -> Option<&'static Arena> {
    thread::current().filter(|arena| arena.contains(block))
}

/// Frees an arena's block of that size, on any thread.
///
/// # Safety
///
/// The block is in use, and its user gives it up.
#[inline(never)]
unsafe fn free(block: *mut u8, size: usize) {
    let Some(block) = NonNull::new(block) else { return };
    if let Some(arena) = own_arena(block) {
        // SAFETY: this thread owns the arena (`thread`, invariant 1); the rest is the caller's promise.
        unsafe { arena.free(block, size) };
    } else if let Some(reservation) = reservation::get() {
        // SAFETY: the caller's promise.
        unsafe { reservation.free(block, size) };
    }
}

/// Whether an arena's block could be made one of `to` bytes where it is; then it is.
///
/// # Safety
///
/// The block has `from` bytes, is in use, and its user does without it meanwhile.
unsafe fn resize(block: *mut u8, from: usize, to: usize) -> bool {
    // Nothing that blocks hold is as large as the largest class.
    if to <= MAX_BYTES && Class::of(from) == Class::of(to) {
        return true;
    }
    let Some(block) = NonNull::new(block) else { return false };
    match own_arena(block) {
        // SAFETY: this thread owns the arena (`thread`, invariant 1); the rest is the caller's promise.
        Some(arena) => unsafe { arena.resize(block, from, to) },
        None => false,
    }
}

// SAFETY: a block is the wrapped allocator's, or an arena's, in which no two overlap (`arena`, invariant 3), and goes back
// to the one it came from, as its address tells (`reservation`, invariant 2): an arena's blocks have at least `min_size` bytes,
// when they are made and when they are resized. Nothing here unwinds.
unsafe impl<A: GlobalAlloc> GlobalAlloc for ArenaAlloc<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if thread::is_open() {
            // SAFETY: the caller's promise.
            return unsafe { self.alloc_open(layout, false) };
        }
        // SAFETY: the caller's promise.
        unsafe { self.inner.alloc(layout) }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if self.is_arenas(block, layout.size()) {
            // SAFETY: the caller's promise.
            return unsafe { free(block, layout.size()) };
        }
        // SAFETY: the caller's promise; it is not an arena's, so the wrapped allocator's.
        unsafe { self.inner.dealloc(block, layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if thread::is_open() {
            // SAFETY: the caller's promise.
            return unsafe { self.alloc_open(layout, true) };
        }
        // SAFETY: the caller's promise.
        unsafe { self.inner.alloc_zeroed(layout) }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if self.is_arenas(block, layout.size()) {
            // SAFETY: the caller's promise.
            return unsafe { self.realloc_arenas(block, layout, size) };
        }
        // What grows to a size that arenas are for moves into one.
        if layout.size() < self.min_size && size >= self.min_size && thread::is_open() {
            // SAFETY: the caller's promise.
            return unsafe { self.move_block(block, layout, size) };
        }
        // SAFETY: the caller's promise; it is not an arena's, so the wrapped allocator's.
        unsafe { self.inner.realloc(block, layout, size) }
    }
}
