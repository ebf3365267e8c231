//! The arenas that have no owner: how threads take them over and leave them, and how their memory is given back.
//!
//! A thread that needs an arena takes over the first that it finds in this order: the one that it had last; any other that
//! is pooled; one that was set aside and is of use again, as its blocks were freed; one that has no memory yet. So the
//! arenas that have memory are never more than those that were in use at once and those that are set aside, and an arena
//! that is set aside comes back by itself. A thread that finds none does not look again for some calls.
//!
//! Here, too, an arena is touched only by its owner (`arena`: Owner only). A thread owns it from a successful
//! [`take_from`](super::ownership::Ownership::take_from) until it leaves it (`ownership`: One owner), and an arena whose
//! state was another than [`State::Unused`] has memory (`arena`: Ready).

use core::cell::Cell;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};

use super::arena::Arena;
use super::ownership::State;
use super::reservation::{self, Reservation};

/// The number of outermost calls of `arena` that found no arena.
pub(super) static CALLS_WITHOUT_ARENA: AtomicUsize = AtomicUsize::new(0);

/// How many outermost calls of a thread run without an arena at most before it looks for one again.
const CALLS_LIMIT: u32 = 255;

/// What a thread remembers of its last search for an arena.
#[derive(Clone, Copy)]
pub(super) struct Search {
    /// How many calls run without an arena before the thread looks for one again.
    skipped: u32,
    /// How many calls that will be after the next search that finds nothing.
    next: u32,
}

impl Search {
    pub(super) const NEW: Self = Self { skipped: 0, next: 1 };
}

/// An arena to serve allocations from, which the calling thread owns from now on. `last` is the one that it had before.
#[inline]
pub(super) fn acquire(last: Option<&'static Arena>, search: &Cell<Search>) -> Option<&'static Arena> {
    let arena = match last {
        Some(last) if last.ownership.take_from(State::Pooled) => last,
        _ => look(search)?,
    };
    // SAFETY: this thread owns the arena, which it took over (`ownership`: One owner). It has memory, since its state was
    // another than `Unused`, or it was made ready just now (`arena`: Ready).
    unsafe { arena.open() };
    Some(arena)
}

/// Takes over an arena other than the one that this thread had before, or counts a call without one.
#[cold]
fn look(search: &Cell<Search>) -> Option<&'static Arena> {
    let found = find(search);
    if found.is_none() {
        CALLS_WITHOUT_ARENA.fetch_add(1, Ordering::Relaxed);
    }
    found
}

/// An arena to go on with in a call whose arena has only pieces left that are too small, which the calling thread owns from
/// now on.
#[cold]
pub(super) fn another(search: &Cell<Search>) -> Option<&'static Arena> {
    let arena = find(search)?;
    // SAFETY: this thread owns the arena, which it took over (`ownership`: One owner), and it has memory as in `acquire`
    // (`arena`: Ready).
    unsafe { arena.open() };
    Some(arena)
}

/// Takes over an arena that has no owner. A search that finds none takes longer than most calls, so the thread does not
/// repeat it at once.
fn find(search: &Cell<Search>) -> Option<&'static Arena> {
    let Search { skipped, next } = search.get();
    if let Some(skipped) = skipped.checked_sub(1) {
        search.set(Search { skipped, next });
        return None;
    }
    let found = find_now();
    let failed = Search { skipped: next, next: (2 * next).min(CALLS_LIMIT) };
    search.set(if found.is_some() { Search::NEW } else { failed });
    found
}

/// Takes over an arena that has no owner, if there is one.
fn find_now() -> Option<&'static Arena> {
    let reservation = reservation::get()?;
    let pooled = reservation.arenas().find(|arena| arena.ownership.take_from(State::Pooled));
    pooled.or_else(|| reservation.arenas().find(|arena| take_over_retired(arena))).or_else(|| reservation.take_unused())
}

/// Takes over an arena that was set aside, if it is of use again. Returns whether it is.
fn take_over_retired(arena: &Arena) -> bool {
    arena.ownership.state() == State::Retired && arena.is_of_use_again() && arena.ownership.take_from(State::Retired)
}

/// Leaves an arena at the end of an outermost call, to whichever thread needs one next.
///
/// # Safety
///
/// The caller owns the arena, which has memory, and no longer does when this returns.
#[inline]
pub(super) unsafe fn release(arena: &Arena) {
    // SAFETY: the caller owns the arena, which has memory (Caller, `arena`: Ready).
    let aside = unsafe { arena.close() };
    arena.ownership.leave(if aside { State::Retired } else { State::Pooled });
}

/// All arenas that ever had memory.
pub(super) fn arenas() -> impl Iterator<Item = &'static Arena> {
    reservation::get().into_iter().flat_map(Reservation::arenas)
}

/// What the state of an arena is in effect: one that was set aside and is of use again serves whoever needs an arena next.
pub(super) fn state(arena: &Arena) -> State {
    match arena.ownership.state() {
        State::Retired if arena.is_of_use_again() => State::Pooled,
        state => state,
    }
}

/// Gives the memory that no block is in back to the system, of all arenas that are not another thread's, whose owners are
/// asked to. `own` is the one that this thread owns.
pub(super) fn clear(own: Option<&Arena>) {
    if let Some(own) = own {
        // SAFETY: the caller owns the arena, which has memory (`thread`: Current, `arena`: Ready).
        unsafe { own.give_back() };
    }
    for arena in arenas() {
        for state in [State::Pooled, State::Retired] {
            if arena.ownership.take_from(state) {
                // SAFETY: this thread has taken the arena over (`ownership`: One owner), whose state was not `Unused`, so
                // it has memory (`arena`: Ready). If the memory is given back, the arena is left `Unused`, below.
                if unsafe { arena.give_all_back() } {
                    arena.ownership.leave(State::Unused);
                } else {
                    // SAFETY: this thread still owns the arena (`ownership`: One owner), which has memory (`arena`: Ready).
                    unsafe { arena.give_back() };
                    arena.ownership.leave(if arena.is_of_use_again() { State::Pooled } else { state });
                }
                break;
            }
        }
        if arena.ownership.state() == State::Owned && !own.is_some_and(|own| ptr::eq(own, arena)) {
            arena.ask_to_give_back();
        }
    }
}
