//! Threads that come, use their default buffers and go, counted over the whole process: so it is a program of its own.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use ndarena::prelude::*;

/// The system's allocator, with a count of the large blocks that are in use.
struct LargeBlocks;

/// From so many bytes on a block is counted: no test harness asks for as much.
const LARGE: usize = 3 << 20;

static IN_USE: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: LargeBlocks = LargeBlocks;

fn count(size: usize) -> usize {
    usize::from(size >= LARGE)
}

// SAFETY: passes every call on to `System`.
unsafe impl GlobalAlloc for LargeBlocks {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        IN_USE.fetch_add(count(layout.size()), Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(count(layout.size()), Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(block, layout) }
    }
}

#[test]
fn a_thousand_threads_leave_nothing_behind() {
    let threads = if cfg!(miri) { 20 } else { 1000 };
    for n in 0..threads / 10 {
        // Two levels each, as an array is made while another scope is open.
        let work = move |i: usize| {
            ndarena::scope(|s| {
                let mut large = s.uninit::<usize>(LARGE / 8 + n);
                let written = *large[n].write(i);
                s.scope(|inner| *inner.uninit::<usize>(LARGE / 8)[0].write(written + 1))
            })
        };
        let work: Vec<_> = (0..10).map(|i| std::thread::spawn(move || work(i))).collect();
        for (i, thread) in work.into_iter().enumerate() {
            assert_eq!(thread.join().unwrap(), i + 1);
        }
    }
    assert_eq!(IN_USE.load(Ordering::Relaxed), 0);
    // That blocks are counted at all.
    let buffer = Buffer::with_capacity(LARGE);
    assert_eq!(IN_USE.load(Ordering::Relaxed), 1);
    drop(buffer);
}
