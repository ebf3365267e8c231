//! `ArenaAlloc`, the global allocator: it decides which calls go to an arena.
//!
//! # Invariants
//!
//! - **Contract.** The unsafe functions of this module are called with what the caller of a [`GlobalAlloc`] method
//!   promises: the size of a layout is not zero; a block was allocated by this allocator with the layout that comes with
//!   it, or reallocated to its size, and is in use; the caller of `dealloc` gives the block up, and the caller of `realloc`
//!   does without it until that returns, and gives it up if that returns another.
//! - **Large.** A block that this allocator has from an arena has `min_size` bytes or more, when it is allocated and when
//!   it is resized. So a smaller block is the wrapped allocator's, and its address need not be looked at.

use core::alloc::{GlobalAlloc, Layout};
use core::fmt;
use core::ptr;
use std::alloc::System;

use super::arena::Arena;
use super::thread::{self, PROBE_LAYOUT};
use super::{profile, reservation};

mod blocks;

use blocks::{alloc_elsewhere, free, resize};

/// The size from which on blocks are an arena's by default.
const MIN_SIZE: usize = 1033;

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
    /// The wrapped allocator.
    inner: A,
    /// The size from which on arenas serve a request.
    min_size: usize,
    /// How many bytes an arena has room for.
    capacity: usize,
    /// Whether to ask the system for huge pages.
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
    /// Arenas before `inner`, any global allocator; [a guide](crate::guide::interop#mimalloc-and-other-allocators) has an example around
    /// mimalloc.
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
        Self { inner, min_size: MIN_SIZE, capacity, huge_pages: true }
    }

    /// How many bytes an arena has room for: 1 GiB if this is not called, 32 MiB where pointers have 32 bits. They are
    /// addresses, which cost nothing; memory is committed in steps, and taken as it is first written to. What does not fit
    /// comes from the wrapped allocator. With less than 128 there are no arenas.
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

    /// Allocations of so many bytes or more come from arenas: 1033 if this is not called.
    ///
    /// Smaller ones are served well by any allocator: glibc's has a cache of each thread's own for blocks of up to 1032 bytes. And the
    /// standard library keeps small blocks for good, such as the 1024 bytes that `println!` fills, which would keep arenas set aside.
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

    /// Whether to ask the system for huge pages behind arenas, from their fifth mebibyte on, which it does if this is not
    /// called. They make large arrays faster to touch, and take memory in larger pieces.
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
    /// Does what `alloc` or `alloc_zeroed` does on a thread that is open. It is a function of its own so that on other threads
    /// these are as short as possible: they look whether the thread is open, and call the wrapped allocator.
    ///
    /// # Safety
    ///
    /// The layout is as for `alloc` (Contract).
    #[inline(never)]
    unsafe fn alloc_open(&self, layout: Layout, zeroed: bool) -> *mut u8 {
        let Some(arena) = thread::current() else {
            // SAFETY: the layout is that of this function's caller (Contract).
            return unsafe { self.alloc_without_arena(layout, zeroed) };
        };
        if layout.size() >= self.min_size {
            // SAFETY: the layout is that of this function's caller (Contract), and this thread owns the arena (`thread`: Current).
            return unsafe { self.alloc_large(arena, layout, zeroed) };
        }
        arena.note_too_small();
        // SAFETY: the layout is that of this function's caller (Contract).
        unsafe { self.alloc_inner(layout, zeroed) }
    }

    /// Allocates a block of at least `min_size` bytes from an arena that serves this thread.
    ///
    /// # Safety
    ///
    /// The layout is as for `alloc` (Contract), and this thread owns the arena.
    #[inline(never)]
    unsafe fn alloc_large(&self, arena: &'static Arena, layout: Layout, zeroed: bool) -> *mut u8 {
        // SAFETY: this thread owns the arena (Caller), which has memory (`arena`: Ready).
        let mut found = unsafe { arena.alloc(layout) }.map(|(block, fresh)| (arena, block, fresh));
        if found.is_none() {
            // SAFETY: this thread owns the arena (Caller), which serves it and has just refused the layout.
            found = unsafe { alloc_elsewhere(arena, layout) };
        }
        let Some((arena, block, fresh)) = found else {
            // SAFETY: the layout is that of this function's caller (Contract).
            return unsafe { self.alloc_inner(layout, zeroed) };
        };
        if zeroed {
            // SAFETY: this thread owns the arena, which has just handed out this block, with the layout's size (`arena`: Given
            // out).
            unsafe { arena.zero(block, layout.size(), fresh) };
        }
        block.as_ptr()
    }

    /// Does what `alloc` or `alloc_zeroed` does on a thread that is open and has no arena: it finds out which allocator is
    /// installed, or is profiled.
    ///
    /// # Safety
    ///
    /// The layout is as for `alloc` (Contract).
    #[cold]
    #[inline(never)]
    unsafe fn alloc_without_arena(&self, layout: Layout, zeroed: bool) -> *mut u8 {
        if thread::is_probing() {
            // The request is larger than the probe's where an allocator around this one adds to it.
            if layout.size() >= PROBE_LAYOUT.size() {
                thread::install(self.capacity, self.huge_pages, self.min_size);
                return ptr::null_mut();
            }
        } else if let Some((arena, block, fresh)) = profile::alloc(layout, self.min_size) {
            if zeroed {
                // SAFETY: the profile that is open on this thread owns the arena (`thread`: Current), which has just handed out
                // this block, with the layout's size (`arena`: Given out).
                unsafe { arena.zero(block, layout.size(), fresh) };
            }
            return block.as_ptr();
        }
        // SAFETY: the layout is that of this function's caller (Contract).
        unsafe { self.alloc_inner(layout, zeroed) }
    }

    /// Allocates a block from the wrapped allocator.
    ///
    /// # Safety
    ///
    /// The layout is as for `alloc` (Contract).
    #[inline]
    unsafe fn alloc_inner(&self, layout: Layout, zeroed: bool) -> *mut u8 {
        if zeroed {
            // SAFETY: the layout's size is not zero (Contract).
            unsafe { self.inner.alloc_zeroed(layout) }
        } else {
            // SAFETY: the layout's size is not zero (Contract).
            unsafe { self.inner.alloc(layout) }
        }
    }

    /// Whether a block of this allocator, of that size, is an arena's (Large, `reservation`: By address).
    #[inline]
    fn is_from_arena(&self, block: *mut u8, size: usize) -> bool {
        size >= self.min_size && reservation::contains(block)
    }

    /// Moves a block to new memory of `size` bytes, or leaves it as it was and returns null if there is none.
    ///
    /// # Safety
    ///
    /// The arguments are as for `realloc` (Contract).
    unsafe fn move_block(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller of `realloc` promises a size that, rounded up to the alignment, is at most `isize::MAX`
        // (Contract).
        let new_layout = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        // SAFETY: the caller of `realloc` promises a size that is not zero (Contract).
        let new = unsafe { self.alloc(new_layout) };
        if !new.is_null() {
            // SAFETY: both blocks are in use and have at least as many bytes (Contract), and blocks in use do not overlap.
            unsafe { ptr::copy_nonoverlapping(block, new, size.min(layout.size())) };
            // SAFETY: the caller of `realloc` gives the block up, which has this layout, as another is returned (Contract).
            unsafe { self.dealloc(block, layout) };
        }
        new
    }

    /// Does what `realloc` does with a block of an arena.
    ///
    /// # Safety
    ///
    /// The arguments are as for `realloc` (Contract), and the block is an arena's.
    #[inline(never)]
    unsafe fn realloc_from_arena(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // An arena's block does not become smaller than `min_size` (Large).
        // SAFETY: the block is an arena's, has the layout's size, is in use, and its user does without it meanwhile
        // (Contract).
        if size >= self.min_size && unsafe { resize(block, layout.size(), size) } {
            return block;
        }
        // SAFETY: the arguments are those of this function's caller (Contract).
        unsafe { self.move_block(block, layout, size) }
    }
}

// SAFETY: a block is the wrapped allocator's or an arena's. Those of an arena do not overlap (`arena`: Given out). A block
// goes back to where it came from: if it has `min_size` bytes or more, its address tells (`reservation`: By address), and a
// smaller one is the wrapped allocator's (Large). Nothing here unwinds.
unsafe impl<A: GlobalAlloc> GlobalAlloc for ArenaAlloc<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if thread::is_open() {
            // SAFETY: the layout is the caller's (Contract).
            return unsafe { self.alloc_open(layout, false) };
        }
        // SAFETY: the layout is the caller's (Contract).
        unsafe { self.inner.alloc(layout) }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if self.is_from_arena(block, layout.size()) {
            // SAFETY: the block is an arena's (`reservation`: By address), and the caller gives it up, with its size
            // (Contract).
            return unsafe { free(block, layout.size()) };
        }
        // SAFETY: the block is not an arena's, so it is the wrapped allocator's, and the caller gives it up (Contract,
        // Large, `reservation`: By address).
        unsafe { self.inner.dealloc(block, layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if thread::is_open() {
            // SAFETY: the layout is the caller's (Contract).
            return unsafe { self.alloc_open(layout, true) };
        }
        // SAFETY: the layout is the caller's (Contract).
        unsafe { self.inner.alloc_zeroed(layout) }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if self.is_from_arena(block, layout.size()) {
            // SAFETY: the arguments are the caller's (Contract), and the block is an arena's (`reservation`: By address).
            return unsafe { self.realloc_from_arena(block, layout, size) };
        }
        // A block that grows to a size that arenas serve moves into one.
        if layout.size() < self.min_size && size >= self.min_size && thread::is_open() {
            // SAFETY: the arguments are the caller's (Contract).
            return unsafe { self.move_block(block, layout, size) };
        }
        // SAFETY: the block is not an arena's, so it is the wrapped allocator's, and its caller promises the same as to
        // this function (Contract, Large, `reservation`: By address).
        unsafe { self.inner.realloc(block, layout, size) }
    }
}
