//! Makes pages and pictures of the records of benches:
//!
//! ```text
//! cargo run --release -p ndarena-benches --bin pages             # writes them
//! cargo run --release -p ndarena-benches --bin pages -- --check  # fails where they are not what the records say
//! ```
//!
//! `docs/benchmarks.md` is the template `benches/pages/benchmarks.md`, filled in; `docs/benchmark-tables.md` has every row; the pictures
//! are in `docs/benchmarks`. In the documentation that rustdoc makes, pictures have to be a part of the page, so that is written
//! once more, with them in it; for the README's there is a link that is the picture. In the README and the other guides a figure that is a record's has a mark before it,
//! `<!-- figure ratio scope | .. -->`, and is looked at or put right as well.

mod charts;
mod map;
mod pictures;
mod records;
mod svg;
mod text;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use records::{Found, Records};

/// What is to be in which file.
fn files(root: &Path) -> Found<Vec<(PathBuf, String)>> {
    let read = |path: &Path| fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()));
    let folder = root.join("docs/benchmarks");
    let records = Records::read(&folder)?;
    let pictures = pictures::all(&records)?;
    let template = read(&root.join("benches/pages/benchmarks.md"))?;
    let [beside, inside] = text::page(&template, &records, &pictures, root)?;
    let mut files = vec![
        (root.join("docs/benchmarks.md"), beside),
        (folder.join("page.txt"), inside),
        (folder.join("readme.txt"), format!("[picture]: {}\n", pictures["scope"].link())),
        (root.join("docs/benchmark-tables.md"), text::tables(&records)),
    ];
    files.extend(pictures.iter().map(|(name, picture)| (folder.join(name).with_extension("svg"), picture.file())));
    let guides = fs::read_dir(root.join("docs"))
        .map_err(|error| error.to_string())?
        .filter_map(|entry| Some(entry.ok()?.path()));
    let is_made = |path: &PathBuf| files.iter().any(|(made, _)| made == path);
    let others: Vec<PathBuf> =
        guides.filter(|path| path.extension().is_some_and(|own| own == "md") && !is_made(path)).collect();
    for path in others.into_iter().chain([root.join("README.md")]) {
        let marked = text::marked(&read(&path)?, &records).map_err(|error| format!("{}: {error}", path.display()))?;
        files.push((path, marked));
    }
    Ok(files)
}

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let files = match files(&root) {
        Ok(files) => files,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let check = env::args().any(|argument| argument == "--check");
    let is_right = |(path, text): &&(PathBuf, String)| fs::read_to_string(path).is_ok_and(|known| known == *text);
    let wrong: Vec<_> = files.iter().filter(|file| !is_right(file)).collect();
    for (path, text) in &wrong {
        if check {
            eprintln!("{} is not what the records say", path.display());
        } else if let Err(error) = fs::write(path, text) {
            eprintln!("{}: {error}", path.display());
            return ExitCode::FAILURE;
        } else {
            println!("{}", path.display());
        }
    }
    if check && !wrong.is_empty() {
        eprintln!("cargo run --release -p ndarena-benches --bin pages");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
