//! How many instructions a scope and its arrays add to a program, counted by valgrind:
//! `cargo bench --bench instructions`.

mod counted;

use std::hint::black_box;

use counted::{Case, each};
use ndarena::{Buffer, prelude::*};

const CASES: [Case; 11] = [
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
            buffer.scope(|s| (0..10).fold(std::ptr::null(), |_, _| black_box(s.alloc_array::<f64>(n).as_ptr())))
        })
    }),
    ("Vec::with_capacity(n)", |turns, n| each(turns, n, |n| black_box(Vec::<f64>::with_capacity(n).as_ptr()))),
    ("bumpalo: alloc_layout + reset", |turns, n| {
        let mut bump = bumpalo::Bump::new();
        each(turns, n, |n| {
            let layout = std::alloc::Layout::array::<f64>(n).expect("a layout");
            let memory = black_box(bump.alloc_layout(layout).as_ptr().cast::<f64>());
            bump.reset();
            memory
        })
    }),
    ("bump-scope: scoped + alloc_uninit_slice", |turns, n| {
        let mut bump: bump_scope::Bump = bump_scope::Bump::new();
        each(turns, n, |n| bump.scoped(|bump| black_box(bump.alloc_uninit_slice::<f64>(n).as_ptr().cast::<f64>())))
    }),
];

fn main() {
    counted::run("n = 30", &CASES, 30);
}
