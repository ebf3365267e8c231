//! Arenas under unmodified code, against other allocators and against code whose memory is preallocated by hand:
//!
//! ```text
//! cargo bench -p ndarena-benches --bench arena              # a table
//! cargo bench -p ndarena-benches --bench arena -- BFGS      # only what has that in its name
//! ```
//!
//! Every contender is a process of its own, and they are timed in turn (`peers`, `ndarena_benches::paired`).

mod peers;
mod solvers;
mod switch;
mod workloads;

use ndarena_benches::paired::{self, Bound, Pair, Plan};
use peers::{ARENA, ARENA_ON_MI, GLIBC, HAND, JE, MI, NO_ARENA, Peer, TUNED, takes};
use switch::Switch;
use workloads::Workload::{self, Bfgs, Chain, Churn, Fit, Heat, Kept, Median, Nothing, Search, TwoChains, Workers};

#[global_allocator]
static ALLOCATOR: Switch = Switch::new();

fn main() {
    if ndarena_benches::peers::serve(peers::task) {
        return;
    }
    let mut pairs = Vec::new();
    let mut compare = |workload: Workload, a: Peer, b: Peer, bound: Bound| {
        let name = format!("{}: {} vs {}", workload.title(), a.name, b.name);
        pairs.push(Pair { name, a: a.on(workload), b: b.on(workload), bound });
    };
    let chains = [100_000, 1_000_000, 10_000_000].into_iter().flat_map(|n| [Chain(n), TwoChains(n)]);
    for workload in chains.chain([Median, Search]) {
        compare(workload, ARENA, HAND, Bound::AtMost(1.05));
        compare(workload, ARENA, GLIBC, Bound::Any);
        compare(workload, ARENA, TUNED, Bound::AtMost(1.05));
        compare(workload, ARENA, MI, Bound::AtMost(1.05));
        compare(workload, ARENA_ON_MI, MI, Bound::AtMost(1.05));
        compare(workload, ARENA, JE, Bound::Any);
    }
    for workload in [Bfgs(8), Bfgs(32), Bfgs(64), Bfgs(128), Heat, Fit] {
        compare(workload, ARENA, GLIBC, Bound::AtMost(1.03));
        compare(workload, ARENA, TUNED, Bound::AtMost(1.05));
        compare(workload, ARENA, MI, Bound::AtMost(1.05));
        compare(workload, ARENA, JE, Bound::Any);
    }
    compare(Bfgs(8), ARENA_ON_MI, MI, Bound::AtMost(1.05));
    compare(Churn, NO_ARENA, GLIBC, Bound::AtMost(1.02));
    compare(Bfgs(32), NO_ARENA, GLIBC, Bound::AtMost(1.02));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    for workers in (0..).map(|doublings| 2 << doublings).take_while(|&workers| workers <= cores) {
        let name = format!("{}: {workers} workers vs 1 worker", Workers(workers).title());
        pairs.push(Pair { name, a: ARENA.on(Workers(workers)), b: ARENA.on(Workers(1)), bound: Bound::AtMost(1.1) });
    }
    let name = format!("{}: 10^6 results vs 10^4 results", Kept(1_000_000).title());
    pairs.push(Pair { name, a: ARENA.on(Kept(1_000_000)), b: ARENA.on(Kept(10_000)), bound: Bound::AtMost(1.1) });
    let name = "arena(|| ()): arena vs 30 ns".to_owned();
    pairs.push(Pair { name, a: ARENA.on(Nothing), b: takes(30.0), bound: Bound::AtMost(1.0) });
    paired::run(pairs, Plan { processes: 1, samples: 10, batches: 30e-3 });
}
