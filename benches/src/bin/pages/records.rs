//! All records, and how figures are looked up in them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use ndarena_benches::record::{Against, Record, Row, rounded};

/// By bench.
#[derive(Debug)]
pub(crate) struct Records(pub(crate) BTreeMap<String, Record>);

/// What is asked for in one line of the template, or in a mark of another page.
pub(crate) type Found<T> = Result<T, String>;

impl Records {
    pub(crate) fn read(folder: &Path) -> Found<Self> {
        let mut records = BTreeMap::new();
        for entry in fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))? {
            let path = entry.map_err(|error| error.to_string())?.path();
            let Some(bench) = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".csv")) else { continue };
            let text = fs::read_to_string(&path).map_err(|error| error.to_string())?;
            let record = Record::parse(&text).map_err(|error| format!("{}: {error}", path.display()))?;
            if record.text() != text {
                return Err(format!("{}: a bench would not have written it so", path.display()));
            }
            records.insert(bench.to_owned(), record);
        }
        Ok(Records(records))
    }

    pub(crate) fn of(&self, bench: &str) -> Found<&Record> {
        self.0.get(bench).ok_or_else(|| format!("there is no record of '{bench}'"))
    }

    /// Rows whose case is that, or begins with it if it ends in `*`, or is one of several between which there is `or`; of all contenders if
    /// none is named.
    pub(crate) fn rows(&self, bench: &str, case: &str, contender: &str) -> Found<Vec<&Row>> {
        let is_asked = |row: &&Row| {
            let is = |case: &str| case.strip_suffix('*').map_or(row.case == case, |start| row.case.starts_with(start));
            case.split(" or ").any(is) && (contender.is_empty() || row.contender == contender)
        };
        let rows: Vec<&Row> = self.of(bench)?.rows.iter().filter(is_asked).collect();
        if rows.is_empty() { Err(format!("{bench} has no row of {contender} for '{case}'")) } else { Ok(rows) }
    }

    /// Comparisons among these.
    pub(crate) fn compared(&self, bench: &str, case: &str, contender: &str, with: &str) -> Found<Vec<&Against>> {
        let rows = self.rows(bench, case, contender)?;
        let found: Vec<&Against> =
            rows.iter().filter_map(|row| row.against.as_ref()).filter(|against| against.name == with).collect();
        let nothing = || format!("{bench} does not compare {contender} with {with} for '{case}'");
        if found.is_empty() { Err(nothing()) } else { Ok(found) }
    }

    /// A figure, as it is written: `ratio`, `times` (one over it), `least`, `most` and `mean` of
    /// `bench / case / contender / compared with`; `value` of `bench / case / contender / unit`; `sum`, of those of `bench / case / contender`; `more`, the
    /// difference of two values, of `bench / case / contender / other`; or how many there are, `verdicts` of
    /// `bench / case / contender / compared with / verdict`.
    pub(crate) fn figure(&self, key: &str) -> Found<String> {
        let (what, rest) = key.trim().split_once(' ').ok_or_else(|| format!("'{key}' asks for nothing"))?;
        let parts: Vec<&str> = rest.split(" / ").map(str::trim).collect();
        let ratios = || match parts[..] {
            [bench, case, contender, with, ..] => {
                Ok(self.compared(bench, case, contender, with)?.iter().map(|against| against.ratio).collect::<Vec<_>>())
            }
            _ => Err(format!("'{key}' does not say what is compared")),
        };
        let two = |ratio: f64| format!("{ratio:.2}");
        match (what, &parts[..]) {
            ("ratio", _) => match ratios()?[..] {
                [ratio] => Ok(two(ratio)),
                _ => Err(format!("'{key}' is more than one figure")),
            },
            ("least", _) => Ok(two(ratios()?.into_iter().fold(f64::INFINITY, f64::min))),
            ("most", _) => Ok(two(ratios()?.into_iter().fold(0.0, f64::max))),
            ("mean", _) => {
                let ratios = ratios()?;
                Ok(two((ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64).exp()))
            }
            ("times", _) => match ratios()?[..] {
                [ratio] => Ok(rounded(1.0 / ratio, 2)),
                _ => Err(format!("'{key}' is more than one figure")),
            },
            ("value", &[bench, case, contender, unit]) => {
                let rows = self.rows(bench, case, contender)?;
                let row =
                    rows.iter().find(|row| row.unit == unit).ok_or_else(|| format!("'{key}' has no such unit"))?;
                Ok(rounded(row.value, 3))
            }
            ("sum", &[bench, case, contender]) => {
                Ok(self.rows(bench, case, contender)?.iter().map(|row| row.value).sum::<f64>().to_string())
            }
            ("more", &[bench, case, contender, other]) => {
                let value = |contender: &str| Ok::<_, String>(self.rows(bench, case, contender)?[0].value);
                Ok(rounded(value(contender)? - value(other)?, 3))
            }
            ("verdicts", &[bench, case, contender, with, verdict]) => {
                let rows = self.rows(bench, case, contender)?;
                let compared = |row: &&&Row| row.against.as_ref().is_some_and(|against| against.name == with);
                let all = rows.iter().filter(compared);
                Ok(all.filter(|row| verdict == "all" || row.verdict() == verdict).count().to_string())
            }
            _ => Err(format!("'{key}' asks for something unknown")),
        }
    }
}
