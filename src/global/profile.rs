//! What a function asks of the global allocator, and what an arena would serve of it.
//!
//! While a thread is profiled none of its allocations takes the usual way: [`thread`](super::thread) says that something else than
//! the wrapped allocator serves it, and then that no arena does. What is left is this module, which notes what is asked for
//! and, where an arena would have served it, has an arena serve it, one that is the profile's alone. As the thread does not have
//! that arena, what it frees is put on the list that other threads' frees go to; and before each allocation the profile collects
//! that list, and so knows how many allocations each block lived for. Nothing is asked, or counted, where no profile is open.

use core::alloc::Layout;
use core::cell::RefCell;
use core::fmt;
use core::ptr::NonNull;
use core::sync::atomic::Ordering;
use std::format;
use std::string::{String, ToString};
use std::thread_local;
use std::vec::Vec;

use super::arena::Arena;
use super::stats::Bytes;
use super::thread::{self, MIN_SIZE, ProfileCall, no_arena};
use super::{pool, reservation};
use seen::Seen;
pub use seen::Served;

mod seen;

/// What was asked for while a function ran, from [`profile`](profile()). Printed, it is a table of sizes, and what to do:
///
/// ```text
///          bytes  allocations     in all  at a time  freed within  outlive it  served
///       24 to 24            1         24                                       no, too small
/// 80000 to 80000         4002  320160000     160000             2           1  yes
///
/// - in `arena`, 4002 of 4003 allocations come from an arena, with 160 KiB in use at most
/// - 1 blocks outlive the call: make what is kept for long in `no_arena`, or by `copy_out`
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Profile<R> {
    /// What the function returned.
    pub result: R,
    /// Whether there was an arena for this. There is none where no [`ArenaAlloc`](super::ArenaAlloc) is the global allocator, where
    /// all arenas are in use, and where the system has no addresses for them; then nothing is known.
    pub had_arena: bool,
    /// Allocations by size, from small ones to large ones: one entry for each power of two, and for each of `served`.
    pub sizes: Vec<Sizes>,
    /// The most bytes that blocks of an arena had at a time, as it makes them: up to an eighth more than was asked for.
    pub peak: usize,
}

/// Allocations of similar size, in a [`Profile`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sizes {
    /// The size of the smallest of them, in bytes.
    pub from: usize,
    /// The size of the largest.
    pub to: usize,
    /// How many there were. A block that grows or shrinks and has to move is another one.
    pub allocations: usize,
    /// Bytes that were asked for, in all.
    pub bytes: usize,
    /// Whether an arena would serve them.
    pub served: Served,
    /// The most bytes of them that were in use at a time, if they would be served.
    pub peak: Option<usize>,
    /// How many were not freed before the function returned, if they would be served.
    pub outlived: Option<usize>,
    /// How many allocations of any size, in the median, each of the others was there for, itself included, rounded up to a power
    /// of two. Nothing if there are none.
    pub lifetime: Option<usize>,
}

thread_local! {
    /// What the innermost open profile of this thread has seen.
    static SEEN: RefCell<Option<Seen>> = const { RefCell::new(None) };
}

/// The innermost open profile, if there is one and it is not at work right now.
fn with_seen<R>(f: impl FnOnce(&mut Seen) -> R) -> Option<R> {
    let seen = |cell: &RefCell<Option<Seen>>| {
        let mut seen = cell.try_borrow_mut().ok()?;
        // What the profile itself allocates is not part of it.
        seen.as_mut().map(|seen| no_arena(|| f(seen)))
    };
    SEEN.try_with(seen).ok().flatten()
}

/// Makes `seen` what the innermost profile sees, and says what that was; or nothing is changed, as this is called by an allocator that
/// a profile is asking, or as the thread ends.
fn exchange(seen: Option<Seen>) -> Option<Option<Seen>> {
    SEEN.try_with(|cell| Some(core::mem::replace(&mut *cell.try_borrow_mut().ok()?, seen))).ok().flatten()
}

/// Notes a request of this thread's, which is profiled, and serves it if an arena would: the arena, which the open profile owns,
/// the block, and whether all of it is zeros. `min_size` is what the allocator has for that.
pub(super) fn alloc(layout: Layout, min_size: usize) -> Option<(&'static Arena, NonNull<u8>, bool)> {
    let found = with_seen(|seen| {
        if layout.size() < min_size {
            seen.note(layout.size(), Served::TooSmall);
            return None;
        }
        let arena = seen.arena?;
        collect(arena, seen);
        // SAFETY: the open profile owns the arena (`thread`: Current), which has memory (`arena`: Ready).
        let Some((block, fresh)) = (unsafe { arena.alloc(layout) }) else {
            seen.note(layout.size(), Served::NoRoom);
            return None;
        };
        seen.note_block(block.addr().get(), layout.size(), arena.live());
        Some((arena, block, fresh))
    });
    found.flatten()
}

/// Notes the blocks of the profile's arena that were freed.
fn collect(arena: &Arena, seen: &mut Seen) {
    // SAFETY: the open profile owns the arena (`thread`: Current), which has memory (`arena`: Ready); and noting a block asks the
    // wrapped allocator at most.
    unsafe { arena.collect_all(|block| seen.note_freed(block)) };
}

/// Runs `f`, and tells what it asked the global allocator for on this thread, and what of that an [`arena`](super::arena) around
/// it would serve. To print, once, before one decides:
///
/// ```
/// use ndarena::global::{ArenaAlloc, profile};
/// use ndarray::Array1;
///
/// #[global_allocator]
/// static ALLOCATOR: ArenaAlloc = ArenaAlloc::system();
///
/// let x = Array1::linspace(0.0, 1.0, 10_000);
/// let profile = profile(|| (0..100).map(|_| (&x * 2.0 + 1.0).sum()).sum::<f64>());
/// println!("{profile}");
/// assert!(profile.had_arena && profile.result.is_finite());
/// assert_eq!((profile.sizes[0].allocations, profile.sizes[0].bytes), (100, 8_000_000)); // `+ 1.0` takes no other
/// assert_eq!((profile.sizes[0].peak, profile.sizes[0].outlived), (Some(80_000), Some(0)));
/// ```
///
/// Blocks that an arena would serve come from one meanwhile, whether or not they are made in an `arena` call; what is made in
/// [`no_arena`](super::no_arena), or by other threads, is not looked at. While `f` runs, each allocation takes longer;
/// where no profile is open, nothing is noted. What a profile inside this one sees, this one does not.
///
/// # Panics
///
/// If `f` does.
pub fn profile<R>(f: impl FnOnce() -> R) -> Profile<R> {
    /// The arena of this profile, and what the profile around it has seen, which is seen again when this is dropped; or neither.
    struct Open {
        arena: Option<&'static Arena>,
        around: Option<Option<Seen>>,
    }
    impl Drop for Open {
        fn drop(&mut self) {
            if let Some(around) = self.around.take() {
                no_arena(|| drop(exchange(around)));
            }
            if let Some(arena) = self.arena {
                // SAFETY: the profile owns the arena, which has memory, and nobody reaches it through the profile any more
                // (`thread`: Current).
                unsafe { pool::release(arena) };
            }
        }
    }

    let arena = thread::acquire_for_profile();
    let open = Open { arena, around: exchange(Some(Seen::new(arena))) };
    let is_seen = open.around.is_some();
    let call = is_seen.then(ProfileCall::new);
    let result = f();
    drop(call);
    let figures = with_seen(|seen| {
        if let Some(arena) = seen.arena {
            collect(arena, seen);
        }
        (seen.sizes(), seen.peak)
    });
    drop(open);
    let (sizes, peak) = figures.unwrap_or_default();
    Profile { result, had_arena: is_seen && arena.is_some(), sizes, peak }
}

impl<R> Profile<R> {
    /// Adds up, over the sizes of one kind.
    fn sum(&self, served: Served, of: impl Fn(&Sizes) -> usize) -> usize {
        self.sizes.iter().filter(|sizes| sizes.served == served).map(of).sum()
    }
}

impl<R> fmt::Display for Profile<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.had_arena {
            return write!(f, "no arena was to be had, and nothing is known: {}", super::stats());
        }
        let names = ["bytes", "allocations", "in all", "at a time", "freed within", "outlive it"];
        let number = |number: Option<usize>| number.map_or(String::new(), |number| number.to_string());
        let rows = self.sizes.iter().map(|sizes| {
            let cells = [
                format!("{} to {}", sizes.from, sizes.to),
                sizes.allocations.to_string(),
                sizes.bytes.to_string(),
                number(sizes.peak),
                number(sizes.lifetime),
                number(sizes.outlived),
            ];
            (cells, sizes.served.in_words())
        });
        let rows: Vec<_> = [(names.map(String::from), "served")].into_iter().chain(rows).collect();
        let width = |column: usize| rows.iter().map(|(cells, _)| cells[column].len()).max().unwrap_or(0);
        let widths: [usize; 6] = core::array::from_fn(width);
        for (cells, served) in &rows {
            for (cell, width) in cells.iter().zip(widths) {
                write!(f, "{cell:>width$}  ")?;
            }
            writeln!(f, "{served}")?;
        }
        self.advise(f)
    }
}

impl<R> Profile<R> {
    /// What to do, each in a line of its own.
    fn advise(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |served| self.sum(served, |sizes| sizes.allocations);
        let [served, too_small, no_room] = [Served::Yes, Served::TooSmall, Served::NoRoom].map(of);
        let (all, peak) = (served + too_small + no_room, Bytes(self.peak));
        let outlived = self.sum(Served::Yes, |sizes| sizes.outlived.unwrap_or(0));
        let min_size = MIN_SIZE.load(Ordering::Relaxed);
        let capacity = Bytes(reservation::get().map_or(0, reservation::Reservation::capacity));
        if served > 0 {
            write!(f, "\n- in `arena`, {served} of {all} allocations come from an arena, with {peak} in use at most")?;
        } else {
            write!(f, "\n- in `arena`, none of {all} allocations comes from an arena")?;
        }
        if too_small > 0 && served == 0 {
            write!(
                f,
                "\n- {too_small} are smaller than ArenaAlloc::min_size, now {min_size}: other allocators serve those well"
            )?;
        }
        if no_room > 0 {
            write!(f, "\n- {no_room} found no room: raise ArenaAlloc::capacity, now {capacity}")?;
        }
        if outlived > 0 {
            write!(
                f,
                "\n- {outlived} blocks outlive the call: make what is kept for long in `no_arena`, or by `copy_out`"
            )?;
        }
        Ok(())
    }
}
