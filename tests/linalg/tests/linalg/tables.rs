//! The tables of docs/linalg.md say what is the case.

use std::collections::BTreeSet;

use ndarena::linalg::*;

const PAGE: &str = include_str!("../../../../docs/linalg.md");

/// The cells of the table whose first line is this, without that line and the one below it.
fn table(first_line: &str) -> Vec<Vec<&'static str>> {
    let (_, rest) = PAGE.split_once(first_line).unwrap_or_else(|| panic!("no table {first_line}"));
    let lines = rest.lines().skip(2).take_while(|line| line.starts_with('|'));
    lines.map(|line| line.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

/// What stands between backticks.
fn names(cell: &'static str) -> impl Iterator<Item = &'static str> {
    cell.split('`').skip(1).step_by(2)
}

#[test]
fn memory_is_as_the_page_says() {
    type Told = fn(usize) -> usize;
    let all: [(&str, Told); 8] = [
        ("cholesky_scratch", cholesky_scratch::<f64>),
        ("lu_scratch", |n| lu_scratch::<f64>(n, n)),
        ("solve_scratch", |n| solve_scratch::<f64>(n, 1)),
        ("inv_scratch", inv_scratch::<f64>),
        ("qr_scratch", |n| qr_scratch::<f64>(n, n)),
        ("least_squares_scratch", |n| least_squares_scratch::<f64>(n, n, 1)),
        ("eigh_scratch", eigh_scratch::<f64>),
        ("svd_scratch", |n| svd_scratch::<f64>(n, n)),
    ];
    let mut told = BTreeSet::new();
    for row in table("| to | call | memory | told by |") {
        let [_, call, memory, by] = row[..] else { panic!("{row:?}") };
        for name in names(by) {
            let (_, scratch) = all.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("{name}"));
            let squares: f64 = match memory.strip_suffix("n²").expect(memory).trim() {
                "" => 1.0,
                number => number.parse().unwrap(),
            };
            let mut most = 0.0f64;
            for n in [20, 40, 64, 128, 256, 512] {
                let taken = scratch(n) as f64 / 8.0 / (n * n) as f64;
                assert!(taken <= squares + 30.0 / n as f64, "{call}, {n}: {taken} n²");
                most = most.max(taken);
            }
            assert!(most >= 0.95 * squares, "{call}: {most} n² are enough");
            told.insert(name);
        }
    }
    assert_eq!(told.len(), all.len(), "{told:?}");
}

/// The public methods of a factorisation.
fn methods(source: &'static str, factorisation: &str) -> BTreeSet<&'static str> {
    let (_, rest) = source.split_once(&format!("T: LinalgElement> {factorisation}<'s, T> {{\n")).expect("its methods");
    let (block, _) = rest.split_once("\n}").expect("the end of its methods");
    let public = block.lines().filter_map(|line| line.trim().strip_prefix("pub fn "));
    public.map(|line| line.split(['(', '<']).next().unwrap()).collect()
}

#[test]
fn factorisations_have_what_the_page_says() {
    let mut found = [
        methods(include_str!("../../../../src/linalg/cholesky.rs"), "Cholesky"),
        methods(include_str!("../../../../src/linalg/lu.rs"), "Lu"),
        methods(include_str!("../../../../src/linalg/qr.rs"), "Qr"),
    ];
    for row in table("| | `Cholesky` | `Lu` | `Qr` |") {
        for (cell, found) in row[1..].iter().zip(&mut found) {
            let listed: Vec<_> = if row[0] == "factors" { names(cell).collect() } else { names(row[0]).collect() };
            for name in listed {
                let (there, said) = (found.remove(name), !cell.starts_with("no: "));
                assert!(there == said, "{name}, of which the page says: {cell}");
                assert!(!said || row[0] == "factors" || cell.starts_with("yes"), "{cell}");
            }
        }
    }
    assert_eq!(found, [const { BTreeSet::new() }; 3], "methods that the page does not mention");
}
