//! Figures on what the arenas have done so far, and advice on what to change.

use core::fmt;
use core::sync::atomic::{AtomicUsize, Ordering};

use super::ownership::State;
use super::{pool, reservation, thread};

/// Figures on the program's arenas since it started, from [`stats`]. Bytes are those of blocks as arenas make them, up to
/// an eighth more than was asked for.
///
/// The figures of threads that are in an [`arena`](super::arena) call are read one by one while these go on, so they need
/// not be of one moment. Figures on a buffer, the memory of scopes, are a [`Stats`](crate::Stats) of another kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Whether an [`ArenaAlloc`](super::ArenaAlloc) is the program's global allocator. If it is not, there are no arenas,
    /// and `arena(f)` just runs `f`.
    pub installed: bool,
    /// The bytes an arena has room for; 0 where no addresses could be reserved, or not yet.
    pub capacity: usize,
    /// Arenas that serve a thread now.
    pub in_use: usize,
    /// Arenas that wait for the next call.
    pub pooled: usize,
    /// Arenas that are set aside, too full to be of use, until enough of the blocks in them are freed.
    pub retired: usize,
    /// Bytes in use.
    pub live: usize,
    /// The most bytes that were ever in use in each arena, added up.
    pub peak: usize,
    /// The bytes of the system's memory that arenas hold, with what they note of it: the pages of arenas that have memory
    /// now. Where the system does not tell, these are the bytes that are committed.
    pub touched: usize,
    /// The bytes that the system has promised arenas: what it counts where it limits what programs may ask for
    /// (`ulimit -d`, `vm.overcommit_memory = 2`), whether or not there is memory behind them yet.
    pub committed: usize,
    /// Allocations that arenas served.
    pub served: usize,
    /// Allocations that were for an arena but found no room, and went to the wrapped allocator.
    pub fell_back: usize,
    /// Those of them that were larger than an arena.
    pub too_large: usize,
    /// Those of them for which an arena had room, but the system no memory.
    pub no_memory: usize,
    /// Allocations in arena calls that were smaller than [`min_size`](super::ArenaAlloc::min_size).
    pub too_small: usize,
    /// Blocks that were still in use when the outermost call ended, less those that were when it began.
    pub escaped: usize,
    /// Outermost calls that found no arena, and ran on the wrapped allocator.
    pub without: usize,
}

/// Figures on the program's arenas. To print, and see what to change:
///
/// ```
/// use ndarena::global::{ArenaAlloc, arena, stats};
///
/// #[global_allocator]
/// static ALLOCATOR: ArenaAlloc = ArenaAlloc::system();
///
/// let kept = arena(|| vec![0.0_f64; 10_000]);
/// assert!(stats().escaped == 1 && stats().live >= 80_000);
/// drop(kept);
/// assert_eq!(stats().live, 0);
/// println!("{}", stats());
/// ```
pub fn stats() -> Stats {
    let mut stats = Stats {
        installed: thread::is_installed(),
        capacity: reservation::get().map_or(0, reservation::Reservation::capacity),
        in_use: 0,
        pooled: 0,
        retired: 0,
        live: 0,
        peak: 0,
        touched: 0,
        committed: 0,
        served: 0,
        fell_back: 0,
        too_large: 0,
        no_memory: 0,
        too_small: 0,
        escaped: 0,
        without: pool::CALLS_WITHOUT_ARENA.load(Ordering::Relaxed),
    };
    for arena in pool::arenas() {
        match pool::state(arena) {
            State::Unused => {}
            State::Pooled => stats.pooled += 1,
            State::Owned => stats.in_use += 1,
            State::Retired => stats.retired += 1,
        }
        let read = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
        let counters = &arena.counters;
        let (too_large, no_memory) = (read(&counters.too_large), read(&counters.no_memory));
        let (memory, marks) = counters.committed();
        stats.live += arena.live();
        stats.committed += memory + marks;
        stats.peak += read(&counters.peak);
        stats.touched += reservation::get().map_or(0, |reservation| reservation.touched(arena));
        stats.served += read(&counters.served);
        stats.fell_back += too_large + no_memory + read(&counters.no_room);
        stats.too_large += too_large;
        stats.no_memory += no_memory;
        stats.too_small += read(&counters.too_small);
        stats.escaped += read(&counters.escaped);
    }
    stats
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { in_use, pooled, retired, served, too_small, fell_back, too_large, escaped, without, .. } = *self;
        if !self.installed {
            return f.write_str(
                "no arenas: the program's global allocator is not an ArenaAlloc, so arena(f) just runs f. \
                 Add `#[global_allocator] static A: ArenaAlloc = ArenaAlloc::system();`",
            );
        }
        writeln!(f, "arenas of {}: {in_use} in use, {pooled} pooled, {retired} set aside", Bytes(self.capacity))?;
        let (live, peak) = (Bytes(self.live), Bytes(self.peak));
        let (touched, committed) = (Bytes(self.touched), Bytes(self.committed));
        writeln!(f, "memory: {live} live, {peak} at the peak, {touched} touched, {committed} committed")?;
        write!(f, "allocations: {served} served, {escaped} escaped, {too_small} too small, {fell_back} fell back")?;
        if without > 0 {
            let why = if self.capacity == 0 {
                "the system has no such range of addresses: lower ArenaAlloc::capacity, or raise the limit (ulimit -v)"
            } else {
                "all arenas are in use or set aside: lower ArenaAlloc::capacity, so that there are more of them, or drop \
                 what keeps them"
            };
            write!(f, "\n- {without} calls found no arena; {why}")?;
        }
        if too_large > 0 {
            let capacity = Bytes(self.capacity);
            write!(
                f,
                "\n- {too_large} allocations were larger than an arena: raise ArenaAlloc::capacity, now {capacity}"
            )?;
        }
        let no_memory = self.no_memory;
        if no_memory > 0 {
            write!(
                f,
                "\n- {no_memory} allocations found no memory: the system limits how much a program may commit (ulimit -d, \
                 vm.overcommit_memory)"
            )?;
        }
        if fell_back > too_large + no_memory {
            let (full, capacity) = (fell_back - too_large - no_memory, Bytes(self.capacity));
            write!(f, "\n- {full} allocations found their arena full: raise ArenaAlloc::capacity, now {capacity}")?;
        }
        if served == 0 && too_small > 0 {
            f.write_str(
                "\n- nothing in arena calls was large enough to benefit: call arena around code that makes large arrays, or \
                 lower ArenaAlloc::min_size",
            )?;
        }
        if retired > 0 {
            write!(
                f,
                "\n- blocks that outlive their calls keep {retired} arenas set aside: drop them, or make what is kept for \
                 long with no_arena or copy_out"
            )?;
        }
        Ok(())
    }
}

/// A number of bytes, which is shown in the largest unit that it reaches.
pub(super) struct Bytes(pub(super) usize);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut value = self.0 as f64;
        for unit in ["bytes", "KiB", "MiB", "GiB"] {
            if value < 1024.0 {
                return write!(f, "{} {unit}", (value * 10.0).round() / 10.0);
            }
            value /= 1024.0;
        }
        write!(f, "{} TiB", (value * 10.0).round() / 10.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Stats;

    const FINE: Stats = Stats {
        installed: true,
        capacity: 1 << 30,
        in_use: 0,
        pooled: 2,
        retired: 0,
        live: 0,
        peak: 3 << 19,
        touched: 2 << 20,
        committed: 3 << 20,
        served: 10,
        fell_back: 0,
        too_large: 0,
        no_memory: 0,
        too_small: 5,
        escaped: 1,
        without: 0,
    };

    /// The lines of advice, which come after the figures.
    fn advice(stats: Stats) -> Vec<String> {
        stats.to_string().lines().skip(3).map(str::to_owned).collect()
    }

    #[test]
    fn figures() {
        let lines = "arenas of 1 GiB: 0 in use, 2 pooled, 0 set aside\n\
                     memory: 0 bytes live, 1.5 MiB at the peak, 2 MiB touched, 3 MiB committed\n\
                     allocations: 10 served, 1 escaped, 5 too small, 0 fell back";
        assert_eq!(FINE.to_string(), lines);
    }

    #[test]
    fn each_trouble_has_its_advice() {
        let one = |stats: Stats, words: &[&str]| {
            let advice = advice(stats);
            assert!(advice.len() == 1 && words.iter().all(|word| advice[0].contains(word)), "{advice:?}");
        };
        one(Stats { fell_back: 3, too_large: 3, ..FINE }, &["3 allocations", "larger", "raise", "now 1 GiB"]);
        one(Stats { fell_back: 3, ..FINE }, &["3 allocations", "full", "raise", "now 1 GiB"]);
        one(Stats { fell_back: 3, no_memory: 3, ..FINE }, &["3 allocations", "no memory", "ulimit -d"]);
        one(Stats { served: 0, ..FINE }, &["nothing", "large enough", "min_size"]);
        one(Stats { retired: 4, ..FINE }, &["keep 4 arenas set aside", "no_arena", "copy_out"]);
        one(Stats { without: 7, ..FINE }, &["7 calls", "in use or set aside", "lower ArenaAlloc::capacity"]);
        one(Stats { without: 7, capacity: 0, ..FINE }, &["7 calls", "addresses", "ulimit -v"]);
        let both = advice(Stats { fell_back: 5, too_large: 3, ..FINE });
        assert!(both[0].contains("3 allocations") && both[1].contains("2 allocations"), "{both:?}");
        let absent = Stats { installed: false, ..FINE }.to_string();
        assert!(absent.starts_with("no arenas") && absent.contains("#[global_allocator]"), "{absent}");
    }
}
