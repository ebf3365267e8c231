//! An allocator that counts what a thread asks of the system, and can be told to refuse, or to run code of a test's.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;

use crate::foreign::{Of, called};

/// The system's allocator, and what each thread asks of it; a test program's global allocator. What it counts and refuses is
/// a thread's, so that tests may run side by side.
#[derive(Debug)]
pub struct Counting;

thread_local! {
    static CALLS: Cell<usize> = const { Cell::new(0) };
    static HELD: Cell<isize> = const { Cell::new(0) };
    static REFUSE_FROM: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// The calls of `alloc`, `alloc_zeroed`, `realloc` and `dealloc` that `f` makes on this thread.
///
/// # Panics
///
/// If [`Counting`] is not what makes the program's allocations: then nothing would be counted.
pub fn calls_of<R>(f: impl FnOnce() -> R) -> usize {
    let before = CALLS.get();
    drop(black_box(Box::new(0)));
    assert!(CALLS.get() > before, "the global allocator is not `Counting`");
    let before = CALLS.get();
    f();
    CALLS.get() - before
}

/// Runs `f` while requests of `bytes` or more get no memory on this thread.
pub fn refusing_from<R>(bytes: usize, f: impl FnOnce() -> R) -> R {
    REFUSE_FROM.set(bytes);
    let result = f();
    REFUSE_FROM.set(usize::MAX);
    result
}

/// The bytes that this thread has been given, less those that it has given back.
pub fn held() -> isize {
    HELD.get()
}

fn count() {
    called(Of::Allocator);
    CALLS.set(CALLS.get() + 1);
}

fn refuses(size: usize) -> bool {
    count();
    size >= REFUSE_FROM.get()
}

/// Counts what the system gave, if it did, in place of so many bytes.
fn granted(block: *mut u8, size: usize, before: usize) -> *mut u8 {
    if !block.is_null() {
        HELD.set(HELD.get().wrapping_add_unsigned(size).wrapping_sub_unsigned(before));
    }
    block
}

// SAFETY: passes every call on to `System`, or refuses it, which an allocator may.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if refuses(layout.size()) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's promise.
        granted(unsafe { System.alloc(layout) }, layout.size(), 0)
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if refuses(layout.size()) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's promise.
        granted(unsafe { System.alloc_zeroed(layout) }, layout.size(), 0)
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count();
        HELD.set(HELD.get() - layout.size() as isize);
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if refuses(size) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's promise.
        granted(unsafe { System.realloc(block, layout, size) }, size, layout.size())
    }
}
