//! Each `unsafe` in the library's sources: what it is, and which invariants make it right.
//!
//! `cargo test --test claims each_unsafe -- --nocapture` prints them all, and how many there are.

use std::collections::{BTreeMap, BTreeSet};

use crate::files::{code_only, is_word, rust_files, text};
use crate::invariants::{Defined, Invariant};

/// The most lines that lie between an `unsafe` and the comment on it: those of one statement, or of attributes.
const APART: usize = 8;

/// What the keyword is followed by: a block or an `impl`, which a comment has to justify, or a function or a trait, whose
/// documentation has to say what is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Block,
    Impl,
    Fn,
    Trait,
}

/// The lines of a file on which there is an `unsafe`, and its kind.
fn each_unsafe(code: &str) -> Vec<(usize, Kind)> {
    let mut found = Vec::new();
    for (at, word) in code.match_indices("unsafe") {
        let before = code[..at].bytes().next_back();
        let rest = &code[at + word.len()..];
        if before.is_some_and(is_word) || rest.bytes().next().is_some_and(is_word) {
            continue;
        }
        let next = rest.trim_start();
        let kind = match () {
            () if next.starts_with('{') => Kind::Block,
            () if next.starts_with("impl") => Kind::Impl,
            () if next.starts_with("fn") || next.starts_with("extern") => Kind::Fn,
            () if next.starts_with("trait") => Kind::Trait,
            () => panic!("what is this: unsafe{}", &rest[..rest.len().min(40)]),
        };
        found.push((code[..at].matches('\n').count(), kind));
    }
    found
}

/// The comment `// SAFETY: ..` on what is in that line: it ends on that line, or above it, in the same paragraph.
fn comment_on(lines: &[&str], line: usize) -> Option<String> {
    let begins = |at: &usize| lines[*at].contains("// SAFETY: ");
    let paragraph = |at: &usize| !lines[*at].trim().is_empty();
    let first = (line.saturating_sub(APART)..=line).rev().take_while(paragraph).find(begins)?;
    let mut comment = lines[first].split_once("// SAFETY: ").unwrap().1.to_owned();
    for line in lines[first + 1..=line].iter().map_while(|line| line.trim_start().strip_prefix("//")) {
        comment += line;
    }
    Some(comment)
}

/// What is asked of who uses what is declared in that line: its documentation under `# Safety`, or, in an `impl`, the trait's.
fn is_documented(lines: &[&str], line: usize) -> bool {
    let above = lines[..line].iter().rev().take_while(|line| line.trim_start().starts_with(['/', '#']));
    let declared = lines[line];
    above.into_iter().any(|line| line.contains("/// # Safety"))
        || (declared.starts_with(' ') && in_unsafe_impl(lines, line))
}

fn in_unsafe_impl(lines: &[&str], line: usize) -> bool {
    let outside = lines[..line].iter().rev().find(|line| !line.starts_with([' ', '#', '/']) && !line.is_empty());
    outside.is_some_and(|line| line.starts_with("unsafe impl"))
}

#[test]
fn each_unsafe_cites_an_invariant() {
    let defined = Defined::read();
    let (mut wrong, mut cited) = (Vec::new(), BTreeSet::<Invariant>::new());
    let (mut counts, mut with, mut files) = (BTreeMap::<Kind, usize>::new(), 0, 0);
    for file in rust_files("src") {
        let source = text(&file);
        let lines: Vec<&str> = source.lines().collect();
        let found = each_unsafe(&code_only(&source));
        files += 1;
        with += usize::from(!found.is_empty());
        for (line, kind) in found {
            *counts.entry(kind).or_default() += 1;
            let place = format!("{file}:{}", line + 1);
            if matches!(kind, Kind::Fn | Kind::Trait) {
                if !is_documented(&lines, line) {
                    wrong.push(format!("{place}: what is asked of its users is not said under `# Safety`"));
                }
                continue;
            }
            let Some(comment) = comment_on(&lines, line) else {
                wrong.push(format!("{place}: no `// SAFETY:`"));
                continue;
            };
            match defined.cited(&file, &comment) {
                Err(error) => wrong.push(format!("{place}: {error}")),
                Ok(invariants) if invariants.is_empty() => wrong.push(format!("{place}: cites nothing: {comment}")),
                Ok(invariants) => {
                    let names: Vec<String> = invariants.iter().map(|i| format!("{} of {}", i.name, i.module)).collect();
                    println!("{place} | {kind:?} | {}", names.join(", "));
                    cited.extend(invariants);
                }
            }
        }
    }
    // Other comments, and documentation, rest on invariants as well.
    let mentioned = mentioned(&defined);
    for invariant in defined.all() {
        if !cited.contains(&invariant) && !mentioned.contains(&invariant.name) {
            wrong.push(format!("{invariant:?} is defined, and nothing rests on it"));
        }
    }
    println!("{counts:?} in {with} of {files} files, by {} invariants", defined.all().len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the definitions of other invariants, and what is asked of users of functions, rest on.
fn mentioned(defined: &Defined) -> BTreeSet<String> {
    let names: BTreeSet<String> = defined.all().into_iter().map(|invariant| invariant.name).collect();
    let mut found = BTreeSet::new();
    for file in rust_files("src") {
        let source = text(&file);
        let comments = source.lines().map(str::trim_start).filter(|line| line.starts_with("//"));
        let comments = comments.map(|line| line.trim_start_matches(['/', '!'])).collect::<String>();
        for inside in comments.split('(').skip(1).map(|rest| rest.split(')').next().unwrap()) {
            for part in inside.split([',', ';', ':']).map(|part| part.split(" of ").next().unwrap().trim()) {
                found.extend(names.get(part).cloned());
            }
        }
    }
    found
}
