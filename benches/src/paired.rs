//! Comparing two pieces of code on a noisy machine.
//!
//! A [`Pair`] is timed in short batches, one after the other in turn, and what counts is the ratio of neighbours. Each
//! sample sets both up anew, so that their operands lie elsewhere in memory, and is the median of some ratios; Criterion
//! draws the samples and reports on them. Time is that of the thread, of which other programs take nothing. The whole runs in several processes, which differ in where code and stack lie;
//! the first one collects what they measured, prints a table of medians, and keeps it ([`record`](crate::record)).
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

use crate::record::{self, Against, Row};

/// Runs so many times what is compared, and tells how many seconds that took.
pub type Batch = Box<dyn FnMut(u64) -> f64>;

/// A batch of what runs so many times, on this thread.
pub fn timed(mut run: impl FnMut(u64) + 'static) -> Batch {
    Box::new(move |times| {
        let start = seconds_of_this_thread();
        run(times);
        seconds_of_this_thread() - start
    })
}

/// A batch of what runs so many times, on several threads: by the clock on the wall.
pub fn timed_on_all_threads(mut run: impl FnMut(u64) + 'static) -> Batch {
    Box::new(move |times| {
        let start = Instant::now();
        run(times);
        start.elapsed().as_secs_f64()
    })
}

/// What this thread has taken of a processor's time, the system's work for it included. Other programs take nothing of that.
#[cfg(unix)]
pub fn seconds_of_this_thread() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: it writes to the structure, and there is such a clock.
    let status = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    assert_eq!(status, 0, "there is a clock for each thread");
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// The clock on the wall, where there is none for each thread.
#[cfg(not(unix))]
pub fn seconds_of_this_thread() -> f64 {
    use std::sync::OnceLock;
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_secs_f64()
}

/// Makes a batch whose operands lie where the number says.
pub type Make = Box<dyn Fn(usize) -> Batch>;

/// `a` and `b`, of which the ratio of times is of interest, and what it should be. `a` is ours, wherever we take part, so
/// below 1 we are faster.
pub struct Pair {
    /// What is compared, and with what: `case: a vs b`; or `case / b`, where `a` is a scope.
    pub name: String,
    /// What is compared.
    pub a: Make,
    /// What it is compared with.
    pub b: Make,
    /// What is claimed.
    pub bound: Bound,
}

impl Pair {
    /// The case, and what `a` and `b` are called.
    fn names(&self) -> (&str, &str, &str) {
        let versus = self.name.rsplit_once(": ").and_then(|(case, names)| Some((case, names.split_once(" vs ")?)));
        match (versus, self.name.rsplit_once(" / ")) {
            (Some((case, (a, b))), _) => (case, a, b),
            (None, Some((case, b))) => (case, "scope", b),
            (None, None) => panic!("what is compared in '{}'?", self.name),
        }
    }
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
    let mut samples: BTreeMap<String, [Vec<f64>; 3]> = BTreeMap::new();
    for process in 1..=processes {
        eprintln!("process {process} of {processes}");
        let mut child = Command::new(env::current_exe().expect("the path of this program"));
        let output = child.args(env::args().skip(1)).env(CHILD, "1").stderr(Stdio::inherit()).output();
        let output = output.expect("this program can be run again");
        assert!(output.status.success(), "process {process} failed: {}", output.status);
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let Some(sample) = line.strip_prefix(MARK) else { continue };
            let mut parts = sample.trim().rsplitn(4, ' ').collect::<Vec<_>>().into_iter().rev();
            let all = samples.entry(parts.next().expect("a name").to_owned()).or_default();
            all.iter_mut().zip(parts).for_each(|(all, part)| all.push(part.parse().expect("a number")));
        }
    }
    let (mut rows, mut beyond) = (Vec::new(), Vec::new());
    println!("| case | | ns | compared with | ns | ratio | 10 % .. 90 % | |\n|---|---|---|---|---|---|---|---|");
    for pair in &pairs {
        let Some([ratios, ours, theirs]) = samples.get_mut(&pair.name) else { continue };
        let (low, ratio, high) = (quantile(ratios, 0.1), quantile(ratios, 0.5), quantile(ratios, 0.9));
        let (case, a, b) = pair.names();
        let mut row = Row::new(case, a, "ns", 1e9 * quantile(ours, 0.5));
        let value = 1e9 * quantile(theirs, 0.5);
        row.against = Some(Against { name: b.to_owned(), value, ratio, low, high });
        let (our_ns, their_ns) = (record::rounded(row.value, 3), record::rounded(value, 3));
        println!(
            "| {case} | {a} | {our_ns} | {b} | {their_ns} | {ratio:.3} | {low:.3} .. {high:.3} | {} |",
            row.verdict()
        );
        if let Bound::AtMost(bound) = pair.bound {
            if ratio > bound {
                beyond.push(format!("{}: {ratio:.3} is more than {bound:.2}", pair.name));
            }
        }
        rows.push(row);
    }
    beyond.iter().for_each(|beyond| println!("{beyond}"));
    let part = rows.len() < pairs.len();
    record::keep_of(Some(processes), rows, part);
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
                let [ratio, a, b] = ratio(&mut (pair.a)(place >> 33), &mut (pair.b)(place >> 33), plan.batches);
                println!("{MARK} {} {ratio} {a:e} {b:e}", pair.name);
                ratio * iterations as f64
            });
        });
        group.finish();
    }
}

/// The median of the ratios of neighbouring batches, and of the seconds that each takes once.
fn ratio(a: &mut Batch, b: &mut Batch, batches: f64) -> [f64; 3] {
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
    let mut all = [const { Vec::new() }; 3];
    for turn in 0..turns {
        let (ours, theirs) = if turn % 2 == 0 {
            let ours = a(iterations);
            (ours, b(iterations))
        } else {
            let theirs = b(iterations);
            (a(iterations), theirs)
        };
        let figures = [ours / theirs, ours / iterations as f64, theirs / iterations as f64];
        all.iter_mut().zip(figures).for_each(|(all, figure)| all.push(figure));
    }
    all.map(|mut all| quantile(&mut all, 0.5))
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
