//! What is the process's: how it ends, and a limit that holds for all of its threads. Each of these tests is the only one here
//! that looks at what it changes, or runs itself again as a program of its own.

mod default_limit;
#[cfg(unix)]
mod exit;
