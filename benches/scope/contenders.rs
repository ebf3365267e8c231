//! What is compared. Each contender is a function of its own, and all call the same loop.

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::mem::MaybeUninit;

use dyn_stack::MemStack;
use mimalloc::MiMalloc;
use ndarena::{Buffer, FixedBuffer, prelude::*};
use ndarena_benches::paired::{Batch, Make, timed};
use ndarena_benches::peers::{self, TUNED_GLIBC};
use ndarray::{ArrayRef1, ArrayView1, ArrayViewMut1, Zip};

/// The loop of the opening function: one copy for all. It takes what it writes to by value, as ndarray kernels do, so
/// every contender has a view to make.
#[inline(never)]
fn add_one_and_sum(x: &ArrayRef1<i64>, mut y: ArrayViewMut1<'_, i64>) -> i64 {
    Zip::from(&mut y).and(x).for_each(|y, x| *y = x + 1);
    y.sum()
}

#[inline(never)]
fn hand(x: &ArrayRef1<i64>, y: &mut ArrayRef1<i64>) -> i64 {
    add_one_and_sum(x, y.view_mut())
}

#[inline(never)]
fn buffer(buffer: &Buffer, x: &ArrayRef1<i64>) -> i64 {
    buffer.scope(|s| add_one_and_sum(x, s.alloc_array::<i64>(x.len())))
}

#[inline(never)]
fn guard(buffer: &Buffer, x: &ArrayRef1<i64>) -> i64 {
    let guard = buffer.guard();
    add_one_and_sum(x, guard.scope().alloc_array::<i64>(x.len()))
}

#[inline(never)]
fn fixed(buffer: &FixedBuffer<'_>, x: &ArrayRef1<i64>) -> i64 {
    buffer.scope(|s| add_one_and_sum(x, s.alloc_array::<i64>(x.len())))
}

/// The shortest way to write it.
#[inline(never)]
fn mapped(buffer: &Buffer, x: &ArrayRef1<i64>) -> i64 {
    buffer.scope(|s| s.map(x, |x| x + 1).sum())
}

#[inline(never)]
fn default(x: &ArrayRef1<i64>) -> i64 {
    ndarena::scope(|s| add_one_and_sum(x, s.alloc_array::<i64>(x.len())))
}

/// The outer scope's array is made and not used: the cost of both, with one loop.
#[inline(never)]
fn nested(buffer: &Buffer, x: &ArrayRef1<i64>) -> i64 {
    buffer.scope(|outer| {
        black_box(outer.alloc_array::<i64>(x.len()).as_mut_ptr());
        outer.scope(|inner| add_one_and_sum(x, inner.alloc_array::<i64>(x.len())))
    })
}

/// As ndarray is written without us.
#[inline(never)]
fn heap(x: &ArrayRef1<i64>) -> i64 {
    (x + 1).sum()
}

/// A view of memory of an allocator's, which is freed at the end.
#[inline(always)]
fn allocated(allocator: &impl GlobalAlloc, x: &ArrayRef1<i64>) -> i64 {
    let layout = Layout::array::<i64>(x.len()).expect("a layout");
    // SAFETY: the layout has a size.
    let memory = unsafe { allocator.alloc(layout) };
    // SAFETY: as many elements as that, written before they are read.
    let y = unsafe { ArrayViewMut1::from_shape_ptr(x.len(), memory.cast()) };
    let sum = add_one_and_sum(x, y);
    // SAFETY: allocated above, with this layout.
    unsafe { allocator.dealloc(memory, layout) };
    sum
}

#[inline(never)]
fn glibc(x: &ArrayRef1<i64>) -> i64 {
    allocated(&System, x)
}

#[inline(never)]
fn mimalloc(x: &ArrayRef1<i64>) -> i64 {
    allocated(&MiMalloc, x)
}

#[cfg(unix)]
#[inline(never)]
fn jemalloc(x: &ArrayRef1<i64>) -> i64 {
    allocated(&tikv_jemallocator::Jemalloc, x)
}

#[inline(never)]
fn bump_scope(bump: &mut bump_scope::Bump, x: &ArrayRef1<i64>) -> i64 {
    bump.scoped(|bump| {
        let memory = bump.alloc_uninit_slice::<i64>(x.len());
        let memory = bump_scope::BumpBox::into_mut(memory);
        // SAFETY: as many elements as that, written before they are read.
        let y = unsafe { ArrayViewMut1::from_shape_ptr(x.len(), memory.as_mut_ptr().cast()) };
        add_one_and_sum(x, y)
    })
}

#[inline(never)]
fn bumpalo(bump: &mut bumpalo::Bump, x: &ArrayRef1<i64>) -> i64 {
    let memory = bump.alloc_layout(Layout::array::<i64>(x.len()).expect("a layout"));
    // SAFETY: as many elements as that, written before they are read.
    let y = unsafe { ArrayViewMut1::from_shape_ptr(x.len(), memory.as_ptr().cast()) };
    let sum = add_one_and_sum(x, y);
    bump.reset();
    sum
}

#[inline(never)]
fn stumpalo(arena: &mut stumpalo::Arena, x: &ArrayRef1<i64>) -> i64 {
    let memory = arena.alloc_layout(Layout::array::<i64>(x.len()).expect("a layout"));
    // SAFETY: as many elements as that, written before they are read.
    let y = unsafe { ArrayViewMut1::from_shape_ptr(x.len(), memory.as_ptr().cast()) };
    let sum = add_one_and_sum(x, y);
    arena.clear();
    sum
}

#[inline(never)]
fn dyn_stack(stack: &mut MemStack, x: &ArrayRef1<i64>) -> i64 {
    let (memory, _) = stack.make_uninit::<i64>(x.len());
    // SAFETY: as many elements as that, written before they are read.
    let y = unsafe { ArrayViewMut1::from_shape_ptr(x.len(), memory.as_mut_ptr().cast()) };
    add_one_and_sum(x, y)
}

/// Memory for `n` elements that starts at one of 256 places of a page, 16 bytes apart: as malloc might have placed it.
pub(crate) struct Placed {
    memory: Vec<i64>,
    start: usize,
    n: usize,
}

impl Placed {
    pub(crate) fn new(n: usize, place: usize) -> Self {
        Placed { memory: vec![3; n + 512], start: 2 * (place % 256), n }
    }

    pub(crate) fn view(&self) -> ArrayView1<'_, i64> {
        ArrayView1::from(&self.memory[self.start..self.start + self.n])
    }

    fn view_mut(&mut self) -> ArrayViewMut1<'_, i64> {
        ArrayViewMut1::from(&mut self.memory[self.start..self.start + self.n])
    }
}

/// A way to compute the opening function: given the number of elements and a place, a batch.
#[derive(Clone, Copy)]
pub(crate) struct Opening {
    pub(crate) name: &'static str,
    make: fn(usize, usize) -> Batch,
}

impl Opening {
    pub(crate) fn of(self, n: usize) -> Make {
        Box::new(move |place| (self.make)(n, place))
    }
}

macro_rules! opening {
    ($constant:ident, $name:literal, |$n:ident, $place:ident| $memory:expr, |$m:ident, $x:ident| $run:expr) => {
        pub(crate) const $constant: Opening = Opening {
            name: $name,
            make: |$n, $place| {
                let operand = Placed::new($n, $place);
                let mut memory = $memory;
                timed(move |iterations| {
                    let x = operand.view();
                    let $m = &mut memory;
                    for _ in 0..iterations {
                        let $x = black_box(&x);
                        black_box($run);
                    }
                })
            },
        };
    };
}

opening!(BUFFER, "buffer", |_n, _place| Buffer::new(), |m, x| buffer(m, x));
opening!(GUARD, "guard", |_n, _place| Buffer::new(), |m, x| guard(m, x));
opening!(
    FIXED,
    "fixed buffer",
    |n, _place| FixedBuffer::new(vec![MaybeUninit::uninit(); 8 * n + 128].leak()),
    |m, x| fixed(m, x)
);
opening!(MAP, "map in a scope", |_n, _place| Buffer::new(), |m, x| mapped(m, x));
opening!(DEFAULT, "default buffer", |_n, _place| (), |_m, x| default(x));
opening!(NESTED, "nested scope", |_n, _place| Buffer::new(), |m, x| nested(m, x));
opening!(HEAP_HERE, "heap", |_n, _place| (), |_m, x| heap(x));
opening!(GLIBC_HERE, "glibc", |_n, _place| (), |_m, x| glibc(x));
opening!(MIMALLOC, "mimalloc", |_n, _place| (), |_m, x| mimalloc(x));
#[cfg(unix)]
opening!(JEMALLOC, "jemalloc", |_n, _place| (), |_m, x| jemalloc(x));
opening!(STUMPALO, "stumpalo", |_n, _place| stumpalo::Arena::new(), |m, x| stumpalo(m, x));
opening!(BUMP_SCOPE, "bump-scope", |_n, _place| bump_scope::Bump::new(), |m, x| bump_scope(m, x));
opening!(BUMPALO, "bumpalo", |_n, _place| bumpalo::Bump::new(), |m, x| bumpalo(m, x));
opening!(DYN_STACK, "dyn-stack", |n, _place| vec![MaybeUninit::<u8>::uninit(); 8 * n + 64], |m, x| dyn_stack(
    MemStack::new(m),
    x
));

pub(crate) const HAND: Opening = Opening {
    name: "by hand",
    make: |n, place| {
        let (operand, mut result) = (Placed::new(n, place), Placed::new(n, place / 256));
        timed(move |iterations| {
            let (x, mut y) = (operand.view(), result.view_mut());
            for _ in 0..iterations {
                black_box(hand(black_box(&x), black_box(&mut y)));
            }
        })
    },
};

/// What runs in a process of its own, as glibc adapts to what ran before: as it comes, and tuned.
macro_rules! elsewhere {
    ($constant:ident, $name:literal, $task:literal, $settings:expr) => {
        pub(crate) const $constant: Opening = Opening {
            name: $name,
            make: |n, place| peers::batch(&format!("{} {n} {}", $task, place % 256), $settings),
        };
    };
}

elsewhere!(HEAP, "heap", "heap", &[]);
elsewhere!(GLIBC, "glibc", "glibc", &[]);
elsewhere!(TUNED, "tuned glibc", "glibc", TUNED_GLIBC);
elsewhere!(TUNED_HEAP, "heap on tuned glibc", "heap", TUNED_GLIBC);

/// What a process of its own runs.
pub(crate) fn task(task: &str) -> Batch {
    let words: Vec<&str> = task.split(' ').collect();
    let number = |word: &str| word.parse().expect("a number");
    let opening = if words[0] == "heap" { HEAP_HERE } else { GLIBC_HERE };
    (opening.make)(number(words[1]), number(words[2]))
}
