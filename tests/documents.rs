//! Links of the README, of the guides and of the sources lead somewhere: every file × every link.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Where the guides are, for who reads them outside of the documentation.
const GUIDES: &str = "https://docs.rs/ndarena/latest/ndarena/guide/";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let (mut folders, mut files) = (vec![root().join(folder)], Vec::new());
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|own| own == extension) {
                files.push(path);
            }
        }
    }
    files
}

/// A Markdown text without its blocks of code.
fn prose(text: &str) -> String {
    let mut code = false;
    let is_prose = |line: &&str| {
        let fence = line.trim_start().starts_with("```");
        code ^= fence;
        !fence && !code
    };
    text.lines().filter(is_prose).collect::<Vec<_>>().join("\n")
}

/// What a heading is called in links.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

/// The guides' module names, each with the anchors of its headings.
fn guides() -> BTreeMap<String, BTreeSet<String>> {
    let guide = |path: PathBuf| {
        let text = prose(&fs::read_to_string(&path).unwrap());
        let headings = text.lines().filter(|line| line.starts_with('#'));
        let anchors = headings.map(|line| anchor(line.trim_start_matches('#'))).collect();
        (path.file_stem().unwrap().to_str().unwrap().replace('-', "_"), anchors)
    };
    files("docs", "md").into_iter().map(guide).collect()
}

/// Where links of a text lead: what is behind `](` and behind `]: `.
fn links(text: &str) -> BTreeSet<String> {
    let inline = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link);
    let below =
        text.lines().filter_map(|line| line.trim_start_matches(['/', '!', ' ']).strip_prefix('[')?.split_once("]: "));
    inline.chain(below.map(|(_, link)| link)).map(str::to_owned).collect()
}

#[test]
fn every_guide_is_a_module() {
    let modules = fs::read_to_string(root().join("src/guide.rs")).unwrap();
    for name in guides().keys() {
        assert!(modules.contains(&format!("pub mod {name} {{}}")), "src/guide.rs has no `{name}`");
        assert!(modules.contains(&format!("[`{name}`]")), "src/guide.rs does not say what `{name}` is for");
    }
}

#[test]
fn every_link_leads_somewhere() {
    let guides = guides();
    let markdown = files("docs", "md").into_iter().chain([root().join("README.md")]);
    let (mut looked_at, mut wrong) = (0, Vec::new());
    for path in markdown.chain(files("src", "rs")) {
        let text = prose(&fs::read_to_string(&path).unwrap());
        let sources = path.extension().is_some_and(|extension| extension == "rs");
        let own = path.file_stem().unwrap().to_str().unwrap().replace('-', "_");
        for link in links(&text) {
            let of_a_guide = |rest: &str| {
                let (name, anchor) = rest.split_once('#').unwrap_or((rest, ""));
                guides.get(name.trim_end_matches('/')).is_some_and(|known| anchor.is_empty() || known.contains(anchor))
            };
            let holds = if let Some(rest) = link.strip_prefix(GUIDES) {
                of_a_guide(rest)
            } else if let Some(rest) = link.strip_prefix("crate::guide::") {
                of_a_guide(rest)
            } else if let Some(own_anchor) = link.strip_prefix('#') {
                of_a_guide(&format!("{own}#{own_anchor}"))
            } else {
                // Others' pages, and items, whose links the documentation's own build looks at. Nothing else is packed; pictures
                // are a part of the page there.
                let is_a_picture = || link.ends_with(".svg") && path.with_file_name(&link).is_file();
                link.starts_with("https://") || sources || is_a_picture()
            };
            looked_at += 1;
            if !holds {
                wrong.push(format!("{}: {link}", path.display()));
            }
        }
    }
    assert!(looked_at > 100, "{looked_at} links were found");
    assert!(wrong.is_empty(), "links that lead nowhere:\n{}", wrong.join("\n"));
}
