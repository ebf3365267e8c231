//! Under AddressSanitizer, memory is poisoned where no array is: a pointer that is used after its scope's end is reported.
//!
//! A program of its own, as each use is a process that the sanitizer ends.
#![cfg(asan)]

use std::mem::MaybeUninit;
use std::process::{Command, Output};

use ndarena::{Buffer, FixedBuffer, prelude::*};

/// The variable that tells a process which use is its own.
const VARIABLE: &str = "NDARENA_USE_AFTER_SCOPE";

/// What a use reads, after its array is gone or as long as it is there.
type Use = fn() -> f64;

fn read(at: *const f64) -> f64 {
    // SAFETY: none. The memory is this process's, and the sanitizer ends it here where the array is gone.
    unsafe { at.read_volatile() }
}

fn low(s: Scope<'_>) -> *const f64 {
    s.alloc_array::<f64>(5).as_ptr()
}

fn high(s: Scope<'_>) -> *const f64 {
    s.from_elem(5, 1.0).as_ptr()
}

/// What is reported.
const WRONG: [(&str, Use); 10] = [
    ("buffer, low end", || {
        let buffer = Buffer::new();
        read(buffer.scope(low))
    }),
    ("buffer, high end", || {
        let buffer = Buffer::new();
        read(buffer.scope(high))
    }),
    ("buffer, beside an array", || {
        let buffer = Buffer::new();
        buffer.scope(|s| read(high(s).wrapping_add(5)))
    }),
    ("buffer, scope that grew", || {
        let buffer = Buffer::new();
        read(buffer.scope(|s| {
            s.from_elem(100_000, 1.0);
            s.from_elem(1_000_000, 1.0).as_ptr()
        }))
    }),
    ("buffer, inner scope", || {
        let buffer = Buffer::new();
        buffer.scope(|outer| {
            outer.from_elem(5, 1.0);
            read(outer.scope(high))
        })
    }),
    ("default buffer", || read(ndarena::scope(high))),
    ("guard", || {
        let buffer = Buffer::new();
        let guard = buffer.guard();
        let at = high(guard.scope());
        drop(guard);
        read(at)
    }),
    ("fixed memory, inner scope", || {
        let mut memory = [MaybeUninit::uninit(); 4096];
        let buffer = FixedBuffer::new(&mut memory);
        buffer.scope(|outer| {
            outer.from_elem(5, 1.0);
            read(outer.scope(high))
        })
    }),
    ("fixed memory, inner guard", || {
        let mut memory = [MaybeUninit::uninit(); 4096];
        let buffer = FixedBuffer::new(&mut memory);
        let _outer = buffer.guard();
        let inner = buffer.guard();
        let at = low(inner.scope());
        drop(inner);
        read(at)
    }),
    ("packed memory, inner scope", || {
        let mut memory = [MaybeUninit::uninit(); 200];
        let buffer = FixedBuffer::new(&mut memory);
        buffer.scope(|outer| {
            outer.from_elem(5, 1.0);
            read(outer.scope(high))
        })
    }),
];

/// What is not.
const RIGHT: [(&str, Use); 4] = [
    ("in its scope", || Buffer::new().scope(|s| read(high(s)))),
    ("for an outer scope", || {
        let mut memory = [MaybeUninit::uninit(); 4096];
        FixedBuffer::new(&mut memory).scope(|outer| read(outer.scope(|_| high(outer))))
    }),
    ("detached", || {
        let detached = Buffer::new().scope_to_owned(|s| s.from_elem(5, 1.0));
        read(detached.as_ptr())
    }),
    ("fixed memory that is its owner's again", || {
        let mut memory = [MaybeUninit::new(0); 4096];
        let at = FixedBuffer::new(&mut memory).scope(high);
        memory.fill(MaybeUninit::new(0));
        read(at) + 1.0
    }),
];

/// Runs the test `test` alone in a process of its own, in which it does what is called `name`.
fn process(test: &str, name: &str) -> Output {
    let this = std::env::current_exe().unwrap();
    Command::new(this).args([test, "--exact", "--nocapture"]).env(VARIABLE, name).output().unwrap()
}

/// Does the use that this process is for, if it is for one.
fn is_for(uses: &[(&str, Use)]) -> bool {
    let Ok(own) = std::env::var(VARIABLE) else { return false };
    let (_, run) = uses.iter().find(|(name, _)| *name == own).expect("a use");
    assert_eq!(run(), 1.0);
    true
}

#[test]
fn a_use_after_its_scope_is_reported() {
    if is_for(&WRONG) {
        return;
    }
    for (name, _) in WRONG {
        let output = process("a_use_after_its_scope_is_reported", name);
        let report = String::from_utf8_lossy(&output.stderr);
        // A scope that grew has freed what it had before.
        let reported = ["use-after-poison", "heap-use-after-free"].iter().any(|kind| report.contains(kind));
        assert!(!output.status.success() && reported, "{name}: {report}");
        // The first place of this program's in the report is where it was read.
        let place = report.lines().find(|line| line.contains("use_after_scope::"));
        assert!(place.is_some_and(|line| line.contains("use_after_scope::read")), "{name}: {report}");
    }
}

#[test]
fn arrays_may_be_used_for_as_long_as_they_live() {
    if is_for(&RIGHT) {
        return;
    }
    for (name, _) in RIGHT {
        let output = process("arrays_may_be_used_for_as_long_as_they_live", name);
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
