//! A source of memory of one's own: a budget that the buffers of all threads share.
//!
//! `cargo run --release --example own_source`

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;

use ndarena::{Buffer, ChunkSource, prelude::*};

/// Bytes that may yet be handed out.
static BUDGET: AtomicUsize = AtomicUsize::new(20_000_000);

struct Budgeted;

fn layout(bytes: usize) -> Option<Layout> {
    Layout::from_size_align(bytes, 64).ok()
}

// SAFETY: chunks are the system allocator's, of the size and alignment that are asked for.
unsafe impl ChunkSource for Budgeted {
    fn allocate(&self, bytes: usize) -> Option<NonNull<[u8]>> {
        let layout = layout(bytes)?;
        BUDGET.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(bytes)).ok()?;
        // SAFETY: a buffer asks for a byte or more.
        let start = NonNull::new(unsafe { System.alloc(layout) });
        if start.is_none() {
            BUDGET.fetch_add(bytes, Relaxed);
        }
        Some(NonNull::slice_from_raw_parts(start?, bytes))
    }

    unsafe fn deallocate(&self, chunk: NonNull<[u8]>) {
        let layout = layout(chunk.len()).expect("as it was allocated");
        // SAFETY: it comes from `allocate`.
        unsafe { System.dealloc(chunk.as_ptr().cast(), layout) };
        BUDGET.fetch_add(chunk.len(), Relaxed);
    }
}

/// The sum of the first `n` squares, the long way; nothing if the budget does not allow that now.
fn sum_of_squares(s: Scope<'_>, n: usize) -> Option<f64> {
    let mut x = s.try_alloc_array::<f64>(n).ok()?;
    x.iter_mut().enumerate().for_each(|(i, x)| *x = (i * i) as f64);
    Some(x.sum())
}

fn main() {
    let sizes = [1_000, 1_000_000, 1_100_000, 3_000_000];
    let mut refused = 0;
    thread::scope(|threads| {
        let work = sizes.map(|n| threads.spawn(move || Buffer::from_source(Budgeted).scope(|s| sum_of_squares(s, n))));
        for (n, sum) in sizes.into_iter().zip(work.map(|thread| thread.join().expect("no panic"))) {
            println!("{n:>9} squares: {}", sum.map_or("over the budget".to_string(), |sum| format!("{sum:e}")));
            refused += usize::from(sum.is_none());
        }
    });
    assert!(refused >= 1, "24 MB are more than 20");
    assert_eq!(BUDGET.load(Relaxed), 20_000_000, "everything was given back");
}
