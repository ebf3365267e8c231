//! What compilers say of programs that use the library.

mod errors;
mod imports;
mod package;
