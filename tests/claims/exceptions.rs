//! What `.ci/exceptions` leaves out of checkers is there to be left out, and each has a reason.

use crate::files::{root, rust_files, text};

const CHECKERS: [&str; 9] = ["all", "test", "release", "valgrind", "miri", "asan", "windows", "sanitizers", "systems"];

/// The folders with packages that have tests.
const FOLDERS: [&str; 4] = ["src", "tests", "examples", "benches"];

/// Packages of the workspace, and test programs of any.
fn packages_and_programs() -> Vec<String> {
    let mut names = Vec::new();
    for folder in FOLDERS.into_iter().skip(1) {
        for entry in std::fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path()) {
            let stem = entry.file_stem().unwrap().to_str().unwrap().to_owned();
            if entry.is_file() || entry.join("main.rs").exists() {
                names.push(stem);
            }
            let manifest =
                if entry.is_dir() { entry.join("Cargo.toml") } else { root().join(folder).join("Cargo.toml") };
            let manifest = std::fs::read_to_string(manifest).unwrap_or_default();
            let named = manifest.lines().filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
            names.extend(named.map(str::to_owned));
        }
    }
    names
}

/// The name of the module that each file is, and its text.
fn modules() -> Vec<(String, String)> {
    let files = FOLDERS.into_iter().flat_map(rust_files).filter(|file| !file.contains("/target/"));
    files
        .map(|file| {
            let path = file.strip_suffix("/mod.rs").or(file.strip_suffix(".rs")).unwrap();
            (path.rsplit('/').next().unwrap().to_owned(), text(&file))
        })
        .collect()
}

#[test]
fn what_is_left_out_is_there_and_has_a_reason() {
    let (programs, modules) = (packages_and_programs(), modules());
    // Part of a name is enough, as it is for the harness.
    let defines = |code: &str, what: &str| {
        let mut names = code.lines().filter_map(|line| line.trim_start().strip_prefix("fn ")?.split(['(', '<']).next());
        names.any(|name| name.contains(what))
    };
    let mut rows = 0;
    for line in text(".ci/exceptions").lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let mut words = line.split_whitespace();
        let (checker, name, reason) = (words.next().unwrap(), words.next().expect("a name"), words.count());
        assert!(CHECKERS.contains(&checker), "there is no checker `{checker}`: {line}");
        assert!(reason >= 2, "it says no reason: {line}");
        let is_program = programs.iter().any(|program| match name.strip_suffix('*') {
            Some(begin) => program.starts_with(begin),
            None => program == name,
        });
        let is_test = match name.split_once("::") {
            Some((module, test)) => {
                modules.iter().any(|(name, code)| name == module && (test.is_empty() || defines(code, test)))
            }
            None => modules.iter().any(|(_, code)| code.contains("#[test]") && defines(code, name)),
        };
        assert!(is_program || is_test, "there is no `{name}`: {line}");
        rows += 1;
    }
    assert!(rows > 10, "they are read");
}
