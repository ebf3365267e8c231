//! `use ndarena::prelude::*` is never unused, and nothing that is called in a scope is missing with it: each of these
//! programs compiles without a warning. Those that need it do not compile without it.

use std::collections::BTreeMap;

use crate::package::check;

/// What is called in a scope `s`, with arrays `a` and `m`.
const CALLS: &[(&str, &str)] = &[
    // Methods of the scope itself.
    ("nothing", "a.sum()"),
    ("add", "s.add(&a, &a).sum()"),
    ("numbers", "s.mul(&s.sub(1.0, &a), 2.0).sum()"),
    ("map", "s.map(&a, |x| x * x).sum()"),
    ("zip_map", "s.zip_map(&a, &a, |x, y| x + y).sum()"),
    ("dot", "s.dot(&m, &a).sum()"),
    ("copy_of", "s.copy_of(&a.view()).sum()"),
    ("sum_axis", "s.sum_axis(&m, ndarray::Axis(0)).sum()"),
    ("from_iter", "s.from_iter((0..3).map(f64::from)).sum()"),
    ("eye", "s.eye::<f64>(3).sum()"),
    ("slice", "s.alloc_slice::<f64>(3).len() as f64"),
    ("scope", "s.scope(|inner| s.dot(&m, &inner.dot(&m, &a)).sum())"),
    ("guard", "{ let guard = s.guard(); guard.scope().neg(&a).sum() }"),
    ("bump", "*s.bump().alloc(1.0)"),
    // Methods of the prelude's traits.
    ("alloc_array", "s.alloc_array::<f64>(3).len() as f64"),
    ("try_alloc_array", "s.try_alloc_array::<f64>(3).unwrap().len() as f64"),
    ("zeros", "s.zeros::<f64>((3, 4)).sum()"),
    ("from_elem", "s.from_elem(3, 1.0).sum()"),
    ("align", "s.align(4096).ones::<f64>(3).sum()"),
    ("padded", "((3, 4).padded::<f64>(), s.dot(&a, &a)).1"),
    ("map_collect_in", "ndarray::Zip::from(&a).map_collect_in(s, |x| 2.0 * x).sum()"),
    #[cfg(feature = "rayon")]
    ("par_map_collect_in", "ndarray::Zip::from(&a).par_map_collect_in(s, |x| 2.0 * x).sum()"),
];

/// Those of [`CALLS`] that do not compile without the import.
const NEED_IT: usize = if cfg!(feature = "rayon") { 8 } else { 7 };

/// Where the scope comes from, in a module. `CALL` stands for what is called, `USE` for the import.
const PROGRAMS: &[(&str, &str)] = &[
    ("default", "USE pub fn run() -> f64 { let (a, m) = super::inputs(); ndarena::scope(|s| CALL) }"),
    ("buffer", "USE pub fn run() -> f64 { let (a, m) = super::inputs(); ndarena::Buffer::new().scope(|s| CALL) }"),
    // An import beside others.
    (
        "fixed",
        "use ndarena::FixedBuffer;
         USE
         use ndarray::prelude::*;
         use rayon::prelude::*;
         pub fn run() -> f64 {
             let (a, m): (Array1<f64>, Array2<f64>) = super::inputs();
             let fixed = FixedBuffer::new(&mut []);
             [1, 2].par_iter().sum::<i32>() as f64 + fixed.scope(|s| CALL)
         }",
    ),
    // Nothing of ndarena is named, as the scope is opened elsewhere.
    (
        "elsewhere",
        "use super::in_a_scope;
         USE
         pub fn run() -> f64 { let (a, m) = super::inputs(); in_a_scope(|s| CALL) }",
    ),
    ("function", "pub fn run() -> f64 { USE let (a, m) = super::inputs(); ndarena::scope(|s| CALL) }"),
];

const REST: &str = "
    #![deny(warnings)]
    fn inputs() -> (ndarray::Array1<f64>, ndarray::Array2<f64>) { (ndarray::Array1::zeros(3), ndarray::Array2::eye(3)) }
    fn in_a_scope(f: impl for<'s> FnOnce(ndarena::Scope<'s>) -> f64) -> f64 { ndarena::scope(f) }
";

/// A program with a module for each of these calls.
fn program(text: &str, import: &str, calls: &[(&str, &str)]) -> String {
    let modules = calls.iter().map(|(name, call)| {
        let text = text.replace("USE", import).replace("CALL", call);
        format!("#[allow(unused_variables)] mod {name} {{ {text} }}\n")
    });
    let uses = calls.iter().map(|(name, _)| format!("println!(\"{{}}\", {name}::run());"));
    let main = uses.collect::<String>();
    format!("{REST}{}fn main() {{ {main} in_a_scope(|_| 0.0); }}", modules.collect::<String>())
}

#[test]
fn the_prelude_is_neither_unused_nor_missing() {
    let (no_need, need) = CALLS.split_at(CALLS.len() - NEED_IT);
    let mut programs = BTreeMap::new();
    for (name, text) in PROGRAMS {
        programs.insert(format!("{name}_with"), program(text, "use ndarena::prelude::*;", CALLS));
        programs.insert(format!("{name}_without"), program(text, "", no_need));
    }
    for (name, call) in need {
        let [(_, text), ..] = PROGRAMS else { unreachable!() };
        programs.insert(format!("missing_for_{name}"), program(text, "", &[(name, call)]));
    }
    let features: &[&str] = if cfg!(feature = "rayon") { &["rayon"] } else { &[] };
    let checked = check("imports", features, &programs);
    let mut wrong = String::new();
    for name in programs.keys() {
        let messages = checked.messages(name);
        if !name.starts_with("missing") {
            wrong.extend(messages.iter().map(|message| message.rendered.as_str()));
        } else if !matches!(messages, [one] if one.first_line.starts_with("error[E0599]: no method named")) {
            wrong += &format!("{name}: {messages:#?}");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
