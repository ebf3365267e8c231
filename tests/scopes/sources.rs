//! Buffers on sources of memory of their own.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::sync::{Arc, Mutex};

use ndarena::{AllocErrorKind, Buffer, ChunkSource, prelude::*};

/// Keeps a list of its chunks. Gives `more` bytes more than asked for, and nothing beyond `most` bytes in all.
#[derive(Clone)]
struct Listed {
    chunks: Arc<Mutex<BTreeMap<usize, usize>>>,
    more: usize,
    most: usize,
}

impl Listed {
    fn new(more: usize, most: usize) -> Self {
        Listed { chunks: Arc::default(), more, most }
    }

    fn held(&self) -> usize {
        self.chunks.lock().unwrap().values().sum()
    }
}

// SAFETY: the system's memory, on boundaries of 64 bytes, each chunk until it is given back.
unsafe impl ChunkSource for Listed {
    fn allocate(&self, bytes: usize) -> Option<NonNull<[u8]>> {
        assert!(bytes > 0);
        let bytes = bytes + self.more;
        if self.held() + bytes > self.most {
            return None;
        }
        // SAFETY: the layout has a size.
        let start = unsafe { System.alloc(Layout::from_size_align(bytes, 64).unwrap()) };
        self.chunks.lock().unwrap().insert(start.addr(), bytes);
        Some(NonNull::slice_from_raw_parts(NonNull::new(start)?, bytes))
    }

    unsafe fn deallocate(&self, chunk: NonNull<[u8]>) {
        let bytes = self.chunks.lock().unwrap().remove(&chunk.addr().get());
        assert_eq!(bytes, Some(chunk.len()), "what was allocated, once");
        // SAFETY: it comes from `allocate`.
        unsafe { System.dealloc(chunk.as_ptr().cast(), Layout::from_size_align(chunk.len(), 64).unwrap()) }
    }
}

#[test]
fn all_memory_comes_from_the_source_and_goes_back() {
    for more in [0, 1, 63, 64, 100_000] {
        let source = Listed::new(more, usize::MAX);
        let mut buffer = Buffer::from_source(source.clone());
        assert_eq!(source.held(), 0);
        for _ in 0..3 {
            buffer.scope(|s| {
                let arrays: Vec<_> = (1..50).map(|i| s.from_elem(20 * i, i)).collect();
                s.scope(|s| s.zeros::<f64>(5000).sum());
                assert!(arrays.iter().all(|x| x.iter().all(|&i| x.len() == 20 * i)));
            });
            assert!(source.held() >= buffer.stats().reserved);
            assert!(source.held() - buffer.stats().reserved < 64 * source.chunks.lock().unwrap().len());
        }
        assert!(source.chunks.lock().unwrap().len() == 2, "a block for each level");
        buffer.reset();
        assert_eq!((source.held(), buffer.stats().reserved), (0, 0));
        buffer.scope(|s| s.ones::<f64>(10).sum());
        drop(buffer);
        assert_eq!((source.held(), Arc::strong_count(&source.chunks)), (0, 1));
    }
}

/// Memory that arrays share is given back once, with the last of them, in whichever order they go.
#[test]
fn the_last_of_several_results_gives_the_memory_back() {
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let source = Listed::new(0, usize::MAX);
        let buffer = Buffer::from_source(source.clone());
        let (a, b, c) = buffer.scope_to_owned3(|s| (s.ones::<f64>(1000), s.ones::<f64>(10), s.ones::<f64>(0)));
        drop(buffer);
        let held = source.held();
        assert!(held >= 8080);
        let mut arrays = [Some(a), Some(b), Some(c)];
        for (dropped, k) in order.into_iter().enumerate() {
            assert_eq!(source.held(), held, "{order:?}, {dropped}");
            arrays[k] = None;
        }
        assert_eq!(source.held(), 0, "{order:?}");
    }
}

#[test]
fn a_detached_array_gives_its_chunks_back_later_and_elsewhere() {
    let source = Listed::new(0, usize::MAX);
    let buffer = Buffer::from_source(source.clone());
    let result = buffer.scope_to_owned(|s| s.from_elem(1000, 2.0));
    drop(buffer);
    assert_eq!((source.held(), result.reserved()), (8000, 8000));
    std::thread::spawn(move || assert_eq!(result.sum(), 2000.0)).join().unwrap();
    assert_eq!((source.held(), Arc::strong_count(&source.chunks)), (0, 1));
}

#[test]
fn a_source_that_has_no_more_makes_an_error() {
    let source = Listed::new(0, 10_000);
    let buffer = Buffer::from_source(source.clone());
    buffer.scope(|s| {
        let x = s.from_elem(500, 1.0);
        let error = s.try_alloc_array::<f64>(2000).unwrap_err();
        assert_eq!((error.kind(), error.limit()), (AllocErrorKind::OutOfMemory, None));
        assert_eq!(s.ones::<f64>(700).sum() + x.sum(), 1200.0);
    });
    assert!(catch_unwind(AssertUnwindSafe(|| buffer.scope(|s| s.ones::<f64>(1251).sum()))).is_err());
    // What the scope before came to need gives way.
    assert_eq!(buffer.scope(|s| s.ones::<f64>(1248).sum()), 1248.0);
    assert!(source.held() <= 10_000);
}

/// Panics when told to.
struct Panicking;

thread_local! {
    static PANICS: Cell<bool> = const { Cell::new(false) };
    static ASKED: Cell<bool> = const { Cell::new(false) };
}

// SAFETY: the system's memory, on boundaries of 64 bytes.
unsafe impl ChunkSource for Panicking {
    fn allocate(&self, bytes: usize) -> Option<NonNull<[u8]>> {
        assert!(!PANICS.get(), "no memory today");
        // A source may use scopes, also of this thread's default buffer, which may be the very one that asks.
        if !ASKED.replace(true) {
            assert_eq!(ndarena::scope(|s| s.scope(|s| s.ones::<f64>(8).len())), 8);
            ASKED.set(false);
        }
        // SAFETY: the layout has a size.
        let start = unsafe { System.alloc(Layout::from_size_align(bytes, 64).unwrap()) };
        Some(NonNull::slice_from_raw_parts(NonNull::new(start)?, bytes))
    }

    unsafe fn deallocate(&self, chunk: NonNull<[u8]>) {
        ndarena::scope(|s| s.scope(|_| ()));
        // SAFETY: it comes from `allocate`.
        unsafe { System.dealloc(chunk.as_ptr().cast(), Layout::from_size_align(chunk.len(), 64).unwrap()) }
    }
}

#[test]
fn a_source_may_panic_and_open_scopes() {
    let mut buffer = Buffer::from_source(Panicking);
    buffer.scope(|s| s.ones::<f64>(10).sum());
    for _ in 0..3 {
        let refused = catch_unwind(AssertUnwindSafe(|| {
            buffer.scope(|s| {
                let x = s.from_elem(100, 1.0);
                PANICS.set(true);
                let refused = catch_unwind(AssertUnwindSafe(|| s.ones::<f64>(100_000).sum()));
                PANICS.set(false);
                assert!(refused.is_err());
                assert_eq!(s.ones::<f64>(3000).sum() + x.sum(), 3100.0);
                x.sum()
            })
        }));
        assert_eq!(refused.unwrap(), 100.0);
    }
    assert_eq!(buffer.stats().in_use, 0);
    ndarena::with_buffer(&buffer, || {
        assert_eq!(ndarena::scope(|s| s.scope(|s| s.ones::<f64>(10_000).sum())), 10_000.0);
        assert_eq!(buffer.scope_to_owned(|s| s.ones::<f64>(10)).sum(), 10.0);
    });
    buffer.reset();
}

#[cfg(feature = "huge-pages")]
#[test]
fn huge_pages_are_memory_like_any_other() {
    use ndarena::HugePages;
    use ndarray::Array2;

    let buffer = Buffer::from_source(HugePages);
    let sum = buffer.scope(|s| {
        let a = s.from_shape_fn((700, 700), |(i, j)| (i * j) as f64);
        let mut b = s.alloc_array::<f64>((700, 700));
        b.assign(&a.t());
        s.scope(|s| s.zip_map(&a, &b, |a, b| a - b).sum()) + b.row(3).sum()
    });
    assert_eq!(sum, 3.0 * (699.0 * 700.0 / 2.0));
    // Whole pages of 2 MiB.
    assert_eq!(buffer.stats().reserved % (2 << 20), 0);
    let result = buffer.scope_to_owned(|s| {
        let mut eye = s.zeros::<f64>((300, 300));
        eye.diag_mut().fill(1.0);
        eye
    });
    drop(buffer);
    assert_eq!(result.into_array(), Array2::<f64>::eye(300));
}
