//! An allocator that counts what a thread asks of the system, and can be told to refuse; and what comparing arrays takes.

#![allow(dead_code, reason = "each test binary uses what it needs")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fmt::Debug;

use ndarray::{Array, ArrayViewMut, Dimension};

pub(crate) struct Counting;

thread_local! {
    static CALLS: Cell<usize> = const { Cell::new(0) };
    static REFUSE_FROM: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// The calls of `alloc`, `alloc_zeroed`, `realloc` and `dealloc` that `f` makes on this thread.
pub(crate) fn calls_of<R>(f: impl FnOnce() -> R) -> usize {
    let before = CALLS.get();
    f();
    CALLS.get() - before
}

/// Runs `f` while requests of `bytes` or more get no memory.
pub(crate) fn refusing_from<R>(bytes: usize, f: impl FnOnce() -> R) -> R {
    REFUSE_FROM.set(bytes);
    let result = f();
    REFUSE_FROM.set(usize::MAX);
    result
}

fn count() {
    CALLS.set(CALLS.get() + 1);
}

// SAFETY: passes every call on to `System`, or refuses it, which an allocator may.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        if layout.size() >= REFUSE_FROM.get() {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count();
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        if size >= REFUSE_FROM.get() {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's promise.
        unsafe { System.realloc(block, layout, size) }
    }
}

/// The same elements, in the same memory order.
pub(crate) fn assert_same<T: PartialEq + Debug, D: Dimension>(ours: ArrayViewMut<'_, T, D>, ndarrays: Array<T, D>) {
    assert_eq!(ours, ndarrays);
    if ours.shape().iter().all(|&len| len > 1) {
        assert_eq!(ours.strides(), ndarrays.strides());
    }
}
