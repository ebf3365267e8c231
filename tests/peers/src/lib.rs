//! Tests of ndarena beside other libraries, and against them. The library's own tests are in its own package, where nothing
//! turns on features of the crates that it depends on; beside these, other crates do.
//!
//! The examples of `docs/interop.md` are tests of this package:
#![doc = include_str!("../../../docs/interop.md")]
