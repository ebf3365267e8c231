//! Every way in which an operation panics: what it says, where it says it happened, and that nothing is left of the call.

#[macro_use]
mod rows;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::mem::MaybeUninit;
use std::ops::Div;
use std::path::PathBuf;

use ndarena::{FixedBuffer, prelude::*};
use ndarena_testing::{Panic, panic_of, sources};
use ndarray::prelude::*;

#[cfg(feature = "rayon")]
use rows::large;
use rows::{Row, a, rows};

fn check(row: &Row, end: u32, run: impl FnOnce(fn(Scope<'_>))) {
    let what = format!("{} in line {}", row.operation, row.line);
    let Err(Panic { message: said, file, line }) = panic_of(|| run(row.call)) else { panic!("{what} does not panic") };
    assert!(said.starts_with(row.begins), "{what}: {said}");
    for piece in row.says {
        assert!(said.contains(piece), "{what}: no `{piece}` in: {said}");
    }
    assert!(said.contains("; "), "{what}: it does not say what would do: {said}");
    assert_eq!(file, row.file, "{what}: {said}");
    assert!((row.line..end).contains(&line), "{what}: at line {line}: {said}");
}

fn all_rows() -> impl Iterator<Item = (Row, u32)> {
    let rows = rows();
    // The last row of a file ends with it.
    let end = |(row, next): (&Row, &Row)| if row.file == next.file { next.line } else { u32::MAX };
    let ends: Vec<u32> = rows.iter().zip(&rows[1..]).map(end).chain([u32::MAX]).collect();
    assert!(rows.iter().zip(&ends).all(|(row, &end)| row.line < end), "rows in the order of their lines");
    rows.into_iter().zip(ends)
}

const BYTES: usize = 1 << 16;

#[test]
fn every_panic_says_what_where_and_leaves_nothing() {
    let buffer = Buffer::with_limit(BYTES);
    for (row, end) in all_rows() {
        check(&row, end, |call| buffer.scope(call));
        assert_eq!(buffer.stats().in_use, 0);
        assert_eq!(buffer.scope(|s| s.add(&s.ones::<f64>((2, 3)), &a()).sum()), 12.0);
        // An outer scope goes on, with what is in it.
        buffer.scope(|outer| {
            let kept = outer.from_elem(100, 3.0);
            check(&row, end, |call| outer.scope(call));
            check(&row, end, call_on(outer));
            assert_eq!(kept.sum(), 300.0);
        });
        assert_eq!(buffer.stats().in_use, 0);
    }
}

fn call_on(s: Scope<'_>) -> impl FnOnce(fn(Scope<'_>)) {
    move |call| call(s)
}

#[test]
fn on_fixed_memory_too() {
    let mut memory = vec![MaybeUninit::uninit(); BYTES];
    let buffer = FixedBuffer::new(&mut memory);
    for (row, end) in all_rows() {
        check(&row, end, |call| buffer.scope(call));
        assert_eq!(buffer.stats().in_use, 0);
        assert_eq!(buffer.scope(|s| s.add(&s.ones::<f64>((2, 3)), &a()).sum()), 12.0);
    }
}

#[test]
#[cfg(feature = "rayon")]
fn on_many_threads_too() {
    use ndarena::ParMapCollectIn;
    use ndarray::Zip;

    let row = no_room!(par_map_collect_in, |s| Zip::from(&large()).par_map_collect_in(s, |x| x + 1.0));
    check(&row, row.line + 1, |call| Buffer::with_limit(BYTES).scope(call));
}

#[test]
fn a_buffer_that_cannot_be_made_is_said_where_it_was_asked_for() {
    let line = line!() + 1;
    let panic = panic_of(|| Buffer::with_capacity(usize::MAX)).unwrap_err();
    let says = "ndarena: cannot allocate an array of shape [18446744073709551615]";
    assert!(panic.message.starts_with(says), "{}", panic.message);
    assert_eq!((&*panic.file, panic.line), (file!(), line));
}

#[test]
fn what_divides_nothing_may_be_zero() {
    let (none, zero, floats) = (Array2::<i32>::ones((0, 2)), array![0, 0], array![1.0, -1.0]);
    ndarena::scope(|s| {
        assert_eq!(s.div(&none, 0).dim(), (0, 2));
        assert_eq!(s.div(&none, &zero).dim(), (0, 2));
        assert_eq!(s.div(1, &none).dim(), (0, 2));
        assert_eq!(s.div(&zero, &array![[1, -1]]), array![[0, 0]]);
        assert_eq!(s.div(&floats, &array![0.0, 0.0]), array![f64::INFINITY, f64::NEG_INFINITY]);
        assert_eq!(s.div(&floats, 0.0), array![f64::INFINITY, f64::NEG_INFINITY]);
        // Of what is no integer of Rust's, it is its own affair, whatever it is divided by.
        assert_eq!(s.div(&array![Any], &zero), array![Any, Any]);
    });

    #[derive(Debug, Clone, Copy, PartialEq)]
    struct Any;
    impl Div<i32> for Any {
        type Output = Any;
        fn div(self, _: i32) -> Any {
            Any
        }
    }
}

/// A panic of the elements' own or of a closure is nobody else's, and passes as it is.
#[test]
fn foreign_panics_pass() {
    let buffer = Buffer::new();
    let panic = panic_of(|| buffer.scope(|s| s.div(&array![i32::MIN], -1).len())).unwrap_err();
    assert_eq!(panic.message, "attempt to divide with overflow");
    let panic = panic_of(|| buffer.scope(|s| s.map(&a(), |_| -> u8 { panic!("as told") }).len())).unwrap_err();
    assert_eq!((&*panic.message, &*panic.file), ("as told", file!()));
    assert_eq!(buffer.stats().in_use, 0);
}

/// The operations whose documentation has a section on panics, and whether these are only those of memory.
fn documented() -> BTreeMap<String, bool> {
    let mut found = BTreeMap::new();
    // What panics in the making of a buffer is tested above.
    let of_operations = |path: &PathBuf| path.components().all(|part| part.as_os_str() != "buffer");
    for path in sources(cfg!(feature = "linalg")).into_iter().filter(of_operations) {
        let source = fs::read_to_string(&path).unwrap();
        let (mut docs, mut in_constructors) = (Vec::new(), false);
        for line in source.lines() {
            let line = line.trim_start();
            if let Some(doc) = line.strip_prefix("///") {
                docs.push(doc.trim());
                continue;
            }
            if line.starts_with("#[") {
                continue;
            }
            in_constructors |= line.starts_with("pub trait AllocArray<");
            // The trait ends.
            in_constructors &= !line.starts_with("impl");
            let docs = std::mem::take(&mut docs);
            let name = line.strip_prefix("pub ").unwrap_or(line);
            // In a macro's call, an operation's name is followed by others.
            let name = name.strip_prefix("fn ").unwrap_or(name);
            let name = &name[..name.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(name.len())];
            if docs.is_empty() || name.is_empty() {
                continue;
            }
            let panics: Vec<_> = docs.iter().skip_while(|doc| **doc != "# Panics").skip(1).collect();
            let panics: Vec<_> = panics.into_iter().take_while(|doc| !doc.starts_with(['#', '`'])).copied().collect();
            let panics = panics.join(" ").replace("](crate::AllocArray)", "]");
            // Of the trait's methods, the trait itself says it.
            if in_constructors && line.starts_with("fn ") && !name.starts_with("try_") {
                found.insert(name.to_owned(), true);
            } else if !panics.is_empty() && !line.starts_with("pub trait") {
                found.insert(name.to_owned(), panics.trim() == "As [`AllocArray`] says.");
            }
        }
    }
    found
}

#[test]
fn every_documented_panic_has_a_row() {
    let documented = documented();
    assert!(documented.len() > 40, "{documented:?}");
    assert_eq!(documented.get("zip_map4"), Some(&false));
    assert_eq!(documented.get("zeros"), Some(&true));
    let rows = rows();
    let about_memory = |row: &&Row| row.begins.starts_with("ndarena: cannot allocate");
    let memory: BTreeSet<_> = rows.iter().filter(about_memory).map(|row| row.operation).collect();
    let others: BTreeSet<_> = rows.iter().filter(|row| !about_memory(row)).map(|row| row.operation).collect();
    for (operation, &only_memory) in &documented {
        let operation = &**operation;
        // It has a test of its own; `align` makes nothing.
        if !["par_map_collect_in", "align"].contains(&operation) {
            assert!(memory.contains(operation), "no row for `{operation}` without memory");
        }
        assert!(only_memory || others.contains(operation), "no row for what `{operation}`'s docs say under \"Panics\"");
    }
    for operation in memory.union(&others) {
        let says = documented.get(*operation);
        assert!(says.is_some(), "`{operation}` does not say that it panics");
        assert!(says == Some(&false) || !others.contains(operation), "`{operation}` does not say all of its panics");
    }
}
