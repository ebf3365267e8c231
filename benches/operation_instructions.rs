//! How many instructions each row of the table of operations executes in a scope, of those that its form on the heap does, for
//! every element, kind of axes and layout, at a few sizes: `cargo bench -p ndarena-benches --bench operation_instructions`.
//!
//! It prints each cell that executes more than it may, and fails if there is one: that decides something, and depends on
//! nothing but the compiler, glibc and valgrind. The program runs itself under callgrind, which writes down what was executed
//! each time that a function of a known name is entered.
//!
//! ```text
//! cargo bench -p ndarena-benches --bench operation_instructions -- select   # only rows with that in their name
//! cargo bench -p ndarena-benches --bench operation_instructions -- --all    # every cell, not only those that fail
//! ```

use std::collections::BTreeMap;
use std::hint::black_box;
use std::process::{Command, ExitCode};
use std::{env, fs};

use ndarena_benches::operations::{Operation, Outcome, Setup, Watch, Way, operations};

/// How much of the heap form's instructions a row may execute.
const BOUND: f64 = 1.05;

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

fn cells() -> Vec<(Operation, [usize; 3], Setup)> {
    let filter: Vec<String> = env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let mut cells = Vec::new();
    for operation in operations() {
        if filter.is_empty() || filter.iter().any(|part| operation.name.contains(part.as_str())) {
            for lengths in LENGTHS {
                cells.extend(operation.setups(lengths).into_iter().map(|setup| (operation, lengths, setup)));
            }
        }
    }
    cells
}

const WAYS: [Way; 3] = [Way::Heap, Way::Scope, Way::Hand];

/// What each cell executes in a turn, in each way.
fn count(cells: usize) -> Option<Vec<[f64; 3]>> {
    let out = env::temp_dir().join(format!("ndarena-operations-{}", std::process::id()));
    let program = env::current_exe().expect("the path of this program");
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--dump-before=ndarena_counted", "--combine-dumps=yes", "--dump-line=no"]);
    valgrind.arg(format!("--callgrind-out-file={}", out.display())).arg(program).args(env::args().skip(1));
    let done = valgrind.env(CHILD, "1").output().ok()?;
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
    assert_eq!(own.len(), cells * WAYS.len(), "a count for each cell");
    Some(own.chunks_exact(WAYS.len()).map(|ways| [ways[0], ways[1], ways[2]]).collect())
}

fn main() -> ExitCode {
    let cells = cells();
    if env::var_os(CHILD).is_some() || env::args().any(|argument| argument == "--test") {
        for (operation, _, setup) in &cells {
            WAYS.iter().for_each(|&way| (operation.run)(setup, way, &mut Marks));
        }
        return ExitCode::SUCCESS;
    }
    let Some(counts) = count(cells.len()) else {
        println!("valgrind is needed to count instructions, and does not run here");
        return ExitCode::SUCCESS;
    };
    let all = env::args().any(|argument| argument == "--all");
    let mut rows: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let mut above = 0;
    println!("| operation | elements | axes | layouts | lengths | heap | by hand | scope | of the heap |\n|---|---|---|---|---|---|---|---|---|");
    for ((operation, lengths, setup), [heap, scope, hand]) in cells.iter().zip(&counts) {
        let ratio = scope / heap;
        rows.entry(operation.name).or_default().push(ratio);
        above += usize::from(ratio > BOUND);
        if all || ratio > BOUND {
            let Operation { name, element, axes, count, .. } = operation;
            println!(
                "| {name} | {element} | {axes} | {setup} | {:?} | {heap:.0} | {hand:.0} | {scope:.0} | {ratio:.2} |",
                &lengths[..*count]
            );
        }
    }
    println!("\n| operation | cells | above {BOUND} | largest | geometric mean |\n|---|---|---|---|---|");
    for (name, ratios) in &rows {
        let largest = ratios.iter().copied().fold(0.0, f64::max);
        let mean = (ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64).exp();
        let above = ratios.iter().filter(|&&ratio| ratio > BOUND).count();
        println!("| {name} | {} | {above} | {largest:.2} | {mean:.2} |", ratios.len());
    }
    println!("\n{} of {} cells execute more than {BOUND} of their heap form's instructions", above, cells.len());
    if above == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
