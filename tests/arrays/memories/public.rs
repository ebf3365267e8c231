//! Whether each operation that the library's sources say is public has a row.

use std::collections::BTreeSet;

use ndarena_testing::public_names;

/// What has no row: a type, or one of its methods, or a function; and why.
const WITHOUT_A_ROW: [(&str, &str); 10] = [
    ("AllocError", "It tells of a failure, and makes nothing."),
    ("Buffer", "The rows are run on it, by each of its constructors, `scope`, `guard` and `scope_to_owned`."),
    ("FixedBuffer", "The rows are run on it, by `scope` and `guard`."),
    ("scope", "The rows are run by it."),
    ("default_buffer", "The rows are run on it."),
    ("with_buffer", "The rows are run inside it."),
    ("profile", "The rows are run inside it."),
    ("reset_default_buffer", "It gives memory back, and makes nothing."),
    ("set_default_limit", "It says a number for other threads."),
    ("DetachedArray", "It is used when its scope is gone."),
];

#[test]
fn every_public_operation_has_a_row() {
    let names = public_names(cfg!(feature = "linalg"));
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
