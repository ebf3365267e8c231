//! Counting the instructions that a piece of code takes, by valgrind.
//!
//! Each case is a loop that this program runs under `valgrind --tool=callgrind` for two numbers of turns; the difference
//! is what one turn takes, and the difference to the first case's, an empty turn, is what the case adds. Whatever a case
//! makes is handed to `black_box`, as a pointer, and nothing is computed.

use std::env;
use std::hint::black_box;
use std::process::Command;

use crate::record::Row;

/// What it is called, and the loop: so many turns, for something of that size.
pub type Case = (&'static str, fn(usize, usize));

/// So many turns, each of which is told `n` and hands out a pointer.
#[inline(always)]
pub fn each<T>(turns: usize, n: usize, mut turn: impl FnMut(usize) -> *const T) {
    for _ in 0..turns {
        black_box(turn(black_box(n)));
    }
}

const CHILD: &str = "NDARENA_INSTRUCTIONS";

/// Prints what the cases add to the first, for that size; `what` heads the table. Gives that to whoever keeps it, and nothing if
/// this is a test, or one of the programs that are measured.
pub fn run(what: &str, cases: &[Case], n: usize) -> Option<Vec<Row>> {
    if let Ok(child) = env::var(CHILD) {
        let (case, turns) = child.split_once(' ').expect("a case and a number");
        let case: usize = case.parse().expect("the number of a case");
        cases[case].1(turns.parse().expect("a number of turns"), black_box(n));
        return None;
    }
    if env::args().any(|argument| argument == "--test") {
        cases.iter().for_each(|(_, case)| case(100, n));
        println!("{} cases run", cases.len());
        return None;
    }
    let Some(empty) = instructions(0) else {
        println!("valgrind is needed to count instructions, and does not run here");
        return None;
    };
    println!("| {what} | instructions added |\n|---|---|");
    let mut rows = Vec::new();
    for (case, (name, _)) in cases.iter().enumerate().skip(1) {
        let added = instructions(case).expect("valgrind ran before") - empty;
        println!("| {name} | {added:.1} |");
        rows.push(Row::new(what, name, "instructions", added));
    }
    Some(rows)
}

/// Instructions in a turn of that case.
fn instructions(case: usize) -> Option<f64> {
    per_turn(|turns| {
        let mut program = Command::new(env::current_exe().expect("the path of this program"));
        program.env(CHILD, format!("{case} {turns}"));
        program
    })
}

/// Instructions in a turn of a program that is told how many to run.
pub fn per_turn(program: impl Fn(usize) -> Command) -> Option<f64> {
    let total = |turns: usize| -> Option<f64> {
        let program = program(turns);
        let mut valgrind = Command::new("valgrind");
        valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program.get_program());
        valgrind.args(program.get_args()).envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let said = String::from_utf8(valgrind.output().ok()?.stderr).ok()?;
        let collected = said.lines().find_map(|line| line.split_once("Collected :"))?.1;
        collected.trim().parse().ok()
    };
    Some((total(3000)? - total(1000)?) / 2000.0)
}
