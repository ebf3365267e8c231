//! What of ndarray allocates its result, and what does the same in a scope: a table of all of it, compared with the source of
//! the ndarray that these tests are built with. A version that has more of it fails here.

mod source;
mod table;
mod words;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use ndarena::prelude::*;
use ndarena_testing::{calls_of, panic_of, public_names};
use ndarray::{Array1, Axis, MeshIndex, array, meshgrid, s};

use source::made;
use table::{Form, table};

/// ndarray's own `src`: where the compiler found it, a panic of ndarray's says.
fn root() -> PathBuf {
    let panic = panic_of(|| Array1::from_iter([1]).partition(1, Axis(0))).expect_err("there is no element 1");
    let file = Path::new(&panic.file);
    let found = file.ancestors().find(|folder| folder.ends_with("src") && folder.join("lib.rs").is_file());
    let Some(root) = found else { panic!("no source of ndarray where its panic says it happened: {}", panic.file) };
    root.to_owned()
}

/// The modules' names, and their texts.
fn sources(root: PathBuf) -> Vec<(String, String)> {
    let (mut folders, mut sources) = (vec![root], Vec::new());
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let named = if path.ends_with("mod.rs") { path.parent().unwrap() } else { &path };
                let module = named.file_stem().unwrap().to_str().unwrap().to_owned();
                sources.push((module, fs::read_to_string(path).unwrap()));
            }
        }
    }
    sources
}

/// What is in the one and not in the other, or where the table is not in order.
fn differences(found: &BTreeSet<String>, table: &[(&str, Form)], ours: &BTreeSet<String>) -> Vec<String> {
    let mut differences = Vec::new();
    let rows: BTreeSet<&str> = table.iter().map(|(name, _)| *name).collect();
    for name in found.iter().filter(|name| !rows.contains(&***name)) {
        differences.push(format!("ndarray has `{name}`, which has no row in tests/arrays/all_of_ndarray/table.rs"));
    }
    for (name, form) in table {
        match form {
            _ if !found.contains(*name) => differences.push(format!("ndarray has no `{name}` any more")),
            Form::In(ours_is) if !ours.contains(*ours_is) => {
                differences.push(format!("for `{name}` there is no public `{ours_is}`"));
            }
            Form::Without(why) if !why.ends_with('.') => differences.push(format!("`{name}` does without, and no why")),
            _ => {}
        }
    }
    if rows.len() < table.len() {
        differences.push("a name has two rows".to_owned());
    }
    differences
}

#[test]
fn all_that_gives_an_array_has_a_row() {
    let sources = sources(root());
    let found = made(&sources);
    // One of each kind that the source has: written out, or made by each of the macros; of each type; and functions.
    for known in [
        "ArrayRef::select",
        "ArrayRef::sqrt",
        "ArrayRef::powf",
        "ArrayRef::is_nan",
        "ArrayBase::into_owned",
        "ArrayBase::eye",
        "Array: From<Vec<[[A; M]; N]>>",
        "Zip::map_collect",
        "Dot::dot",
        "Add::add",
        "arr2",
        "kron",
        "stack",
        "stack!",
    ] {
        assert!(found.contains(known), "`{known}` was not found: {found:?}");
    }
    let differences = differences(&found, &table(), &public_names(cfg!(feature = "linalg")));
    assert!(differences.is_empty(), "{differences:#?}");
}

#[test]
fn what_is_new_and_what_is_gone_is_told() {
    let source = r#"
        pub use self::functions::{seen, *};
        mod functions { pub fn unseen() -> Vec<u8> { Vec::new() } }
        macro_rules! floats { ($(fn $id:ident)+) => { $(pub fn $id(&self) -> Option<Array<A, D>> { None })+ }; }
        impl<A, D> ArrayRef<A, D> where D: Dimension {
            /// A "quoted { brace" in a comment.
            #[must_use = "pub fn quoted(&self) -> Array<A, D> {"]
            pub fn doubled(&self) -> Array<A, D> where A: Clone { '{'; self.to_owned() }
            pub fn looked_at(&self) -> ArrayView<'_, A, D> { self.view() }
            pub(crate) fn private(&self) -> Array<A, D> { self.to_owned() }
            #[doc(hidden)]
            pub fn hidden(&self) -> Array<A, D> { self.to_owned() }
            floats! { fn halved /* */ fn thirds }
        }
        impl<T: Fn() -> u8> Operation for &ArrayRef<T, Ix1> {
            type Output = CowArray<'static, T, Ix1>;
            fn operate(self) -> Self::Output { todo!() }
        }
        impl Other for Array1<f64> { fn other(self) -> Self { self } fn view(&self) -> &Self { self } }
        #[cfg(test)]
        mod tests { impl<A, D> ArrayRef<A, D> { pub fn tested(&self) -> Array<A, D> { todo!() } } }
    "#;
    let found = made(&[
        ("lib".to_owned(), source.to_owned()),
        ("other".to_owned(), "pub fn seen() -> Array1<u8> {".to_owned()),
    ]);
    let expected =
        ["ArrayRef::doubled", "ArrayRef::halved", "ArrayRef::thirds", "Operation::operate", "Other::other", "seen"];
    assert_eq!(found, expected.map(str::to_owned).into());

    let ours = BTreeSet::from(["Scope::other".to_owned()]);
    let stale = [
        ("Other::other", Form::In("Scope::other")),
        ("ArrayRef::halved", Form::In("Scope::halved")),
        ("seen", Form::Without("")),
        ("gone", Form::Without("Why.")),
    ];
    let told = differences(&found, &stale, &ours);
    for piece in [
        "`ArrayRef::doubled`, which",
        "`ArrayRef::thirds`, which",
        "`Operation::operate`, which",
        "no public `Scope::halved`",
        "`seen` does without",
        "no `gone` any more",
    ] {
        assert!(told.iter().any(|told| told.contains(piece)), "{piece}: {told:#?}");
    }
    assert_eq!(told.len(), 6, "{told:#?}");
}

/// As the table says of them.
#[test]
fn what_gives_views_of_arrays_of_scopes_allocates_nothing() {
    Buffer::with_capacity(1 << 12).scope(|scope| {
        let (mut x, mut y) = (scope.from_iter(0..3), scope.from_elem((2, 3), 7));
        let (mut columns, mut rows) = (0, 0);
        let calls = calls_of(|| {
            let (over_columns, over_rows) = meshgrid((&x, &x), MeshIndex::XY);
            (columns, rows) = (over_columns[[0, 2]], over_rows[[0, 2]]);
            let (mut left, right) = y.multi_slice_mut((s![.., ..1], s![.., 1..]));
            left.assign(&right.slice(s![.., ..1]));
            x.view_mut().into_shape_with_order((1, 3)).unwrap().permuted_axes([1, 0]).mapv_into(|x| 2 * x);
        });
        assert_eq!((calls, columns, rows), (0, 2, 0));
        assert_eq!(x, array![0, 2, 4]);
    });
}
