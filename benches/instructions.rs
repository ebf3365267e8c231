//! How many instructions a scope and its arrays add to a program, counted by valgrind:
//! `cargo bench -p ndarena-benches --bench instructions`.

use std::hint::black_box;
use std::mem::MaybeUninit;
#[cfg(target_os = "linux")]
use std::{path::Path, process::Command};

use ndarena::{FixedBuffer, prelude::*};
use ndarena_benches::counted::{self, Case, each};
use ndarena_benches::record::{self, Row};

const CASES: [Case; 22] = [
    ("empty", |turns, n| each(turns, n, |n| n as *const f64)),
    ("scope", |turns, n| {
        let buffer = Buffer::new();
        each(turns, n, |n| buffer.scope(|_| n as *const f64))
    }),
    ("scope + alloc_array(n)", |turns, n| {
        let buffer = Buffer::new();
        each(turns, n, |n| buffer.scope(|s| black_box(s.alloc_array::<f64>(n).as_ptr())))
    }),
    ("scope + alloc_array((n, n))", |turns, n| {
        let buffer = Buffer::new();
        each(turns, n, |n| buffer.scope(|s| black_box(s.alloc_array::<f64>((n, n)).as_ptr())))
    }),
    ("scope + uninit(n)", |turns, n| {
        let buffer = Buffer::new();
        each(turns, n, |n| buffer.scope(|s| black_box(s.uninit::<f64>(n).as_ptr().cast::<f64>())))
    }),
    ("default scope + alloc_array(n)", |turns, n| {
        each(turns, n, |n| ndarena::scope(|s| black_box(s.alloc_array::<f64>(n).as_ptr())))
    }),
    ("scope in a scope, alloc_array(n) in each", |turns, n| {
        let buffer = Buffer::new();
        each(turns, n, |n| {
            buffer.scope(|outer| {
                black_box(outer.alloc_array::<f64>(n).as_ptr());
                outer.scope(|inner| black_box(inner.alloc_array::<f64>(n).as_ptr()))
            })
        })
    }),
    ("10 × alloc_array(n) in an open scope", |turns, n| {
        let buffer = Buffer::new();
        each(turns, n, |n| {
            // Written out, so as not to count a loop.
            macro_rules! arrays {
                ($s:ident: $($array:tt)*) => { $(let _ = $array; black_box($s.alloc_array::<f64>(n).as_ptr());)* };
            }
            buffer.scope(|s| {
                arrays!(s: 1 2 3 4 5 6 7 8 9);
                black_box(s.alloc_array::<f64>(n).as_ptr())
            })
        })
    }),
    ("guard + alloc_array(n)", |turns, n| {
        let buffer = Buffer::new();
        each(turns, n, |n| {
            let guard = buffer.guard();
            black_box(guard.scope().alloc_array::<f64>(n).as_ptr())
        })
    }),
    ("fixed scope + alloc_array(n)", |turns, n| in_fixed::<4096>(turns, n, |s, n| s.alloc_array::<f64>(n).as_ptr())),
    ("fixed scope + alloc_array(n), in 240 bytes", |turns, n| {
        in_fixed::<240>(turns, n, |s, n| s.alloc_array::<f64>(n).as_ptr());
    }),
    ("fixed scope in a scope, alloc_array(n) in each", |turns, n| {
        in_fixed::<4096>(turns, n, |outer, n| {
            black_box(outer.alloc_array::<f64>(n).as_ptr());
            outer.scope(|inner| inner.alloc_array::<f64>(n).as_ptr())
        });
    }),
    ("fixed scope in a scope, alloc_array(n) in it and then in the outer one", |turns, n| {
        in_fixed::<4096>(turns, n, |outer, n| {
            outer.scope(|inner| {
                black_box(inner.alloc_array::<f64>(n).as_ptr());
                outer.alloc_array::<f64>(n).as_ptr()
            })
        });
    }),
    ("fixed scope, guard in it, alloc_array(n) in each", |turns, n| {
        in_fixed::<4096>(turns, n, |outer, n| {
            black_box(outer.alloc_array::<f64>(n).as_ptr());
            let guard = outer.guard();
            black_box(guard.scope().alloc_array::<f64>(n).as_ptr())
        });
    }),
    ("scope + align(4096).alloc_array(n)", |turns, n| {
        let buffer = Buffer::new();
        each(turns, n, |n| buffer.scope(|s| black_box(s.align(4096).alloc_array::<f64>(n).as_ptr())))
    }),
    ("Vec::with_capacity(n)", |turns, n| each(turns, n, |n| black_box(Vec::<f64>::with_capacity(n).as_ptr()))),
    ("mimalloc: alloc + dealloc", |turns, n| each(turns, n, |n| malloc_and_free(&mimalloc::MiMalloc, n))),
    #[cfg(unix)]
    ("jemalloc: alloc + dealloc", |turns, n| each(turns, n, |n| malloc_and_free(&tikv_jemallocator::Jemalloc, n))),
    #[cfg(not(unix))]
    ("glibc: alloc + dealloc", |turns, n| each(turns, n, |n| malloc_and_free(&std::alloc::System, n))),
    ("dyn-stack: make_uninit", |turns, n| {
        let mut memory = [MaybeUninit::<u8>::uninit(); 4096];
        let stack = dyn_stack::MemStack::new(&mut memory);
        each(turns, n, |n| black_box(stack.make_uninit::<f64>(n).0.as_ptr().cast::<f64>()))
    }),
    ("bumpalo: alloc_layout + reset", |turns, n| {
        let mut bump = bumpalo::Bump::new();
        each(turns, n, |n| {
            let layout = std::alloc::Layout::array::<f64>(n).expect("a layout");
            let memory = black_box(bump.alloc_layout(layout).as_ptr().cast::<f64>());
            bump.reset();
            memory
        })
    }),
    ("stumpalo: alloc_layout + clear", |turns, n| {
        let mut arena = stumpalo::Arena::new();
        each(turns, n, |n| {
            let layout = std::alloc::Layout::array::<f64>(n).expect("a layout");
            let memory = black_box(arena.alloc_layout(layout).as_ptr().cast::<f64>());
            arena.clear();
            memory
        })
    }),
    ("bump-scope: scoped + alloc_uninit_slice", |turns, n| {
        let mut bump: bump_scope::Bump = bump_scope::Bump::new();
        each(turns, n, |n| bump.scoped(|bump| black_box(bump.alloc_uninit_slice::<f64>(n).as_ptr().cast::<f64>())))
    }),
];

/// A block for so many numbers, of that allocator.
#[inline(always)]
fn malloc_and_free(allocator: &impl std::alloc::GlobalAlloc, n: usize) -> *const f64 {
    let layout = std::alloc::Layout::array::<f64>(n).expect("a layout");
    // SAFETY: the layout has a size.
    let block = black_box(unsafe { allocator.alloc(layout) });
    // SAFETY: allocated with this layout.
    unsafe { allocator.dealloc(block, layout) };
    block.cast()
}

/// Turns in a scope on so many bytes, aligned to 16.
#[inline(always)]
fn in_fixed<const BYTES: usize>(turns: usize, n: usize, turn: impl Fn(Scope<'_>, usize) -> *const f64) {
    #[repr(align(16))]
    struct Memory<const BYTES: usize>([MaybeUninit<u8>; BYTES]);
    let mut memory = Memory([MaybeUninit::uninit(); BYTES]);
    let buffer = FixedBuffer::new(&mut memory.0);
    each(turns, n, |n| buffer.scope(|s| black_box(turn(s, n))));
}

fn main() {
    let Some(mut rows) = counted::run("n = 30", &CASES, 30) else { return };
    let of = |name: &str| rows.iter().find(|row| row.contender == name).map_or(f64::NAN, |row| row.value);
    let further = (of("10 × alloc_array(n) in an open scope") - of("scope + alloc_array(n)")) / 9.0;
    println!("| each further alloc_array(n) | {further:.1} |");
    rows.push(Row::new("n = 30", "each further alloc_array(n)", "instructions", further));
    #[cfg(target_os = "linux")]
    rows.extend(no_std());
    record::keep(rows, false);
}

/// What a scope takes in the program without the standard library, loop, filling and adding up included.
#[cfg(target_os = "linux")]
fn no_std() -> Vec<Row> {
    let path = ndarena_testing::no_std::build(Path::new(env!("CARGO_TARGET_TMPDIR")));
    let turn = |n: &str| {
        counted::per_turn(|scopes| {
            let mut program = Command::new(&path);
            program.args([n, &scopes.to_string()]);
            program
        })
    };
    let mut rows = Vec::new();
    println!("| tests/no_std/program.rs | instructions a scope |\n|---|---|");
    for numbers in ["5", "12"] {
        let (count, name) = (turn(numbers).expect("valgrind ran before"), format!("{numbers} numbers in 100 bytes"));
        println!("| {name} | {count:.1} |");
        rows.push(Row::new("tests/no_std/program.rs", &name, "instructions", count));
    }
    rows
}
