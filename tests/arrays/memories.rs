//! Every public operation, and every example of README.md and the guide, on every kind of memory and in scopes opened in every
//! way: what the heap gives, bit for bit, and all memory back.

#[rustfmt::skip] // as the documents have it
#[allow(clippy::needless_lifetimes, reason = "as the documents have it")]
mod documented;
mod documents;
mod harness;
mod public;
mod rows;

use ndarena::prelude::*;

use harness::{AtTheirPeak, Program, on_every_memory};
use rows::Row;

fn check(rows: Vec<Row>, of: &str) {
    let (used, mut at_peak) = (Buffer::new(), AtTheirPeak::default());
    for row in rows {
        if cfg!(miri) && row.name == "largest_eigenvalue" {
            continue; // A hundred turns take minutes there; `heat` has turns, too.
        }
        for n in if cfg!(miri) { &[2][..] } else { &[3, 20] } {
            let run = |s: Scope<'_>| (row.in_a_scope)(s, *n);
            let sizes = if cfg!(miri) {
                3
            } else if *n == 3 {
                1000
            } else {
                60
            };
            let expected = (row.on_the_heap)(*n);
            on_every_memory(&Program { name: row.name, run: &run, expected: &expected, sizes }, &used, &mut at_peak);
        }
    }
    at_peak.print(of);
}

#[test]
fn every_operation_runs_on_every_memory() {
    check(rows::rows(), "operations");
}

#[test]
fn every_example_runs_on_every_memory() {
    check(documents::rows(), "examples");
}
