//! What scopes ask of a buffer, counted while it is profiled.
//!
//! The paths that most arrays and scopes take count nothing, and are not to. So while a buffer is profiled, none takes them: a
//! level's marks are moved back to its cursors, so that each array goes beyond them, and the level is marked as one that is counted
//! ([`AtEnd::COUNTED`]). So each array comes to [`Stack::take`], and the end of each scope to [`Stack::clean_up`], which count. What
//! is lost is what was known of the memory's contents: arrays of `Pod` elements are zeroed anew.

use core::cell::Cell;

use super::level::Level;
use super::region::{AtEnd, End, Region};
use super::stack::Stack;

/// What was asked of a buffer since it was made, as far as it was profiled.
pub(super) struct Counts {
    /// How many profiles are open, one inside the other.
    open: Cell<usize>,
    now: Cell<Asked>,
}

/// What scopes asked of a buffer while it was profiled. Sizes are bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Asked {
    /// Scopes that have ended.
    pub(crate) scopes: usize,
    /// Arrays that take memory, and what was asked for them.
    pub(crate) arrays: usize,
    pub(crate) bytes: usize,
    /// The largest of them.
    pub(crate) largest: usize,
    /// Blocks that the buffer asked for.
    pub(crate) growths: usize,
    /// The most scopes with arrays that were open at a time.
    pub(crate) depth: usize,
    /// The most that was in use at a time, in whole lines.
    pub(crate) peak: usize,
    /// The most that an outermost scope used, with arrays or without.
    pub(crate) outermost: usize,
    /// The most that the scopes at each depth used, added up.
    pub(crate) levels: usize,
    /// The most that was in use at a time, with what memory that cannot grow traps.
    pub(crate) with_trapped: usize,
}

/// What the scopes on a level came to, while it is profiled.
#[derive(Debug, Clone, Copy)]
pub(super) struct Profiled {
    /// The most that was in use.
    most: usize,
    /// What is in use, and how much of that came from the low end, in whichever block.
    used: usize,
    low: usize,
    /// What arrays of the open scope, made while scopes inside it were open, would trap in memory that cannot grow.
    trapped: usize,
}

impl Profiled {
    pub(super) const NOTHING: Profiled = Profiled { most: 0, used: 0, low: 0, trapped: 0 };
}

impl Counts {
    pub(super) const fn new() -> Self {
        let nothing = Asked {
            scopes: 0,
            arrays: 0,
            bytes: 0,
            largest: 0,
            growths: 0,
            depth: 0,
            peak: 0,
            outermost: 0,
            levels: 0,
            with_trapped: 0,
        };
        Counts { open: Cell::new(0), now: Cell::new(nothing) }
    }
}

impl Region {
    /// Moves the marks back to the cursors, so that every request goes beyond them.
    fn shut(&self) {
        self.note_peak();
        self.init.set(self.low.get());
        self.dirty.set(self.high.get());
        self.zeroed.set(0);
        self.check();
    }
}

impl Stack {
    /// Whether what is asked of this buffer is counted.
    pub(super) fn is_profiled(&self) -> bool {
        self.counts.open.get() > 0
    }

    /// Counts what `f` asks of this buffer, which, but for scopes that are open, begins without memory. Inside another profile of
    /// it, figures that are a maximum are those since that one began.
    pub(crate) fn profile<R>(&self, f: impl FnOnce() -> R) -> (R, Asked) {
        /// A profile that is open until this is dropped.
        struct Open<'b>(&'b Counts);
        impl Drop for Open<'_> {
            fn drop(&mut self) {
                self.0.open.set(self.0.open.get() - 1);
            }
        }

        if !self.is_profiled() {
            // Foreign code may run, and use this buffer.
            self.release_unused();
        }
        let counts = &self.counts;
        counts.open.set(counts.open.get() + 1);
        let open = Open(counts);
        if counts.open.get() == 1 {
            counts.now.set(Asked::default());
            self.levels_free().for_each(|level| level.region.rewind());
            for level in self.levels_made() {
                level.region.shut();
                level.region.add_at_end(AtEnd::COUNTED);
                let used = level.region.used();
                level.profiled.set(Profiled { most: used, used, ..Profiled::NOTHING });
            }
        }
        let before = counts.now.get();
        let result = f();
        drop(open);
        let now = counts.now.get();
        let asked = Asked {
            scopes: now.scopes - before.scopes,
            arrays: now.arrays - before.arrays,
            bytes: now.bytes.wrapping_sub(before.bytes),
            growths: now.growths - before.growths,
            levels: self.levels_made().map(|level| level.profiled.get().most).sum(),
            ..now
        };
        (result, asked)
    }

    /// Counts an array of `bytes` bytes from `end`, which the scope on `region` was given.
    #[cold]
    pub(super) fn count_array(&self, region: &Region, bytes: usize, end: End) {
        let (mut in_use, mut depth, mut trapped, mut outermost) = (0, 0, 0, 0);
        // A level that was made later is that of a scope further in, where scopes end in the reverse order of their beginning.
        let mut inner = [0, 0];
        for level in self.levels_made() {
            let mut profiled = level.profiled.get();
            if core::ptr::eq(&level.region, region) {
                let used = region.used();
                if end == End::Low {
                    profiled.low += used - profiled.used;
                }
                profiled.used = used;
                profiled.most = profiled.most.max(used);
                // Such an array lies at the end where it keeps less from being used again.
                profiled.trapped = profiled.trapped.max(inner[0].min(inner[1]));
                level.profiled.set(profiled);
            }
            inner[0] += profiled.low;
            inner[1] += profiled.used - profiled.low;
            in_use += profiled.used;
            trapped += profiled.trapped;
            depth += usize::from(profiled.used > 0);
            outermost = profiled.used;
        }
        let counts = &self.counts;
        let now = counts.now.get();
        counts.now.set(Asked {
            arrays: now.arrays + 1,
            bytes: now.bytes.wrapping_add(bytes),
            largest: now.largest.max(bytes),
            depth: now.depth.max(depth),
            peak: now.peak.max(in_use),
            outermost: now.outermost.max(outermost),
            with_trapped: now.with_trapped.max(in_use + trapped),
            ..now
        });
    }

    /// Counts a scope whose level is to be cleaned up, and sees to it that the next one on the level is counted, too.
    pub(super) fn count_end(&self, level: &Level) {
        if self.is_profiled() {
            let counts = &self.counts;
            let now = counts.now.get();
            counts.now.set(Asked { scopes: now.scopes + 1, ..now });
            level.profiled.set(Profiled { most: level.profiled.get().most, ..Profiled::NOTHING });
            // No scope is on the level any more: Idle.
            level.region.rewind();
            level.region.shut();
            level.region.add_at_end(AtEnd::COUNTED);
        }
    }

    /// Counts a block that was asked for.
    pub(super) fn count_growth(&self) {
        self.growths.set(self.growths.get() + 1);
        if self.is_profiled() {
            let now = self.counts.now.get();
            self.counts.now.set(Asked { growths: now.growths + 1, ..now });
        }
    }

    /// What a level that is made now takes at the end of its scope.
    pub(super) fn at_first_end(&self) -> AtEnd {
        if self.is_profiled() { AtEnd::COUNTED } else { AtEnd::NOTHING }
    }
}
