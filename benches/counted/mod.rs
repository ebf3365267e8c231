//! Counting the instructions that a piece of code takes, by valgrind.
//!
//! Each case is a loop that this program runs under `valgrind --tool=callgrind` for two numbers of turns; the difference
//! is what one turn takes, and the difference to the first case's, an empty turn, is what the case adds. Whatever a case
//! makes is handed to `black_box`, as a pointer, and nothing is computed.

use std::env;
use std::hint::black_box;
use std::process::Command;

/// What it is called, and the loop: so many turns, for something of that size.
pub(crate) type Case = (&'static str, fn(usize, usize));

#[inline(always)]
pub(crate) fn each<T>(turns: usize, n: usize, mut turn: impl FnMut(usize) -> *const T) {
    for _ in 0..turns {
        black_box(turn(black_box(n)));
    }
}

const CHILD: &str = "NDARENA_INSTRUCTIONS";

/// Prints what the cases add to the first, for that size; `what` heads the table.
pub(crate) fn run(what: &str, cases: &[Case], n: usize) {
    if let Ok(child) = env::var(CHILD) {
        let (case, turns) = child.split_once(' ').expect("a case and a number");
        let case: usize = case.parse().expect("the number of a case");
        return cases[case].1(turns.parse().expect("a number of turns"), black_box(n));
    }
    if env::args().any(|argument| argument == "--test") {
        cases.iter().for_each(|(_, case)| case(100, n));
        return println!("{} cases run", cases.len());
    }
    let Some(empty) = instructions(0) else {
        return println!("valgrind is needed to count instructions, and does not run here");
    };
    println!("| {what} | instructions added |\n|---|---|");
    for (case, (name, _)) in cases.iter().enumerate().skip(1) {
        let added = instructions(case).expect("valgrind ran before") - empty;
        println!("| {name} | {added:.1} |");
    }
}

/// Instructions in a turn of that case.
fn instructions(case: usize) -> Option<f64> {
    let total = |turns: usize| -> Option<f64> {
        let mut valgrind = Command::new("valgrind");
        valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(env::current_exe().ok()?);
        let output = valgrind.env(CHILD, format!("{case} {turns}")).output().ok()?;
        let said = String::from_utf8(output.stderr).ok()?;
        let collected = said.lines().find_map(|line| line.split_once("Collected :"))?.1;
        collected.trim().parse().ok()
    };
    Some((total(3000)? - total(1000)?) / 2000.0)
}
