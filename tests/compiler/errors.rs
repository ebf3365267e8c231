//! What must not compile: each file in `tests/compile_fail` begins with the one error that it must give, and with all that
//! the library itself adds to it, by attributes `#[diagnostic::on_unimplemented]`.
//!
//! `NDARENA_RECORD=1 cargo test --test compiler` writes anew what the files begin with.
//!
//! The error codes that doctests name are only looked at by nightly compilers; these are by all.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::package::{Message, check};

const CONTROL: &str = "
use ndarena::prelude::*;
fn main() {
    let mut buffer = Buffer::new();
    assert_eq!(buffer.scope(|s| s.alloc_array::<f64>((3, 4)).len()), 12);
    buffer.reset();
}
";

/// The most lines that an error takes as it is printed: of the longest, half are about the standard library and ndarray.
const LINES: usize = 50;

#[test]
fn each_case_gives_its_error() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let ours = sentences(&root.join("src"));
    assert!(ours.len() >= 5, "{ours:?}");
    let folder = root.join("tests/compile_fail");
    let mut programs: BTreeMap<String, String> = files(&folder)
        .into_iter()
        .map(|case| (case.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&case).unwrap()))
        .collect();
    assert!(programs.len() > 50);
    programs.insert("control".to_owned(), CONTROL.to_owned());
    let checked = check("errors", &[], &programs);
    assert!(checked.compiled.contains("control"), "{:?}", checked.messages("control"));
    programs.remove("control");

    let mut wrong = Vec::new();
    for (name, program) in &programs {
        let messages = checked.messages(name);
        let (header, rest) = split_header(program);
        let found = said(messages, &header, &ours);
        if found != header {
            if env::var_os("NDARENA_RECORD").is_some() {
                let header: String = found.iter().map(|line| format!("//! {line}\n")).collect();
                fs::write(folder.join(name).with_extension("rs"), header + rest).unwrap();
            }
            wrong.push(format!("{name}: expected {header:#?}, found {found:#?}"));
        }
        for message in messages {
            let lines = message.rendered.lines().count();
            if lines > LINES {
                wrong.push(format!("{name}: {lines} lines are too many:\n{}", message.rendered));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The lines that a program begins with, without `//! `, and the rest of it.
fn split_header(program: &str) -> (Vec<String>, &str) {
    let mut header = Vec::new();
    let mut rest = program;
    while let Some((line, after)) = rest.strip_prefix("//! ").and_then(|rest| rest.split_once('\n')) {
        header.push(line.to_owned());
        rest = after;
    }
    (header, rest)
}

/// The first lines of these messages, and what each says in sentences of ours, but nothing twice.
///
/// First lines that are a compiler's come in several wordings, where there are types in them: one that has the code and the
/// words of a line in the `header` is taken for that.
fn said(messages: &[Message], header: &[String], ours: &[String]) -> Vec<String> {
    let mut said: Vec<String> = Vec::new();
    for message in messages {
        let first_line = header.iter().find(|expected| is_like(&message.first_line, expected));
        let lines = message.labels.iter().chain(&message.notes);
        let of_ours = lines.filter(|line| ours.iter().any(|sentence| is_made_of(line, sentence)));
        for line in [first_line.unwrap_or(&message.first_line)].into_iter().chain(of_ours) {
            if !said.contains(line) {
                said.push(line.clone());
            }
        }
    }
    said
}

fn is_like(first_line: &str, expected: &str) -> bool {
    let (line, expected) = (without_paths(first_line), without_paths(expected));
    let (Some((code, words)), Some((expected_code, part))) = (line.split_once(": "), expected.split_once(": ")) else {
        return false;
    };
    code == expected_code && words.contains(part)
}

/// A line in which types and traits are named as if they were imported, which compilers do or do not.
fn without_paths(line: &str) -> String {
    let mut parts: Vec<&str> = line.split("::").collect();
    let last = parts.pop().unwrap_or_default();
    let before =
        parts.iter().map(|part| part.trim_end_matches(|letter: char| letter.is_alphanumeric() || letter == '_'));
    before.chain([last]).collect()
}

/// Whether a line is that sentence, with anything in place of `{..}`.
fn is_made_of(line: &str, sentence: &str) -> bool {
    let mut parts = sentence.split('{').enumerate().map(|(i, part)| match i {
        0 => part,
        _ => part.split_once('}').expect("what is opened is closed").1,
    });
    let Some(mut rest) = line.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    rest.is_empty() || sentence.ends_with('}')
}

/// What the attributes `#[diagnostic::on_unimplemented(name = "sentence", ..)]` in a folder say.
fn sentences(folder: &Path) -> Vec<String> {
    let mut sentences = Vec::new();
    for path in files(folder) {
        if path.is_dir() {
            sentences.extend(self::sentences(&path));
            continue;
        }
        let text = fs::read_to_string(path).unwrap();
        for attribute in text.split("#[diagnostic::on_unimplemented(").skip(1) {
            let (attribute, _) = attribute.split_once(")]").expect("an attribute ends");
            // Every other part lies between quotes, and no sentence has one.
            sentences.extend(attribute.split('"').skip(1).step_by(2).map(str::to_owned));
        }
    }
    sentences
}

fn files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}
