//! What the library's sources say is public, and whether each operation among it has a row.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::sources::sources;

/// What has no row: a type, or one of its methods, or a function; and why.
const WITHOUT_A_ROW: [(&str, &str); 9] = [
    ("AllocError", "It tells of a failure, and makes nothing."),
    ("Buffer", "The rows are run on it, by each of its constructors, `scope`, `guard` and `scope_to_owned`."),
    ("FixedBuffer", "The rows are run on it, by `scope` and `guard`."),
    ("scope", "The rows are run by it."),
    ("default_buffer", "The rows are run on it."),
    ("with_buffer", "The rows are run inside it."),
    ("reset_default_buffer", "It gives memory back, and makes nothing."),
    ("set_default_limit", "It says a number for other threads."),
    ("DetachedArray", "It is used when its scope is gone."),
];

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

/// All names in the library's sources.
pub(crate) fn names() -> BTreeSet<String> {
    let mut public = Public::default();
    for path in sources() {
        public.read(&fs::read_to_string(path).unwrap());
    }
    public.names()
}

#[test]
fn every_public_operation_has_a_row() {
    let names = names();
    for known in
        ["Scope::map", "Scope::zip_map4", "Aligned::zeros", "Zip::map_collect_in", "Guard::scope", "with_buffer"]
    {
        assert!(names.contains(known), "`{known}` was not found: {names:?}");
    }
    let rows: BTreeSet<&str> = super::rows::rows().iter().map(|row| row.name).collect();
    let exception = |name: &str| {
        let whole_type = name.split("::").next();
        WITHOUT_A_ROW.iter().map(|(left_out, _)| *left_out).find(|out| *out == name || Some(*out) == whole_type)
    };
    let mut excepted = BTreeSet::new();
    for name in &names {
        match exception(name) {
            Some(left_out) => drop(excepted.insert(left_out)),
            // It is there with that feature only.
            None if name == "Zip::par_map_collect_in" && !cfg!(feature = "rayon") => {}
            // It says a number, and makes nothing.
            None if name.ends_with("_scratch") => {}
            None => assert!(rows.contains(&**name), "no row for `{name}` in tests/arrays/memories/rows.rs"),
        }
    }
    for row in rows {
        assert!(names.contains(row), "there is no public `{row}`");
    }
    for (left_out, _) in WITHOUT_A_ROW {
        assert!(excepted.contains(left_out), "an exception for `{left_out}`, which is not there");
    }
}
