//! One arena: the blocks that its owner takes and frees, and those that others free.
//!
//! # Invariants
//!
//! 1. **Owner's.** What is in `owned` is touched only by the arena's owner (`ownership`, invariant 1), in functions that do
//!    not call each other and that nothing interrupts, so never through two references.
//! 2. **There.** From the time its state first was another than [`Unused`](super::ownership::State::Unused), `owned` is initialised, and the memory it
//!    names is mapped for reading and writing for as long as the state is another than that.
//! 3. **Disjoint.** A block in use is a [`Span`](super::span::Span) that was given out, so nothing else uses its bytes; when
//!    it is freed, its caller gives it up, and with its size, from which its class follows, it becomes that span again.
//! 4. **Counted.** The recycler counts the blocks that were given out and not given back to it. When there are none, nobody
//!    has memory of the arena, nor is any on the remote list, so that all of it may be made one span anew.

use core::alloc::Layout;
use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicUsize, Ordering};

use super::class::{Class, GRANULE, MAX_BYTES};
use super::ownership::Ownership;
use super::recycling::Recycler;
use super::remote_frees::RemoteFrees;
use super::span::Span;

/// An arena, without its memory. All zeroes is one without memory, that is nobody's.
#[repr(align(128))]
pub(super) struct Arena {
    pub(super) ownership: Ownership,
    remote_frees: RemoteFrees,
    pub(super) counters: Counters,
    owned: UnsafeCell<MaybeUninit<Owned>>,
}

// SAFETY: all but `owned` is atomic, and `owned` is the owner's (invariant 1).
unsafe impl Sync for Arena {}

/// What the owner writes and anybody may read.
#[derive(Debug)]
#[repr(align(128))]
pub(super) struct Counters {
    start: AtomicUsize,
    bytes: AtomicUsize,
    pub(super) used: AtomicUsize,
    pub(super) peak: AtomicUsize,
    pub(super) touched: AtomicUsize,
    pub(super) served: AtomicUsize,
    pub(super) too_small: AtomicUsize,
    pub(super) too_large: AtomicUsize,
    pub(super) no_room: AtomicUsize,
    pub(super) escaped: AtomicUsize,
}

struct Owned {
    start: NonNull<u8>,
    bytes: usize,
    recycler: Recycler,
    /// Blocks in use when the outermost call began.
    blocks_before: usize,
    /// Whether that call asked for something that an empty arena has room for, and this one had not.
    refused: bool,
}

/// Adds to a counter that only its owner writes.
#[inline]
fn count(counter: &AtomicUsize, n: usize) {
    counter.store(counter.load(Ordering::Relaxed).wrapping_add(n), Ordering::Relaxed);
}

impl Arena {
    /// Gives the arena memory that is all zeroes, none of which is in use. For its owner, when it has none.
    ///
    /// # Safety
    ///
    /// The caller owns the arena, whose memory this is from now on (invariants 1 and 2): `bytes` are a multiple of
    /// [`GRANULE`], and `start` is on one.
    pub(super) unsafe fn init(&self, start: NonNull<u8>, bytes: usize) {
        // SAFETY: the caller's promise.
        let whole = unsafe { Span::new(start, bytes) };
        let owned = Owned { start, bytes, recycler: Recycler::new(whole), blocks_before: 0, refused: false };
        // SAFETY: the owner's (invariant 1).
        unsafe { (*self.owned.get()).write(owned) };
        self.counters.start.store(start.addr().get(), Ordering::Relaxed);
        self.counters.bytes.store(bytes, Ordering::Relaxed);
    }

    /// Whether the block is one of this arena's, which has had memory as far as this thread knows.
    #[inline]
    pub(super) fn contains(&self, block: NonNull<u8>) -> bool {
        let offset = block.addr().get().wrapping_sub(self.counters.start.load(Ordering::Relaxed));
        offset < self.counters.bytes.load(Ordering::Relaxed)
    }

    /// Counts a request that is none for arenas. For the owner.
    #[inline]
    pub(super) fn note_too_small(&self) {
        count(&self.counters.too_small, 1);
    }

    /// # Safety
    ///
    /// The caller owns the arena, which has memory, and has no other result of this (invariants 1 and 2).
    #[allow(clippy::mut_from_ref, reason = "the caller's promise")]
    #[inline]
    unsafe fn owned(&self) -> &mut Owned {
        // SAFETY: the caller's promise.
        let owned = unsafe { &mut *self.owned.get() };
        // SAFETY: it has memory, so it is initialised (invariant 2).
        unsafe { owned.assume_init_mut() }
    }

    /// A block with that layout, and whether it is all zeroes.
    ///
    /// # Safety
    ///
    /// The caller owns the arena, which has memory.
    #[inline]
    pub(super) unsafe fn alloc(&self, layout: Layout) -> Option<(NonNull<u8>, bool)> {
        // SAFETY: the caller's promise; nothing below calls this.
        let owned = unsafe { self.owned() };
        let class = Class::of(layout.size().min(MAX_BYTES));
        if layout.size() > owned.bytes || class.bytes > owned.bytes {
            count(&self.counters.too_large, 1);
            return None;
        }
        let found = if layout.align() > GRANULE {
            self.collect(owned);
            owned.recycler.carve_aligned(class, layout.align()).map(|span| (span, false))
        } else if let Some(span) = owned.recycler.reuse(class) {
            Some((span, false))
        } else {
            self.carve(owned, class)
        };
        let Some((span, fresh)) = found else {
            owned.refused = true;
            count(&self.counters.no_room, 1);
            return None;
        };
        count(&self.counters.served, 1);
        self.note_use(owned);
        Some((span.start(), fresh))
    }

    /// Where the class's list is empty: a block that another thread has freed, or one that was not in use before.
    #[inline]
    fn carve(&self, owned: &mut Owned, class: Class) -> Option<(Span, bool)> {
        if !self.remote_frees.is_empty() {
            self.collect(owned);
            if let Some(span) = owned.recycler.reuse(class) {
                return Some((span, false));
            }
        }
        let found = owned.recycler.carve(class);
        self.counters.touched.store(owned.recycler.touched() - owned.start.addr().get(), Ordering::Relaxed);
        found
    }

    #[inline]
    fn note_use(&self, owned: &Owned) {
        let used = owned.recycler.used();
        self.counters.used.store(used, Ordering::Relaxed);
        if used > self.counters.peak.load(Ordering::Relaxed) {
            self.counters.peak.store(used, Ordering::Relaxed);
        }
    }

    /// Takes back a block of so many bytes.
    ///
    /// # Safety
    ///
    /// The caller owns the arena, of which this is a block in use, of that size, and gives it up.
    #[inline]
    pub(super) unsafe fn free(&self, block: NonNull<u8>, size: usize) {
        // SAFETY: the caller's promise; nothing below calls this.
        let owned = unsafe { self.owned() };
        let class = Class::of(size);
        // SAFETY: the caller gives it up (invariant 3). With `start`'s provenance, as the caller's may be of the block alone.
        let span = unsafe { Span::new(owned.start.with_addr(block.addr()), class.bytes) };
        owned.recycler.free(span, class);
        Self::restart_if_empty(owned);
        self.counters.used.store(owned.recycler.used(), Ordering::Relaxed);
    }

    /// Takes back a block of so many bytes, on whichever thread.
    ///
    /// # Safety
    ///
    /// This is a block in use of this arena, of that size, and the caller gives it up. The pointer may be used for all of the
    /// arena.
    pub(super) unsafe fn free_remote(&self, block: NonNull<u8>, size: usize) {
        // SAFETY: the caller gives it up (invariant 3).
        self.remote_frees.push(unsafe { Span::new(block, Class::of(size).bytes) });
    }

    /// Whether the block, of `from` bytes, could be made one of `to` bytes where it is; then it is.
    ///
    /// # Safety
    ///
    /// The caller owns the arena, of which this is a block in use, and uses it as the size says.
    pub(super) unsafe fn resize(&self, block: NonNull<u8>, from: usize, to: usize) -> bool {
        // SAFETY: the caller's promise; nothing below calls this.
        let owned = unsafe { self.owned() };
        if to > owned.bytes {
            return false;
        }
        let (from, to) = (Class::of(from), Class::of(to));
        // SAFETY: for the length of this function the caller does without the block (invariant 3).
        let span = unsafe { Span::new(owned.start.with_addr(block.addr()), from.bytes) };
        let resized = owned.recycler.resize(span, from, to).is_ok();
        self.note_use(owned);
        resized
    }

    #[inline]
    fn restart_if_empty(owned: &mut Owned) {
        if owned.recycler.blocks() == 0 && !owned.recycler.is_whole(owned.bytes) {
            // SAFETY: nobody else has memory of this arena (invariant 4), and the recycler forgets what it has.
            owned.recycler.restart(unsafe { Span::new(owned.start, owned.bytes) });
        }
    }

    /// Takes what other threads have freed.
    fn collect(&self, owned: &mut Owned) {
        let mut freed = self.remote_frees.take();
        while let Some(span) = freed.pop() {
            let class = Class::of(span.bytes());
            owned.recycler.free(span, class);
        }
        Self::restart_if_empty(owned);
        self.counters.used.store(owned.recycler.used(), Ordering::Relaxed);
    }

    /// Begins an outermost call, or a look at the arena: takes what was freed since the last one. The bytes in use.
    ///
    /// # Safety
    ///
    /// The caller owns the arena, which has memory.
    #[inline]
    pub(super) unsafe fn open(&self) -> usize {
        // SAFETY: the caller's promise; nothing below calls this.
        let owned = unsafe { self.owned() };
        if !self.remote_frees.is_empty() {
            self.collect(owned);
        }
        owned.blocks_before = owned.recycler.blocks();
        owned.refused = false;
        owned.recycler.used()
    }

    /// Ends an outermost call. Whether the arena is too full to be of use.
    ///
    /// # Safety
    ///
    /// The caller owns the arena, which has memory.
    #[inline]
    pub(super) unsafe fn close(&self) -> bool {
        // SAFETY: the caller's promise; nothing below calls this.
        let owned = unsafe { self.owned() };
        if owned.recycler.blocks() == 0 {
            return false;
        }
        self.close_around_survivors(owned)
    }

    fn close_around_survivors(&self, owned: &mut Owned) -> bool {
        self.collect(owned);
        count(&self.counters.escaped, owned.recycler.blocks().saturating_sub(owned.blocks_before));
        let used = owned.recycler.used();
        used > owned.bytes / 2 || (owned.refused && !has_room(used, owned.bytes))
    }
}

/// Whether an arena of so many bytes, with so many in use, is worth another try after it had to refuse a request.
pub(super) fn has_room(used: usize, bytes: usize) -> bool {
    used < bytes / 8
}

#[cfg(test)]
mod tests;
