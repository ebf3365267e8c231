//! Types, bounds and functions of rustdoc's JSON, written much as in a program.

use serde_json::Value;

fn list(values: &Value, separator: &str, write: impl Fn(&Value) -> String) -> String {
    values.as_array().map(|all| all.iter().map(write).collect::<Vec<_>>().join(separator)).unwrap_or_default()
}

fn word(value: &Value) -> String {
    value.as_str().map(str::to_owned).unwrap_or_default()
}

/// The last name of a path, as paths are those by which the source happens to speak of something.
fn last_name(path: &Value) -> String {
    path.as_str().and_then(|path| path.rsplit("::").next()).unwrap_or_default().to_owned()
}

/// A type.
pub(super) fn type_name(of: &Value) -> String {
    let Some((kind, inner)) = of.as_object().and_then(|object| object.iter().next()) else { return word(of) };
    match kind.as_str() {
        "resolved_path" => last_name(&inner["path"]) + &arguments(&inner["args"]),
        "generic" | "primitive" => word(inner),
        "tuple" => format!("({})", list(inner, ", ", type_name)),
        "slice" => format!("[{}]", type_name(inner)),
        "array" => format!("[{}; {}]", type_name(&inner["type"]), word(&inner["len"])),
        "impl_trait" => format!("impl {}", bounds(inner)),
        "dyn_trait" => format!("dyn {}", list(&inner["traits"], " + ", poly_trait)),
        "raw_pointer" => {
            format!("*{} {}", if inner["is_mutable"] == true { "mut" } else { "const" }, type_name(&inner["type"]))
        }
        "borrowed_ref" => {
            let lifetime = inner["lifetime"].as_str().map(|name| format!("{name} ")).unwrap_or_default();
            format!("&{lifetime}{}{}", if inner["is_mutable"] == true { "mut " } else { "" }, type_name(&inner["type"]))
        }
        "qualified_path" => {
            let (of, name) = (type_name(&inner["self_type"]), word(&inner["name"]) + &arguments(&inner["args"]));
            match &inner["trait"] {
                Value::Null => format!("{of}::{name}"),
                through if through["path"] == "" => format!("{of}::{name}"),
                through => format!("<{of} as {}{}>::{name}", last_name(&through["path"]), arguments(&through["args"])),
            }
        }
        "function_pointer" => format!("fn{}", signature(&inner["sig"])),
        _ => of.to_string(),
    }
}

/// What is in angle brackets after a path, or in parentheses after `Fn`.
fn arguments(of: &Value) -> String {
    if let Some(inner) = of.get("angle_bracketed") {
        let mut all: Vec<String> = inner["args"].as_array().unwrap().iter().map(argument).collect();
        all.extend(inner["constraints"].as_array().unwrap().iter().map(|constraint| {
            let name = word(&constraint["name"]) + &arguments(&constraint["args"]);
            match constraint["binding"].get("equality") {
                Some(equal) => format!("{name} = {}", argument(equal)),
                None => format!("{name}: {}", bounds(&constraint["binding"]["constraint"])),
            }
        }));
        return if all.is_empty() { String::new() } else { format!("<{}>", all.join(", ")) };
    }
    match of.get("parenthesized") {
        Some(inner) => {
            let output =
                if inner["output"].is_null() { String::new() } else { format!(" -> {}", type_name(&inner["output"])) };
            format!("({}){output}", list(&inner["inputs"], ", ", type_name))
        }
        None => String::new(),
    }
}

fn argument(of: &Value) -> String {
    match of.as_object().and_then(|object| object.iter().next()) {
        Some((kind, inner)) => match kind.as_str() {
            "lifetime" => word(inner),
            "type" => type_name(inner),
            "const" | "constant" => word(&inner["expr"]),
            _ => of.to_string(),
        },
        None => word(of),
    }
}

fn poly_trait(of: &Value) -> String {
    let (over, path) = (list(&of["generic_params"], ", ", |of| word(&of["name"])), &of["trait"]);
    let over = if over.is_empty() { over } else { format!("for<{over}> ") };
    format!("{over}{}{}", last_name(&path["path"]), arguments(&path["args"]))
}

/// Bounds: traits and lifetimes.
pub(super) fn bounds(of: &Value) -> String {
    list(of, " + ", |bound| match bound.as_object().and_then(|object| object.iter().next()) {
        Some((kind, inner)) if kind == "trait_bound" => {
            let maybe = if inner["modifier"] == "maybe" { "?" } else { "" };
            format!("{maybe}{}", poly_trait(inner))
        }
        Some((kind, inner)) if kind == "outlives" => word(inner),
        Some((kind, inner)) if kind == "use" => format!("use<{}>", list(inner, ", ", argument)),
        _ => bound.to_string(),
    })
}

/// The parameters, without their bounds, but for those that the compiler makes up for `impl Trait`.
pub(super) fn generic_parameters(of: &Value) -> String {
    let names: Vec<String> = (of["params"].as_array().unwrap().iter())
        .filter(|parameter| parameter["kind"]["type"]["is_synthetic"] != true)
        .map(|parameter| match parameter["kind"].get("const") {
            Some(constant) => format!("const {}: {}", word(&parameter["name"]), type_name(&constant["type"])),
            None => word(&parameter["name"]),
        })
        .collect();
    if names.is_empty() { String::new() } else { format!("<{}>", names.join(", ")) }
}

/// The bounds of parameters, as ` where ..`.
pub(super) fn generics(of: &Value) -> String {
    let mut all = Vec::new();
    for parameter in of["params"].as_array().unwrap() {
        let (kind, name) = (&parameter["kind"], word(&parameter["name"]));
        if kind["type"]["is_synthetic"] == true {
            continue;
        }
        if let Some(lifetimes) = kind["lifetime"]["outlives"].as_array().filter(|all| !all.is_empty()) {
            all.push(format!("{name}: {}", lifetimes.iter().map(word).collect::<Vec<_>>().join(" + ")));
        }
        if let Some(bounded) = kind.get("type").map(|of| bounds(&of["bounds"])).filter(|all| !all.is_empty()) {
            all.push(format!("{name}: {bounded}"));
        }
    }
    for predicate in of["where_predicates"].as_array().unwrap() {
        let (kind, inner) = predicate.as_object().unwrap().iter().next().unwrap();
        all.push(match kind.as_str() {
            "bound_predicate" => format!("{}: {}", type_name(&inner["type"]), bounds(&inner["bounds"])),
            "lifetime_predicate" => format!("{}: {}", word(&inner["lifetime"]), list(&inner["outlives"], " + ", word)),
            "eq_predicate" => format!("{} == {}", type_name(&inner["lhs"]), argument(&inner["rhs"])),
            _ => predicate.to_string(),
        });
    }
    if all.is_empty() { String::new() } else { format!(" where {}", all.join(", ")) }
}

fn signature(of: &Value) -> String {
    let output = if of["output"].is_null() { String::new() } else { format!(" -> {}", type_name(&of["output"])) };
    let input = |input: &Value| match (word(&input[0]), type_name(&input[1])) {
        (name, of) if name == "self" => format!("self: {of}"),
        // The names of parameters are no part of what callers rely on.
        (_, of) => of,
    };
    format!("({}){output}", list(&of["inputs"], ", ", input))
}

/// A function or a method.
pub(super) fn function(item: &Value) -> String {
    let inner = &item["inner"]["function"];
    let header = &inner["header"];
    let constant = if header["is_const"] == true { "const " } else { "" };
    let unsafety = if header["is_unsafe"] == true { "unsafe " } else { "" };
    let (name, parameters) = (word(&item["name"]), generic_parameters(&inner["generics"]));
    format!("{constant}{unsafety}fn {name}{parameters}{}{}", signature(&inner["sig"]), generics(&inner["generics"]))
}
