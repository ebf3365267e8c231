//! Contenders as processes of their own: glibc's malloc adapts to what ran before, and a process has one allocator.
//!
//! A child runs one workload on one allocator: it reads numbers, runs the workload so many times for each, and answers with
//! the seconds that took. So two of them can be timed in turn, as if they were one program.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use ndarena_benches::paired::{Batch, Make};

use super::switch::{ARENAS, JEMALLOC, MIMALLOC, ON_MIMALLOC, VARIABLE};
use super::workloads::{Style, Workload};

const CHILD: &str = "NDARENA_BENCH_WORKLOAD";

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
/// Everything from the heap, which never shrinks: further than `M_MMAP_THRESHOLD`, which glibc caps at 32 MiB, goes.
pub(crate) const TUNED: Peer = Peer {
    name: "tuned glibc",
    allocator: "glibc",
    settings: &[
        ("MALLOC_MMAP_THRESHOLD_", "33554432"),
        ("MALLOC_MMAP_MAX_", "0"),
        ("MALLOC_TRIM_THRESHOLD_", "17179869184"),
    ],
    style: Style::Plain,
};
pub(crate) const MI: Peer = Peer { name: MIMALLOC, allocator: MIMALLOC, settings: &[], style: Style::Plain };
pub(crate) const JE: Peer = Peer { name: JEMALLOC, allocator: JEMALLOC, settings: &[], style: Style::Plain };
/// Code whose memory is preallocated by hand.
pub(crate) const HAND: Peer = Peer { name: "by hand", allocator: "glibc", settings: &[], style: Style::ByHand };

impl Peer {
    /// Batches of the workload in a process of this peer's.
    pub(crate) fn on(self, workload: Workload) -> Make {
        Box::new(move |_place| self.start(workload))
    }

    fn start(self, workload: Workload) -> Batch {
        let mut command = Command::new(env::current_exe().expect("the path of this program"));
        command.env(VARIABLE, self.allocator).env(CHILD, format!("{} {:?}", workload.name(), self.style));
        command.envs(self.settings.iter().copied()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("this program can be run again");
        let to = process.stdin.take().expect("a pipe");
        let from = BufReader::new(process.stdout.take().expect("a pipe"));
        let mut running = Running { process, to: Some(to), from };
        Box::new(move |times| running.time(times))
    }
}

struct Running {
    process: Child,
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
}

impl Running {
    fn time(&mut self, times: u64) -> f64 {
        writeln!(self.to.as_mut().expect("a pipe"), "{times}").expect("the child reads");
        let mut answer = String::new();
        self.from.read_line(&mut answer).expect("the child answers");
        answer.trim().parse().expect("a number of seconds")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The child ends when there is nothing more to read.
        self.to = None;
        assert!(self.process.wait().is_ok_and(|status| status.success()), "a child failed");
    }
}

/// What is said to take so many nanoseconds.
pub(crate) fn takes(nanoseconds: f64) -> Make {
    Box::new(move |_place| Box::new(move |times| times as f64 * nanoseconds * 1e-9))
}

/// If this process is a child: runs what is asked for, and returns true in the end.
pub(crate) fn serve() -> bool {
    let Ok(task) = env::var(CHILD) else { return false };
    let (name, style) = task.split_once(' ').expect("a workload and a style");
    let workload = Workload::named(name).expect("a workload");
    let mut batch = workload.batch(Style::named(style));
    for line in std::io::stdin().lines() {
        let times = line.expect("a line").trim().parse().expect("a number");
        println!("{}", batch(times));
    }
    true
}
