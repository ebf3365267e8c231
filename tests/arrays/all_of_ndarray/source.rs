//! What a library's source makes: the names of its public functions, methods and macros whose result is an array, or a vector
//! or box of elements.
//!
//! This is no compiler: the source is taken apart into words, the words into items, and of macros that define methods, each
//! call is written out with the names that it is handed.

use std::collections::{BTreeMap, BTreeSet};

use super::words::{after_parameters, closing, end_of_header, parts, readable, type_name, words};

/// Names of the result's type that are those of arrays with memory of their own, or that may be.
const ARRAYS: [&str; 14] = [
    "Array",
    "ArrayBase",
    "ArcArray",
    "CowArray",
    "Array0",
    "Array1",
    "Array2",
    "Array3",
    "Array4",
    "Array5",
    "Array6",
    "ArrayD",
    "ArcArray1",
    "ArcArray2",
];

/// A macro's patterns, each with what it is replaced by.
type Macro = Vec<(Vec<String>, Vec<String>)>;

/// What the words are inside of.
#[derive(Clone, Copy, Default)]
struct Place<'a> {
    /// The name of an `impl`'s trait, if it is one's.
    of_trait: Option<&'a str>,
    /// The type that an `impl` or a trait is of.
    own_type: &'a [String],
    /// All of an `impl`, where the trait's types are said.
    body: &'a [String],
    /// The name of the file's module.
    module: &'a str,
}

impl<'a> Place<'a> {
    /// What an `impl` says that a type of its trait is.
    fn type_named(&self, name: &str) -> Option<&'a [String]> {
        let said = |words: &[String]| words[0] == "type" && words[1] == name && words[2] == "=";
        let at = self.body.windows(3).position(said)?;
        Some(parts(&self.body[at + 3..], ";", true)[0])
    }
}

/// The names: `Type::method`, `Trait::method`, `Type: From<..>`, `function` and `macro!`.
#[derive(Default)]
struct Made {
    names: BTreeSet<String>,
    /// Functions, with the module of each.
    functions: BTreeSet<(String, String)>,
    /// Methods that are in no documentation.
    hidden: BTreeSet<String>,
    /// What `pub use` names, and the modules all of whose names are public.
    exported: BTreeSet<String>,
    macros: BTreeMap<String, Macro>,
    /// The macros whose calls are being written out.
    open: Vec<String>,
}

/// The names in a library's sources: the module of each, and its text.
pub(super) fn made(sources: &[(String, String)]) -> BTreeSet<String> {
    let mut made = Made::default();
    for (module, source) in sources {
        // Macros are a file's own: several files have one of the same name.
        made.macros.clear();
        made.items(&words(source), Place { module, ..Place::default() });
    }
    let exported = |name: &String| made.exported.contains(name);
    let functions = made.functions.iter().filter(|(module, name)| exported(module) || exported(name));
    made.names.extend(functions.map(|(_, name)| name.clone()));
    made.names.retain(|name| !made.hidden.contains(name));
    made.names
}

impl Made {
    fn items(&mut self, words: &[String], place: Place<'_>) {
        let (mut at, mut attributes, mut public) = (0, String::new(), false);
        while at < words.len() {
            let (rest, next) = (&words[at..], words.get(at + 1).map_or("", |word| word));
            let named = next.starts_with(|c: char| c == '_' || c.is_alphabetic());
            // The end of an item that has a body or ends without one.
            let end = end_of_header(rest);
            let body =
                rest.get(end).filter(|word| *word == "{").map_or(end..end, |_| end + 1..end + closing(&rest[end..]));
            let skip = match &*rest[0] {
                "#" if next == "[" => {
                    let len = 1 + closing(&rest[1..]);
                    attributes += &rest[..len].concat();
                    at += len + 1;
                    continue;
                }
                "pub" => {
                    // `pub(crate)` and the like are not for users.
                    public = next != "(";
                    at += if public { 1 } else { 2 + closing(&rest[1..]) };
                    continue;
                }
                "unsafe" | "const" if ["fn", "unsafe", "impl", "trait"].contains(&next) => {
                    at += 1;
                    continue;
                }
                "use" => {
                    let end = rest.iter().position(|word| word == ";").unwrap_or(rest.len());
                    if public {
                        self.export(&rest[..end]);
                    }
                    end + 1
                }
                "mod" if named => {
                    if public {
                        self.exported.insert(next.to_owned());
                    }
                    if !attributes.contains("cfg(test)") {
                        self.items(&rest[body.clone()], place);
                    }
                    body.end + 1
                }
                "impl" => {
                    self.implementation(after_parameters(&rest[1..end]), &rest[body.clone()], place);
                    body.end + 1
                }
                "trait" if named => {
                    let of_trait = Place { of_trait: Some(next), ..place };
                    self.hidden_methods(next, &rest[body.clone()]);
                    self.items(&rest[body.clone()], of_trait);
                    body.end + 1
                }
                "fn" if named && rest.get(2).is_some_and(|word| word == "(" || word == "<") => {
                    if public || place.of_trait.is_some() {
                        self.function(&rest[1..end], &attributes, place);
                    }
                    body.end + 1
                }
                "macro_rules" if next == "!" => {
                    let len = 3 + closing(&rest[3..]);
                    if attributes.contains("macro_export") {
                        self.names.insert(format!("{}!", rest[2]));
                    }
                    self.macros.insert(rest[2].clone(), definition(&rest[4..len]));
                    len + 1
                }
                name if next == "!" && rest.get(2).is_some_and(|word| ["(", "[", "{"].contains(&&**word)) => {
                    let len = 2 + closing(&rest[2..]);
                    self.call(name, &rest[3..len], place);
                    len + 1
                }
                // A body that has no items in it: of a type, or a constant's value.
                "{" => closing(rest) + 1,
                _ => 1,
            };
            if skip > 1 || rest[0] == ";" {
                (attributes, public) = (String::new(), false);
            }
            at += skip;
        }
    }

    /// An `impl`, of whose header the parameters are left out.
    fn implementation(&mut self, header: &[String], body: &[String], place: Place<'_>) {
        let header = parts(header, "where", true)[0];
        let (of_trait, own_type) = match parts(header, "for", true)[..] {
            [own_type] => (None, own_type),
            [of_trait, ref own_type @ ..] => (Some(of_trait), own_type[0]),
            [] => return,
        };
        // Which conversion it is, the trait's parameters say.
        let from = of_trait.filter(|of_trait| of_trait.first().is_some_and(|name| name == "From"));
        let trait_name = match from {
            Some(from) => Some(format!("{}: {}", type_name(own_type), readable(from))),
            None => of_trait.map(|of_trait| type_name(of_trait).to_owned()),
        };
        self.items(body, Place { of_trait: trait_name.as_deref(), own_type, body, ..place });
    }

    /// The names that a `pub use` exports.
    fn export(&mut self, words: &[String]) {
        for (at, word) in words.iter().enumerate() {
            if word == "*" {
                self.exported.insert(words[at - 2].clone());
            } else if words.get(at + 1).is_none_or(|next| next == "," || next == "}") {
                self.exported.insert(word.clone());
            }
        }
    }

    /// The methods of a trait that its documentation does not show.
    fn hidden_methods(&mut self, of_trait: &str, body: &[String]) {
        let mut hidden = false;
        for (at, word) in body.iter().enumerate() {
            if word == "#" {
                hidden |= body[at..].iter().take(6).map(|word| &**word).eq(["#", "[", "doc", "(", "hidden", ")"]);
            } else if word == "fn" && std::mem::take(&mut hidden) {
                self.hidden.insert(format!("{of_trait}::{}", body[at + 1]));
            }
        }
    }

    /// A function, of which this is what follows `fn` up to the body.
    fn function(&mut self, words: &[String], attributes: &str, place: Place<'_>) {
        let name = &words[0];
        let parameters = after_parameters(&words[1..]);
        let result = parameters.get(closing(parameters) + 1..).unwrap_or_default();
        let Some((_, result)) = result.split_first().filter(|(arrow, _)| *arrow == "->") else { return };
        let result = parts(result, "where", true)[0];
        let result = match result {
            [own, sign, name] if own == "Self" && sign == "::" => place.type_named(name).unwrap_or(result),
            _ => result,
        };
        let mut written_out = Vec::new();
        for (at, word) in result.iter().enumerate() {
            let itself = word == "Self" && result.get(at + 1).is_none_or(|next| next != "::");
            written_out.extend_from_slice(if itself { place.own_type } else { &result[at..=at] });
        }
        // What a type parameter of the function's own says, is not known here.
        let unknown = place.of_trait.is_none() && result.last().is_some_and(|word| word == "Output");
        if attributes.contains("doc(hidden)") || name.starts_with('$') || !(unknown || is_owned(&written_out)) {
            return;
        }
        let of = type_name(place.own_type);
        match place.of_trait {
            Some(from) if from.contains(": From<") => self.names.insert(from.to_owned()),
            Some(of_trait) => self.names.insert(format!("{of_trait}::{name}")),
            None if of.is_empty() => self.functions.insert((place.module.to_owned(), name.clone())),
            None => self.names.insert(format!("{of}::{name}")),
        };
    }

    /// A call of a macro where items stand.
    fn call(&mut self, name: &str, arguments: &[String], place: Place<'_>) {
        // A call inside a macro of the same name is one of its own steps, which has no items of a library's.
        if self.open.iter().any(|open| open == name) {
            return;
        }
        self.open.push(name.to_owned());
        for (pattern, replacement) in self.macros.get(name).cloned().unwrap_or_default() {
            for names in bindings(&pattern, arguments) {
                let mut written_out = Vec::new();
                let mut words = replacement.iter();
                while let Some(word) = words.next() {
                    let name = (word == "$").then(|| words.clone().next()).flatten();
                    match name.and_then(|name| names.get(name)) {
                        Some(bound) => {
                            words.next();
                            written_out.extend(bound.iter().cloned());
                        }
                        None => written_out.push(word.clone()),
                    }
                }
                self.items(&written_out, place);
            }
        }
        self.open.pop();
        // Some macros are handed items that they leave as they are.
        self.items(arguments, place);
    }
}

/// The patterns of a macro, and their replacements.
fn definition(words: &[String]) -> Macro {
    let (mut rules, mut rest) = (Macro::new(), words);
    while !rest.is_empty() {
        let pattern = closing(rest);
        // `=>` is between them.
        let Some(replacement) = rest.get(pattern + 2..).filter(|words| !words.is_empty()) else { break };
        let end = closing(replacement);
        rules.push((rest[1..pattern].to_vec(), replacement[1..end].to_vec()));
        rest = replacement.get(end + 2..).unwrap_or_default();
    }
    rules
}

/// What the names in a macro's pattern stand for in a call; several times, where the call repeats the pattern. If the pattern
/// has `fn $name`, these are the names that follow `fn` in the call, else the arguments between commas.
fn bindings(pattern: &[String], arguments: &[String]) -> Vec<BTreeMap<String, Vec<String>>> {
    let mut functions = Vec::new();
    let mut all = Vec::new();
    for (at, words) in pattern.windows(3).enumerate().filter(|(_, words)| words[0] == "$" && words[2] == ":") {
        all.push(words[1].clone());
        if at > 0 && pattern[at - 1] == "fn" {
            functions.push(words[1].clone());
        }
    }
    if functions.is_empty() {
        let arguments = parts(arguments, ",", false).into_iter().map(<[String]>::to_vec);
        return vec![all.into_iter().zip(arguments).collect()];
    }
    let given: Vec<_> =
        arguments.windows(2).filter(|words| words[0] == "fn").map(|words| vec![words[1].clone()]).collect();
    given.chunks(functions.len()).map(|given| functions.iter().cloned().zip(given.iter().cloned()).collect()).collect()
}

/// Whether a type is that of an array with memory of its own, or may be, or a vector or box, or one of these with an error.
fn is_owned(result: &[String]) -> bool {
    let wraps = |word: &&String| ["Option", "Result"].contains(&&***word) || !word.starts_with(char::is_alphabetic);
    let outermost = result.iter().find(|word| !wraps(word));
    result.first().is_some_and(|word| word != "&")
        && (result.iter().any(|word| ARRAYS.contains(&&**word))
            || outermost.is_some_and(|name| name == "Vec" || name == "Box"))
}
