//! The addresses of all arenas: one range, which is reserved once and never given back.
//!
//! ```text
//! | headers: Arena, Arena, ..  |  arena 0's memory  |  arena 1's memory  | ..
//!   committed at once            committed when the arena is first used
//! ```
//!
//! # Invariants
//!
//! - **Reserved.** Once the range is reserved, it is one mapping that is this module's for as long as the process lives.
//!   The headers are mapped for reading and writing; they were zeros at first, which is an [`Arena`], and are only ever
//!   reached through shared references.
//! - **Partitioned.** The memory of the arena with number `i` is the `capacity` bytes from `memory + i * stride`, which lie
//!   in the range and overlap neither the headers nor another arena's memory. They are committed and decommitted only by
//!   the arena's owner, which leaves the arena [`Unused`](State::Unused) when they are not committed.
//! - **By address.** A block is an arena's if and only if its address is in the arenas' part of the range. So nobody needs
//!   to remember which allocator a block came from.

use core::ptr::NonNull;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::OnceLock;

use super::arena::Arena;
use super::class::{GRANULE, MAX_BYTES};
use super::ownership::State;
use crate::memory::block::HUGE_PAGE;

/// How many bytes of addresses arenas get, unless one arena alone needs more. Where the system refuses so many, it is asked
/// for fewer.
const RESERVED: usize = if usize::BITS == 64 { 1 << 40 } else { 1 << 29 };

/// The limit on the number of arenas.
const ARENA_LIMIT: usize = 1024;

/// The largest size of ordinary pages on the systems that are supported.
const PAGE: usize = 64 << 10;

/// The address at which the arenas' part of the range starts.
static START: AtomicUsize = AtomicUsize::new(0);
/// The length of the arenas' part of the range; 0 until it is reserved. This is stored after `START`.
static BYTES: AtomicUsize = AtomicUsize::new(0);

/// The range, once `reserve` was called, or nothing if the system refused one.
static RESERVATION: OnceLock<Option<Reservation>> = OnceLock::new();

/// The range of addresses that all arenas lie in.
#[derive(Debug)]
pub(super) struct Reservation {
    /// The first of the headers, which lie at the start of the range.
    headers: NonNull<Arena>,
    /// The memory of the first arena. The pointer may be used for all of the range.
    memory: NonNull<u8>,
    /// How many arenas there are addresses for.
    arenas: usize,
    /// How many bytes lie between the start of one arena's memory and that of the next.
    stride: usize,
    /// How many bytes an arena has room for.
    capacity: usize,
    /// Whether to ask the system for huge pages.
    huge_pages: bool,
    /// The arenas from this number on never had memory, and their headers were never touched.
    seen: AtomicUsize,
}

// SAFETY: the pointers are to addresses that stay this module's, whichever thread uses them (Reserved). Each use of them
// says why it is allowed.
unsafe impl Send for Reservation {}
// SAFETY: nothing in a reservation changes but `seen`, which is atomic, and its pointers stay good on any thread
// (Reserved).
unsafe impl Sync for Reservation {}

/// Whether the address is in the memory of any arena.
#[inline]
pub(super) fn contains(block: *mut u8) -> bool {
    // A thread that has a block of an arena got it after the range was reserved, so it sees both stores. A thread that has
    // another block sees either a length of 0, or the length together with the start that was stored before it.
    let bytes = BYTES.load(Ordering::Acquire);
    block.addr().wrapping_sub(START.load(Ordering::Relaxed)) < bytes
}

/// The range, if one was reserved.
pub(super) fn get() -> Option<&'static Reservation> {
    RESERVATION.get()?.as_ref()
}

/// Reserves the range for arenas of `capacity` bytes, unless that was done before.
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
    /// Reserves a range for arenas of `capacity` bytes, and commits the headers.
    fn reserve(capacity: usize, huge_pages: bool) -> Option<Self> {
        let capacity = capacity.min(MAX_BYTES) / GRANULE * GRANULE;
        let page = if capacity < HUGE_PAGE { PAGE } else { HUGE_PAGE };
        let stride = capacity.checked_next_multiple_of(page).filter(|&stride| stride > 0)?;
        let mut arenas = (RESERVED / stride).clamp(1, ARENA_LIMIT);
        // Where the system refuses addresses for so many arenas, it is asked for half as many, and so on.
        while arenas > 0 {
            let headers = (arenas * size_of::<Arena>()).next_multiple_of(PAGE);
            let bytes = arenas.checked_mul(stride).and_then(|bytes| bytes.checked_add(headers + page));
            if let Some(start) = bytes.and_then(system::reserve) {
                let memory = (start.addr().get() + headers).next_multiple_of(page) - start.addr().get();
                // SAFETY: `headers + page` bytes were reserved besides the arenas, so the first arena's memory begins
                // within the range, and the last one's ends within it (Reserved, Partitioned).
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

    /// How many bytes an arena has room for.
    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    /// The arenas that have memory or once had it.
    pub(super) fn arenas(&self) -> impl Iterator<Item = &'static Arena> + use<'_> {
        (0..self.seen.load(Ordering::Relaxed)).filter_map(|index| self.arena(index))
    }

    /// The arena with that number, if there is one.
    fn arena(&self, index: usize) -> Option<&'static Arena> {
        if index >= self.arenas {
            return None;
        }
        // SAFETY: there are as many headers as arenas, so this one is in the range (Reserved).
        let header = unsafe { self.headers.add(index) };
        // SAFETY: the header is an `Arena` that stays mapped for as long as the process lives, and there is no other than
        // shared references to it (Reserved).
        Some(unsafe { header.as_ref() })
    }

    /// The number of the arena with that header.
    fn index_of(&self, arena: &Arena) -> usize {
        ((&raw const *arena).addr() - self.headers.addr().get()) / size_of::<Arena>()
    }

    /// The memory of the arena with that number.
    fn memory_of(&self, index: usize) -> NonNull<u8> {
        // SAFETY: both callers have the number of one of the arenas, whose memory is in the range (Partitioned).
        unsafe { self.memory.add(index * self.stride) }
    }

    /// Frees a block of `size` bytes of an arena that is not this thread's.
    ///
    /// # Safety
    ///
    /// The block is an arena's, is in use, and was allocated or last resized with that size; the caller gives it up.
    pub(super) unsafe fn free(&self, block: NonNull<u8>, size: usize) {
        let arena = self.arena((block.addr().get() - self.memory.addr().get()) / self.stride);
        if let Some(arena) = arena {
            // SAFETY: the address is in the memory of this arena (Partitioned), so the block is its, and the caller gives
            // it up, with its size (`arena`: Given out). The pointer has the provenance of all arenas' memory.
            unsafe { arena.free_remote(self.memory.with_addr(block.addr()), size) };
        }
    }

    /// Takes over an arena that has no memory, and commits its memory.
    pub(super) fn commit_arena(&self) -> Option<&'static Arena> {
        let mut all = (0..self.arenas).filter_map(|index| Some((index, self.arena(index)?)));
        let (index, arena) = all.find(|(_, arena)| arena.ownership.take_from(State::Unused))?;
        let memory = self.memory_of(index);
        if !system::commit(memory, self.stride, self.huge_pages) {
            arena.ownership.leave(State::Unused);
            return None;
        }
        // SAFETY: this thread owns the arena since it took it over (`ownership`: One owner). The memory was committed just
        // now, so it is zeros, is the arena's alone, and stays committed until the arena is `Unused` again; it starts on a
        // page, and the capacity is a number of granules (Partitioned).
        unsafe { arena.init(memory, self.capacity) };
        self.seen.fetch_max(index + 1, Ordering::Relaxed);
        Some(arena)
    }

    /// Gives an arena's memory back to the system. Returns whether that worked.
    ///
    /// # Safety
    ///
    /// The caller owns the arena, and no block of it is in use. If this returns true, the caller leaves the arena in the
    /// state [`Unused`](State::Unused) without using it any more.
    pub(super) unsafe fn decommit_arena(&self, arena: &Arena) -> bool {
        // SAFETY: the memory is in the range and is this arena's alone (Partitioned); the caller owns the arena, in which
        // no block is in use, so nobody uses the memory (`arena`: Counted).
        let decommitted = unsafe { system::decommit(self.memory_of(self.index_of(arena)), self.stride) };
        if decommitted {
            arena.counters.touched.store(0, Ordering::Relaxed);
        }
        decommitted
    }
}

/// Requests to the system for addresses and for memory. None of these functions allocates from the program's allocator.
#[cfg(unix)]
mod system {
    use core::ptr::NonNull;

    use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap_anonymous, mprotect, munmap};

    /// The flags of mappings that are no other process's, and for which the system need not keep memory ready.
    #[cfg(any(target_vendor = "apple", target_os = "linux", target_os = "android"))]
    const FLAGS: MapFlags = MapFlags::PRIVATE.union(MapFlags::NORESERVE);
    /// The flags of mappings that are no other process's. Other systems have no flag for memory that need not be kept
    /// ready, or need none.
    #[cfg(not(any(target_vendor = "apple", target_os = "linux", target_os = "android")))]
    const FLAGS: MapFlags = MapFlags::PRIVATE;

    /// Reserves a range of `bytes` bytes of addresses without memory, if as many are left to the rest of the program.
    pub(super) fn reserve(bytes: usize) -> Option<NonNull<u8>> {
        let twice = bytes.checked_mul(2)?;
        // SAFETY: this makes a new mapping at an address that the system chooses, so it changes no memory in use.
        let start = unsafe { mmap_anonymous(core::ptr::null_mut(), twice, ProtFlags::empty(), FLAGS) };
        let start = NonNull::new(start.ok()?)?.cast::<u8>();
        // SAFETY: the new mapping has twice as many bytes, so this points to its middle.
        let rest = unsafe { start.add(bytes) };
        // SAFETY: this is the second half of the new mapping, which nobody uses, and which is no part of what is returned.
        unsafe { munmap(rest.as_ptr().cast(), bytes) }.ok()?;
        Some(start)
    }

    /// Commits a part of the range that is not committed: it is zeros then, and may be read and written. It gets huge pages
    /// if those are asked for and the system has them.
    pub(super) fn commit(start: NonNull<u8>, bytes: usize, huge_pages: bool) -> bool {
        let place = start.as_ptr().cast();
        // SAFETY: both callers commit whole pages of the range that nobody uses: the headers of a range that was just
        // reserved, or an arena's memory, for its owner (Reserved, Partitioned).
        let committed = unsafe { mprotect(place, bytes, MprotectFlags::READ | MprotectFlags::WRITE) }.is_ok();
        #[cfg(any(target_os = "linux", target_os = "android"))]
        if committed && huge_pages {
            // A kernel without huge pages refuses. The memory is in ordinary pages then, which is no error.
            // SAFETY: these are the pages that were just committed (Reserved, Partitioned), and advice does not change
            // contents.
            let _ = unsafe { rustix::mm::madvise(place, bytes, rustix::mm::Advice::LinuxHugepage) };
        }
        let _ = huge_pages;
        committed
    }

    /// Gives the memory of a part of the range back to the system, and keeps the addresses reserved.
    ///
    /// # Safety
    ///
    /// The part consists of whole pages of the range, and nobody uses its memory.
    pub(super) unsafe fn decommit(start: NonNull<u8>, bytes: usize) -> bool {
        let (place, flags) = (start.as_ptr().cast(), FLAGS | MapFlags::FIXED);
        // SAFETY: `decommit_arena`, the one caller, hands over the memory of one arena, which nobody uses (Partitioned).
        // The new mapping takes the place of the old one in one step, so the addresses stay this module's (Reserved).
        unsafe { mmap_anonymous(place, bytes, ProtFlags::empty(), flags) }.is_ok()
    }
}

/// Other systems have no arenas so far: they reserve nothing.
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
    /// This asks for nothing; it is unsafe because the other systems' function is.
    pub(super) unsafe fn decommit(_start: NonNull<u8>, _bytes: usize) -> bool {
        false
    }
}
