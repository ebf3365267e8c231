//! One arena: its owner allocates blocks from it and frees them, and other threads may free them too.
//!
//! # Invariants
//!
//! - **Owner only.** Only the arena's owner (`ownership`: One owner) touches what is in `owned`. It does so in functions
//!   that neither call each other nor are interrupted by anything that calls them, so there are never two references to it.
//! - **Ready.** Once the state of the arena was another than [`Unused`](super::ownership::State::Unused), `owned` is
//!   initialised; and while the state is another than that, the memory that `owned` names is mapped for reading and
//!   writing.
//! - **Given out.** A block in use is a [`Span`] that was handed out, so nothing but its user reads or writes its bytes.
//!   When it is freed, its user gives it up, together with the size that it was allocated or last resized with: the size's
//!   class is the length of the span that the block becomes again.
//! - **Counted.** The recycler counts the blocks that were handed out and have not come back to it. While there are none,
//!   nobody has memory of the arena and none is on the list of remote frees, so all of it may become one span anew.

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

/// The header of an arena, whose memory is elsewhere. Zeroed memory is an arena without memory that has no owner.
#[repr(align(128))]
pub(super) struct Arena {
    /// Whose the arena is.
    pub(super) ownership: Ownership,
    /// The blocks that other threads have freed, until the owner collects them.
    remote_frees: RemoteFrees,
    /// What the owner has done, for anybody to read.
    pub(super) counters: Counters,
    /// What only the owner touches. It is uninitialised until the arena first gets memory.
    owned: UnsafeCell<MaybeUninit<Owned>>,
}

// SAFETY: all but `owned` is atomic, and only the owner touches `owned` (Owner only).
unsafe impl Sync for Arena {}

/// Figures that the owner writes and anybody may read. They lie on cache lines of their own.
#[derive(Debug)]
#[repr(align(128))]
pub(super) struct Counters {
    /// The address at which the arena's memory starts.
    start: AtomicUsize,
    /// The length of the arena's memory; 0 before it first got any.
    bytes: AtomicUsize,
    /// The bytes of the blocks in use.
    pub(super) used: AtomicUsize,
    /// The most bytes that were ever in use.
    pub(super) peak: AtomicUsize,
    /// How many bytes from the start of the memory may have been written to since it was committed.
    pub(super) touched: AtomicUsize,
    /// How many requests the arena served.
    pub(super) served: AtomicUsize,
    /// How many requests in calls were smaller than what arenas serve.
    pub(super) too_small: AtomicUsize,
    /// How many requests were larger than the arena.
    pub(super) too_large: AtomicUsize,
    /// How many requests an empty arena would have served, and this one had no room for.
    pub(super) no_room: AtomicUsize,
    /// How many blocks were in use when outermost calls ended, less those that were when the calls began.
    pub(super) escaped: AtomicUsize,
}

/// What only the owner touches.
struct Owned {
    /// Where the arena's memory starts. The pointer may be used for all of it.
    start: NonNull<u8>,
    /// The length of the memory.
    bytes: usize,
    /// The free memory.
    recycler: Recycler,
    /// How many blocks were in use when the outermost call began.
    blocks_before: usize,
    /// Whether the arena has refused a request since then that an empty arena has room for.
    refused: bool,
}

/// Adds to a counter that only the arena's owner writes, so that it needs no atomic addition.
#[inline]
fn count(counter: &AtomicUsize, n: usize) {
    counter.store(counter.load(Ordering::Relaxed).wrapping_add(n), Ordering::Relaxed);
}

impl Arena {
    /// Gives an arena without memory the `bytes` bytes from `start`, which are all zeros.
    ///
    /// # Safety
    ///
    /// The caller owns the arena. The memory is mapped for reading and writing, and nobody else uses it, for as long as the
    /// arena's state is another than [`Unused`](super::ownership::State::Unused). `bytes` and the address `start` are
    /// multiples of [`GRANULE`].
    pub(super) unsafe fn init(&self, start: NonNull<u8>, bytes: usize) {
        // SAFETY: the caller gives the memory to this arena alone, in whole granules (`span`: Exclusive, Granular).
        let whole = unsafe { Span::new(start, bytes) };
        let owned = Owned { start, bytes, recycler: Recycler::new(whole), blocks_before: 0, refused: false };
        // SAFETY: the caller is the owner, so there is no other reference to `owned` (Owner only).
        unsafe { (*self.owned.get()).write(owned) };
        self.counters.start.store(start.addr().get(), Ordering::Relaxed);
        self.counters.bytes.store(bytes, Ordering::Relaxed);
    }

    /// Whether the block lies in the memory of this arena. An arena of which this thread does not know yet that it has
    /// memory has no block that this thread could ask about.
    #[inline]
    pub(super) fn contains(&self, block: NonNull<u8>) -> bool {
        let offset = block.addr().get().wrapping_sub(self.counters.start.load(Ordering::Relaxed));
        offset < self.counters.bytes.load(Ordering::Relaxed)
    }

    /// Counts a request that is smaller than what arenas serve. Only the arena's owner calls this.
    #[inline]
    pub(super) fn note_too_small(&self) {
        count(&self.counters.too_small, 1);
    }

    /// What only the owner touches.
    ///
    /// # Safety
    ///
    /// The caller owns the arena, the arena has memory, and no other result of this function is in use.
    #[allow(clippy::mut_from_ref, reason = "the arena has one owner, which calls this once at a time (Owner only)")]
    #[inline]
    unsafe fn owned(&self) -> &mut Owned {
        // SAFETY: the caller is the owner and has no other reference to `owned` (Owner only).
        let owned = unsafe { &mut *self.owned.get() };
        // SAFETY: the arena has memory, so `owned` is initialised (Ready).
        unsafe { owned.assume_init_mut() }
    }

    /// A block with that layout, and whether all of it is zeros.
    ///
    /// # Safety
    ///
    /// The caller owns the arena, which has memory.
    #[inline]
    pub(super) unsafe fn alloc(&self, layout: Layout) -> Option<(NonNull<u8>, bool)> {
        // SAFETY: the caller owns the arena, which has memory (Ready), and nothing that is called below asks for `owned`
        // (Owner only).
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

    /// A block for a class whose list is empty, and whether all of it is zeros: one of those that other threads have freed,
    /// if there is one of this class, or else one that the recycler carves.
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

    /// Brings the counters of bytes in use up to date after an allocation.
    #[inline]
    fn note_use(&self, owned: &Owned) {
        let used = owned.recycler.used();
        self.counters.used.store(used, Ordering::Relaxed);
        if used > self.counters.peak.load(Ordering::Relaxed) {
            self.counters.peak.store(used, Ordering::Relaxed);
        }
    }

    /// Frees a block of `size` bytes, on the thread that owns the arena.
    ///
    /// # Safety
    ///
    /// The caller owns the arena. The block is one of the arena's, is in use, and was allocated or last resized with that
    /// size; the caller gives it up.
    #[inline]
    pub(super) unsafe fn free(&self, block: NonNull<u8>, size: usize) {
        // SAFETY: the caller owns the arena, which has memory as it has a block (Ready), and nothing that is called below
        // asks for `owned` (Owner only).
        let owned = unsafe { self.owned() };
        let class = Class::of(size);
        // The span has the provenance of `start`, since the caller's pointer may be good for the bytes of the block alone.
        // SAFETY: the caller gives the block up, with its size, so it is the span again that was handed out (Given out).
        let span = unsafe { Span::new(owned.start.with_addr(block.addr()), class.bytes) };
        owned.recycler.free(span, class);
        Self::restart_if_empty(owned);
        self.counters.used.store(owned.recycler.used(), Ordering::Relaxed);
    }

    /// Frees a block of `size` bytes, on whichever thread.
    ///
    /// # Safety
    ///
    /// The block is one of the arena's, is in use, and was allocated or last resized with that size; the caller gives it
    /// up. The pointer may be used for all of the arena's memory.
    pub(super) unsafe fn free_remote(&self, block: NonNull<u8>, size: usize) {
        // SAFETY: the caller gives the block up, with its size, so it is the span again that was handed out (Given out).
        self.remote_frees.push(unsafe { Span::new(block, Class::of(size).bytes) });
    }

    /// Makes a block of `from` bytes one of `to` bytes without moving it, if that is possible. Tells whether it was.
    ///
    /// # Safety
    ///
    /// The caller owns the arena. The block is one of the arena's, is in use, and was allocated or last resized with `from`
    /// bytes. Nobody uses it during the call. If this returns true, it has `to` bytes afterwards.
    pub(super) unsafe fn resize(&self, block: NonNull<u8>, from: usize, to: usize) -> bool {
        // SAFETY: the caller owns the arena, which has memory as it has a block (Ready), and nothing that is called below
        // asks for `owned` (Owner only).
        let owned = unsafe { self.owned() };
        if to > owned.bytes {
            return false;
        }
        let (from, to) = (Class::of(from), Class::of(to));
        // SAFETY: nobody uses the block during this function, so until it returns, it is the span again that was handed out
        // (Given out).
        let span = unsafe { Span::new(owned.start.with_addr(block.addr()), from.bytes) };
        let resized = owned.recycler.resize(span, from, to).is_ok();
        self.note_use(owned);
        resized
    }

    /// Makes all memory of the arena one span, if no block is in use.
    #[inline]
    fn restart_if_empty(owned: &mut Owned) {
        if owned.recycler.blocks() == 0 && !owned.recycler.is_whole(owned.bytes) {
            // SAFETY: no block is in use, so nobody else has memory of the arena (Counted), and the recycler forgets its
            // spans in exchange for this one.
            owned.recycler.restart(unsafe { Span::new(owned.start, owned.bytes) });
        }
    }

    /// Collects the blocks that other threads have freed.
    fn collect(&self, owned: &mut Owned) {
        let mut freed = self.remote_frees.take();
        while let Some(span) = freed.pop() {
            let class = Class::of(span.bytes());
            owned.recycler.free(span, class);
        }
        Self::restart_if_empty(owned);
        self.counters.used.store(owned.recycler.used(), Ordering::Relaxed);
    }

    /// Collects what was freed since the arena was last owned, at the beginning of an outermost call or to bring its
    /// figures up to date. Returns the bytes of the blocks in use.
    ///
    /// # Safety
    ///
    /// The caller owns the arena, which has memory.
    #[inline]
    pub(super) unsafe fn open(&self) -> usize {
        // SAFETY: the caller owns the arena, which has memory (Ready), and nothing that is called below asks for `owned`
        // (Owner only).
        let owned = unsafe { self.owned() };
        if !self.remote_frees.is_empty() {
            self.collect(owned);
        }
        owned.blocks_before = owned.recycler.blocks();
        owned.refused = false;
        owned.recycler.used()
    }

    /// Ends an outermost call. Returns whether the arena is too full to be of use.
    ///
    /// # Safety
    ///
    /// The caller owns the arena, which has memory.
    #[inline]
    pub(super) unsafe fn close(&self) -> bool {
        // SAFETY: the caller owns the arena, which has memory (Ready), and nothing that is called below asks for `owned`
        // (Owner only).
        let owned = unsafe { self.owned() };
        if owned.recycler.blocks() == 0 {
            return false;
        }
        self.close_around_survivors(owned)
    }

    /// Ends an outermost call that blocks may have outlived. Returns whether the arena is too full to be of use.
    fn close_around_survivors(&self, owned: &mut Owned) -> bool {
        self.collect(owned);
        count(&self.counters.escaped, owned.recycler.blocks().saturating_sub(owned.blocks_before));
        let used = owned.recycler.used();
        used > owned.bytes / 2 || (owned.refused && !has_room(used, owned.bytes))
    }
}

/// Whether an arena of `bytes` bytes, `used` of which are in use, is worth another try after it refused a request.
pub(super) fn has_room(used: usize, bytes: usize) -> bool {
    used < bytes / 8
}

#[cfg(test)]
mod tests;
