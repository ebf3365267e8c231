//! What scopes give: the same computation with ndarray on the heap, preallocated by hand, and in a scope.
//!
//! `cargo run --release --example heap_vs_scope [FILE]`, where `FILE` is a table of numbers separated by commas, with a
//! line of headings; the last column is left out. Without it, the red-wine table beside this program (see `DATA.md`).

mod counting;
mod opening;
mod pca;

use std::error::Error;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use ndarena::Buffer;
use ndarena_kernels::airline::PASSENGERS;
use ndarena_kernels::kalman;
use ndarray::{Array1, Array2, ArrayRef, Dimension};

#[global_allocator]
static ALLOCATOR: counting::Counting = counting::Counting;

const COMPONENTS: usize = 3;

fn main() -> ExitCode {
    let wine = || Path::new(env!("CARGO_MANIFEST_DIR")).join("winequality-red.csv");
    let path = std::env::args_os().nth(1).map_or_else(wine, PathBuf::from);
    match run(&path) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("heap_vs_scope: {}: {error}", path.display());
            ExitCode::FAILURE
        }
    }
}

fn run(path: &Path) -> Result<(), Box<dyn Error>> {
    let (headings, x) = read(path)?;
    principal_components(&headings, &x)?;
    airline_passengers()?;
    for n in [30, 300, 3_000, 30_000, 300_000] {
        opening_function(n)?;
    }
    Ok(())
}

/// The headings and the numbers, without the last column.
fn read(path: &Path) -> Result<(Vec<String>, Array2<f64>), Box<dyn Error>> {
    let mut table = csv::Reader::from_path(path)?;
    let columns = table.headers()?.len().saturating_sub(1);
    let headings = table.headers()?.iter().take(columns).map(str::to_owned).collect();
    let mut numbers = Vec::new();
    for record in table.records() {
        let record = record?;
        let line = record.position().map_or(0, |position| position.line());
        for field in record.iter().take(columns) {
            let number: f64 = field.trim().parse().map_err(|_| format!("line {line}: {field:?} is not a number"))?;
            if !number.is_finite() {
                return Err(format!("line {line}: {field:?} is not finite").into());
            }
            numbers.push(number);
        }
    }
    let rows = numbers.len().checked_div(columns).unwrap_or(0);
    if rows < 2 || columns < COMPONENTS {
        return Err(format!("2 rows and {COMPONENTS} columns are needed, and it has {rows} and {columns}").into());
    }
    let x = Array2::from_shape_vec((rows, columns), numbers)?;
    for (heading, column) in Iterator::zip(table.headers()?.iter(), x.columns()) {
        if column.iter().all(|&number| number == column[0]) {
            return Err(format!("the column {heading:?} is constant and cannot be standardised").into());
        }
    }
    Ok((headings, x))
}

fn principal_components(headings: &[String], x: &Array2<f64>) -> Result<(), Box<dyn Error>> {
    let found = || pca::Components::zeros(COMPONENTS, x.ncols());
    let (mut heap, mut hand, mut scope) = (found(), found(), found());
    let (mut work, buffer) = (pca::Workspace::new(x.dim()), Buffer::new());
    let ways: [Way<'_>; 3] = [
        ("heap", &mut || pca::on_the_heap(x.view(), &mut heap)),
        ("by hand", &mut || pca::by_hand(x.view(), &mut work, &mut hand)),
        ("scope", &mut || buffer.scope(|s| pca::in_a_scope(s, x.view(), &mut scope))),
    ];
    let title = format!("{COMPONENTS} principal components of {} × {}", x.nrows(), x.ncols());
    print_table(&title, compare(ways));

    for other in [&hand, &scope] {
        if !(agree(&other.variances, &heap.variances, 1e-9) && agree(&other.vectors, &heap.vectors, 1e-9)) {
            return Err("the three ways disagree".into());
        }
    }
    for (variance, vector) in scope.variances.iter().zip(scope.vectors.rows()) {
        let mut loadings: Vec<_> = headings.iter().zip(vector).collect();
        loadings.sort_by(|(_, a), (_, b)| b.abs().total_cmp(&a.abs()));
        let largest: Vec<_> =
            loadings.iter().take(3).map(|(heading, value)| format!("{value:+.2} {heading}")).collect();
        println!("  {:4.1} % of the variance: {}, ..", 100.0 * variance / x.ncols() as f64, largest.join(", "));
    }
    println!("  buffer: {}\n", buffer.stats());
    Ok(())
}

/// The level, slope and season of a monthly series, by a Kalman filter: small matrices, again and again.
fn airline_passengers() -> Result<(), Box<dyn Error>> {
    let series: Array1<f64> = PASSENGERS.iter().map(|passengers| passengers.ln()).collect();
    let model = kalman::Model::structural(1, 12);
    let states = model.observation.len();
    let (mut work, buffer) = (kalman::Workspace::new(states), Buffer::new());
    let means = || Array2::<f64>::zeros((series.len(), states));
    let (mut heap, mut hand, mut scope) = (means(), means(), means());
    let ways: [Way<'_>; 3] = [
        ("heap", &mut || heap = kalman::on_the_heap(&model, series.view()).expect("it is finite").0),
        ("by hand", &mut || {
            kalman::by_hand(&model, series.view(), &mut work, hand.view_mut()).expect("it is finite");
        }),
        ("scope", &mut || {
            buffer.scope(|s| scope.assign(&kalman::in_a_scope(s, &model, series.view()).expect("it is finite").0));
        }),
    ];
    let title = format!("Kalman filter of {} months, {states} states", series.len());
    print_table(&title, compare(ways));
    if !(agree(&hand, &heap, 1e-6) && agree(&scope, &heap, 1e-6)) {
        return Err("the three ways disagree".into());
    }
    let slope = scope[[series.len() - 1, 1]];
    println!("  at the end of 1960, airline passengers grow by {:.2} % a month", 100.0 * slope.exp_m1());
    println!("  buffer: {}\n", buffer.stats());
    Ok(())
}

fn opening_function(n: usize) -> Result<(), Box<dyn Error>> {
    let x = Array1::from_iter(0..n as i64);
    let (mut y, buffer) = (Array1::zeros(n), Buffer::new());
    let (mut heap, mut hand, mut scope) = (0, 0, 0);
    let ways: [Way<'_>; 3] = [
        ("heap", &mut || heap = opening::on_the_heap(black_box(x.view()))),
        ("by hand", &mut || hand = opening::by_hand(black_box(x.view()), &mut y)),
        ("scope", &mut || scope = buffer.scope(|s| opening::in_a_scope(s, black_box(x.view())))),
    ];
    print_table(&format!("y = x + 1; sum(y), {n} elements"), compare(ways));
    let expected = (n * (n + 1) / 2) as i64;
    if [heap, hand, scope] != [expected; 3] {
        return Err("the three ways disagree".into());
    }
    Ok(())
}

/// Whether both have the same shape and no element is further than `epsilon` from the other's.
fn agree<D: Dimension>(a: &ArrayRef<f64, D>, b: &ArrayRef<f64, D>, epsilon: f64) -> bool {
    a.shape() == b.shape() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= epsilon)
}

/// A name, and what to time.
type Way<'a> = (&'static str, &'a mut dyn FnMut());

struct Row {
    name: &'static str,
    /// In nanoseconds.
    time: f64,
    to_first: f64,
    allocations: usize,
}

/// Times the ways in turn, many times; medians of time, and of the ratio to the first way in the same turn.
fn compare(mut ways: [Way<'_>; 3]) -> Vec<Row> {
    let mut once = Duration::ZERO;
    for (_, run) in &mut ways {
        run();
        let start = Instant::now();
        run();
        once = once.max(start.elapsed());
    }
    let repeat = (Duration::from_millis(1).as_nanos() / once.as_nanos().max(1)).clamp(1, 10_000) as u32;
    let turns: Vec<Vec<f64>> = (0..51)
        .map(|_| {
            let time = |(_, run): &mut Way<'_>| {
                let start = Instant::now();
                (0..repeat).for_each(|_| run());
                start.elapsed().as_secs_f64() / f64::from(repeat)
            };
            ways.iter_mut().map(time).collect()
        })
        .collect();
    let rows = ways.iter_mut().enumerate().map(|(way, (name, run))| Row {
        name,
        time: 1e9 * median(turns.iter().map(|turn| turn[way])),
        to_first: median(turns.iter().map(|turn| turn[way] / turn[0])),
        allocations: counting::allocations_in(run),
    });
    rows.collect()
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn print_table(title: &str, rows: Vec<Row>) {
    println!("{title:<40} {:>12} {:>10} {:>18}", "time", "to heap", "heap allocations");
    for Row { name, time, to_first, allocations } in rows {
        println!("  {name:<38} {:>12} {to_first:>9.2}x {allocations:>18}", with_unit(time));
    }
}

fn with_unit(nanoseconds: f64) -> String {
    match nanoseconds {
        small if small < 1e3 => format!("{small:.1} ns"),
        middling if middling < 1e6 => format!("{:.1} µs", middling / 1e3),
        large => format!("{:.1} ms", large / 1e6),
    }
}
