//! The project's files, and what is code in them.

use std::fs;
use std::path::Path;

/// The folder of the library's package.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file, by its path from [`root`].
pub(crate) fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// All Rust files below a folder: their paths from [`root`], in order.
pub(crate) fn rust_files(folder: &str) -> Vec<String> {
    let (mut folders, mut files) = (vec![root().join(folder)], Vec::new());
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(from_root(&path));
            }
        }
    }
    files.sort();
    files
}

fn from_root(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/")
}

/// The source with spaces in place of what is in comments, strings and characters: places and lines stay.
pub(crate) fn code_only(source: &str) -> String {
    let bytes = source.as_bytes();
    let mut code = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let end = match rest[0] {
            b'/' if rest.starts_with(b"//") => at + rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len()),
            b'/' if rest.starts_with(b"/*") => at + 2 + find(&rest[2..], b"*/") + 2,
            b'r' if raw_string(rest).is_some() && (at == 0 || !is_word(bytes[at - 1])) => {
                at + raw_string(rest).unwrap()
            }
            b'"' => at + quoted(rest),
            // A character, and not a lifetime.
            b'\'' if rest.len() > 2 && (rest[1] == b'\\' || rest[2] == b'\'') => at + quoted(rest),
            b'\'' if !rest[1].is_ascii() => at + quoted(rest),
            _ => {
                at += 1;
                continue;
            }
        };
        for byte in &mut code[at..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        at = end;
    }
    String::from_utf8(code).unwrap()
}

pub(crate) fn is_word(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric()
}

fn find(text: &[u8], what: &[u8]) -> usize {
    text.windows(what.len()).position(|window| window == what).expect("an end")
}

/// How long the raw string is that `text` begins with.
fn raw_string(text: &[u8]) -> Option<usize> {
    let hashes = text[1..].iter().take_while(|&&b| b == b'#').count();
    if text.get(1 + hashes) != Some(&b'"') {
        return None;
    }
    let end = [&b"\""[..], &b"#".repeat(hashes)].concat();
    Some(hashes + 2 + find(&text[hashes + 2..], &end) + end.len())
}

/// How long what is in quotes is, which `text` begins with.
fn quoted(text: &[u8]) -> usize {
    let mut at = 1;
    while text[at] != text[0] {
        at += if text[at] == b'\\' { 2 } else { 1 };
    }
    at + 1
}

#[test]
fn code_is_told_from_comments_and_strings() {
    let source =
        "let a = \"un\\\"safe\"; // unsafe\nlet b = r#\"unsafe\"#; /* unsafe */ let c = '\\''; unsafe {}\n&'a x; 'é'";
    let code = code_only(source);
    assert_eq!(code.len(), source.len());
    assert_eq!(code.matches("unsafe").count(), 1);
    assert!(code.contains("let c =     ; unsafe {}\n&'a x;"), "{code}");
}
