//! A program without the standard library, built and run.

#![cfg(target_os = "linux")]

use std::path::Path;
use std::process::Command;

use ndarena_testing::no_std::build;

#[test]
fn scopes_need_neither_the_standard_library_nor_an_allocator() {
    let program = build(Path::new(env!("CARGO_TARGET_TMPDIR")));
    let run = |arguments: &[&str]| {
        let output = Command::new(&program).args(arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(run(&["5"]), "The sum is: 50000\n");
    assert_eq!(run(&["12"]), "The sum is: 120000\n");
    assert_eq!(run(&["0", "3"]), "The sum is: 0\n");
    assert_eq!(run(&["13"]), "13 numbers do not fit into 100 bytes\n");
}
