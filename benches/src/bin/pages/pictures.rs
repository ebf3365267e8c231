//! What is drawn, of which records.

use std::collections::BTreeMap;

use ndarena_benches::record::Row;

use crate::charts::{DotRow, Line, Lines, bars, ratios};
use crate::map;
use crate::records::{Found, Records};
use crate::svg::{Anchor, COLOURS, Svg};
use crate::text::Pictures;

/// All pictures, by their files' names.
pub(crate) fn all(records: &Records) -> Found<Pictures> {
    let mut pictures = Pictures::from([
        ("scope", scope(records)?),
        ("sizes", sizes(records)?),
        ("contenders", contenders(records)?),
        ("growth", growth(records)?),
        ("kernels", kernels(records)?),
        ("padding", padding(records)?),
        ("arenas", arenas(records)?),
        ("memory", memory(records)?),
        ("map", map::picture()),
    ]);
    if records.of("operation_instructions").is_ok() {
        pictures.insert("operations", operations(records)?);
    }
    Ok(pictures)
}

/// The number in a case's name: `opening, 30 elements`.
fn number_in(case: &str) -> f64 {
    let digits = case.chars().skip_while(|c| !c.is_ascii_digit()).take_while(|c| c.is_ascii_digit() || *c == '.');
    digits.collect::<String>().parse().unwrap_or(f64::NAN)
}

fn of_three(row: &Row) -> Option<[f64; 3]> {
    row.against.as_ref().map(|against| [against.low, against.ratio, against.high])
}

/// The cases of rows, each once, in their order.
fn cases<'a>(rows: &[&'a Row]) -> Vec<&'a str> {
    let mut cases = Vec::new();
    for row in rows {
        if !cases.contains(&row.case.as_str()) {
            cases.push(row.case.as_str());
        }
    }
    cases
}

/// Instructions that a scope with an array adds, beside what others add.
fn scope(records: &Records) -> Found<Svg> {
    let shown = [
        ("dyn-stack: make_uninit", "dyn-stack, size stated up front"),
        ("bump-scope: scoped + alloc_uninit_slice", "bump-scope"),
        ("guard + alloc_array(n)", "ndarena, guard"),
        ("scope + alloc_array(n)", "ndarena, scope"),
        ("fixed scope + alloc_array(n)", "ndarena, scope on fixed memory"),
        ("default scope + alloc_array(n)", "ndarena, scope on the default buffer"),
        ("bumpalo: alloc_layout + reset", "bumpalo"),
        ("stumpalo: alloc_layout + clear", "stumpalo"),
        ("mimalloc: alloc + dealloc", "mimalloc"),
        ("jemalloc: alloc + dealloc", "jemalloc"),
        ("Vec::with_capacity(n)", "malloc of glibc, free"),
    ];
    let mut rows = Vec::new();
    for (contender, name) in shown {
        let row = records.rows("instructions", "n = 30", contender)?[0];
        rows.push((name, row.value, name.starts_with("ndarena")));
    }
    rows.sort_by(|a, b| a.1.total_cmp(&b.1));
    Ok(bars("What an array of 30 numbers adds to code whose memory is there", "instructions", &rows))
}

/// Nanoseconds an element, of the opening function.
fn sizes(records: &Records) -> Found<Svg> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    for (name, ours) in [("scope", true), ("by hand", false), ("heap", false), ("mimalloc", false)] {
        let with = if ours { "by hand" } else { name };
        let rows = records.rows("scope", "opening, *", "buffer")?;
        let rows = rows.iter().filter_map(|row| {
            row.against.as_ref().filter(|against| against.name == with).map(|against| (*row, against))
        });
        let mut points: Vec<_> = rows
            .map(|(row, against)| (number_in(&row.case), if ours { row.value } else { against.value }))
            .map(|(n, ns)| (n, ns / n))
            .collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        lines.push((name, points));
    }
    let title = "y = x + 1, summed up: time an element, against size";
    let mut svg = Svg::new(790.0, 390.0, title);
    svg.styled((6.0, 18.0), Anchor::Start, "font-weight=\"bold\"", title);
    let legend: Vec<_> = lines.iter().map(|line| line.0).zip(COLOURS).collect();
    svg.legend((300.0, 50.0), &legend);
    let lines = Lines {
        lines,
        x_label: "elements, i64",
        y_label: "ns an element",
        x_logarithmic: true,
        y_logarithmic: true,
        y_shows: (0.2, 2.0),
    };
    lines.draw(&mut svg, (60.0, 62.0), (770.0, 335.0), true);
    Ok(svg)
}

/// Everybody's opening function, against a scope's.
fn contenders(records: &Records) -> Found<Svg> {
    let kinds = ["30 elements", "1000 elements", "100000 elements"];
    let mut names: Vec<(&str, bool)> = Vec::new();
    let rows = records.rows("scope", "opening, *", "")?;
    for row in &rows {
        let with = row.against.as_ref().map_or("", |against| against.name.as_str());
        let entry = if row.contender == "buffer" { (with, false) } else { (row.contender.as_str(), true) };
        if kinds.iter().any(|kind| row.case.ends_with(kind)) && !names.contains(&entry) {
            names.push(entry);
        }
    }
    let named = |(name, ours): &(&str, bool)| -> DotRow {
        let find = |kind: &&str| {
            let row = rows.iter().find(|row| {
                let with = row.against.as_ref().map_or("", |against| against.name.as_str());
                row.case == format!("opening, {kind}")
                    && if *ours {
                        row.contender == *name && with == "by hand"
                    } else {
                        row.contender == "buffer" && with == *name
                    }
            });
            row.and_then(|row| of_three(row))
        };
        let name = if *ours { format!("{name}, over by hand") } else { format!("scope, over {name}") };
        (name, kinds.iter().map(find).collect())
    };
    let rows: Vec<DotRow> = names.iter().map(named).collect();
    Ok(ratios("The opening function, everybody's way", &kinds, &rows, (0.4, 1.4), 210.0))
}

/// What the next array, scope and thread costs.
fn growth(records: &Records) -> Found<Svg> {
    let title = "What one more costs";
    let mut svg = Svg::new(790.0, 300.0, title);
    svg.styled((6.0, 18.0), Anchor::Start, "font-weight=\"bold\"", title);
    let points = |case: &str, contender: &str, each: bool| -> Found<Vec<(f64, f64)>> {
        let rows = records.rows("scope", "*", contender)?;
        let own = rows.iter().filter(|row| row.case.ends_with(case));
        let point = |row: &&&Row| (number_in(&row.case), row.value / if each { number_in(&row.case) } else { 1.0 });
        Ok(own.map(|row| point(&row)).collect())
    };
    let parts = [
        (points(" arrays", "in one scope", true)?, "arrays in a scope", "ns an array", true),
        (points(" scopes", "nested", true)?, "scopes deep, an array in each", "ns a scope", true),
        (points(" threads", "all of them", false)?, "threads, a buffer each", "ns a scope", false),
    ];
    for (n, (points, x_label, y_label, logarithmic)) in parts.into_iter().enumerate() {
        let left = 50.0 + 260.0 * n as f64;
        let y_shows = (0.0, points.iter().map(|point| point.1).fold(0.0, f64::max) * 1.2);
        let lines = vec![("", points)];
        let part = Lines { lines, x_label, y_label, x_logarithmic: logarithmic, y_logarithmic: false, y_shows };
        part.draw(&mut svg, (left, 60.0), (left + 200.0, 245.0), true);
    }
    Ok(svg)
}

/// Each kernel, against by hand and the heap.
fn kernels(records: &Records) -> Found<Svg> {
    let kinds = ["by hand", "heap"];
    let rows = records.rows("kernels", "*", "scope")?;
    let names = cases(&rows);
    let with = |name: &str, kind: &str| {
        let mut own = rows.iter().filter(|row| row.case == name);
        own.find(|row| row.against.as_ref().is_some_and(|against| against.name == kind)).and_then(|row| of_three(row))
    };
    let rows: Vec<DotRow> =
        names.iter().map(|name| ((*name).to_owned(), kinds.map(|kind| with(name, kind)).to_vec())).collect();
    Ok(ratios("Kernels in a scope, over by hand and over the heap", &kinds, &rows, (0.15, 1.5), 290.0))
}

/// Each operation, at each size: instructions in a scope over those on the heap.
fn operations(records: &Records) -> Found<Svg> {
    const CELL: (f64, f64) = (34.0, 14.0);
    let rows = records.rows("operation_instructions", "*", "scope")?;
    let split: Vec<(&str, &str, f64)> = rows
        .iter()
        .filter_map(|row| {
            let (name, size) = row.case.split_once(", ")?;
            Some((name, size, row.against.as_ref()?.ratio))
        })
        .collect();
    let (mut names, mut sizes): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    for (name, size, _) in &split {
        if !names.contains(name) {
            names.push(name);
        }
        if !sizes.contains(size) {
            sizes.push(size);
        }
    }
    let half = names.len().div_ceil(2);
    let (top, width) = (92.0, 122.0 + CELL.0 * sizes.len() as f64);
    let title = "Instructions of every operation in a scope, over the heap's";
    let mut svg = Svg::new(2.0 * width, top + CELL.1 * half as f64 + 8.0, title);
    svg.styled((6.0, 18.0), Anchor::Start, "font-weight=\"bold\"", title);
    svg.legend((6.0, 40.0), &[("fewer", COLOURS[0]), ("more", COLOURS[1])]);
    let says = "geometric means over elements, numbers of axes and layouts; above: lengths of axes";
    svg.text((150.0, 40.0), Anchor::Start, says);
    for column in 0..2 {
        for (n, size) in sizes.iter().enumerate() {
            let x = width * column as f64 + 118.0 + CELL.0 * (n as f64 + 0.5);
            let parts: Vec<&str> = size.split(" × ").collect();
            svg.styled((x, top - 16.0), Anchor::Middle, "font-size=\"9\"", &format!("{}×{}", parts[0], parts[1]));
            svg.styled((x, top - 5.0), Anchor::Middle, "font-size=\"9\"", &format!("×{}", parts[2]));
        }
    }
    // Cells of one colour are one path, and lie below all words.
    let (mut coloured, mut words) = (BTreeMap::<(usize, u32), String>::new(), Vec::new());
    for (name, size, ratio) in &split {
        let place = names.iter().position(|known| known == name).unwrap_or(0);
        let (column, row) = (place / half, place % half);
        let n = sizes.iter().position(|known| known == size).unwrap_or(0);
        let (x, y) = (width * column as f64 + 118.0 + CELL.0 * n as f64, top + CELL.1 * row as f64);
        if n == 0 {
            words.push((x - 5.0, y + 10.0, Anchor::End, (*name).to_owned()));
        }
        // Full at half of the heap's, and at twice.
        let strength = (10.0 * ratio.log2().abs().min(1.0)).round() as u32;
        if strength > 0 {
            let d = format!("M{x} {y}h{}v{}h-{}z", CELL.0 - 1.0, CELL.1 - 1.0, CELL.0 - 1.0);
            coloured.entry((usize::from(*ratio > 1.0), strength)).or_default().push_str(&d);
        }
        words.push((x + CELL.0 / 2.0, y + 10.0, Anchor::Middle, format!("{ratio:.2}")));
    }
    for ((colour, strength), d) in coloured {
        let opacity = 0.1 + 0.06 * f64::from(strength);
        svg.put(&format!("<path d=\"{d}\" fill=\"{}\" fill-opacity=\"{opacity:.2}\"></path>", COLOURS[colour]));
    }
    svg.put("<g font-size=\"9\">");
    words.into_iter().for_each(|(x, y, anchor, words)| svg.text((x, y), anchor, &words));
    svg.put("</g>");
    Ok(svg)
}

/// What padded rows give, against size.
fn padding(records: &Records) -> Found<Svg> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    for name in ["transpose", "stencil down columns", "z += x"] {
        let rows = records.rows("memory", &format!("{name} of *"), "padded rows")?;
        lines.push((
            name,
            rows.iter().filter_map(|row| Some((number_in(&row.case), row.against.as_ref()?.ratio))).collect(),
        ));
    }
    let title = "Padded rows over plain ones: time, n × n";
    let mut svg = Svg::new(790.0, 360.0, title);
    svg.styled((6.0, 18.0), Anchor::Start, "font-weight=\"bold\"", title);
    let legend: Vec<_> = lines.iter().map(|line| line.0).zip(COLOURS).collect();
    svg.legend((250.0, 44.0), &legend);
    let lines = Lines {
        lines,
        x_label: "n, rows of 8 n bytes",
        y_label: "time over that of plain rows",
        x_logarithmic: true,
        y_logarithmic: false,
        y_shows: (0.0, 1.2),
    };
    lines.draw(&mut svg, (60.0, 62.0), (770.0, 305.0), true);
    Ok(svg)
}

/// Unmodified programs in an arena, against other allocators.
fn arenas(records: &Records) -> Found<Svg> {
    let kinds = ["glibc", "tuned glibc", "mimalloc", "jemalloc", "by hand"];
    let rows = records.rows("arena", "*", "arena")?;
    let names = cases(&rows);
    let with = |name: &str, kind: &str| {
        let mut own = rows.iter().filter(|row| row.case == name);
        own.find(|row| row.against.as_ref().is_some_and(|against| against.name == kind)).and_then(|row| of_three(row))
    };
    let rows: Vec<DotRow> = names
        .iter()
        .map(|name| ((*name).to_owned(), kinds.map(|kind| with(name, kind)).to_vec()))
        .filter(|(_, dots)| dots.iter().any(Option::is_some))
        .collect();
    // Only whom there is a figure of.
    let shown: Vec<usize> =
        (0..kinds.len()).filter(|&kind| rows.iter().any(|(_, dots)| dots[kind].is_some())).collect();
    let kinds: Vec<&str> = shown.iter().map(|&kind| kinds[kind]).collect();
    let rows: Vec<DotRow> =
        rows.into_iter().map(|(name, dots)| (name, shown.iter().map(|&kind| dots[kind]).collect())).collect();
    Ok(ratios("Programs in an arena, over the same on other allocators", &kinds, &rows, (0.05, 2.0), 220.0))
}

/// What the system says of a process's memory.
fn memory(records: &Records) -> Found<Svg> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    for (name, allocator) in [("arena", "arenas"), ("glibc", "glibc"), ("mimalloc", "mimalloc")] {
        let rows = records.rows("arena_footprint", "calls over time, *", allocator)?;
        lines.push((name, rows.iter().map(|row| (number_in(&row.case), row.value)).collect()));
    }
    let title = "Resident memory: 600 calls with two temporaries each";
    let mut svg = Svg::new(790.0, 360.0, title);
    svg.styled((6.0, 18.0), Anchor::Start, "font-weight=\"bold\"", title);
    let legend: Vec<_> = lines.iter().map(|line| line.0).zip(COLOURS).collect();
    svg.legend((400.0, 44.0), &legend);
    let lines = Lines {
        lines,
        x_label: "calls: 200 of 4 MiB, 200 of 40 MiB, 200 of 4 MiB; every tenth is looked at in its midst and at its end",
        y_label: "MiB",
        x_logarithmic: false,
        y_logarithmic: false,
        y_shows: (0.0, 10.0),
    };
    lines.draw(&mut svg, (60.0, 62.0), (770.0, 305.0), false);
    Ok(svg)
}
