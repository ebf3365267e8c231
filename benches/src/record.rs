//! What a bench found, as a file that others read: pages and pictures are made of it (`src/bin/pages`).
//!
//! A record is a CSV with a head: lines that begin with `#` and say on what it was measured. A row is what one contender took
//! for one case, and where it was timed in turn with another, the ratio of the two. All ratios go one way: what the contender
//! took over what the other one took, so below 1 the contender, which is ours wherever we take part, is ahead.
//!
//! `NDARENA_RECORD=1` makes a bench write `docs/benchmarks/<bench>.csv`; else it writes `benchmarks/<bench>.csv` in the folder of
//! what was built. A run of a part, picked by words on the command line, replaces what it measured and leaves the other
//! rows, if those were measured on the same machine with the same compiler and versions.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;
use std::{env, fs, io};

/// What a bench found.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// On what it was measured: what, and what it is.
    pub head: Vec<(String, String)>,
    /// What was measured.
    pub rows: Vec<Row>,
}

/// What a contender took for a case.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The workload, with its size and elements.
    pub case: String,
    /// Who took part.
    pub contender: String,
    /// Of what: `ns`, `instructions`, and so on.
    pub unit: String,
    /// How much, the median.
    pub value: f64,
    /// What it was compared with.
    pub against: Option<Against>,
}

/// What a contender was compared with.
#[derive(Clone, Debug, PartialEq)]
pub struct Against {
    /// Who that was.
    pub name: String,
    /// How much that took, the median.
    pub value: f64,
    /// The median of the ratios of neighbouring measurements: the contender's over this one's.
    pub ratio: f64,
    /// A tenth of the ratios, over all processes, are below this.
    pub low: f64,
    /// A tenth of the ratios are above this.
    pub high: f64,
}

/// Ratios closer to 1 than this are no difference: where the compiler puts code moves short functions by as much.
pub const ALIKE: f64 = 0.03;

impl Against {
    /// Whether the contender took less, as much, or more, beyond what chance may have to do with it: -1, 0, 1.
    pub fn order(&self) -> i32 {
        if self.high < 1.0 && self.ratio < 1.0 - ALIKE {
            -1
        } else if self.low > 1.0 && self.ratio > 1.0 + ALIKE {
            1
        } else {
            0
        }
    }
}

impl Row {
    /// A figure of one contender's.
    pub fn new(case: &str, contender: &str, unit: &str, value: f64) -> Self {
        Row { case: case.to_owned(), contender: contender.to_owned(), unit: unit.to_owned(), value, against: None }
    }

    /// What the spread of the ratio allows to say; nothing if nothing was compared.
    pub fn verdict(&self) -> &'static str {
        match (&self.against, self.unit.as_str()) {
            (None, _) => "",
            (Some(against), "ns") => ["faster", "as fast", "slower"][(against.order() + 1) as usize],
            (Some(against), _) => ["fewer", "as many", "more"][(against.order() + 1) as usize],
        }
    }

    fn measured_what(&self) -> (&str, &str, &str, Option<&str>) {
        (&self.case, &self.contender, &self.unit, self.against.as_ref().map(|against| against.name.as_str()))
    }
}

const COLUMNS: &str = "case,contender,unit,value,against,its value,ratio,low,high,verdict";

/// So many significant digits.
pub fn rounded(value: f64, digits: i32) -> String {
    if value == 0.0 || !value.is_finite() {
        return "0".to_owned();
    }
    let decimals = digits - 1 - value.abs().log10().floor() as i32;
    if decimals <= 0 {
        let unit = 10f64.powi(-decimals);
        format!("{}", (value / unit).round() * unit)
    } else {
        let text = format!("{value:.*}", decimals as usize);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

/// The fields of a line, unquoted.
fn fields(line: &str) -> Vec<String> {
    let (mut fields, mut field, mut inside) = (Vec::new(), String::new(), false);
    let mut characters = line.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '"' if inside && characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            '"' => inside = !inside,
            ',' if !inside => fields.push(std::mem::take(&mut field)),
            c => field.push(c),
        }
    }
    fields.push(field);
    fields
}

impl Record {
    /// As it is written.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (what, is) in &self.head {
            writeln!(text, "# {what}: {is}").expect("a string grows");
        }
        writeln!(text, "{COLUMNS}").expect("a string grows");
        for row in &self.rows {
            let own = [&row.case, &row.contender, &row.unit].map(|text| quoted(text)).join(",");
            // Numbers of cells are what they are.
            let value = if row.unit == "cells" { row.value.to_string() } else { rounded(row.value, 4) };
            write!(text, "{own},{value},").expect("a string grows");
            match &row.against {
                None => writeln!(text, ",,,,,"),
                Some(Against { name, value, ratio, low, high }) => {
                    let [value, ratio, low, high] = [value, ratio, low, high].map(|figure| rounded(*figure, 4));
                    writeln!(text, "{},{value},{ratio},{low},{high},{}", quoted(name), row.verdict())
                }
            }
            .expect("a string grows");
        }
        text
    }

    /// What was written.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut record = Record::default();
        let number = |text: &str| text.parse::<f64>().map_err(|error| format!("{text}: {error}"));
        for line in text.lines().filter(|line| *line != COLUMNS) {
            if let Some((what, is)) = line.strip_prefix("# ").and_then(|line| line.split_once(": ")) {
                record.head.push((what.to_owned(), is.to_owned()));
                continue;
            }
            let fields = fields(line);
            let [case, contender, unit, value, name, others, ratio, low, high, _] = &fields[..] else {
                return Err(format!("{line}: {} fields", fields.len()));
            };
            let mut row = Row::new(case, contender, unit, number(value)?);
            if !name.is_empty() {
                row.against = Some(Against {
                    name: name.clone(),
                    value: number(others)?,
                    ratio: number(ratio)?,
                    low: number(low)?,
                    high: number(high)?,
                });
            }
            record.rows.push(row);
        }
        Ok(record)
    }

    /// The record of that bench in this folder.
    pub fn read(folder: &Path, bench: &str) -> io::Result<Self> {
        let path = folder.join(bench).with_extension("csv");
        Record::parse(&fs::read_to_string(path)?).map_err(io::Error::other)
    }

    /// What the head says of `what`.
    pub fn said(&self, what: &str) -> &str {
        self.head.iter().find(|(known, _)| known == what).map_or("", |(_, is)| is)
    }

    /// Whether both were measured on the same machine with the same compiler and versions.
    fn is_of_the_same(&self, other: &Self) -> bool {
        ["machine", "system", "compiler", "for", "versions"].iter().all(|what| self.said(what) == other.said(what))
    }
}

/// Where records are kept.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/benchmarks")
}

/// Writes down what was measured by the bench that this program is, `part`ly or all of it.
pub fn keep(rows: Vec<Row>, part: bool) {
    keep_of(None, rows, part);
}

/// [`keep`] of what was timed, in so many processes, if that is known.
pub fn keep_of(processes: Option<usize>, rows: Vec<Row>, part: bool) {
    let this = env::current_exe().expect("the path of this program");
    let name = this.file_stem().and_then(|name| name.to_str()).expect("a name");
    let bench = name.rsplit_once('-').map_or(name, |(bench, _)| bench);
    // Beside `release/deps`, where benches are.
    let built = this.ancestors().nth(3).expect("a folder of what was built").join("benchmarks");
    let folder = if env::var_os("NDARENA_RECORD").is_some() { folder() } else { built };
    // For other processors than the compiler's default, it is another record.
    let bench = if cfg!(target_feature = "avx2") { format!("{bench}-native") } else { bench.to_owned() };
    let mut record = Record { head: head(), rows };
    record.head.extend(processes.map(|n| ("processes".to_owned(), n.to_string())));
    if let (true, Ok(mut before)) = (part, Record::read(&folder, &bench)) {
        if before.is_of_the_same(&record) {
            let measured: BTreeSet<_> = record.rows.iter().map(Row::measured_what).collect();
            let place = before.rows.iter().position(|row| measured.contains(&row.measured_what()));
            before.rows.retain(|row| !measured.contains(&row.measured_what()));
            let place = place.unwrap_or(before.rows.len()).min(before.rows.len());
            before.rows.splice(place..place, std::mem::take(&mut record.rows));
            record.rows = before.rows;
        }
    }
    let path = folder.join(bench).with_extension("csv");
    fs::create_dir_all(&folder).and_then(|()| fs::write(&path, record.text())).expect("the record can be written");
    eprintln!("recorded in {}", path.display());
}

/// What is measured, and on what.
fn head() -> Vec<(String, String)> {
    let said = |program: &str, argument: &str| {
        let output = Command::new(program).arg(argument).output().ok();
        let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
        text.lines().next().unwrap_or("unknown").to_owned()
    };
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let of_the_cpu = |what: &str| {
        let line = cpu.lines().find(|line| line.split(':').next().is_some_and(|name| name.trim() == what));
        line.and_then(|line| line.split_once(": ")).map_or("unknown", |(_, is)| is).to_owned()
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let (cpu, family, model) = (of_the_cpu("model name"), of_the_cpu("cpu family"), of_the_cpu("model"));
    let cache = |index: usize| {
        let path = format!("/sys/devices/system/cpu/cpu0/cache/index{index}/size");
        fs::read_to_string(path).map_or("unknown".to_owned(), |size| size.trim().to_owned())
    };
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').nth(2).unwrap_or("unknown").to_owned();
    let libc = said("ldd", "--version");
    [
        (
            "machine",
            format!("{cpu} (family {family}, model {model}), {cores} cores, L2 {} a core, L3 {}", cache(2), cache(3)),
        ),
        ("system", format!("{} {}, {libc}", env::consts::OS, env::consts::ARCH)),
        ("compiler", said("rustc", "--version")),
        ("for", if cfg!(target_feature = "avx2") { "this processor" } else { "any processor" }.to_owned()),
        ("versions", versions()),
        ("date", date()),
        ("load", format!("{load} in the last 15 minutes, of this and of other programs")),
    ]
    .map(|(what, is)| (what.to_owned(), is))
    .into()
}

/// Of ndarray and the contenders, as they are locked.
fn versions() -> String {
    let lock = include_str!("../../Cargo.lock");
    let of = |name: &str| {
        // Of several, the newest, which comes last: others are those of programs that are measured as they are.
        let versions = lock.split("[[package]]").filter_map(|package| {
            let value = |what: &str| package.lines().find_map(|line| line.strip_prefix(what)?.strip_prefix(" = "));
            (value("name")?.trim_matches('"') == name).then(|| value("version"))?
        });
        versions.last().map(|version| format!("{name} {}", version.trim_matches('"')))
    };
    let names = ["ndarray", "bumpalo", "bump-scope", "dyn-stack", "stumpalo", "mimalloc", "tikv-jemallocator"];
    names.iter().chain(&["faer", "nalgebra"]).filter_map(|name| of(name)).collect::<Vec<_>>().join("; ")
}

/// Today (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", 2021).
fn date() -> String {
    let seconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let days = seconds / 86_400 + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    format!("{}-{month:02}-{day:02}", year + era * 400 + next)
}
