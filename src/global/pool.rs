//! The arenas that have no owner: how threads take them over and leave them, and how their memory is given back.
//!
//! A thread that needs an arena takes over the first that it finds in this order: the one that it had last; any other that
//! is pooled; one that was set aside and has room again, as its blocks were freed; one that has no memory yet. So the
//! arenas that have memory are never more than those that were in use at once and those that are too full, and an arena
//! that is set aside comes back by itself.
//!
//! Here, too, an arena is touched only by its owner (`arena`: Owner only). A thread owns it from a successful
//! [`take_from`](super::ownership::Ownership::take_from) until it leaves it (`ownership`: One owner), and an arena whose
//! state was another than [`State::Unused`] has memory (`arena`: Ready).

use core::sync::atomic::{AtomicUsize, Ordering};

use super::arena::{Arena, has_room};
use super::ownership::State;
use super::reservation::{self, Reservation};

/// The number of outermost calls of `arena` that found no arena.
pub(super) static CALLS_WITHOUT_ARENA: AtomicUsize = AtomicUsize::new(0);

/// An arena to serve allocations from, which the calling thread owns from now on. `last` is the one that it had before.
#[inline]
pub(super) fn acquire(last: Option<&'static Arena>) -> Option<&'static Arena> {
    let arena = match last {
        Some(last) if last.ownership.take_from(State::Pooled) => last,
        _ => find()?,
    };
    // SAFETY: this thread owns the arena, which it took over (`ownership`: One owner). It has memory, since its state was
    // another than `Unused`, or its memory was committed just now (`arena`: Ready).
    unsafe { arena.open() };
    Some(arena)
}

/// Takes over an arena other than the one that this thread had before, or counts a call without one.
#[cold]
fn find() -> Option<&'static Arena> {
    let found = reservation::get().and_then(|reservation| {
        let pooled = reservation.arenas().find(|arena| arena.ownership.take_from(State::Pooled));
        pooled
            .or_else(|| reservation.arenas().find(|arena| take_over_retired(arena, reservation)))
            .or_else(|| reservation.commit_arena())
    });
    if found.is_none() {
        CALLS_WITHOUT_ARENA.fetch_add(1, Ordering::Relaxed);
    }
    found
}

/// Takes over an arena that was set aside, if it has room again. Returns whether it had.
fn take_over_retired(arena: &Arena, reservation: &Reservation) -> bool {
    if !arena.ownership.take_from(State::Retired) {
        return false;
    }
    // SAFETY: this thread has taken the arena over (`ownership`: One owner), which was `Retired`, so has memory (`arena`:
    // Ready).
    let used = unsafe { arena.open() };
    let back = has_room(used, reservation.capacity());
    if !back {
        arena.ownership.leave(State::Retired);
    }
    back
}

/// Leaves an arena at the end of an outermost call, to whichever thread needs one next.
///
/// # Safety
///
/// The caller owns the arena, which has memory, and no longer does when this returns.
#[inline]
pub(super) unsafe fn release(arena: &Arena) {
    // SAFETY: the caller owns the arena, which it got from `acquire` (`ownership`: One owner), so it has memory (`arena`:
    // Ready).
    let full = unsafe { arena.close() };
    arena.ownership.leave(if full { State::Retired } else { State::Pooled });
}

/// Collects the blocks that were freed since in each arena that has no owner, so that its state and its figures are up to
/// date. For each that then has no block in use, `when_empty` says in which state to leave it; this thread owns it
/// meanwhile.
fn collect_idle(reservation: &Reservation, mut when_empty: impl FnMut(&Arena) -> State) {
    for arena in reservation.arenas() {
        for state in [State::Pooled, State::Retired] {
            if arena.ownership.take_from(state) {
                // SAFETY: this thread has taken the arena over (`ownership`: One owner), whose state was not `Unused`, so
                // it has memory (`arena`: Ready).
                let used = unsafe { arena.open() };
                let back = state == State::Pooled || has_room(used, reservation.capacity());
                let state = match used {
                    0 => when_empty(arena),
                    _ if back => State::Pooled,
                    _ => State::Retired,
                };
                arena.ownership.leave(state);
                break;
            }
        }
    }
}

/// All arenas that ever had memory, once those without an owner have collected what was freed.
pub(super) fn collected_arenas() -> impl Iterator<Item = &'static Arena> {
    let reservation = reservation::get();
    if let Some(reservation) = reservation {
        collect_idle(reservation, |_| State::Pooled);
    }
    reservation.into_iter().flat_map(Reservation::arenas)
}

/// Gives the memory of arenas that are not in use back to the system.
pub(super) fn clear() {
    if let Some(reservation) = reservation::get() {
        collect_idle(reservation, |arena| {
            // SAFETY: `collect_idle` has taken the arena over (`ownership`: One owner) and found no block in use (`arena`:
            // Counted), and leaves it in the state that is returned, without using it before.
            if unsafe { reservation.decommit_arena(arena) } { State::Unused } else { State::Pooled }
        });
    }
}
