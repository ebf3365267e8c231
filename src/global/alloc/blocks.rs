//! Blocks of arenas, whichever arena that is: one for a request that this thread's has refused, and what becomes of those that
//! are freed or resized.

use core::alloc::Layout;
use core::ptr::NonNull;

use crate::global::arena::{Arena, Refusal};
use crate::global::class::{Class, MAX_BYTES};
use crate::global::{reservation, thread};

/// A block for a layout that this thread's arena has refused, if the arena has only pieces left that are too small and there
/// is another arena to go on with: that arena, the block, and whether all of it is zeros. Otherwise the refusal is counted.
///
/// # Safety
///
/// This thread owns the arena, which serves it, and has just refused the layout.
#[cold]
pub(super) unsafe fn alloc_elsewhere(arena: &Arena, layout: Layout) -> Option<(&'static Arena, NonNull<u8>, bool)> {
    // SAFETY: this thread owns the arena, which has memory (`arena`: Ready).
    let why = unsafe { arena.why_refused(layout) };
    let other = if why == Refusal::InPieces { thread::replace() } else { None };
    let Some(other) = other else {
        arena.count_refusal(why);
        return None;
    };
    // SAFETY: this thread owns the other arena now (`thread`: Current), which has memory (`arena`: Ready).
    let found = unsafe { other.alloc(layout) };
    if found.is_none() {
        // SAFETY: as above (`thread`: Current, `arena`: Ready).
        other.count_refusal(unsafe { other.why_refused(layout) });
    }
    found.map(|(block, fresh)| (other, block, fresh))
}

/// This thread's arena, if the block lies in it.
#[inline]
fn own_arena(block: NonNull<u8>) -> Option<&'static Arena> {
    thread::current().filter(|arena| arena.contains(block))
}

/// Frees a block of an arena, of `size` bytes, on any thread.
///
/// # Safety
///
/// The block is an arena's, has that size, and is in use, and its user gives it up.
#[inline(never)]
pub(super) unsafe fn free(block: *mut u8, size: usize) {
    let Some(block) = NonNull::new(block) else { return };
    if let Some(arena) = own_arena(block) {
        // SAFETY: this thread owns the arena (`thread`: Current), in whose memory the block lies; `dealloc`, the one caller
        // of this function, was given the block up, with its size (`alloc`: Contract).
        unsafe { arena.free(block, size) };
    } else if let Some(reservation) = reservation::get() {
        // SAFETY: `dealloc`, the one caller of this function, found that the block is an arena's, and was given it up, with
        // its size (`alloc`: Contract).
        unsafe { reservation.free(block, size) };
    }
}

/// Makes a block of an arena, of `from` bytes, one of `to` bytes without moving it, if that is possible. Tells whether it
/// was.
///
/// # Safety
///
/// The block is an arena's, has `from` bytes, and is in use, and its user does without it until this returns.
pub(super) unsafe fn resize(block: *mut u8, from: usize, to: usize) -> bool {
    // Classes are defined for sizes to `MAX_BYTES`, which `from` does not exceed, as an arena's block has that size.
    if to <= MAX_BYTES && Class::of(from) == Class::of(to) {
        return true;
    }
    let Some(block) = NonNull::new(block) else { return false };
    match own_arena(block) {
        // SAFETY: this thread owns the arena (`thread`: Current), in whose memory the block lies; `realloc_from_arena`, the
        // one caller of this function, has the block from a caller that does without it meanwhile, with its size
        // (`alloc`: Contract).
        Some(arena) => unsafe { arena.resize(block, from, to) },
        None if to < from => {
            if let Some(reservation) = reservation::get() {
                // SAFETY: the block is an arena's, has `from` bytes, and its user does without it meanwhile; it has `to`
                // bytes when this returns true. The classes differ, as was found above (`alloc`: Contract).
                unsafe { reservation.shrink(block, from, to) };
            }
            true
        }
        None => false,
    }
}
