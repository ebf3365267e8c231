//! Arenas under unmodified code, against other allocators and against code whose memory is preallocated by hand:
//!
//! ```text
//! cargo bench --features global --bench arena              # a table
//! cargo bench --features global --bench arena -- BFGS      # only what has that in its name
//! ```
//!
//! Every contender is a process of its own, and they are timed in turn (`peers`, `../paired`).

#[path = "../paired/mod.rs"]
mod paired;
mod peers;
mod solvers;
mod switch;
#[path = "../../examples/unaware/mod.rs"]
mod unaware;
mod workloads;

use paired::{Bound, Pair, Plan};
use peers::{ARENA, GLIBC, HAND, JE, MI, NO_ARENA, Peer, TUNED};
use switch::Switch;
use workloads::Workload::{self, Bfgs, Chain, Churn, Fit, Heat, Median, Search};

#[global_allocator]
static ALLOCATOR: Switch = Switch::new();

fn main() {
    if peers::serve() {
        return;
    }
    let mut pairs = Vec::new();
    let mut compare = |workload: Workload, a: Peer, b: Peer, bound: Bound| {
        let name = format!("{}: {} vs {}", workload.title(), a.name, b.name);
        pairs.push(Pair { name, a: a.on(workload), b: b.on(workload), bound });
    };
    for (workload, faster) in
        [(Chain(100_000), 3.5), (Chain(1_000_000), 2.2), (Chain(10_000_000), 1.8), (Median, 1.7), (Search, 1.2)]
    {
        compare(workload, ARENA, HAND, Bound::AtMost(1.05));
        compare(workload, GLIBC, ARENA, Bound::AtLeast(faster));
        for peer in [TUNED, MI, JE] {
            let bound = if peer.name == JE.name { Bound::Any } else { Bound::AtMost(1.05) };
            compare(workload, ARENA, peer, bound);
        }
    }
    for workload in [Bfgs(8), Bfgs(32), Bfgs(64), Bfgs(128), Heat, Fit] {
        compare(workload, ARENA, GLIBC, Bound::AtMost(1.03));
        compare(workload, ARENA, TUNED, Bound::AtMost(1.05));
        compare(workload, ARENA, MI, Bound::AtMost(1.05));
        compare(workload, ARENA, JE, Bound::Any);
    }
    compare(Churn, NO_ARENA, GLIBC, Bound::AtMost(1.02));
    compare(Bfgs(32), NO_ARENA, GLIBC, Bound::AtMost(1.02));
    paired::run(pairs, Plan { processes: 1, samples: 10, batches: 30e-3 });
}
