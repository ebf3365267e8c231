//! That what the documents say of the sources is so: these tests read files, and run nothing of the library.

mod api;
mod breakages;
mod exceptions;
mod files;
mod invariants;
mod unsafety;
