//! How many instructions a scope and its arrays add to a program, counted by valgrind:
//! `cargo bench --bench instructions`.
//!
//! Each case is a loop that this program runs under `valgrind --tool=callgrind` for two numbers of turns; the difference
//! is what one turn takes, and the difference to an empty turn is what the case adds. Whatever a case makes is handed to
//! `black_box`, as a pointer, and nothing is computed.

use std::env;
use std::hint::black_box;
use std::process::Command;

use ndarena::{Buffer, prelude::*};

/// What it is called, and the loop: so many turns, for arrays of so many elements.
type Case = (&'static str, fn(usize, usize));

const CASES: [Case; 11] = [
    ("empty", |turns, n| each(turns, n, |n| n as *const f64)),
    ("scope", |turns, n| {
        let buffer = Buffer::new();
        each(turns, n, |n| buffer.scope(|_| n as *const f64))
    }),
    ("scope + alloc_array(n)", |turns, n| {
        let buffer = Buffer::new();
        each(turns, n, |n| buffer.scope(|s| black_box(s.alloc_array::<f64>(n).as_ptr())))
    }),
    ("scope + alloc_array((n, n))", |turns, n| {
        let buffer = Buffer::new();
        each(turns, n, |n| buffer.scope(|s| black_box(s.alloc_array::<f64>((n, n)).as_ptr())))
    }),
    ("scope + uninit(n)", |turns, n| {
        let buffer = Buffer::new();
        each(turns, n, |n| buffer.scope(|s| black_box(s.uninit::<f64>(n).as_ptr().cast())))
    }),
    ("default scope + alloc_array(n)", |turns, n| {
        each(turns, n, |n| ndarena::scope(|s| black_box(s.alloc_array::<f64>(n).as_ptr())))
    }),
    ("scope in a scope, alloc_array(n) in each", |turns, n| {
        let buffer = Buffer::new();
        each(turns, n, |n| {
            buffer.scope(|outer| {
                black_box(outer.alloc_array::<f64>(n).as_ptr());
                outer.scope(|inner| black_box(inner.alloc_array::<f64>(n).as_ptr()))
            })
        })
    }),
    ("10 × alloc_array(n) in an open scope", |turns, n| {
        let buffer = Buffer::new();
        each(turns, n, |n| {
            buffer.scope(|s| (0..10).fold(std::ptr::null(), |_, _| black_box(s.alloc_array::<f64>(n).as_ptr())))
        })
    }),
    ("Vec::with_capacity(n)", |turns, n| each(turns, n, |n| black_box(Vec::<f64>::with_capacity(n).as_ptr()))),
    ("bumpalo: alloc_layout + reset", |turns, n| {
        let mut bump = bumpalo::Bump::new();
        each(turns, n, |n| {
            let layout = std::alloc::Layout::array::<f64>(n).expect("a layout");
            let memory = black_box(bump.alloc_layout(layout).as_ptr().cast::<f64>());
            bump.reset();
            memory
        })
    }),
    ("bump-scope: scoped + alloc_uninit_slice", |turns, n| {
        let mut bump: bump_scope::Bump = bump_scope::Bump::new();
        each(turns, n, |n| bump.scoped(|bump| black_box(bump.alloc_uninit_slice::<f64>(n).as_ptr().cast())))
    }),
];

#[inline(always)]
fn each(turns: usize, n: usize, mut turn: impl FnMut(usize) -> *const f64) {
    for _ in 0..turns {
        black_box(turn(black_box(n)));
    }
}

const CHILD: &str = "NDARENA_INSTRUCTIONS";

fn main() {
    if let Ok(child) = env::var(CHILD) {
        let (case, turns) = child.split_once(' ').expect("a case and a number");
        let case: usize = case.parse().expect("the number of a case");
        return CASES[case].1(turns.parse().expect("a number of turns"), black_box(30));
    }
    if env::args().any(|argument| argument == "--test") {
        CASES.iter().for_each(|(_, case)| case(100, 30));
        return println!("{} cases run", CASES.len());
    }
    let Some(empty) = instructions(0) else {
        return println!("valgrind is needed to count instructions, and does not run here");
    };
    println!("| n = 30 | instructions added |\n|---|---|");
    for (case, (name, _)) in CASES.iter().enumerate().skip(1) {
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
