//! For each invariant a change of one place in the sources that breaks it, and the tests that this makes fail.
//!
//! That the changes can still be made, and that `docs/safety.md` has a row for each invariant, is looked at by `cargo test`.
//! `.ci/breakages` makes each of them, in a copy, and looks whether the tests fail that the document names;
//! with `NDARENA_RECORD=1` it writes those that do into the document.

mod run;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::{env, fs};

use crate::files::{code_only, root, rust_files, text};
use crate::invariants::{Defined, Invariant};
use table::{BREAKAGES, WITHOUT};

/// Where the rows are.
const DOCUMENT: &str = "docs/safety.md";

/// What the row of an invariant begins with, in the document.
fn row(invariant: &Invariant) -> String {
    format!("| `{}` | {} | ", invariant.module, invariant.name)
}

/// The rows of the document's table of invariants: what they begin with up to the last column, and what is in it.
fn rows(document: &str) -> Vec<(String, String)> {
    let table = document.split("| Module | Invariant |").nth(1).expect("the table of invariants");
    let lines = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let row = |line: &str| {
        let mut columns = line.trim_matches('|').splitn(3, '|').map(str::trim);
        let (module, name) = (columns.next().unwrap(), columns.next().unwrap());
        (format!("| {module} | {name} | "), columns.next().unwrap().to_owned())
    };
    lines.map(row).collect()
}

/// Writes the table of invariants anew: with the reasons in [`WITHOUT`], and else with what was in it.
fn record(document: &str, rows: &[(String, String)]) -> Vec<(String, String)> {
    let old: BTreeMap<&str, &str> = rows.iter().map(|(row, tests)| (row.as_str(), tests.as_str())).collect();
    let new: Vec<(String, String)> = (Defined::read().all().iter())
        .map(|invariant| {
            let why = WITHOUT.iter().find(|without| (without.0, without.1) == (&*invariant.module, &*invariant.name));
            let row = row(invariant);
            let tests = why.map(|why| why.2).or(old.get(row.as_str()).copied()).unwrap_or_default().to_owned();
            (row, tests)
        })
        .collect();
    let mut lines: Vec<String> = document.lines().map(str::to_owned).collect();
    let first = lines.iter().position(|line| line.starts_with("| Module | Invariant |")).unwrap() + 2;
    lines.splice(first..first + rows.len(), new.iter().map(|(row, tests)| format!("{row}{tests} |")));
    fs::write(root().join(DOCUMENT), lines.join("\n") + "\n").unwrap();
    new
}

/// The words in a text that stand in backquotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Whether there is a test of that path, as test programs print it, or a program of that name that must not compile.
fn is_test(name: &str, functions: &BTreeSet<String>, programs: &BTreeSet<String>) -> bool {
    let last = name.rsplit("::").next().unwrap();
    functions.contains(last) || programs.contains(name)
}

/// The names of the functions in all tests, and of the programs that must not compile.
pub(crate) fn tests() -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut functions, mut programs) = (BTreeSet::new(), BTreeSet::new());
    for file in ["src", "tests"].iter().flat_map(|folder| rust_files(folder)) {
        if let Some(program) = file.strip_prefix("tests/compile_fail/") {
            programs.insert(program.trim_end_matches(".rs").to_owned());
            continue;
        }
        for after in code_only(&text(&file)).split("fn ").skip(1) {
            functions.insert(after.chars().take_while(|&c| c == '_' || c.is_alphanumeric()).collect());
        }
    }
    (functions, programs)
}

#[test]
fn each_invariant_has_a_breakage() {
    let (mut wrong, all) = (Vec::new(), Defined::read().all());
    let mut left = all.clone();
    for breakage in BREAKAGES {
        left.remove(&breakage.invariant());
        if !all.contains(&breakage.invariant()) {
            wrong.push(format!("{:?} is not defined", breakage.invariant()));
        }
        let times = text(breakage.file).matches(breakage.from).count();
        if times != 1 {
            wrong.push(format!("{}: `{}` is there {times} times", breakage.file, breakage.from));
        }
    }
    for &(module, name, why) in WITHOUT {
        let invariant = Invariant { module: module.to_owned(), name: name.to_owned() };
        assert!(!why.is_empty());
        if !left.remove(&invariant) {
            wrong.push(format!("{invariant:?} is not defined, or has a breakage"));
        }
    }
    wrong.extend(left.iter().map(|invariant| format!("{invariant:?} has no breakage, and no reason in `WITHOUT`")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_document_has_a_row_for_each_invariant_and_names_tests_that_there_are() {
    let document = text(DOCUMENT);
    let (functions, programs) = tests();
    let expected: Vec<String> = Defined::read().all().iter().map(row).collect();
    let mut rows = rows(&document);
    if env::var_os("NDARENA_RECORD").is_some() {
        rows = record(&document, &rows);
    }
    assert_eq!(
        rows.iter().map(|row| row.0.clone()).collect::<Vec<_>>(),
        expected,
        "{DOCUMENT}, the table of invariants"
    );
    for (row, tests) in &rows {
        if let Some(&(.., why)) = WITHOUT.iter().find(|&&(module, name, _)| *row == format!("| `{module}` | {name} | "))
        {
            assert_eq!(tests, why, "{DOCUMENT}: {row}");
            continue;
        }
        assert!(quoted(tests).next().is_some(), "{DOCUMENT}: {row}names no test");
        for test in quoted(tests) {
            assert!(is_test(test, &functions, &programs), "{DOCUMENT}: {row}: there is no test `{test}`");
        }
    }
}

#[test]
fn what_was_unsound_in_others_names_tests_that_there_are() {
    let document = text(DOCUMENT);
    let (functions, programs) = tests();
    let table = document.split("| Library | What was wrong |").nth(1).expect("the table of other libraries");
    let rows: Vec<&str> = table.lines().skip(2).take_while(|line| line.starts_with('|')).collect();
    assert!(rows.len() > 20, "{rows:?}");
    for row in rows {
        let here = row.trim_end_matches([' ', '|']).rsplit('|').next().unwrap();
        assert!(quoted(here).next().is_some(), "{DOCUMENT}: {row} names no test");
        for test in quoted(here) {
            assert!(is_test(test, &functions, &programs), "{DOCUMENT}: {row}: there is no test `{test}`");
        }
    }
}
