//! Builds `tests/no_std/program.rs`, a program without the standard library, as a package of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The program, as released, built in a directory of the caller's: what cargo calls `CARGO_TARGET_TMPDIR`.
///
/// # Panics
///
/// When it does not build, with what cargo said.
pub fn build(directory: &Path) -> PathBuf {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("this is `tests/support` of the workspace");
    let package = directory.join("no_std");
    let _ = fs::create_dir_all(package.join("src"));
    let manifest = format!(
        "[package]\nname = \"program\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
         [dependencies]\nndarena = {{ path = {root:?}, default-features = false }}\n\
         [profile.release]\npanic = \"abort\"\n[workspace]\n"
    );
    fs::write(package.join("Cargo.toml"), manifest).unwrap();
    fs::copy(root.join("Cargo.lock"), package.join("Cargo.lock")).unwrap();
    fs::copy(root.join("tests/no_std/program.rs"), package.join("src/main.rs")).unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--release", "--offline"]).current_dir(&package).env_remove("RUSTFLAGS");
    let output = cargo.env("CARGO_TARGET_DIR", package.join("target")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    package.join("target/release/program")
}
