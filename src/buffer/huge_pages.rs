//! Memory on large pages.
//!
//! The invariant `Pages`: a chunk is an allocation of the global allocator's, with the [`layout`] of its length, which is a
//! whole number of large pages, one or more.

use alloc::alloc::{alloc, dealloc};
use core::alloc::Layout;
use core::ptr::NonNull;

use crate::memory::block::{ChunkSource, HUGE_PAGE};

/// Memory on pages of 2 MiB, for [`Buffer::from_source`](crate::Buffer::from_source). Feature `huge-pages`.
///
/// Strided work on large arrays, such as a transpose or a sum over columns, touches another page with each element; on
/// pages of 4 KiB much of its time goes to looking up where these are. Pages of 2 MiB are few, and are found at once.
///
/// Each chunk is a whole number of such pages, so a buffer holds 2 MiB or more for each of its levels. On Linux they are
/// asked for by `madvise`, and given where the system's transparent huge pages are not turned off; elsewhere, or where none
/// are left, the pages are what the system's always are.
///
/// ```
/// use ndarena::{Buffer, HugePages, prelude::*};
///
/// let buffer = Buffer::from_source(HugePages);
/// let transposed = buffer.scope(|s| {
///     let a = s.from_shape_fn((512, 512), |(i, j)| (512 * i + j) as f64);
///     let mut b = s.alloc_array::<f64>((512, 512));
///     b.assign(&a.t());
///     b[[1, 0]]
/// });
/// assert_eq!(transposed, 1.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HugePages;

/// The layout of whole pages that hold `bytes` bytes.
fn layout(bytes: usize) -> Option<Layout> {
    Layout::from_size_align(bytes.checked_next_multiple_of(HUGE_PAGE)?, HUGE_PAGE).ok()
}

// SAFETY: what the global allocator gives is one allocation, nobody else's, and stays where it is; the layout asks for the
// length and the alignment that a chunk must have (Pages).
unsafe impl ChunkSource for HugePages {
    fn allocate(&self, bytes: usize) -> Option<NonNull<[u8]>> {
        let layout = layout(bytes)?;
        // SAFETY: the layout has a size, as a buffer asks for a byte or more, which is rounded up to whole pages (Pages).
        let start = NonNull::new(unsafe { alloc(layout) })?;
        #[cfg(any(target_os = "linux", target_os = "android"))]
        if !cfg!(miri) {
            let advice = rustix::mm::Advice::LinuxHugepage;
            // A kernel that has no huge pages refuses. Then the memory is on small pages, which will do.
            // SAFETY: these are whole pages that were just allocated (Pages), and the advice does not change their contents.
            let _ = unsafe { rustix::mm::madvise(start.as_ptr().cast(), layout.size(), advice) };
        }
        Some(NonNull::slice_from_raw_parts(start, layout.size()))
    }

    unsafe fn deallocate(&self, chunk: NonNull<[u8]>) {
        let layout = layout(chunk.len()).expect("as it was allocated");
        // SAFETY: `allocate` had the chunk from the global allocator, with this layout (Pages).
        unsafe { dealloc(chunk.as_ptr().cast(), layout) }
    }
}
