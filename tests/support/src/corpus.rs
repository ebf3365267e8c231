//! Programs that a fuzzer found.

use std::fs;
use std::path::Path;

/// What the fuzz target of that name begins with: files' names with their bytes, in order.
///
/// # Panics
///
/// If there are no such files to read.
pub fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    // This package lies beside it.
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let mut found: Vec<(String, Vec<u8>)> = fs::read_dir(folder)
        .expect("a folder of programs")
        .map(|entry| {
            let entry = entry.expect("a program");
            (entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).expect("its bytes"))
        })
        .collect();
    found.sort();
    found
}
