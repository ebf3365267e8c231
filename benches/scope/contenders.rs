//! What is compared. Each contender is a function of its own, and all call the same loop.

use std::alloc::{GlobalAlloc, Layout};
use std::hint::black_box;
use std::mem::MaybeUninit;

use dyn_stack::MemStack;
use mimalloc::MiMalloc;
use ndarena::{Buffer, FixedBuffer, prelude::*};
use ndarena_benches::paired::{Batch, Make, timed};
use ndarray::{Array1, ArrayRef1, ArrayView1, ArrayViewMut1, Zip};

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

#[inline(never)]
fn mimalloc(x: &ArrayRef1<i64>) -> i64 {
    let layout = Layout::array::<i64>(x.len()).expect("a layout");
    // SAFETY: the layout has a size.
    let memory = unsafe { MiMalloc.alloc(layout) };
    // SAFETY: as many elements as that, written before they are read.
    let y = unsafe { ArrayViewMut1::from_shape_ptr(x.len(), memory.cast()) };
    let sum = add_one_and_sum(x, y);
    // SAFETY: allocated above, with this layout.
    unsafe { MiMalloc.dealloc(memory, layout) };
    sum
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
fn dyn_stack(stack: &mut MemStack, x: &ArrayRef1<i64>) -> i64 {
    let (memory, _) = stack.make_uninit::<i64>(x.len());
    // SAFETY: as many elements as that, written before they are read.
    let y = unsafe { ArrayViewMut1::from_shape_ptr(x.len(), memory.as_mut_ptr().cast()) };
    add_one_and_sum(x, y)
}

/// Memory for `n` elements that starts at one of 256 places of a page, 16 bytes apart: as malloc might have placed it.
struct Placed {
    memory: Vec<i64>,
    start: usize,
    n: usize,
}

impl Placed {
    fn new(n: usize, place: usize) -> Self {
        Placed { memory: vec![3; n + 512], start: 2 * (place % 256), n }
    }

    fn view(&self) -> ArrayView1<'_, i64> {
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
opening!(HEAP, "heap", |_n, _place| (), |_m, x| heap(x));
opening!(MIMALLOC, "mimalloc", |_n, _place| (), |_m, x| mimalloc(x));
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

fn batch(mut once: impl FnMut() + 'static) -> Batch {
    timed(move |iterations| (0..iterations).for_each(|_| once()))
}

fn in_buffer(n: usize, once: fn(&Buffer, &ArrayRef1<i64>)) -> Make {
    Box::new(move |place| {
        let (operand, buffer) = (Placed::new(n, place), Buffer::new());
        timed(move |iterations| {
            let x = operand.view();
            (0..iterations).for_each(|_| once(black_box(&buffer), black_box(&x)));
        })
    })
}

/// An array of zeros, and an array that is filled with zeros: both in a scope.
pub(crate) fn zeros(n: usize) -> (Make, Make) {
    #[inline(never)]
    fn zeros(buffer: &Buffer, x: &ArrayRef1<i64>) {
        buffer.scope(|s| drop(black_box(s.zeros::<i64>(x.len()))));
    }
    #[inline(never)]
    fn filled(buffer: &Buffer, x: &ArrayRef1<i64>) {
        buffer.scope(|s| {
            let mut y = s.alloc_array::<i64>(x.len());
            y.fill(0);
            drop(black_box(y));
        });
    }
    (in_buffer(n, zeros), in_buffer(n, filled))
}

/// A map, and an array into which a `Zip` writes: both in a scope.
pub(crate) fn map(n: usize) -> (Make, Make) {
    #[inline(never)]
    fn map(buffer: &Buffer, x: &ArrayRef1<i64>) {
        buffer.scope(|s| drop(black_box(s.map(x, |x| 2 * x + 1))));
    }
    #[inline(never)]
    fn zipped(buffer: &Buffer, x: &ArrayRef1<i64>) {
        buffer.scope(|s| {
            let mut y = s.alloc_array::<i64>(x.len());
            Zip::from(&mut y).and(x).for_each(|y, x| *y = 2 * x + 1);
            drop(black_box(y));
        });
    }
    (in_buffer(n, map), in_buffer(n, zipped))
}

/// `times` scopes with `count` arrays of 8 elements, the first of each written.
pub(crate) fn arrays(count: usize, times: usize) -> Make {
    Box::new(move |_| {
        let buffer = Buffer::new();
        batch(move || {
            for _ in 0..times {
                buffer.scope(|s| {
                    for _ in 0..count {
                        black_box(s.alloc_array::<f64>(black_box(8)))[0] = 1.0;
                    }
                });
            }
        })
    })
}

/// `count` arrays of 3 elements, written and then summed up, which start that many elements apart.
pub(crate) fn small_arrays(count: usize, apart: usize) -> Make {
    #[inline(never)]
    fn kernel(memory: &mut [f64], count: usize, apart: usize) -> f64 {
        for (k, array) in memory.chunks_exact_mut(apart).take(count).enumerate() {
            array[..3].fill(k as f64);
        }
        memory.chunks_exact(apart).take(count).map(|array| array[..3].iter().sum::<f64>()).sum()
    }
    Box::new(move |_| {
        let buffer = Buffer::new();
        batch(move || {
            buffer.scope(|s| {
                let memory = s.alloc_slice(8 * count);
                black_box(kernel(black_box(memory), black_box(count), black_box(apart)));
            });
        })
    })
}

/// `times` scopes nested that deep, with an array in each.
pub(crate) fn depth(depth: usize, times: usize) -> Make {
    fn descend(s: Scope<'_>, depth: usize) {
        black_box(s.alloc_array::<f64>(black_box(8)))[0] = 1.0;
        if depth > 1 {
            s.scope(|inner| descend(inner, depth - 1));
        }
    }
    Box::new(move |_| {
        let buffer = Buffer::new();
        batch(move || (0..times).for_each(|_| buffer.scope(|s| descend(s, depth))))
    })
}

/// `z += x * y` on arrays from the heap, and on arrays from a scope: what is compared is the loop, so often that the making
/// of the arrays does not count.
pub(crate) fn multiply_add(n: usize) -> (Make, Make) {
    #[inline(never)]
    fn kernel(x: &ArrayRef1<f64>, y: &ArrayRef1<f64>, z: &mut ArrayRef1<f64>) {
        for _ in 0..300 {
            Zip::from(black_box(&mut *z)).and(black_box(x)).and(black_box(y)).for_each(|z, x, y| *z += x * y);
        }
    }
    let heap = move |place: usize| {
        // Something in between, so that the three do not always lie in the same way.
        let gap = |bits: usize| vec![0u8; 16 * (1 + place / bits % 64)];
        let (x, _gap) = (Array1::<f64>::ones(n), gap(1));
        let (y, _gap) = (Array1::<f64>::ones(n), gap(64));
        let mut z = Array1::<f64>::ones(n);
        batch(move || kernel(&x, &y, &mut z))
    };
    let scope = move |_| {
        let buffer = Buffer::new();
        batch(move || buffer.scope(|s| kernel(&s.ones::<f64>(n), &s.ones::<f64>(n), &mut s.ones::<f64>(n))))
    };
    (Box::new(heap), Box::new(scope))
}
