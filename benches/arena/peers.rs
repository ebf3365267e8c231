//! Allocators, and how a workload is run on each, in a process of its own.

use ndarena_benches::paired::{Batch, Make};
use ndarena_benches::peers::{self, TUNED_GLIBC};

use super::switch::{ARENAS, JEMALLOC, MIMALLOC, ON_MIMALLOC, VARIABLE};
use super::workloads::{Style, Workload};

/// An allocator, and how the workload is run on it.
#[derive(Clone, Copy)]
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    allocator: &'static str,
    /// Further variables that set it up.
    settings: &'static [(&'static str, &'static str)],
    style: Style,
}

pub(crate) const ARENA: Peer = Peer { name: "arena", allocator: ARENAS, settings: &[], style: Style::Arena };
pub(crate) const ARENA_ON_MI: Peer =
    Peer { name: "arena on mimalloc", allocator: ON_MIMALLOC, settings: &[], style: Style::Arena };
/// The allocator is there, and no arena is opened.
pub(crate) const NO_ARENA: Peer = Peer { name: "no arena open", allocator: ARENAS, settings: &[], style: Style::Plain };
pub(crate) const GLIBC: Peer = Peer { name: "glibc", allocator: "glibc", settings: &[], style: Style::Plain };
pub(crate) const TUNED: Peer =
    Peer { name: "tuned glibc", allocator: "glibc", settings: TUNED_GLIBC, style: Style::Plain };
pub(crate) const MI: Peer = Peer { name: MIMALLOC, allocator: MIMALLOC, settings: &[], style: Style::Plain };
pub(crate) const JE: Peer = Peer { name: JEMALLOC, allocator: JEMALLOC, settings: &[], style: Style::Plain };
/// Code whose memory is preallocated by hand.
pub(crate) const HAND: Peer = Peer { name: "by hand", allocator: "glibc", settings: &[], style: Style::ByHand };

impl Peer {
    /// Batches of the workload in a process of this peer's.
    pub(crate) fn on(self, workload: Workload) -> Make {
        let settings: Vec<_> = self.settings.iter().copied().chain([(VARIABLE, self.allocator)]).collect();
        Box::new(move |_place| peers::batch(&format!("{} {:?}", workload.name(), self.style), &settings))
    }
}

/// What a child runs: a workload, in a style.
pub(crate) fn task(task: &str) -> Batch {
    let (name, style) = task.split_once(' ').expect("a workload and a style");
    Workload::named(name).expect("a workload").batch(Style::named(style))
}

/// What is said to take so many nanoseconds.
pub(crate) fn takes(nanoseconds: f64) -> Make {
    Box::new(move |_place| Box::new(move |times| times as f64 * nanoseconds * 1e-9))
}
