//! Comparing two pieces of code on a noisy machine.
//!
//! A [`Pair`] is timed in short batches, one after the other in turn, and what counts is the ratio of neighbours. Each
//! sample sets both up anew, so that their operands lie elsewhere in memory, and is the median of some ratios; Criterion
//! draws the samples and reports on them. The whole runs in several processes, which differ in where code and stack lie;
//! the first one collects what they measured and prints a table of medians.
//!
//! ```text
//! cargo bench -p ndarena-benches --bench scope              # 5 processes, then the table
//! cargo bench -p ndarena-benches --bench scope -- opening   # only what has that in its name
//! NDARENA_BENCH_PROCESSES=1 cargo bench -p ndarena-benches --bench scope
//! ```

use std::collections::BTreeMap;
use std::env;
use std::fmt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use criterion::measurement::{Measurement, ValueFormatter};
use criterion::{Criterion, SamplingMode, Throughput};

/// Runs so many times what is compared, and tells how many seconds that took.
pub type Batch = Box<dyn FnMut(u64) -> f64>;

/// A batch of what runs so many times.
pub fn timed(mut run: impl FnMut(u64) + 'static) -> Batch {
    Box::new(move |times| {
        let start = Instant::now();
        run(times);
        start.elapsed().as_secs_f64()
    })
}

/// Makes a batch whose operands lie where the number says.
pub type Make = Box<dyn Fn(usize) -> Batch>;

/// `a` and `b`, of which the ratio of times is of interest, and what it should be.
pub struct Pair {
    /// What the table calls it.
    pub name: String,
    /// What is compared.
    pub a: Make,
    /// What it is compared with.
    pub b: Make,
    /// What is claimed.
    pub bound: Bound,
}

impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pair").field("name", &self.name).field("bound", &self.bound).finish_non_exhaustive()
    }
}

/// What a ratio of times should be.
#[derive(Clone, Copy, Debug)]
pub enum Bound {
    /// Not more than this.
    AtMost(f64),
    /// Not less than this.
    AtLeast(f64),
    /// Of interest, without a claim.
    Any,
}

const CHILD: &str = "NDARENA_BENCH_CHILD";
const PROCESSES: &str = "NDARENA_BENCH_PROCESSES";
const MARK: &str = "ratio-sample";

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Processes that measure all pairs, one after the other; `NDARENA_BENCH_PROCESSES` overrides it.
    pub processes: usize,
    /// Samples in each, for each pair.
    pub samples: usize,
    /// Two batches together take about so long, in seconds. 0 to run each once, for a test.
    pub batches: f64,
}

/// The benchmark's `main`.
pub fn run(pairs: Vec<Pair>, plan: Plan) {
    let test = env::args().any(|argument| argument == "--test" || argument == "--list");
    if test || env::var_os(CHILD).is_some() {
        let batches = if test { 0.0 } else { plan.batches };
        return measure(&pairs, Plan { batches, ..plan });
    }
    let processes = env::var(PROCESSES).ok().and_then(|n| n.parse().ok()).unwrap_or(plan.processes);
    let mut samples: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for process in 1..=processes {
        eprintln!("process {process} of {processes}");
        let mut child = Command::new(env::current_exe().expect("the path of this program"));
        let output = child.args(env::args().skip(1)).env(CHILD, "1").stderr(Stdio::inherit()).output();
        let output = output.expect("this program can be run again");
        assert!(output.status.success(), "process {process} failed: {}", output.status);
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            if let Some((name, ratio)) = line.strip_prefix(MARK).and_then(|line| line.trim().rsplit_once(' ')) {
                samples.entry(name.to_owned()).or_default().push(ratio.parse().expect("a number"));
            }
        }
    }
    println!("| ratio of times | median | 10 % .. 90 % | bound | |\n|---|---|---|---|---|");
    for pair in &pairs {
        let Some(ratios) = samples.get_mut(&pair.name) else { continue };
        let (low, median, high) = (quantile(ratios, 0.1), quantile(ratios, 0.5), quantile(ratios, 0.9));
        let (bound, holds) = match pair.bound {
            Bound::AtMost(bound) => (format!("≤ {bound:.2}"), if median <= bound { "yes" } else { "NO" }),
            Bound::AtLeast(bound) => (format!("≥ {bound:.2}"), if median >= bound { "yes" } else { "NO" }),
            Bound::Any => (String::new(), ""),
        };
        println!("| {} | {median:.3} | {low:.3} .. {high:.3} | {bound} | {holds} |", pair.name);
    }
}

fn measure(pairs: &[Pair], plan: Plan) {
    let mut criterion = Criterion::default()
        .with_measurement(Ratio)
        .sample_size(plan.samples)
        .warm_up_time(Duration::from_millis(20))
        .measurement_time(Duration::from_millis(500))
        .without_plots()
        .configure_from_args();
    for (number, pair) in pairs.iter().enumerate() {
        let mut group = criterion.benchmark_group("ratio");
        group.sampling_mode(SamplingMode::Flat);
        let mut place = number;
        group.bench_function(&pair.name, |bencher| {
            bencher.iter_custom(|iterations| {
                place = place.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let ratio = ratio(&mut (pair.a)(place >> 33), &mut (pair.b)(place >> 33), plan.batches);
                println!("{MARK} {} {ratio}", pair.name);
                ratio * iterations as f64
            });
        });
        group.finish();
    }
}

/// The median of the ratios of neighbouring batches.
fn ratio(a: &mut Batch, b: &mut Batch, batches: f64) -> f64 {
    // Both have run, and a batch takes long enough to time.
    let (mut iterations, mut took) = (1, a(1) + b(1));
    while took < batches && iterations < 1 << 20 {
        iterations *= 2;
        took = a(iterations) + b(iterations);
    }
    let turns = match took {
        _ if batches == 0.0 => 1,
        // Fewer of those that take long.
        took if took > 4.0 * batches => 5,
        _ => 15,
    };
    let mut ratios: Vec<f64> = (0..turns)
        .map(|turn| {
            if turn % 2 == 0 {
                let a = a(iterations);
                a / b(iterations)
            } else {
                let b = b(iterations);
                a(iterations) / b
            }
        })
        .collect();
    quantile(&mut ratios, 0.5)
}

fn quantile(values: &mut [f64], q: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * q).round() as usize]
}

/// A ratio, as something for Criterion to measure.
struct Ratio;

impl Measurement for Ratio {
    type Intermediate = ();
    type Value = f64;

    fn start(&self) {}

    fn end(&self, (): ()) -> f64 {
        unreachable!("every benchmark measures by itself")
    }

    fn add(&self, a: &f64, b: &f64) -> f64 {
        a + b
    }

    fn zero(&self) -> f64 {
        0.0
    }

    fn to_f64(&self, value: &f64) -> f64 {
        *value
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        self
    }
}

impl ValueFormatter for Ratio {
    fn scale_values(&self, _typical: f64, _values: &mut [f64]) -> &'static str {
        "×"
    }

    fn scale_throughputs(&self, _typical: f64, _throughput: &Throughput, _values: &mut [f64]) -> &'static str {
        "×"
    }

    fn scale_for_machines(&self, _values: &mut [f64]) -> &'static str {
        "×"
    }
}
