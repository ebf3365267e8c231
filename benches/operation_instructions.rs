//! How many instructions each row of the table of operations executes in a scope, of those that its form on the heap does, for
//! the elements, kinds of axes and layouts of the table, at a few sizes: `cargo bench -p ndarena-benches --bench operation_instructions`.
//!
//! It prints each cell that executes more than it should, and fails if one executes more than it may, by [`BOUND`] or, for the rows
//! of [`MORE`], by what stands there; and if something stands there that need not. That decides something, and depends on nothing
//! but the compiler, glibc and valgrind. The program runs itself under callgrind, which writes down what was executed
//! each time that a function of a known name is entered.
//!
//! ```text
//! cargo bench -p ndarena-benches --bench operation_instructions -- select   # only rows with that in their name
//! cargo bench -p ndarena-benches --bench operation_instructions -- --all    # every cell, not only those that fail
//! ```
//!
//! All rows take some minutes; with the variable `NDARENA_PART`, `0/3` to `2/3`, it looks at a third of them, and so on.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::hint::black_box;
use std::process::{Command, ExitCode};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, thread};

use ndarena_benches::operations::{Operation, Outcome, Setup, Watch, Way, operations};
use ndarena_benches::record::{self, Against, Row};

/// How much of the heap form's instructions a row may execute; the record's words say so, too.
const BOUND: f64 = 1.05;

const SHORT_RUNS: &str = "Where an operand is not row-major, or is broadcast, elements are written run by run. To begin a run takes \
    more than an element, which shows where runs have two elements, or eight or sixteen numbers of four bytes, which are too few \
    for the compiler's loop over vectors.";
const VIEWS: &str = "A view, as on the heap, at the price of some 5 to 90 instructions for finding that out: ndarray's own search is private.";
const SHAPES: &str = "With axes that are known only when the program runs, shapes are cloned once more; and axes in \
    another order than that of rows or of columns are sorted.";
const SAME_SOURCE: &str = "What is written down is what ndarray has; the compiler makes something else of it.";

/// Rows that may execute more in some cells: how much, and why.
///
/// Bounds are a little more than what is counted: which of glibc's loops run depends on the processor.
const MORE: [(&str, f64, &str); 35] = [
    ("mul", 1.10, SHORT_RUNS),
    ("add_number", 1.50, SHAPES),
    ("number_less_array", 1.50, SHAPES),
    ("mapv", 1.50, SHAPES),
    ("sqrt", 1.50, SHAPES),
    ("powi", 1.45, SHAPES),
    ("clamp", 1.50, SHAPES),
    ("zip_map4", 1.20, SHORT_RUNS),
    ("zip_map5", 1.30, SHORT_RUNS),
    ("cumprod_last", 1.35, SHAPES),
    ("flatten", 1.50, VIEWS),
    ("from_elem", 1.15, SHAPES),
    ("from_shape_simple_fn", 1.55, SHAPES),
    ("add", 1.10, SHORT_RUNS),
    ("div", 1.35, SHORT_RUNS),
    ("neg", 1.50, SHAPES),
    ("map", 1.50, SHAPES),
    ("copy_of", 1.45, SHAPES),
    ("zip_map", 1.25, SHORT_RUNS),
    ("zip_map3", 1.15, SHORT_RUNS),
    ("row_by_column", 1.10, SHORT_RUNS),
    ("concatenate_first", 1.55, SHORT_RUNS),
    ("stack_first", 1.20, SHORT_RUNS),
    ("broadcast_row", 1.15, SHORT_RUNS),
    ("broadcast_column", 1.30, SHORT_RUNS),
    ("broadcast_vector", 1.15, SHORT_RUNS),
    ("kron", 2.40, SHORT_RUNS),
    ("as_standard_layout", 1.35, VIEWS),
    ("to_shape", 1.45, VIEWS),
    ("map_collect_in", 1.50, SHAPES),
    ("ones", 1.40, SHAPES),
    ("mean_axis_last", 1.15, SAME_SOURCE),
    ("fold_axis_first", 2.20, SAME_SOURCE),
    ("fold_axis_last", 1.30, SAME_SOURCE),
    ("dot", 1.15, SAME_SOURCE),
];

/// A bound that is so much more than what is counted is too high.
const SLACK: f64 = 0.3;

/// The lengths of axes; arrays of one axis have the last of them.
const LENGTHS: [[usize; 3]; 8] =
    [[1, 1, 1], [2, 2, 2], [3, 3, 3], [4, 4, 4], [8, 8, 2], [16, 16, 2], [40, 2, 3], [30, 30, 2]];

const CHILD: &str = "NDARENA_OPERATIONS";

/// So many turns are counted.
const TURNS: u64 = 2;

/// What callgrind looks for: what was executed since it was entered last is written down.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn ndarena_counted(cell: usize) {
    black_box(cell);
}

/// Marks the beginning and the end of what is counted.
struct Marks;

impl Watch for Marks {
    fn turns(&self) -> u64 {
        TURNS
    }

    fn start(&mut self) {
        ndarena_counted(0);
    }

    fn see(&mut self, outcome: &dyn Outcome) {
        black_box(outcome);
    }

    fn stop(&mut self) {
        ndarena_counted(1);
    }
}

/// The cells of a row.
fn cells(name: &str) -> Vec<(Operation, [usize; 3], Setup)> {
    let mut cells = Vec::new();
    for operation in operations().into_iter().filter(|operation| operation.name == name) {
        for lengths in LENGTHS {
            cells.extend(operation.setups(lengths).into_iter().map(|setup| (operation, lengths, setup)));
        }
    }
    cells
}

/// What is kept of the cells of a row: the geometric mean of the ratios for each size, and the smallest and largest of them; of
/// instructions the mean.
fn summary(name: &str, cells: &[(Operation, [usize; 3], Setup)], counts: &[[f64; 3]]) -> Vec<Row> {
    let of_size = |lengths: [usize; 3]| {
        let own: Vec<&[f64; 3]> =
            cells.iter().zip(counts).filter(|((_, own, _), _)| *own == lengths).map(|(_, counts)| counts).collect();
        let mean = |way: usize| own.iter().map(|counts| counts[way]).sum::<f64>() / own.len() as f64;
        let mut ratios: Vec<f64> = own.iter().map(|[heap, scope, _]| scope / heap).collect();
        ratios.sort_by(f64::total_cmp);
        let ratio = (ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64).exp();
        let (low, high) = (ratios[0], ratios[ratios.len() - 1]);
        let [a, b, c] = lengths;
        let mut row = Row::new(&format!("{name}, {a} × {b} × {c}"), "scope", "instructions", mean(1));
        row.against = Some(Against { name: "heap".to_owned(), value: mean(0), ratio, low, high });
        row
    };
    LENGTHS.iter().filter(|lengths| cells.iter().any(|(_, own, _)| own == *lengths)).map(|&own| of_size(own)).collect()
}

/// Runs each cell of a row in each way.
fn run(name: &str) {
    for (operation, _, setup) in cells(name) {
        WAYS.iter().for_each(|&way| (operation.run)(&setup, way, &mut Marks));
    }
}

const WAYS: [Way; 3] = [Way::Heap, Way::Scope, Way::Hand];

/// What each cell of a row executes in a turn, in each way. A row has a process of its own: what callgrind takes to write down
/// counts grows with the code that was run.
fn count(name: &str) -> Option<Vec<[f64; 3]>> {
    let out = env::temp_dir().join(format!("ndarena-{name}-{}", std::process::id()));
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--dump-before=ndarena_counted", "--combine-dumps=yes", "--dump-line=no"]);
    valgrind.arg(format!("--callgrind-out-file={}", out.display()));
    // callgrind counts each byte of a copy by the one instruction that repeats itself, which glibc takes for some long copies.
    valgrind.env("GLIBC_TUNABLES", "glibc.cpu.x86_rep_movsb_threshold=1000000000");
    let done = valgrind.arg(env::current_exe().expect("the path of this program")).env(CHILD, name).output().ok()?;
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let written = fs::read_to_string(&out).expect("callgrind writes down what it counted");
    fs::remove_file(&out).expect("it can be removed");
    let totals: Vec<f64> = written
        .lines()
        .filter_map(|line| line.strip_prefix("summary: "))
        .map(|total| total.trim().parse().expect("a number"))
        .collect();
    // Each cell, in each way, has a number for what came before it, and its own.
    let own: Vec<f64> = totals.chunks_exact(2).map(|pair| pair[1] / TURNS as f64).collect();
    Some(own.chunks_exact(WAYS.len()).map(|ways| [ways[0], ways[1], ways[2]]).collect())
}

/// The counts of all rows, on all cores.
fn count_all(names: &[&'static str]) -> Option<BTreeMap<&'static str, Vec<[f64; 3]>>> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Some(BTreeMap::new())));
    thread::scope(|threads| {
        for _ in 0..thread::available_parallelism().map_or(1, |cores| cores.get()) {
            threads.spawn(|| {
                while let Some(name) = names.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let counts = count(name);
                    let mut done = done.lock().expect("no other thread panicked");
                    match (counts, &mut *done) {
                        (Some(counts), Some(all)) => drop(all.insert(*name, counts)),
                        (None, done) => *done = None,
                        _ => {}
                    }
                }
            });
        }
    });
    done.into_inner().expect("no thread panicked")
}

/// Which part of how many is asked for by the variable NDARENA_PART, `2/3` or so.
fn part() -> Option<(usize, usize)> {
    let asked = env::var("NDARENA_PART").ok()?;
    let (part, parts) = asked.split_once('/').expect("a part of how many, as 0/3");
    let number = |digits: &str| digits.parse::<usize>().expect("a number");
    let (part, parts) = (number(part), number(parts));
    assert!(part < parts, "{asked}: parts are counted from 0");
    Some((part, parts))
}

fn main() -> ExitCode {
    if let Ok(name) = env::var(CHILD) {
        run(&name);
        return ExitCode::SUCCESS;
    }
    let filter: Vec<String> = env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let mut names: Vec<&str> = operations().iter().map(|operation| operation.name).collect();
    names.dedup();
    let part = part();
    let mut nth = 0..;
    names.retain(|name| {
        let nth: usize = nth.next().expect("a number");
        part.is_none_or(|(part, parts)| nth % parts == part)
            && (filter.is_empty() || filter.iter().any(|part| name.contains(part.as_str())))
    });
    if env::args().any(|argument| argument == "--test") {
        names.iter().for_each(|name| run(name));
        return ExitCode::SUCCESS;
    }
    let Some(counts) = count_all(&names) else {
        println!("skipped: valgrind is needed to count instructions, and does not run here");
        return ExitCode::SUCCESS;
    };
    let all = env::args().any(|argument| argument == "--all");
    let (mut summary_of_rows, mut rows, mut above, mut total, mut wrong) =
        (String::new(), Vec::new(), 0, 0, Vec::new());
    println!("| operation | elements | axes | layouts | lengths | heap | by hand | scope | of the heap |");
    println!("|---|---|---|---|---|---|---|---|---|");
    for name in &names {
        let (cells, counts) = (cells(name), &counts[name]);
        assert_eq!(cells.len(), counts.len(), "a count for each cell of {name}");
        let ratios: Vec<f64> = counts.iter().map(|[heap, scope, _]| scope / heap).collect();
        for (((operation, lengths, setup), [heap, scope, hand]), ratio) in cells.iter().zip(counts).zip(&ratios) {
            if all || *ratio > BOUND {
                let Operation { element, axes, count, .. } = operation;
                let lengths = &lengths[..*count];
                println!(
                    "| {name} | {element} | {axes} | {setup} | {lengths:?} | {heap:.0} | {hand:.0} | {scope:.0} | {ratio:.2} |"
                );
            }
        }
        let largest = ratios.iter().copied().fold(0.0, f64::max);
        let mean = (ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64).exp();
        let beyond = ratios.iter().filter(|&&ratio| ratio > BOUND).count();
        (above, total) = (above + beyond, total + ratios.len());
        let (bound, reason) =
            MORE.iter().find(|(row, ..)| row == name).map_or((BOUND, ""), |&(_, bound, why)| (bound, why));
        rows.extend(summary(name, &cells, counts));
        rows.push(Row::new(name, "counted", "cells", ratios.len() as f64));
        rows.push(Row::new(name, "within 1.05 of the heap", "cells", (ratios.len() - beyond) as f64));
        writeln!(summary_of_rows, "| {name} | {} | {beyond} | {largest:.2} | {bound:.2} | {mean:.2} |", ratios.len())
            .expect("a string grows");
        if largest > bound {
            wrong.push(format!("{name}: {largest:.2} is more than {bound:.2}. {reason}"));
        } else if bound > BOUND && largest < bound - SLACK {
            wrong.push(format!(
                "{name}: {largest:.2} is so much less than {bound:.2} that the latter should be lowered"
            ));
        }
    }
    wrong.extend(
        MORE.iter()
            .filter(|(row, ..)| filter.is_empty() && part.is_none() && !names.contains(row))
            .map(|(row, ..)| format!("there is no {row}")),
    );
    println!(
        "\n| operation | cells | above {BOUND} | largest | allowed | geometric mean |\n|---|---|---|---|---|---|\n{summary_of_rows}"
    );
    println!("{above} of {total} cells execute more than {BOUND} of their heap form's instructions");
    for reason in [SHORT_RUNS, VIEWS, SHAPES, SAME_SOURCE] {
        let rows = MORE.iter().filter(|(.., why)| *why == reason).map(|(row, ..)| *row).collect::<Vec<_>>().join(", ");
        println!("{rows}: {reason}");
    }
    record::keep(rows, !filter.is_empty() || part.is_some());
    wrong.iter().for_each(|wrong| println!("WRONG: {wrong}"));
    if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
