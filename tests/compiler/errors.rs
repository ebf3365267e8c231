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

/// The most lines that an error takes as it is printed, in whatever wording.
const LINES: usize = 40;

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
        let found: Vec<String> = match messages {
            [message] => said(message, &header, &ours),
            _ => messages.iter().map(|message| message.first_line.clone()).collect(),
        };
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

/// What is to be known of a message: its first line, and then what it says in sentences of ours.
///
/// First lines that are a compiler's come in several wordings, where there are types in them; one that has the code and the
/// words of `header` will do.
fn said(message: &Message, header: &[String], ours: &[String]) -> Vec<String> {
    let first_line = match header.first().and_then(|expected| expected.split_once(": ")) {
        Some((code, words)) if is_like(&message.first_line, code, words) => header[0].clone(),
        _ => message.first_line.clone(),
    };
    let mut said = vec![first_line];
    for line in message.labels.iter().chain(&message.notes) {
        if ours.iter().any(|sentence| is_made_of(line, sentence)) {
            said.push(line.clone());
        }
    }
    said
}

fn is_like(first_line: &str, code: &str, words: &str) -> bool {
    first_line.strip_prefix(code).and_then(|rest| rest.strip_prefix(": ")).is_some_and(|rest| rest.contains(words))
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
