//! Where the tests find what the library's sources say of its operations.

use std::fs;
use std::path::{Path, PathBuf};

/// The library's sources, but for the allocator's, which knows no scope, and for what hands out bytes, which is private.
pub(crate) fn sources() -> Vec<PathBuf> {
    // These tests are those of two packages, one inside the other.
    let mut above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|folder| folder.join("src"));
    let root = above.find(|src| src.join("array").is_dir()).expect("the library's sources");
    let (mut folders, mut files) = (vec![root.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                let without_its_feature = path == root.join("linalg") && !cfg!(feature = "linalg");
                if !without_its_feature && ![root.join("global"), root.join("memory")].contains(&path) {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files
}
