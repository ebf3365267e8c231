//! The named invariants: where they are defined, and which of them a comment cites.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::files::{rust_files, text};

/// An invariant: the module that defines it, as `memory/region` or `lib`, and its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Invariant {
    pub module: String,
    pub name: String,
}

/// All invariants by the files that define them.
pub(crate) struct Defined {
    pub by_file: BTreeMap<String, BTreeSet<String>>,
}

/// The module of a file: its path from `src`.
fn module(file: &str) -> &str {
    let path = file.strip_prefix("src/").unwrap();
    path.strip_suffix("/mod.rs").or(path.strip_suffix(".rs")).unwrap()
}

/// The name by which comments call the module of a file.
fn name_of(file: &str) -> &str {
    module(file).rsplit('/').next().unwrap()
}

fn folder(file: &str) -> &str {
    file.strip_suffix("/mod.rs").unwrap_or(file).rsplit_once('/').unwrap().0
}

/// The name that a line of a comment defines, if it does: `- **Name.** ..`, ``- `Name`: ..`` or ``The invariant `Name`: ..``.
fn defined(line: &str) -> Option<&str> {
    let comment = ["//! ", "/// ", "// "].iter().find_map(|begin| line.trim_start().strip_prefix(begin))?;
    let name = if let Some(rest) = comment.strip_prefix("- **") {
        rest.split_once(".**")?.0
    } else {
        let rest = ["- `", "The invariant `", "`"].iter().find_map(|begin| comment.strip_prefix(begin))?;
        rest.split_once("`:")?.0
    };
    is_name(name).then_some(name)
}

/// Whether this is how the name of an invariant looks: one to three words, the first with a capital.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.chars().all(|c| c.is_ascii_alphabetic() || c == ' ')
        && text.split(' ').count() <= 3
}

impl Defined {
    pub(crate) fn read() -> Self {
        let mut by_file: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for file in rust_files("src") {
            for name in text(&file).lines().filter_map(defined) {
                by_file.entry(file.clone()).or_default().insert(name.to_owned());
            }
        }
        Self { by_file }
    }

    pub(crate) fn all(&self) -> BTreeSet<Invariant> {
        let of_file = |(file, names): (&String, &BTreeSet<String>)| {
            let module = module(file);
            names
                .iter()
                .map(move |name| Invariant { module: module.to_owned(), name: name.clone() })
                .collect::<Vec<_>>()
        };
        self.by_file.iter().flat_map(of_file).collect()
    }

    /// Which invariant a comment in `file` means by a name: that of the module that it names, or its own file's, or the one of
    /// that name in the files of its folder and those above, or in the crate's root, whose names go everywhere.
    fn resolve(&self, file: &str, of: Option<&str>, name: &str) -> Result<Invariant, String> {
        let has = |other: &str| self.by_file.get(other).is_some_and(|names| names.contains(name));
        let found: Vec<&String> = match of {
            Some(of) => {
                let named: Vec<_> = self.by_file.keys().filter(|other| name_of(other) == of && has(other)).collect();
                // In this folder, or in one around it.
                let near = |other: &&String| Path::new(file).starts_with(folder(other)) && folder(other) != "src";
                let near: Vec<_> = named.iter().copied().filter(near).collect();
                if near.is_empty() { named } else { near }
            }
            None if has(file) => vec![self.by_file.get_key_value(file).unwrap().0],
            None => {
                let near = |other: &&String| folder(file).starts_with(folder(other)) && has(other);
                self.by_file.keys().filter(near).collect()
            }
        };
        match found[..] {
            [one] => Ok(Invariant { module: module(one).to_owned(), name: name.to_owned() }),
            [] => Err(format!("{file}: `{name}` is cited, of {of:?}, but not defined")),
            _ => Err(format!("{file}: `{name}` is cited, which may be that of {found:?}")),
        }
    }

    /// What a comment in `file` cites: in parentheses, `Name, Name`, `` `module`: Name, Name`` or ``Name and Name of `module` ``.
    /// What is in parentheses and begins otherwise is prose.
    pub(crate) fn cited(&self, file: &str, comment: &str) -> Result<BTreeSet<Invariant>, String> {
        let mut found = BTreeSet::new();
        let insides = comment.split('(').skip(1).map(|rest| rest.split(')').next().unwrap());
        for inside in insides.flat_map(|inside| inside.split("; ")) {
            let (mut of, mut names) = (None, Vec::new());
            for part in inside.split(',').flat_map(|part| part.split(" and ")).map(str::trim) {
                let mut name = part;
                if let Some((module, rest)) = part.strip_prefix('`').and_then(|part| part.split_once("`: ")) {
                    // What comes before is of another module.
                    for name in names.drain(..) {
                        found.insert(self.resolve(file, of, name)?);
                    }
                    (of, name) = (Some(module), rest);
                }
                let mut after = None;
                if let Some((first, module)) = name.split_once(" of `") {
                    (name, after) = (first, Some(module.trim_end_matches('`')));
                }
                if !is_name(name) {
                    if names.is_empty() && of.is_none() {
                        break;
                    }
                    return Err(format!("{file}: what is `{name}` in ({inside})?"));
                }
                names.push(name);
                if after.is_some() {
                    for name in names.drain(..) {
                        found.insert(self.resolve(file, after, name)?);
                    }
                }
            }
            for name in names {
                found.insert(self.resolve(file, of, name)?);
            }
        }
        Ok(found)
    }
}

#[test]
fn citations_are_read() {
    let by_file = BTreeMap::from([
        ("src/a/one.rs".to_owned(), BTreeSet::from(["Whole".to_owned(), "By address".to_owned()])),
        ("src/b/two.rs".to_owned(), BTreeSet::from(["Rest".to_owned(), "Whole".to_owned()])),
    ]);
    let defined = Defined { by_file };
    let cited = |file: &str, comment: &str| {
        let found = defined.cited(file, comment)?;
        Ok::<_, String>(found.iter().map(|found| format!("{}.{}", found.module, found.name)).collect::<Vec<_>>())
    };
    assert_eq!(cited("src/a/one.rs", "as it is (Whole), and (so to say) it."), Ok(vec!["a/one.Whole".to_owned()]));
    assert_eq!(cited("src/a/x.rs", "(By address, `two`: Rest)").unwrap(), ["a/one.By address", "b/two.Rest"]);
    assert_eq!(cited("src/a/x.rs", "(Rest and Whole of `two`)").unwrap(), ["b/two.Rest", "b/two.Whole"]);
    assert_eq!(cited("src/a/x.rs", "it is, as above").unwrap(), [""; 0]);
    assert!(cited("src/a/x.rs", "(Rest)").is_err());
    assert!(cited("src/a/x.rs", "(Nothing of `two`)").is_err());
}
