//! The addresses of all arenas: one range, reserved once and never given back.
//!
//! ```text
//! | headers: Arena, Arena, ..  |  arena 0's memory  |  arena 1's memory  | ..
//!   read, written                nothing, until it is committed
//! ```
//!
//! # Invariants
//!
//! 1. **Reserved.** The range is this module's for as long as the process lives. Its headers are mapped for reading and
//!    writing, and were zero at first.
//! 2. **By address.** A block is an arena's if and only if its address is in the arenas' part of the range; so nobody need
//!    remember which allocator it came from.

use core::ptr::NonNull;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::OnceLock;

use super::arena::Arena;
use super::class::{GRANULE, MAX_BYTES};
use super::ownership::State;
use crate::memory::block::HUGE_PAGE;

/// So many addresses are reserved, if they are to be had, or as many as one arena needs.
const RESERVED: usize = if usize::BITS == 64 { 1 << 40 } else { 1 << 29 };

/// No more arenas than this.
const ARENA_LIMIT: usize = 1024;

/// The largest page of the systems we know.
const PAGE: usize = 64 << 10;

/// The arenas' memory: where it starts, and how many bytes of addresses it has. The second is stored last.
static START: AtomicUsize = AtomicUsize::new(0);
static BYTES: AtomicUsize = AtomicUsize::new(0);

static RESERVATION: OnceLock<Option<Reservation>> = OnceLock::new();

#[derive(Debug)]
pub(super) struct Reservation {
    headers: NonNull<Arena>,
    memory: NonNull<u8>,
    arenas: usize,
    /// From one arena's memory to the next one's.
    stride: usize,
    capacity: usize,
    huge_pages: bool,
    /// Arenas from this one on never had memory, and their headers were never touched.
    seen: AtomicUsize,
}

// SAFETY: the pointers are to memory that stays mapped (invariant 1); what is done through them says why it may be.
unsafe impl Send for Reservation {}
// SAFETY: as above.
unsafe impl Sync for Reservation {}

/// Whether the address is in the memory of any arena.
#[inline]
pub(super) fn contains(block: *mut u8) -> bool {
    // Whoever has a block of an arena got it after the range was reserved, so sees both stores. Whoever has another block
    // sees a length of 0, or the start that was stored before it.
    let bytes = BYTES.load(Ordering::Acquire);
    block.addr().wrapping_sub(START.load(Ordering::Relaxed)) < bytes
}

/// The range, if it was reserved.
pub(super) fn get() -> Option<&'static Reservation> {
    RESERVATION.get()?.as_ref()
}

/// Reserves the range, once, for arenas of that many bytes.
pub(super) fn reserve(capacity: usize, huge_pages: bool) -> Option<&'static Reservation> {
    let reservation = RESERVATION.get_or_init(|| {
        let reservation = Reservation::reserve(capacity, huge_pages)?;
        START.store(reservation.memory.addr().get(), Ordering::Relaxed);
        BYTES.store(reservation.arenas * reservation.stride, Ordering::Release);
        Some(reservation)
    });
    reservation.as_ref()
}

impl Reservation {
    fn reserve(capacity: usize, huge_pages: bool) -> Option<Self> {
        let capacity = capacity.min(MAX_BYTES) / GRANULE * GRANULE;
        let page = if capacity < HUGE_PAGE { PAGE } else { HUGE_PAGE };
        let stride = capacity.checked_next_multiple_of(page).filter(|&stride| stride > 0)?;
        let mut arenas = (RESERVED / stride).clamp(1, ARENA_LIMIT);
        // Where addresses are rationed, half as many, and so on.
        while arenas > 0 {
            let headers = (arenas * size_of::<Arena>()).next_multiple_of(PAGE);
            let bytes = arenas.checked_mul(stride).and_then(|bytes| bytes.checked_add(headers + page));
            if let Some(start) = bytes.and_then(system::reserve) {
                let memory = (start.addr().get() + headers).next_multiple_of(page) - start.addr().get();
                // SAFETY: `headers + page` bytes were reserved besides the arenas.
                let memory = unsafe { start.add(memory) };
                return system::commit(start, headers, false).then_some(Self {
                    headers: start.cast(),
                    memory,
                    arenas,
                    stride,
                    capacity,
                    huge_pages: huge_pages && capacity >= HUGE_PAGE,
                    seen: AtomicUsize::new(0),
                });
            }
            arenas /= 2;
        }
        None
    }

    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    /// The arenas that have memory or had it once.
    pub(super) fn arenas(&self) -> impl Iterator<Item = &'static Arena> + use<'_> {
        (0..self.seen.load(Ordering::Relaxed)).filter_map(|index| self.arena(index))
    }

    fn arena(&self, index: usize) -> Option<&'static Arena> {
        if index >= self.arenas {
            return None;
        }
        // SAFETY: one of the headers.
        let header = unsafe { self.headers.add(index) };
        // SAFETY: mapped for as long as the process lives, zero at first, which is an `Arena`, and never written to but
        // through its atomics and cell (invariant 1).
        Some(unsafe { header.as_ref() })
    }

    fn index_of(&self, arena: &Arena) -> usize {
        ((&raw const *arena).addr() - self.headers.addr().get()) / size_of::<Arena>()
    }

    fn memory_of(&self, index: usize) -> NonNull<u8> {
        // SAFETY: `index` is one of the arenas, whose memory is in the range.
        unsafe { self.memory.add(index * self.stride) }
    }

    /// Frees a block of an arena that is not this thread's.
    ///
    /// # Safety
    ///
    /// It is a block in use of some arena, of that size, and the caller gives it up.
    pub(super) unsafe fn free(&self, block: NonNull<u8>, size: usize) {
        let arena = self.arena((block.addr().get() - self.memory.addr().get()) / self.stride);
        if let Some(arena) = arena {
            // SAFETY: the caller's promise.
            unsafe { arena.free_remote(self.memory.with_addr(block.addr()), size) };
        }
    }

    /// Takes over an arena that has no memory, and gives it some.
    pub(super) fn commit_arena(&self) -> Option<&'static Arena> {
        let mut all = (0..self.arenas).filter_map(|index| Some((index, self.arena(index)?)));
        let (index, arena) = all.find(|(_, arena)| arena.ownership.take_from(State::Unused))?;
        let memory = self.memory_of(index);
        if !system::commit(memory, self.stride, self.huge_pages) {
            arena.ownership.leave(State::Unused);
            return None;
        }
        // SAFETY: owned since it was taken over; this part of the range is its own, mapped and zero, and on a page.
        unsafe { arena.init(memory, self.capacity) };
        self.seen.fetch_max(index + 1, Ordering::Relaxed);
        Some(arena)
    }

    /// Gives an arena's memory back to the system. Whether that worked.
    ///
    /// # Safety
    ///
    /// The caller owns the arena, nothing of it is in use, and it is as one without memory from now on.
    pub(super) unsafe fn decommit_arena(&self, arena: &Arena) -> bool {
        // SAFETY: nobody has memory of the arena: the caller's promise.
        let decommitted = unsafe { system::decommit(self.memory_of(self.index_of(arena)), self.stride) };
        if decommitted {
            arena.counters.touched.store(0, Ordering::Relaxed);
        }
        decommitted
    }
}

/// Asking the system for addresses and memory. None of this allocates.
#[cfg(unix)]
mod system {
    use core::ptr::NonNull;

    use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap_anonymous, mprotect, munmap};

    /// For pages that are nobody else's, and that the system need not keep memory ready for.
    #[cfg(any(target_vendor = "apple", target_os = "linux", target_os = "android"))]
    const FLAGS: MapFlags = MapFlags::PRIVATE.union(MapFlags::NORESERVE);
    /// Other systems have no such flag, or do without.
    #[cfg(not(any(target_vendor = "apple", target_os = "linux", target_os = "android")))]
    const FLAGS: MapFlags = MapFlags::PRIVATE;

    /// Addresses without memory, if at least as many are left for others.
    pub(super) fn reserve(bytes: usize) -> Option<NonNull<u8>> {
        let twice = bytes.checked_mul(2)?;
        // SAFETY: a new mapping, where the system likes.
        let start = unsafe { mmap_anonymous(core::ptr::null_mut(), twice, ProtFlags::empty(), FLAGS) };
        let start = NonNull::new(start.ok()?)?.cast::<u8>();
        // SAFETY: in the new mapping.
        let rest = unsafe { start.add(bytes) };
        // SAFETY: the part of the new mapping that nobody will use.
        unsafe { munmap(rest.as_ptr().cast(), bytes) }.ok()?;
        Some(start)
    }

    /// Makes part of what was reserved memory, all zero, in huge pages if possible.
    pub(super) fn commit(start: NonNull<u8>, bytes: usize, huge_pages: bool) -> bool {
        let place = start.as_ptr().cast();
        // SAFETY: part of our mapping, which nobody uses yet.
        let committed = unsafe { mprotect(place, bytes, MprotectFlags::READ | MprotectFlags::WRITE) }.is_ok();
        #[cfg(any(target_os = "linux", target_os = "android"))]
        if committed && huge_pages {
            // A kernel without huge pages refuses, and small ones do.
            // SAFETY: part of our mapping; this does not change its contents.
            let _ = unsafe { rustix::mm::madvise(place, bytes, rustix::mm::Advice::LinuxHugepage) };
        }
        let _ = huge_pages;
        committed
    }

    /// Makes memory mere addresses again.
    ///
    /// # Safety
    ///
    /// It is part of what was reserved, and nobody uses it.
    pub(super) unsafe fn decommit(start: NonNull<u8>, bytes: usize) -> bool {
        let (place, flags) = (start.as_ptr().cast(), FLAGS | MapFlags::FIXED);
        // SAFETY: the caller's promise; the new mapping takes the old one's place, in one step.
        unsafe { mmap_anonymous(place, bytes, ProtFlags::empty(), flags) }.is_ok()
    }
}

/// Elsewhere there are no arenas, so far.
#[cfg(not(unix))]
mod system {
    use core::ptr::NonNull;

    pub(super) fn reserve(_bytes: usize) -> Option<NonNull<u8>> {
        None
    }

    pub(super) fn commit(_start: NonNull<u8>, _bytes: usize, _huge_pages: bool) -> bool {
        false
    }

    /// # Safety
    ///
    /// None.
    pub(super) unsafe fn decommit(_start: NonNull<u8>, _bytes: usize) -> bool {
        false
    }
}
