//! The arenas that are nobody's: taking one over, leaving it, giving its memory back.
//!
//! An arena is looked for in this order: the one this thread had last; any other that is pooled; one that was set aside
//! and has come to have room again, as its blocks were freed; one that has no memory yet. So there are never more arenas
//! with memory than were in use at once and are too full, and whatever is set aside comes back by itself.

use core::sync::atomic::{AtomicUsize, Ordering};

use super::arena::{Arena, has_room};
use super::ownership::State;
use super::reservation::{self, Reservation};

/// Outermost calls of `arena` that found no arena.
pub(super) static CALLS_WITHOUT_ARENA: AtomicUsize = AtomicUsize::new(0);

/// An arena to serve from, now owned by the caller.
#[inline]
pub(super) fn acquire(last: Option<&'static Arena>) -> Option<&'static Arena> {
    let arena = match last {
        Some(last) if last.ownership.take_from(State::Pooled) => last,
        _ => find()?,
    };
    // SAFETY: owned, and it has memory: it came from a state other than `Unused`, or was furnished.
    unsafe { arena.open() };
    Some(arena)
}

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

/// Takes over an arena that was set aside, if it has room again.
fn take_over_retired(arena: &Arena, reservation: &Reservation) -> bool {
    if !arena.ownership.take_from(State::Retired) {
        return false;
    }
    // SAFETY: owned, and it has memory.
    let used = unsafe { arena.open() };
    let back = has_room(used, reservation.capacity());
    if !back {
        arena.ownership.leave(State::Retired);
    }
    back
}

/// Leaves an arena at the end of an outermost call.
///
/// # Safety
///
/// The caller owns it, which ends here.
#[inline]
pub(super) unsafe fn release(arena: &Arena) {
    // SAFETY: owned, and it has memory.
    let full = unsafe { arena.close() };
    arena.ownership.leave(if full { State::Retired } else { State::Pooled });
}

/// Takes what was freed since of every arena that is nobody's, so that its state and figures are those of now; `then` is
/// asked of each that has nothing in use, owned meanwhile, which state it is to be left in.
fn collect_idle(reservation: &Reservation, mut then: impl FnMut(&Arena) -> State) {
    for arena in reservation.arenas() {
        for state in [State::Pooled, State::Retired] {
            if arena.ownership.take_from(state) {
                // SAFETY: owned, and it has memory.
                let used = unsafe { arena.open() };
                let back = state == State::Pooled || has_room(used, reservation.capacity());
                let state = match used {
                    0 => then(arena),
                    _ if back => State::Pooled,
                    _ => State::Retired,
                };
                arena.ownership.leave(state);
                break;
            }
        }
    }
}

/// All arenas, settled.
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
            // SAFETY: owned, and nothing of it is in use.
            if unsafe { reservation.decommit_arena(arena) } { State::Unused } else { State::Pooled }
        });
    }
}
