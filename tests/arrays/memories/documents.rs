//! The examples of README.md and of the guide, docs/kernels.md: those that define functions are rows of the table as well.

use std::collections::BTreeSet;

use ndarray::prelude::*;

use super::documented::*;
use super::rows::{Row, a, bits, triangle, v, whole};

const DOCUMENTS: [(&str, &str); 2] =
    [("README.md", include_str!("../../../README.md")), ("docs/kernels.md", include_str!("../../../docs/kernels.md"))];

/// Examples that use scopes and define no function: a piece of each, and why it has no row.
const WITHOUT_A_ROW: [(&str, &str); 2] = [
    ("let guard = fixed.guard();", "It is about the buffers themselves, which it names; every row runs on them."),
    (".par_map_collect_in(s, |row| {", "It is about threads' own buffers; the operation has a row."),
];

fn bits_of(number: f64) -> Vec<u64> {
    bits(&arr0(number))
}

fn square(n: usize) -> Array2<f64> {
    a(n).slice_move(ndarray::s![.., ..n])
}

/// How the same is had on the heap, by ndarray alone.
pub(super) fn rows() -> Vec<Row> {
    vec![
        Row {
            name: "sum_of_increments",
            in_a_scope: |_, n| bits(&arr0(sum_of_increments(Array1::from_iter(0..n as i64).view()))),
            on_the_heap: |n| bits(&arr0((n * (n + 1) / 2) as i64)),
        },
        Row {
            name: "lengths",
            in_a_scope: |s, n| bits(&lengths(s, a(n).view())),
            on_the_heap: |n| {
                let lengths = (a(n) * a(n)).map_axis(Axis(1), |row| row.sum().sqrt());
                bits(&(&lengths - lengths.mean().unwrap()))
            },
        },
        Row {
            name: "residual",
            in_a_scope: |s, n| bits(&residual(s, a(n).view(), v(n).view(), a(n).column(1))),
            on_the_heap: |n| bits(&(&a(n).column(1) - &a(n).dot(&v(n)))),
        },
        Row {
            name: "error",
            in_a_scope: |s, n| bits_of(error(s, a(n).view(), v(n).view(), a(n).column(1))),
            on_the_heap: |n| {
                let r = &a(n).column(1) - &a(n).dot(&v(n));
                bits_of(r.dot(&r).sqrt())
            },
        },
        Row {
            name: "largest_eigenvalue",
            in_a_scope: |s, n| bits_of(largest_eigenvalue(s, square(n).mapv(f64::abs).view())),
            on_the_heap: |n| {
                let (a, mut x, mut eigenvalue) = (square(n).mapv(f64::abs), Array1::ones(n), 0.0);
                for _ in 0..100 {
                    let y: Array1<f64> = a.dot(&x);
                    eigenvalue = y.dot(&y).sqrt();
                    x = y / eigenvalue;
                }
                bits_of(eigenvalue)
            },
        },
        Row {
            name: "heat",
            in_a_scope: |s, n| bits_of(heat(s, v(n).view(), 10)),
            on_the_heap: |n| {
                let mut now = v(n);
                for _ in 0..10 {
                    let mut next = now.clone();
                    for i in 1..n {
                        next[i] = 0.25 * now[i - 1] + 0.5 * now[i] + 0.25 * now[i + 1];
                    }
                    now = next;
                }
                bits_of(now.sum())
            },
        },
        Row {
            name: "solve",
            in_a_scope: |s, n| {
                let l = triangle(n, true);
                let b = l.dot(&l.t().dot(&whole(n, 1).column(0)));
                bits(&solve(s, l.view(), b.view()).unwrap())
            },
            on_the_heap: |n| bits(&whole(n, 1).column(0)),
        },
        Row {
            name: "kernel",
            in_a_scope: |s, n| bits_of(kernel(s, n)),
            on_the_heap: |n| bits_of(Array2::from_elem((n, n), 0.5).sum() + Array1::linspace(0.0, 1.0, n).sum()),
        },
    ]
}

/// The examples that compile, but for those that are tests elsewhere (`ignore`).
fn blocks(text: &str) -> Vec<String> {
    let (mut blocks, mut block) = (Vec::new(), None::<String>);
    for line in text.lines() {
        match (&mut block, line.strip_prefix("```")) {
            (Some(_), Some(_)) => blocks.extend(block.take().filter(|block| !block.starts_with("left out"))),
            (Some(block), None) => {
                block.push_str(line);
                block.push('\n');
            }
            (None, Some(info)) => {
                let compiles = info.starts_with("rust") && !info.contains("compile_fail") && !info.contains("ignore");
                block = Some(if compiles { String::new() } else { "left out\n".to_owned() });
            }
            (None, None) => {}
        }
    }
    assert!(block.is_none(), "an example without an end");
    blocks
}

/// The functions that an example defines: their names and their texts.
fn functions(block: &str) -> Vec<(&str, String)> {
    let mut functions: Vec<(&str, String)> = Vec::new();
    let mut inside = false;
    for line in block.lines() {
        if let Some(after) = line.strip_prefix("fn ") {
            let name = after.split(|c: char| c != '_' && !c.is_alphanumeric()).next().expect("a first piece");
            functions.push((name, String::new()));
            inside = true;
        }
        if let (true, Some((_, text))) = (inside, functions.last_mut()) {
            text.push_str(line);
            text.push('\n');
        }
        inside &= line != "}";
    }
    functions
}

#[test]
fn every_example_has_a_row() {
    let (copies, rows) = (include_str!("documented.rs"), rows());
    let (mut found, mut excepted) = (BTreeSet::new(), BTreeSet::new());
    for (document, text) in DOCUMENTS {
        let blocks = blocks(text);
        assert!(blocks.len() > 3, "{document}");
        for block in blocks {
            let functions = functions(&block);
            let uses_scopes = ["scope", "Scope", "guard("].iter().any(|word| block.contains(word));
            if functions.is_empty() && uses_scopes {
                let exception = WITHOUT_A_ROW.iter().find(|(piece, _)| block.contains(piece));
                let (piece, _) =
                    exception.unwrap_or_else(|| panic!("{document}: no function, so no row, in:\n{block}"));
                excepted.insert(*piece);
            }
            for (name, text) in functions {
                assert!(rows.iter().any(|row| row.name == name), "{document}: no row for `{name}`");
                let same = copies.contains(&format!("pub(super) {text}"));
                assert!(same, "{document}: `{name}` is another in tests/arrays/memories/documented.rs; copy\n{text}");
                assert!(found.insert(name.to_owned()), "{document}: two functions are called `{name}`");
            }
        }
    }
    assert!(found.contains("lengths") && found.contains("residual"), "{found:?}");
    assert_eq!(excepted.len(), WITHOUT_A_ROW.len(), "an exception for what is not there any more: {excepted:?}");
    for row in rows {
        assert!(found.contains(row.name), "no example defines `{}`", row.name);
    }
}
