//! The public API, as rustdoc sees it, against the list in `tests/claims/api/list.txt`: what is public, with its types and bounds,
//! and which traits each type has, those of threads and unwinding among them. So no change of either goes unseen, and a new type
//! says whether it may be sent.
//!
//! `.ci/api` runs this, and with `NDARENA_RECORD=1` writes the list anew.

mod render;

use std::collections::BTreeSet;
use std::{env, fs};

use serde_json::Value;

use crate::files::{root, text};
use render::{bounds, function, generic_parameters, generics, type_name};

const LIST: &str = "tests/claims/api/list.txt";

/// The format of rustdoc's JSON that is read here; each compiler writes one.
const FORMATS: std::ops::RangeInclusive<u64> = 55..=57;

/// The traits that the compiler itself gives to types, each of which the list has for each type. (`Freeze` is none of the language.)
const AUTO: [&str; 5] = ["Send", "Sync", "Unpin", "UnwindSafe", "RefUnwindSafe"];

struct Api {
    document: Value,
    lines: BTreeSet<String>,
}

impl Api {
    fn item(&self, id: &Value) -> Option<&Value> {
        self.document["index"].get(id.to_string())
    }

    /// Lists what is in a module that is public under that path.
    fn module(&mut self, path: &str, items: &Value) {
        for id in items.as_array().unwrap().clone() {
            let Some(item) = self.item(&id).cloned() else { continue };
            if item["attrs"].to_string().contains("doc(hidden)") {
                continue;
            }
            if let Some(used) = item["inner"].get("use") {
                let target = self.item(&used["id"]).cloned();
                match target.filter(|target| target["visibility"] == "public" && target["crate_id"] == 0) {
                    // The prelude repeats what is elsewhere.
                    Some(_) if path.ends_with("::prelude") => {
                        self.lines.insert(format!("{path}: use {}", used["name"].as_str().unwrap()));
                    }
                    Some(target) => self.named(path, &target),
                    None => drop(self.lines.insert(format!("{path}: use {}", used["source"].as_str().unwrap()))),
                }
            } else if item["visibility"] == "public" {
                self.named(path, &item);
            }
        }
    }

    /// Lists an item that is public in a module.
    fn named(&mut self, module: &str, item: &Value) {
        let path = format!("{module}::{}", item["name"].as_str().unwrap());
        let (kind, inner) = item["inner"].as_object().unwrap().iter().next().unwrap();
        match kind.as_str() {
            "module" => self.module(&path, &inner["items"]),
            "function" => drop(self.lines.insert(format!("{module}: {}", function(item)))),
            "struct" | "enum" => self.type_(&path, kind, inner),
            "trait" => self.trait_(&path, inner),
            _ => panic!("what is public is a {kind}: {path}"),
        }
    }

    fn type_(&mut self, path: &str, kind: &str, inner: &Value) {
        let name = format!("{path}{}", generic_parameters(&inner["generics"]));
        self.lines.insert(format!("{kind} {name}{}", generics(&inner["generics"])));
        let fields = inner["kind"]["plain"]["fields"].as_array().or(inner["variants"].as_array());
        for id in fields.into_iter().flatten() {
            let Some(field) = self.item(id).cloned() else { continue };
            let field_name = field["name"].as_str().unwrap().to_owned();
            if let Some(of) = field["inner"].get("struct_field").filter(|_| field["visibility"] == "public") {
                self.lines.insert(format!("{path}.{field_name}: {}", type_name(of)));
            } else if let Some(variant) = field["inner"].get("variant") {
                let of = self.fields(&variant["kind"]);
                self.lines.insert(format!("{path}::{field_name}{of}"));
            }
        }
        let (mut autos, mut implementations) = (BTreeSet::new(), Vec::new());
        for id in inner["impls"].as_array().unwrap() {
            let Some(item) = self.item(id) else { continue };
            implementations.push(item["inner"]["impl"].clone());
        }
        for implementation in implementations {
            // What all types have is not listed.
            if !implementation["blanket_impl"].is_null() {
                continue;
            }
            let parameters = generic_parameters(&implementation["generics"]);
            let (of, bounds) = (type_name(&implementation["for"]), generics(&implementation["generics"]));
            let Some(name) = implementation["trait"]["path"].as_str() else {
                self.methods(&format!("{path} (impl{parameters} {of}{bounds})"), &implementation["items"]);
                continue;
            };
            let last = name.rsplit("::").next().unwrap();
            if let Some(auto) = AUTO.iter().find(|auto| **auto == last) {
                autos.insert(*auto);
            } else if implementation["is_synthetic"] == true {
                continue;
            }
            let not = if implementation["is_negative"] == true { "!" } else { "" };
            let full = type_name(&serde_json::json!({ "resolved_path": implementation["trait"] }));
            self.lines.insert(format!("{path}: impl{parameters} {not}{full} for {of}{bounds}"));
        }
        // Such an implementation is hidden: `src/threads.rs` says why, and `tests/compile_fail` that it never applies.
        for auto in AUTO.iter().filter(|auto| !autos.contains(*auto)) {
            self.lines.insert(format!("{path}: {auto} on a hidden condition"));
        }
    }

    /// The fields of a variant.
    fn fields(&self, kind: &Value) -> String {
        let of = |id: &Value| type_name(&self.item(id).unwrap()["inner"]["struct_field"]);
        if let Some(all) = kind["tuple"].as_array() {
            return format!("({})", all.iter().map(of).collect::<Vec<_>>().join(", "));
        }
        let named = |id: &Value| format!("{}: {}", self.item(id).unwrap()["name"].as_str().unwrap(), of(id));
        match kind["struct"]["fields"].as_array() {
            Some(all) => format!(" {{ {} }}", all.iter().map(named).collect::<Vec<_>>().join(", ")),
            None => String::new(),
        }
    }

    fn trait_(&mut self, path: &str, inner: &Value) {
        let above = bounds(&inner["bounds"]);
        let unsafety = if inner["is_unsafe"] == true { "unsafe " } else { "" };
        let (parameters, rest) = (generic_parameters(&inner["generics"]), generics(&inner["generics"]));
        self.lines.insert(format!("{unsafety}trait {path}{parameters}: {above}{rest}"));
        self.methods(path, &inner["items"]);
        for id in inner["implementations"].as_array().unwrap().clone() {
            let Some(implementation) = self.item(&id).map(|item| item["inner"]["impl"].clone()) else { continue };
            let parameters = generic_parameters(&implementation["generics"]);
            let full = type_name(&serde_json::json!({ "resolved_path": implementation["trait"] }));
            let (of, bounds) = (type_name(&implementation["for"]), generics(&implementation["generics"]));
            self.lines.insert(format!("{path}: impl{parameters} {full} for {of}{bounds}"));
        }
    }

    fn methods(&mut self, of: &str, items: &Value) {
        for id in items.as_array().unwrap().clone() {
            let Some(item) = self.item(&id).cloned() else { continue };
            let in_trait = item["visibility"] == "default";
            if (item["visibility"] != "public" && !in_trait) || item["attrs"].to_string().contains("doc(hidden)") {
                continue;
            }
            let line = match item["inner"].as_object().unwrap().keys().next().unwrap().as_str() {
                "function" => function(&item),
                kind => format!("{kind} {}", item["name"].as_str().unwrap()),
            };
            self.lines.insert(format!("{of}: {line}"));
        }
    }
}

#[test]
#[ignore = "it wants what rustdoc writes: `.ci/api` runs it"]
fn the_public_api_is_what_the_list_says() {
    let path = env::var("NDARENA_RUSTDOC").expect("the path of rustdoc's JSON");
    let document: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let format = document["format_version"].as_u64().unwrap();
    if !FORMATS.contains(&format) {
        println!("skipped: this compiler's rustdoc writes format {format}, and what is read here is {FORMATS:?}");
        return;
    }
    let crate_root = document["root"].clone();
    let mut api = Api { document, lines: BTreeSet::new() };
    let items = api.item(&crate_root).unwrap()["inner"]["module"]["items"].clone();
    api.module("ndarena", &items);
    assert!(api.lines.len() > 300, "{:#?}", api.lines);
    if env::var_os("NDARENA_RECORD").is_some() {
        let lines: Vec<String> = api.lines.iter().cloned().collect();
        fs::write(root().join(LIST), lines.join("\n") + "\n").unwrap();
    }
    let list: BTreeSet<String> = text(LIST).lines().map(str::to_owned).collect();
    let gone: Vec<&String> = list.difference(&api.lines).collect();
    let new: Vec<&String> = api.lines.difference(&list).collect();
    assert!(gone.is_empty() && new.is_empty(), "not there any more: {gone:#?}, new: {new:#?}");
}
