//! How much memory programs take on arenas and on other allocators, and how long their longest call of the allocator takes:
//!
//! ```text
//! cargo bench -p ndarena-benches --bench arena_footprint              # a table
//! cargo bench -p ndarena-benches --bench arena_footprint -- server    # only what has that in its name
//! ```
//!
//! Every program runs in a process of its own on each allocator, as often as it takes to see past what disturbs it: the
//! least of the longest calls counts, and of the times; of memory what the system says when the program is at its end, the
//! median. On an arena the program runs in `arena`; memory once more after `clear_pool()`, or what the allocator has for that. One
//! program is looked at while it runs.

mod programs;
mod switch;

use std::env;
use std::process::Command;

use ndarena_benches::record::{self, Row};
use programs::{Outcome, PROGRAMS};
use switch::{ARENAS, JEMALLOC, MIMALLOC, ON_MIMALLOC, Switch, VARIABLE};

#[global_allocator]
static ALLOCATOR: Switch = Switch::new();

const CHILD: &str = "NDARENA_BENCH_PROGRAM";

const ALLOCATORS: [&str; 5] = ["glibc", MIMALLOC, JEMALLOC, ARENAS, ON_MIMALLOC];

/// What the program is like on the allocator, in so many processes.
fn outcome(program: &str, allocator: &str, processes: usize) -> Outcome {
    let this = env::current_exe().expect("the path of this program");
    let runs: Vec<Outcome> = (0..processes)
        .map(|_| {
            let output = Command::new(&this)
                .env(VARIABLE, allocator)
                .env(CHILD, program)
                .output()
                .expect("this program can be run again");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            Outcome::parse(&String::from_utf8_lossy(&output.stdout)).expect("figures")
        })
        .collect();
    Outcome::of_all(&runs)
}

/// What the system says of memory while a program runs on the allocator.
fn over_time(allocator: &str) -> Vec<Row> {
    let this = env::current_exe().expect("the path of this program");
    let output = Command::new(this).env(VARIABLE, allocator).env(CHILD, programs::OVER_TIME).output();
    let output = output.expect("this program can be run again");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    let samples = text.lines().filter_map(|line| line.split_once(' '));
    samples
        .map(|(calls, resident)| {
            let case = format!("{}, after {calls}", programs::OVER_TIME);
            Row::new(&case, allocator, "MiB", resident.parse().expect("a number"))
        })
        .collect()
}

fn main() {
    if let Ok(program) = env::var(CHILD) {
        let in_arena = env::var(VARIABLE).is_ok_and(|name| name == ARENAS || name == ON_MIMALLOC);
        if program == programs::OVER_TIME {
            return programs::over_time(in_arena);
        }
        let (_, run) = PROGRAMS.into_iter().find(|(name, _)| *name == program).expect("a program");
        println!("{}", run(in_arena).line());
        return;
    }
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let test = arguments.iter().any(|argument| argument == "--test");
    let asked =
        |name: &str| arguments.iter().all(|argument| argument.starts_with("--") || name.contains(argument.as_str()));
    println!("| program | allocator | seconds | longest call, ms | MiB at the end | MiB given back |");
    println!("|---|---|---|---|---|---|");
    let mut rows = Vec::new();
    for (name, _) in PROGRAMS.into_iter().filter(|(name, _)| asked(name)) {
        for allocator in ALLOCATORS {
            if test && allocator != ARENAS {
                continue;
            }
            let Outcome { seconds, longest, resident, cleared } = outcome(name, allocator, if test { 1 } else { 3 });
            println!("| {name} | {allocator} | {seconds:.3} | {:.3} | {resident:.1} | {cleared:.1} |", 1e3 * longest);
            let mut row = |unit: &str, value: f64| rows.push(Row::new(name, allocator, unit, value));
            row("s", seconds);
            if longest.is_finite() {
                row("ms, the longest call", 1e3 * longest);
            }
            row("MiB at the end", resident);
            row("MiB given back", cleared);
        }
    }
    if test {
        return;
    }
    if asked(programs::OVER_TIME) {
        for allocator in ["glibc", MIMALLOC, ARENAS] {
            rows.extend(over_time(allocator));
        }
    }
    record::keep(rows, !arguments.is_empty());
}
