//! Contenders as processes of their own: glibc's malloc adapts to what ran before, and a process has one allocator.
//!
//! A child runs one task: it reads numbers, runs the task so many times for each, and answers with the seconds that took. So
//! two of them can be timed in turn, as if they were one program.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::paired::Batch;

const TASK: &str = "NDARENA_BENCH_TASK";

/// Makes glibc never give memory back: everything is from its heap, which never shrinks. To raise `M_MMAP_THRESHOLD` alone would
/// not do, as glibc caps it at 32 MiB.
pub const TUNED_GLIBC: &[(&str, &str)] =
    &[("MALLOC_MMAP_THRESHOLD_", "33554432"), ("MALLOC_MMAP_MAX_", "0"), ("MALLOC_TRIM_THRESHOLD_", "17179869184")];

/// Batches of a task, in a process of its own with these environment variables.
pub fn batch(task: &str, settings: &[(&str, &str)]) -> Batch {
    let mut command = Command::new(env::current_exe().expect("the path of this program"));
    command.env(TASK, task).envs(settings.iter().copied()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut process = command.spawn().expect("this program can be run again");
    let to = process.stdin.take().expect("a pipe");
    let from = BufReader::new(process.stdout.take().expect("a pipe"));
    let mut running = Running { process, to: Some(to), from };
    Box::new(move |times| running.time(times))
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

/// If this process is a child: runs what is asked for, and returns true in the end.
pub fn serve(make: impl FnOnce(&str) -> Batch) -> bool {
    let Ok(task) = env::var(TASK) else { return false };
    let mut batch = make(&task);
    for line in std::io::stdin().lines() {
        let times = line.expect("a line").trim().parse().expect("a number");
        println!("{}", batch(times));
    }
    true
}
