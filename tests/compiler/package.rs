//! Programs that are only checked, as those of a package of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// What a compiler says of a program: an error, or a warning.
#[derive(Debug)]
pub(crate) struct Message {
    /// `error[E0277]: ..`
    pub(crate) first_line: String,
    /// What stands below the place in the program.
    pub(crate) labels: Vec<String>,
    /// The notes that follow, but for those that show another place.
    pub(crate) notes: Vec<String>,
    /// All of it, as it is printed.
    pub(crate) rendered: String,
}

/// What compilers say of the programs of a package, by their names.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) compiled: BTreeSet<String>,
    messages: BTreeMap<String, Vec<Message>>,
}

impl Checked {
    pub(crate) fn messages(&self, program: &str) -> &[Message] {
        self.messages.get(program).map_or(&[], |messages| messages)
    }
}

/// Checks programs, given by their names and texts, that may use ndarena with some features, ndarray, num-traits, rayon, and
/// num-complex without its feature `bytemuck`.
pub(crate) fn check(package: &str, features: &[&str], programs: &BTreeMap<String, String>) -> Checked {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let folder = target.join(package);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("src/bin")).unwrap();
    let manifest = format!(
        "[package]\nname = \"{package}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
         [dependencies]\nndarena = {{ path = {root:?}, features = {features:?} }}\nndarray = \"0.17\"\n\
         num-complex = \"0.4\"\nnum-traits = \"0.2\"\nrayon = \"1\"\n[workspace]\n"
    );
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    for (name, program) in programs {
        fs::write(folder.join("src/bin").join(name).with_extension("rs"), program).unwrap();
    }

    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["check", "--offline", "--keep-going", "--message-format=json"]).current_dir(&folder);
    let output = cargo.env("CARGO_TARGET_DIR", target.join("checked")).output().unwrap();
    let mut checked = Checked { compiled: BTreeSet::new(), messages: BTreeMap::new() };
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let program = line["target"]["name"].as_str().unwrap_or_default();
        if !programs.contains_key(program) {
            continue;
        }
        if line["reason"] == "compiler-artifact" {
            checked.compiled.insert(program.to_owned());
        } else if let Some(message) = message(&line["message"]) {
            checked.messages.entry(program.to_owned()).or_default().push(message);
        }
    }
    let all = checked.compiled.iter().chain(checked.messages.keys()).collect::<BTreeSet<_>>();
    assert!(all.into_iter().eq(programs.keys()), "{}", String::from_utf8_lossy(&output.stderr));
    checked
}

/// The message, if it is about a place in the program.
fn message(json: &Value) -> Option<Message> {
    let text = |json: &Value| json.as_str().unwrap_or_default().to_owned();
    let list = |json: &Value| json.as_array().cloned().unwrap_or_default();
    let spans = list(&json["spans"]);
    if spans.is_empty() {
        return None; // such as: aborting due to 1 previous error
    }
    let code = json["code"]["code"].as_str().map_or(String::new(), |code| format!("[{code}]"));
    Some(Message {
        first_line: format!("{}{code}: {}", text(&json["level"]), text(&json["message"])),
        labels: spans.iter().filter(|span| span["is_primary"] == true).map(|span| text(&span["label"])).collect(),
        notes: list(&json["children"])
            .iter()
            .filter(|child| list(&child["spans"]).is_empty())
            .map(|child| text(&child["message"]))
            .collect(),
        rendered: text(&json["rendered"]),
    })
}
