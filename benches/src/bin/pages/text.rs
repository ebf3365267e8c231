//! Pages: a template in which each `{{..}}` is what records, sources and pictures say.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use ndarena_benches::record::{Row, rounded};

use crate::records::{Found, Records};
use crate::svg::Svg;

/// What the page's pictures are called.
pub(crate) type Pictures = BTreeMap<&'static str, Svg>;

/// The template with everything filled in: as it is read where pictures are files beside it, and where they are in it.
pub(crate) fn page(template: &str, records: &Records, pictures: &Pictures, root: &Path) -> Found<[String; 2]> {
    let template = &with_records(template, records)?;
    let (mut beside, mut inside, mut rest) = (String::new(), String::new(), template.as_str());
    let mut shown = BTreeSet::new();
    while let Some((before, after)) = rest.split_once("{{") {
        let (key, after) = after.split_once("}}").ok_or("a `{{` has no end")?;
        rest = after;
        let (what, asked) = key.trim().split_once(' ').unwrap_or((key.trim(), ""));
        let both = match what {
            "picture" => {
                let (name, says) = asked.split_once(" / ").ok_or_else(|| format!("picture {asked} says nothing"))?;
                let picture = pictures.get(name).ok_or_else(|| format!("there is no picture {name}"))?;
                shown.insert(name);
                [format!("![{says}](benchmarks/{name}.svg)"), picture.inline().trim_end().to_owned()]
            }
            "table" => [(); 2]
                .map(|()| table(records, asked))
                .into_iter()
                .collect::<Found<Vec<_>>>()?
                .try_into()
                .unwrap_or_default(),
            "head" => {
                let (bench, of) = asked.split_once(" / ").ok_or_else(|| format!("head {asked} of what?"))?;
                let said = records.of(bench)?.said(of);
                if said.is_empty() {
                    return Err(format!("{bench} does not say its {of}"));
                }
                [said.to_owned(), said.to_owned()]
            }
            "snippet" => {
                let snippet = snippet(root, asked)?;
                [snippet.clone(), snippet]
            }
            "slower" => {
                let list = slower(records, asked)?;
                [list.clone(), list]
            }
            _ => {
                let figure = records.figure(key)?;
                [figure.clone(), figure]
            }
        };
        let [one, other] = both;
        beside.extend([before, &one]);
        inside.extend([before, &other]);
    }
    if let Some(unused) = pictures.keys().find(|name| !shown.contains(*name)) {
        return Err(format!("the picture {unused} is not on the page"));
    }
    beside.push_str(rest);
    inside.push_str(rest);
    Ok([beside, inside])
}

/// Without what stands between `{{if BENCH}}` and `{{end}}` where that bench has no record yet.
fn with_records(template: &str, records: &Records) -> Found<String> {
    let (mut out, mut rest) = (String::new(), template);
    while let Some((before, after)) = rest.split_once("{{if ") {
        let (bench, after) = after.split_once("}}\n").ok_or("an `if` has no end")?;
        let (part, after) = after.split_once("{{end}}\n").ok_or("an `if` has no `end`")?;
        out.push_str(before);
        if records.of(bench).is_ok() {
            out.push_str(part);
        }
        rest = after;
    }
    Ok(out + rest)
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// One table of rows: those of a case of a bench, or of all.
fn table(records: &Records, asked: &str) -> Found<String> {
    let (bench, case) = asked.split_once(" / ").unwrap_or((asked, "*"));
    Ok(rows_as_table(&records.rows(bench, case, "")?))
}

fn rows_as_table(rows: &[&Row]) -> String {
    let with_ratios = rows.iter().any(|row| row.against.is_some());
    let mut lines = vec![
        if with_ratios { "| case | what | | compared with | | ratio | 10 % .. 90 % | |" } else { "| case | what | |" }
            .to_owned(),
        if with_ratios { "|---|---|---|---|---|---|---|---|" } else { "|---|---|---|" }.to_owned(),
    ];
    for row in rows {
        let (case, what) = (cell(&row.case), cell(&row.contender));
        let value = format!("{} {}", rounded(row.value, 3), row.unit);
        lines.push(match &row.against {
            Some(against) => format!(
                "| {case} | {what} | {value} | {} | {} {} | {} | {} .. {} | {} |",
                cell(&against.name),
                rounded(against.value, 3),
                row.unit,
                rounded(against.ratio, 3),
                rounded(against.low, 3),
                rounded(against.high, 3),
                row.verdict()
            ),
            None if with_ratios => format!("| {case} | {what} | {value} | | | | | |"),
            None => format!("| {case} | {what} | {value} |"),
        });
    }
    lines.join("\n")
}

/// The page of all tables.
pub(crate) fn tables(records: &Records) -> String {
    let mut page = String::from(
        "# All that was measured\n\nThe records behind [the figures][benchmarks], which are files in the repository, \
         `docs/benchmarks/*.csv`. A ratio is what the one took over what it is compared with, measured in turn: below 1 the one \
         is faster. The verdict is `as fast` where a tenth of the ratios lie on the other side of 1, or the median is within \
         3 % of it.\n",
    );
    for (bench, record) in &records.0 {
        page.push_str(&format!("\n## {bench}\n\n"));
        for (what, is) in &record.head {
            page.push_str(&format!("- {what}: {is}\n"));
        }
        page.push_str(&format!("\n{}\n", rows_as_table(&record.rows.iter().collect::<Vec<_>>())));
    }
    page + "\n[benchmarks]: https://docs.rs/ndarena/latest/ndarena/guide/benchmarks/\n"
}

/// Every row of a bench in which ours is slower, as a list.
fn slower(records: &Records, bench: &str) -> Found<String> {
    let rows: Vec<_> = records.of(bench)?.rows.iter().filter(|row| row.verdict() == "slower").collect();
    if rows.is_empty() {
        return Ok("None.".to_owned());
    }
    Ok(rows_as_table(&rows))
}

/// A function of a source, by its name.
fn snippet(root: &Path, asked: &str) -> Found<String> {
    let (file, name) = asked.split_once(" / ").ok_or_else(|| format!("a snippet of {asked}?"))?;
    let source = fs::read_to_string(root.join(file)).map_err(|error| format!("{file}: {error}"))?;
    let begins = |line: &&str| line.trim_start_matches("pub(crate) ").starts_with(&format!("fn {name}("));
    let mut lines = source.lines().skip_while(|line| !begins(line)).peekable();
    lines.peek().ok_or_else(|| format!("{file} has no function {name}"))?;
    let mut own: Vec<&str> = Vec::new();
    for line in lines {
        own.push(line);
        if line == "}" {
            break;
        }
    }
    Ok(format!("```text\n{}\n```", own.join("\n")))
}

/// A page in which `<!-- figure KEY -->` stands before each figure, and a table is between `<!-- table KEY -->` and
/// `<!-- end -->`: with what the records say.
pub(crate) fn marked(text: &str, records: &Records) -> Found<String> {
    const MARK: &str = "<!-- figure ";
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once(MARK) {
        let (key, after) = after.split_once("-->").ok_or("a mark of a figure has no end")?;
        if before.rsplit('\n').next().is_some_and(|line| line.trim().is_empty()) {
            return Err(format!("'{key}' begins a line, which would end the paragraph"));
        }
        let figure = after.split(|c: char| !(c.is_ascii_digit() || c == '.')).next().unwrap_or("");
        let figure = figure.trim_end_matches('.');
        if figure.is_empty() {
            return Err(format!("there is no figure after '{key}'"));
        }
        out.extend([before, MARK, key, "-->", &records.figure(key)?]);
        rest = &after[figure.len()..];
    }
    tables_in(&(out + rest), records)
}

fn tables_in(text: &str, records: &Records) -> Found<String> {
    const MARK: &str = "<!-- table ";
    const END: &str = "<!-- end -->";
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once(MARK) {
        let (key, after) = after.split_once("-->").ok_or("a mark of a table has no end")?;
        let (_, after) = after.split_once(END).ok_or("a table has no end")?;
        let table = match key.trim() {
            "footprint" => footprint(records)?,
            key => table(records, key)?,
        };
        out.extend([before, MARK, key, "-->\n\n", &table, "\n\n", END]);
        rest = after;
    }
    Ok(out + rest)
}

/// What programs have at their end, and once given back, on each allocator.
fn footprint(records: &Records) -> Found<String> {
    let allocators = [
        ("glibc", "glibc"),
        ("mimalloc", "mimalloc"),
        ("jemalloc", "jemalloc"),
        ("arena", "arenas"),
        ("arena on mimalloc", "over mimalloc"),
    ];
    let rows = &records.of("arena_footprint")?.rows;
    let mut programs: Vec<&str> =
        rows.iter().filter(|row| row.unit == "MiB at the end").map(|row| row.case.as_str()).collect();
    programs.dedup();
    let names = allocators.map(|(name, _)| name).join(" | ");
    let mut lines =
        vec![format!("| MiB at the end, and once given back | {names} |"), "|---|---|---|---|---|---|".to_owned()];
    for program in programs {
        let mut line = format!("| {program} |");
        for (_, allocator) in allocators {
            let of = |unit: &str| {
                let mut own = rows.iter().filter(|row| row.case == program && row.contender == allocator);
                let row = own
                    .find(|row| row.unit == unit)
                    .ok_or_else(|| format!("{program} on {allocator} has no {unit}"))?;
                Ok::<_, String>(if row.value < 10.0 {
                    format!("{:.1}", row.value)
                } else {
                    format!("{:.0}", row.value)
                })
            };
            line.push_str(&format!(" {}, {} |", of("MiB at the end")?, of("MiB given back")?));
        }
        lines.push(line);
    }
    Ok(lines.join("\n"))
}
