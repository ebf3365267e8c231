//! What the library's sources say of its operations.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The library's sources, but for the allocator's, which knows no scope, and for what hands out bytes, which is private.
///
/// `linalg` tells whether the library has its feature of that name.
pub fn sources(linalg: bool) -> Vec<PathBuf> {
    // This package lies inside the library's.
    let mut above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|folder| folder.join("src"));
    let root = above.find(|src| src.join("array").is_dir()).expect("the library's sources");
    let (mut folders, mut files) = (vec![root.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                let other = ["global", "memory"].iter().any(|other| path == root.join(other));
                if !other && (linalg || path != root.join("linalg")) {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files
}

/// The name that `text` begins with.
fn name(text: &str) -> &str {
    &text[..text.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(text.len())]
}

/// What follows the parameters in angle brackets that `text` begins with, if it does.
fn after_parameters(text: &str) -> &str {
    let (mut depth, mut before) = (0, ' ');
    for (at, c) in text.char_indices() {
        match c {
            '<' => depth += 1,
            '>' if before != '-' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return if at == 0 { text } else { text[at + 1..].trim_start() };
        }
        before = c;
    }
    text
}

/// Functions, as they are, and methods, as `Type::method`: what is public in these sources, whether it is written out or made
/// by a macro whose call gives the name after its documentation, and the methods of a public trait for each type of ours that
/// has it (and for `Zip`).
#[derive(Default)]
struct Public {
    found: BTreeSet<String>,
    traits: BTreeMap<String, BTreeSet<String>>,
    implementations: Vec<(String, String)>,
}

impl Public {
    fn read(&mut self, source: &str) {
        // What the lines belong to: a type, or a trait; and whether they are those of a trait's definition.
        let (mut of, mut in_trait, mut documented) = (String::new(), false, false);
        for line in source.lines() {
            let (text, indented) = (line.trim_start(), line.starts_with(' '));
            if text.starts_with("///") || text.starts_with("#[") {
                documented |= text.starts_with("///");
                continue;
            }
            let has_docs = std::mem::take(&mut documented);
            if let Some(after) = text.strip_prefix("impl").filter(|after| after.starts_with([' ', '<'])) {
                let header = after_parameters(after.trim_start());
                (of, in_trait) = (name(header).to_owned(), false);
                if let Some((_, implementor)) = header.split_once(" for ") {
                    let implementor = name(implementor).to_owned();
                    self.implementations.push((std::mem::take(&mut of), implementor));
                }
            } else if let Some(after) = text.strip_prefix("pub trait ") {
                (of, in_trait) = (name(after).to_owned(), true);
            } else if let Some(after) = text.strip_prefix("pub fn ").or(text.strip_prefix("pub const fn ")) {
                if !after.starts_with('$') {
                    self.found.insert(if indented { format!("{of}::{}", name(after)) } else { name(after).to_owned() });
                }
            } else if let (true, Some(after)) = (in_trait, text.strip_prefix("fn ")) {
                self.traits.entry(of.clone()).or_default().insert(name(after).to_owned());
            } else if has_docs
                && text.starts_with(|c: char| c.is_lowercase())
                && text[name(text).len()..].starts_with(',')
            {
                self.found.insert(format!("{of}::{}", name(text)));
            } else if line == "}" {
                (of, in_trait) = (String::new(), false);
            }
        }
    }

    /// All names.
    fn names(mut self) -> BTreeSet<String> {
        let zip = (["MapCollectIn", "ParMapCollectIn"].map(|of| (of.to_owned(), "Zip".to_owned()))).into_iter();
        for (of, implementor) in self.implementations.into_iter().chain(zip) {
            let ours = ["Scope", "Aligned", "Zip"].contains(&&*implementor);
            for method in self.traits.get(&of).into_iter().flatten().filter(|_| ours) {
                self.found.insert(format!("{implementor}::{method}"));
            }
        }
        self.found
    }
}

/// All names in the library's [`sources`].
pub fn public_names(linalg: bool) -> BTreeSet<String> {
    let mut public = Public::default();
    for path in sources(linalg) {
        public.read(&fs::read_to_string(path).unwrap());
    }
    public.names()
}
