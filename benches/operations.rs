//! What each row of the table of operations takes in a scope, of the time that its form on the heap takes, and by
//! hand, for the elements, kinds of axes, layouts and sizes of the table: `cargo bench -p ndarena-benches --bench operations`.
//!
//! It prints the cells that take more than their heap form beyond their noise, and keeps all of them, some ten thousand rows.
//! Times decide nothing: `operation_instructions` does.
//!
//! ```text
//! cargo bench -p ndarena-benches --bench operations -- select   # only rows with that in their name
//! ```

use std::env;
use std::hint::black_box;
use std::time::Instant;

use ndarena_benches::operations::{Operation, Outcome, Setup, Watch, Way, operations};
use ndarena_benches::record::{self, Against, Row};

/// The lengths of axes are this long in arrays of one and two axes; of three, those that are short.
const SIZES: [usize; 10] = [1, 2, 3, 4, 8, 16, 30, 100, 300, 1000];

/// A batch takes about so many seconds.
const BATCH: f64 = 1e-4;

/// So many batches of each way, in turn.
const BATCHES: usize = 15;

/// Times turns.
struct Clock {
    turns: u64,
    started: Instant,
    took: f64,
}

impl Watch for Clock {
    fn turns(&self) -> u64 {
        self.turns
    }

    fn start(&mut self) {
        self.started = Instant::now();
    }

    fn see(&mut self, outcome: &dyn Outcome) {
        black_box(outcome);
    }

    fn stop(&mut self) {
        self.took = self.started.elapsed().as_secs_f64() / self.turns as f64;
    }
}

/// Seconds for one turn, of so many.
fn time(operation: &Operation, setup: &Setup, way: Way, turns: u64) -> f64 {
    let mut clock = Clock { turns, started: Instant::now(), took: 0.0 };
    (operation.run)(setup, way, &mut clock);
    clock.took
}

fn quantile(values: &mut [f64], q: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * q).round() as usize]
}

/// The heap form's nanoseconds, and the ratios of the scope's to them and of the hand's: the median, and for the first the 10 % and
/// 90 % quantiles.
fn measure(operation: &Operation, setup: &Setup, batches: usize) -> (f64, [f64; 3], f64) {
    let once = time(operation, setup, Way::Heap, 1).max(1e-8);
    let turns = if batches == 1 { 1 } else { ((BATCH / once) as u64).clamp(1, 10_000) };
    let (mut heaps, mut scopes, mut hands) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..batches {
        let heap = time(operation, setup, Way::Heap, turns);
        scopes.push(time(operation, setup, Way::Scope, turns) / heap);
        hands.push(time(operation, setup, Way::Hand, turns) / heap);
        heaps.push(heap * 1e9);
    }
    let scope = [0.1, 0.5, 0.9].map(|q| quantile(&mut scopes, q));
    (quantile(&mut heaps, 0.5), scope, quantile(&mut hands, 0.5))
}

fn main() {
    let test = env::args().any(|argument| argument == "--test");
    let filter: Vec<String> = env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let (sizes, batches) = if test { (&SIZES[2..3], 1) } else { (&SIZES[..], BATCHES) };
    let mut rows = Vec::new();
    let (mut cells, mut small, mut above) = (0, Vec::new(), 0);
    println!(
        "| operation | elements | axes | layouts | length | heap, ns | scope / heap | 10 % .. 90 % | by hand / heap |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for operation in operations() {
        let Operation { name, element, axes, count, .. } = operation;
        if !filter.is_empty() && !filter.iter().any(|part| name.contains(part.as_str())) {
            continue;
        }
        // Products of large matrices, and Kronecker products, take minutes.
        let largest = if ["dot", "kron"].contains(&name) { 100 } else { 1000 };
        for &n in sizes.iter().filter(|&&n| n <= largest) {
            for setup in operation.setups([n, if count == 3 && n > 30 { 2 } else { n }, n.min(30)]) {
                let (heap, [low, median, high], hand) = measure(&operation, &setup, batches);
                let layouts = setup.to_string().replace(", ", " + ");
                let case = format!("{name}, {element}, {axes}, {layouts}, {n}");
                let mut row = Row::new(&case, "scope", "ns", median * heap);
                row.against = Some(Against { name: "heap".to_owned(), value: heap, ratio: median, low, high });
                rows.extend([row, Row::new(&case, "by hand", "ns", hand * heap)]);
                cells += 1;
                if n.pow(count as u32) <= 30 {
                    small.push(median.ln());
                }
                if low > 1.0 {
                    above += 1;
                    println!(
                        "| {name} | {element} | {axes} | {layouts} | {n} | {heap:.0} | {median:.2} | {low:.2} .. {high:.2} | {hand:.2} |"
                    );
                }
            }
        }
    }
    let mean = (small.iter().sum::<f64>() / small.len().max(1) as f64).exp();
    println!(
        "\n{above} of {cells} cells take longer than on the heap; up to 30 elements the geometric mean is {mean:.2}"
    );
    if !test {
        record::keep(rows, !filter.is_empty());
    }
}
