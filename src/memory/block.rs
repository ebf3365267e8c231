//! Blocks of memory that levels hand out, and where they come from.
//!
//! # Invariants
//!
//! - **Owned.** A block's chunk is one live allocation that belongs to the block and is given back, once, to where it came
//!   from: to the global allocator, with [`layout`] of its length, or to the source that the block has a share in.

use alloc::alloc::{alloc, alloc_zeroed, dealloc};
#[cfg(target_has_atomic = "ptr")]
use alloc::sync::Arc;
use core::alloc::Layout;
use core::fmt;
use core::ptr::NonNull;

use super::offsets::{LINE, lines_within};
use super::poison;

/// A source of memory of your own, for [`Buffer::from_source`](crate::Buffer::from_source): huge pages, a memory-mapped
/// file, memory shared with a device, a pool with a budget.
///
/// A buffer asks for few chunks, each larger than the last, and keeps them; so what these methods cost hardly counts. A
/// chunk is given back when the buffer is [`reset`](crate::Buffer::reset) or dropped, when several become one, or when the
/// [`DetachedArray`](crate::DetachedArray) that took it along is dropped. The source is dropped after that.
///
/// # Safety
///
/// The memory of scopes' arrays lies in chunks, so an implementation promises of each chunk that `allocate` returns, until
/// it is handed to `deallocate`:
///
/// 1. it is one allocation, valid for reads and writes, from any thread;
/// 2. it is at least as long as was asked for, and begins on a boundary of 64 bytes;
/// 3. nobody else reads or writes it, and it overlaps no other chunk;
/// 4. it stays where it is, also when the source is moved.
///
/// What it contains does not matter. In return a buffer hands to `deallocate` what `allocate` returned, pointer and
/// length, once, when nothing refers to it any more; on whatever thread.
///
/// ```
/// use std::alloc::{Layout, alloc, dealloc};
/// use std::ptr::NonNull;
/// use std::sync::atomic::{AtomicUsize, Ordering};
///
/// use ndarena::{Buffer, ChunkSource, prelude::*};
///
/// /// The system's memory, with a count of how much there is of it.
/// struct Counted(&'static AtomicUsize);
///
/// // SAFETY: the global allocator promises 1, 3 and 4; the layout asks for 2.
/// unsafe impl ChunkSource for Counted {
///     fn allocate(&self, bytes: usize) -> Option<NonNull<[u8]>> {
///         let layout = Layout::from_size_align(bytes, 64).ok()?;
///         // SAFETY: a buffer asks for one byte or more.
///         let start = NonNull::new(unsafe { alloc(layout) })?;
///         self.0.fetch_add(bytes, Ordering::Relaxed);
///         Some(NonNull::slice_from_raw_parts(start, bytes))
///     }
///
///     unsafe fn deallocate(&self, chunk: NonNull<[u8]>) {
///         self.0.fetch_sub(chunk.len(), Ordering::Relaxed);
///         let layout = Layout::from_size_align(chunk.len(), 64).expect("as it was allocated");
///         // SAFETY: it comes from `allocate`.
///         unsafe { dealloc(chunk.as_ptr().cast(), layout) }
///     }
/// }
///
/// static BYTES: AtomicUsize = AtomicUsize::new(0);
/// let buffer = Buffer::from_source(Counted(&BYTES));
/// buffer.scope(|s| assert_eq!(s.ones::<f64>((100, 100)).sum(), 10_000.0));
/// assert!(BYTES.load(Ordering::Relaxed) >= 80_000);
/// drop(buffer);
/// assert_eq!(BYTES.load(Ordering::Relaxed), 0);
/// ```
///
/// [`HugePages`](crate::HugePages) is one that this crate brings.
pub unsafe trait ChunkSource: Send + Sync + 'static {
    /// A chunk of `bytes` bytes (one or more) or longer, or nothing if there is none; the call that asked then gives an
    /// [`AllocError`](crate::AllocError).
    fn allocate(&self, bytes: usize) -> Option<NonNull<[u8]>>;

    /// Takes a chunk back.
    ///
    /// # Safety
    ///
    /// `chunk` is what [`allocate`](ChunkSource::allocate) of the same source returned, is handed back for the first time,
    /// and nothing in it will be read or written any more.
    unsafe fn deallocate(&self, chunk: NonNull<[u8]>);
}

/// Where a buffer's blocks come from.
#[derive(Clone)]
pub(crate) enum Source {
    /// The global allocator.
    System,
    #[cfg(target_has_atomic = "ptr")]
    Custom(Arc<dyn ChunkSource>),
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Source::System => "System",
            #[cfg(target_has_atomic = "ptr")]
            Source::Custom(_) => "Custom",
        })
    }
}

/// Memory for one level. See the module's documentation for the invariants.
#[derive(Debug)]
pub(crate) struct Block {
    chunk: NonNull<[u8]>,
    source: Source,
}

/// The size of the large pages of x86-64 and AArch64.
#[cfg(any(feature = "huge-pages", feature = "global"))]
pub(crate) const HUGE_PAGE: usize = 2 << 20;

/// What malloc aligns to anyway, so that it has zeroed pages to give.
const MALLOC_ALIGN: usize = 16;

/// How a chunk of `len` bytes of the global allocator is aligned.
fn layout(len: usize) -> Option<Layout> {
    Layout::from_size_align(len, MALLOC_ALIGN).ok()
}

impl Block {
    /// A block of `size` bytes (whole lines, one or more), or more, if the source has one; and whether it is full of zeros,
    /// which the system's blocks are if asked for.
    pub(crate) fn new(size: usize, zeros: bool, source: &Source) -> Option<(Self, bool)> {
        let (chunk, zeros) = match source {
            Source::System => {
                let layout = layout(size.checked_add(LINE - MALLOC_ALIGN)?)?;
                let start = if zeros {
                    // SAFETY: the layout has a size, as a block has a line or more (Owned).
                    unsafe { alloc_zeroed(layout) }
                } else {
                    // SAFETY: the layout has a size, as a block has a line or more (Owned).
                    unsafe { alloc(layout) }
                };
                (NonNull::slice_from_raw_parts(NonNull::new(start)?, layout.size()), zeros)
            }
            #[cfg(target_has_atomic = "ptr")]
            Source::Custom(own) => (own.allocate(size)?, false),
        };
        Some((Block { chunk, source: source.clone() }, zeros))
    }

    /// The first line, and the size of all whole lines.
    pub(crate) fn memory(&self) -> (NonNull<u8>, usize) {
        let start = self.chunk.cast::<u8>();
        let (pad, size) = lines_within(start.addr().get(), self.chunk.len());
        // SAFETY: `pad` bytes are within the chunk (Owned).
        (unsafe { start.add(pad) }, size)
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        poison::unpoison(self.chunk.cast(), self.chunk.len());
        match &self.source {
            Source::System => {
                let layout = layout(self.chunk.len()).expect("as it was allocated");
                // SAFETY: allocated with this layout, and not freed before (Owned).
                unsafe { dealloc(self.chunk.cast().as_ptr(), layout) }
            }
            // SAFETY: it comes from this source, and nothing refers to a block that is dropped (Owned).
            #[cfg(target_has_atomic = "ptr")]
            Source::Custom(own) => unsafe { own.deallocate(self.chunk) },
        }
    }
}

// SAFETY: a block owns its memory, which any thread may use, and so may any thread use its source (Owned).
unsafe impl Send for Block {}
// SAFETY: nothing is done to the memory through a shared block (Owned).
unsafe impl Sync for Block {}
