//! Kinds of memory.

use std::alloc::{Layout, alloc, dealloc};
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ndarena::{ChunkSource, DetachedArray, FixedBuffer, Guard, prelude::*};
use ndarray::prelude::*;

/// Memory that scopes can be opened on.
pub(super) trait Memory {
    fn open(&self, f: &mut dyn FnMut(Scope<'_>));

    /// A guard, if there can be one that is not inside a scope.
    fn guard(&self) -> Option<Guard<'_>>;

    fn in_use(&self) -> usize;

    /// What `f` makes, with its memory, if that can move out.
    fn detached(&self, f: &dyn Fn(Scope<'_>) -> Vec<u64>) -> Option<[DetachedArray<u64, Ix1>; 2]>;
}

impl Memory for Buffer {
    fn open(&self, f: &mut dyn FnMut(Scope<'_>)) {
        self.scope(f);
    }

    fn guard(&self) -> Option<Guard<'_>> {
        Some(self.guard())
    }

    fn in_use(&self) -> usize {
        self.stats().in_use
    }

    fn detached(&self, f: &dyn Fn(Scope<'_>) -> Vec<u64>) -> Option<[DetachedArray<u64, Ix1>; 2]> {
        let beside_its_temporaries = self.scope_to_owned(|s| {
            let result = f(s);
            s.from_iter(result)
        });
        Some([beside_its_temporaries, self.scope_to_owned(|s| s.scope(|inner| s.from_iter(f(inner))))])
    }
}

impl Memory for FixedBuffer<'_> {
    fn open(&self, f: &mut dyn FnMut(Scope<'_>)) {
        self.scope(f);
    }

    fn guard(&self) -> Option<Guard<'_>> {
        Some(self.guard())
    }

    fn in_use(&self) -> usize {
        self.stats().in_use
    }

    fn detached(&self, _: &dyn Fn(Scope<'_>) -> Vec<u64>) -> Option<[DetachedArray<u64, Ix1>; 2]> {
        None
    }
}

/// The thread's default buffer.
pub(super) struct Default;

impl Memory for Default {
    fn open(&self, f: &mut dyn FnMut(Scope<'_>)) {
        ndarena::scope(f);
    }

    fn guard(&self) -> Option<Guard<'_>> {
        None
    }

    fn in_use(&self) -> usize {
        ndarena::default_buffer(|buffer| buffer.stats().in_use)
    }

    fn detached(&self, f: &dyn Fn(Scope<'_>) -> Vec<u64>) -> Option<[DetachedArray<u64, Ix1>; 2]> {
        ndarena::default_buffer(|buffer| Memory::detached(buffer, f))
    }
}

/// The system's memory, as a source that counts how many chunks are out.
#[derive(Clone, Debug)]
pub(super) struct Counted(pub(super) Arc<AtomicUsize>);

// SAFETY: the global allocator's memory, on boundaries of 64 bytes.
unsafe impl ChunkSource for Counted {
    fn allocate(&self, bytes: usize) -> Option<NonNull<[u8]>> {
        let layout = Layout::from_size_align(bytes, 64).ok()?;
        // SAFETY: a buffer asks for one byte or more.
        let start = NonNull::new(unsafe { alloc(layout) })?;
        self.0.fetch_add(1, Ordering::Relaxed);
        Some(NonNull::slice_from_raw_parts(start, bytes))
    }

    unsafe fn deallocate(&self, chunk: NonNull<[u8]>) {
        self.0.fetch_sub(1, Ordering::Relaxed);
        let layout = Layout::from_size_align(chunk.len(), 64).expect("as it was allocated");
        // SAFETY: it comes from `allocate`.
        unsafe { dealloc(chunk.as_ptr().cast(), layout) }
    }
}
