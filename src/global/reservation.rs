//! The addresses of all arenas: one range, which is reserved once and never given back.
//!
//! ```text
//! | headers: Arena, Arena, ..  |  arena 0's memory, and its marks  |  arena 1's memory, and its marks  | ..
//!   committed at once            committed as far as it is used
//! ```
//!
//! # Invariants
//!
//! - **Reserved.** Once the range is reserved, it is one mapping that is this module's for as long as the process lives.
//!   The headers are mapped for reading and writing; they were zeros at first, which is an [`Arena`], and are only ever
//!   reached through shared references.
//! - **Partitioned.** The memory of the arena with number `i` is the `capacity` bytes from `memory + i * stride`, and the
//!   groups of its marks are what follows from `groups` bytes further on. Both lie in the range and overlap neither the
//!   headers nor what is another arena's. They are committed and decommitted only by the arena's owner (`pages`: Own), which
//!   leaves the arena [`Unused`](State::Unused) only when none of them is committed.
//! - **By address.** A block is an arena's if and only if its address is in the arenas' part of the range. So nobody needs
//!   to remember which allocator a block came from.

use core::ptr::NonNull;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::OnceLock;

use super::arena::Arena;
use super::class::{GRANULE, MAX_BYTES};
use super::ownership::State;
use super::pages::{Place, groups_of};
use super::steps::{HUGE_PAGE, PAGE};
use super::system;

/// How many bytes of addresses arenas get, unless one arena alone needs more. Where the system refuses so many, it is asked
/// for fewer.
const RESERVED: usize = if usize::BITS == 64 { 1 << 40 } else { 1 << 29 };

/// The limit on the number of arenas.
const ARENA_LIMIT: usize = 1024;

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
    /// How many bytes lie between the start of an arena's memory and that of its groups of marks.
    groups: usize,
    /// The length of the system's pages.
    page: usize,
    /// Whether to ask the system for huge pages.
    huge_pages: bool,
    /// The arenas from this number on were never used, and their headers were never touched.
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
        let start_on = if capacity < HUGE_PAGE { PAGE } else { HUGE_PAGE };
        let groups = capacity.checked_next_multiple_of(PAGE).filter(|&bytes| bytes > 0)?;
        let stride = groups.checked_add(groups_of(groups))?.checked_next_multiple_of(start_on)?;
        // Where the system does not tell, the largest pages that there are may be what it has.
        let page = system::page_size().filter(|page| page.is_power_of_two() && *page <= PAGE).unwrap_or(PAGE);
        let mut arenas = (RESERVED / stride).clamp(1, ARENA_LIMIT);
        // Where the system refuses addresses for so many arenas, it is asked for half as many, and so on.
        while arenas > 0 {
            let headers = (arenas * size_of::<Arena>()).next_multiple_of(PAGE);
            let bytes = arenas.checked_mul(stride).and_then(|bytes| bytes.checked_add(headers + start_on));
            if let Some(start) = bytes.and_then(system::reserve) {
                let memory = (start.addr().get() + headers).next_multiple_of(start_on) - start.addr().get();
                // SAFETY: `headers + start_on` bytes were reserved besides the arenas, so the first arena's memory begins
                // within the range, and the last one's ends within it (Reserved, Partitioned).
                let memory = unsafe { start.add(memory) };
                // SAFETY: these pages were just reserved, and nobody uses them (Reserved).
                return unsafe { system::commit(start, headers) }.then_some(Self {
                    headers: start.cast(),
                    memory,
                    arenas,
                    stride,
                    capacity,
                    groups,
                    page,
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

    /// The arenas that are in use or once were.
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

    /// Where the memory of the arena with that number is, and its marks.
    fn place_of(&self, index: usize) -> Place {
        // SAFETY: the callers have the number of one of the arenas, whose memory is in the range (Partitioned).
        let start = unsafe { self.memory.add(index * self.stride) };
        // SAFETY: so are the groups of its marks (Partitioned).
        let groups = unsafe { start.add(self.groups) }.cast();
        Place { start, bytes: self.capacity, groups, page: self.page, huge_pages: self.huge_pages }
    }

    /// How many bytes of memory an arena has of the system, with its marks; what is committed if the system does not tell.
    pub(super) fn touched(&self, arena: &Arena) -> usize {
        let place = self.place_of(self.index_of(arena));
        let (memory, marks) = arena.counters.committed();
        let (memory, marks) = (memory.min(self.groups), marks.min(self.stride - self.groups));
        let of = |start, bytes| system::resident(start, bytes).unwrap_or(bytes);
        of(place.start, memory) + of(place.groups.cast(), marks)
    }

    /// The arena that a block of an arena is of.
    fn arena_of(&self, block: NonNull<u8>) -> Option<&'static Arena> {
        self.arena((block.addr().get() - self.memory.addr().get()) / self.stride)
    }

    /// Frees a block of `size` bytes of an arena that is not this thread's.
    ///
    /// # Safety
    ///
    /// The block is an arena's, is in use, and was allocated or last resized with that size; the caller gives it up.
    pub(super) unsafe fn free(&self, block: NonNull<u8>, size: usize) {
        if let Some(arena) = self.arena_of(block) {
            // SAFETY: the address is in the memory of this arena (Partitioned), so the block is its, and the caller gives
            // it up, with its size (`arena`: Given out). The pointer has the provenance of all arenas' memory.
            unsafe { arena.free_remote(self.memory.with_addr(block.addr()), size) };
        }
    }

    /// Shrinks a block of `from` bytes of an arena that is not this thread's to `to` bytes, which are fewer and of another
    /// class.
    ///
    /// # Safety
    ///
    /// The block is an arena's, is in use, and was allocated or last resized with `from` bytes. It has `to` bytes
    /// afterwards.
    pub(super) unsafe fn shrink(&self, block: NonNull<u8>, from: usize, to: usize) {
        if let Some(arena) = self.arena_of(block) {
            // SAFETY: the block is this arena's (Partitioned), and the caller promises the same. The pointer has the
            // provenance of all arenas' memory.
            unsafe { arena.shrink_remote(self.memory.with_addr(block.addr()), from, to) };
        }
    }

    /// Takes over an arena that has no memory.
    pub(super) fn take_unused(&self) -> Option<&'static Arena> {
        let mut all = (0..self.arenas).filter_map(|index| Some((index, self.arena(index)?)));
        let (index, arena) = all.find(|(_, arena)| arena.ownership.take_from(State::Unused))?;
        // SAFETY: this thread owns the arena since it took it over (`ownership`: One owner). The place is this arena's
        // alone, the memory and the groups start on pages of any size, and the capacity is a number of granules
        // (Partitioned); none of it is committed, as the arena was `Unused`.
        unsafe { arena.init(self.place_of(index)) };
        self.seen.fetch_max(index + 1, Ordering::Relaxed);
        Some(arena)
    }
}
