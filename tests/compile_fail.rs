//! What must not compile: each file in `tests/compile_fail` names, in its first line, the one error it must give.
//!
//! They are checked as the programs of a package of their own. The error codes that doctests name are only looked at by
//! nightly compilers; these are by all.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

const CONTROL: &str = "
use ndarena::prelude::*;
fn main() {
    let mut buffer = Buffer::new();
    assert_eq!(buffer.scope(|s| s.alloc_array::<f64>((3, 4)).len()), 12);
    buffer.reset();
}
";

#[test]
fn each_case_gives_its_error() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compile_fail");
    let programs = package.join("src/bin");
    let _ = fs::remove_dir_all(&programs);
    fs::create_dir_all(&programs).unwrap();
    let manifest = format!(
        "[package]\nname = \"cases\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
         [dependencies]\nndarena = {{ path = {root:?} }}\nndarray = \"0.17\"\n\
         num-complex = \"0.4\"\nnum-traits = \"0.2\"\n[workspace]\n"
    );
    fs::write(package.join("Cargo.toml"), manifest).unwrap();
    fs::copy(root.join("Cargo.lock"), package.join("Cargo.lock")).unwrap();

    let mut expected = BTreeMap::new();
    for entry in fs::read_dir(root.join("tests/compile_fail")).unwrap() {
        let case = entry.unwrap().path();
        let name = case.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&case).unwrap();
        let error = text.lines().next().and_then(|line| line.strip_prefix("//! ")).expect("the error it must give");
        expected.insert(name, error.to_owned());
        fs::copy(&case, programs.join(case.file_name().unwrap())).unwrap();
    }
    assert!(expected.len() > 50);
    fs::write(programs.join("control.rs"), CONTROL).unwrap();

    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["check", "--offline", "--keep-going", "--message-format=json"]).current_dir(&package);
    let output = cargo.env("CARGO_TARGET_DIR", package.join("target")).output().unwrap();
    let mut errors: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut compiled = BTreeSet::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let program = line["target"]["name"].as_str().unwrap_or_default().to_owned();
        if line["reason"] == "compiler-artifact" {
            compiled.insert(program);
        } else if line["reason"] == "compiler-message" && line["message"]["level"] == "error" {
            let message = line["message"]["message"].as_str().unwrap();
            if !message.starts_with("aborting") {
                let code = line["message"]["code"]["code"].as_str().map(|code| format!("[{code}]"));
                errors.entry(program).or_default().insert(format!("error{}: {message}", code.unwrap_or_default()));
            }
        }
    }
    assert!(compiled.contains("control"), "{}", String::from_utf8_lossy(&output.stderr));
    let mut wrong = Vec::new();
    for (name, error) in &expected {
        let found = errors.get(name).cloned().unwrap_or_default();
        // Messages with types in them come in several wordings: the code and what the line says of it must be there.
        let (code, says) = error.split_once(": ").unwrap();
        let fits = |found: &String| found.starts_with(&format!("{code}: ")) && found.contains(says);
        if found.is_empty() || !found.iter().all(fits) {
            wrong.push(format!("{name}: expected {error:?}, found {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
