//! Makes each breakage in a copy of the sources, and looks which tests fail.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use super::table::{BREAKAGES, Breakage};
use super::{DOCUMENT, quoted, row, rows};
use crate::files::{root, text};

/// The tests of a breakage have as many seconds, with what they compile: some breakages make a loop endless.
const SECONDS: &str = "1200";

/// The most tests that are named in a row.
const NAMED: usize = 3;

#[test]
#[ignore = "it compiles the library as often as there are invariants: `.ci/breakages` runs it"]
fn each_breakage_makes_the_tests_fail_that_the_document_names() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("breakages");
    copy_project(&folder);
    let only = env::var("NDARENA_ONLY").unwrap_or_default();
    let (mut wrong, mut found) = (Vec::new(), BTreeMap::new());
    let rows: BTreeMap<String, String> = rows(&text(DOCUMENT)).into_iter().collect();
    for breakage in BREAKAGES.iter().filter(|breakage| breakage.name.contains(&only)) {
        let file = folder.join(breakage.file);
        let source = text(breakage.file);
        fs::write(&file, source.replacen(breakage.from, breakage.to, 1)).unwrap();
        let failed = failed(&folder, breakage);
        fs::write(&file, source).unwrap();
        let row = row(&breakage.invariant());
        println!("{row}{failed:?}");
        if failed.is_empty() {
            wrong.push(format!("{row}no test fails: {breakage:?}"));
        }
        found.entry(row).or_insert_with(Vec::new).extend(failed);
    }
    for (row, failed) in &found {
        let named: Vec<&str> = rows.get(row).map(|row| quoted(row).collect()).unwrap_or_default();
        if named.is_empty() || !named.iter().all(|&name| failed.iter().any(|failed| failed == name)) {
            wrong.push(format!("{row}: of {named:?} not all fail, but {failed:?} do"));
        }
    }
    if env::var_os("NDARENA_RECORD").is_some() {
        record(&found);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Copies what the library and its tests are built of. Files that are the same stay as they are, so that little is compiled anew.
fn copy_project(to: &Path) {
    fs::create_dir_all(to).unwrap();
    for part in ["Cargo.toml", "Cargo.lock", "README.md", "src", "docs", "tests", "examples", "benches"] {
        copy(&root().join(part), &to.join(part));
    }
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for name in fs::read_dir(from).unwrap().map(|entry| entry.unwrap().file_name()) {
            copy(&from.join(&name), &to.join(&name));
        }
    } else if fs::read(to).ok() != Some(fs::read(from).unwrap()) {
        fs::copy(from, to).unwrap();
    }
}

/// The tests that fail, or else the one in which a program ended or did not come to an end.
fn failed(folder: &Path, breakage: &Breakage) -> Vec<String> {
    let target: PathBuf = folder.with_file_name("breakages-target");
    let mut command = Command::new("timeout");
    command.args(["-k", "5", SECONDS, "cargo", "test", "--locked", "--no-fail-fast"]).args(breakage.by);
    command.current_dir(folder).env("CARGO_TARGET_DIR", target).env("PROPTEST_CASES", "64");
    command.env_remove("NDARENA_RECORD");
    if breakage.by.contains(&"global::interleavings") {
        command.env("RUSTFLAGS", "--cfg loom");
    }
    // One after the other, so that a program that crashes says in which.
    let output = command.args(if breakage.by.contains(&"--") { &[][..] } else { &["--"][..] }).arg("--test-threads=1");
    let output = output.output().expect("`timeout`, of coreutils, and cargo");
    let (out, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(!errors.contains("error[E"), "{breakage:?} does not compile: {errors}");
    let results = || out.lines().filter_map(|line| line.strip_prefix("test ")?.split_once(" ... "));
    let mut failed: Vec<String> =
        results().filter(|(_, result)| result.contains("FAILED")).map(|(name, _)| name.trim().to_owned()).collect();
    let ended = results().filter(|(_, result)| !["ok", "FAILED", "ignored"].iter().any(|end| result.contains(end)));
    failed.extend(ended.map(|(name, _)| name.trim().to_owned()));
    failed
}

/// Writes the tests that failed into the document.
fn record(found: &BTreeMap<String, Vec<String>>) {
    let line = |line: &str| {
        let begins = found.iter().find(|(row, tests)| line.starts_with(row.as_str()) && !tests.is_empty());
        let Some((row, tests)) = begins else { return line.to_owned() };
        let names: Vec<String> = tests.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
        format!("{row}{} |", names.join(", "))
    };
    let document: Vec<String> = text(DOCUMENT).lines().map(line).collect();
    fs::write(root().join(DOCUMENT), document.join("\n") + "\n").unwrap();
}
