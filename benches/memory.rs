//! What it costs to keep a result, and what large pages and padded rows give. `paired` says how it is measured.

use std::hint::black_box;
use std::mem::MaybeUninit;
use std::time::Instant;

use ndarena::{HugePages, prelude::*};
use ndarena_benches::paired::{self, Bound, Make, Pair, Plan, timed};
use ndarray::{Array1, Array2, ArrayRef2, ArrayViewMut2, ShapeBuilder, Zip, s};

const KB: usize = 1 << 10;
const MB: usize = 1 << 20;

fn name_of(bytes: usize) -> String {
    if bytes < MB { format!("{} KB", bytes / KB) } else { format!("{} MB", bytes / MB) }
}

/// What is timed is a small part of a turn, so that as many turns as it takes to time many would take too long.
const TURNS: u64 = 20;

/// From the end of the closure to where the result is there: moved out.
fn moving(bytes: usize) -> Make {
    Box::new(move |_| {
        let buffer = Buffer::new();
        Box::new(move |times| {
            let mut seconds = 0.0;
            for _ in 0..times.min(TURNS) {
                let mut start = None;
                let result = buffer.scope_to_owned(|s| {
                    let mut x = s.alloc_array::<f64>(bytes / 8);
                    x[0] = 1.0;
                    start = Some(Instant::now());
                    x
                });
                seconds += start.expect("the closure ran").elapsed().as_secs_f64();
                drop(black_box(result));
            }
            seconds * times.max(TURNS) as f64 / TURNS as f64
        })
    })
}

/// As [`moving`], copied.
fn copying(bytes: usize) -> Make {
    Box::new(move |_| {
        let buffer = Buffer::new();
        Box::new(move |times| {
            let mut seconds = 0.0;
            for _ in 0..times.min(TURNS) {
                let (result, took) = buffer.scope(|s| {
                    let mut x = s.alloc_array::<f64>(bytes / 8);
                    x[0] = 1.0;
                    let start = Instant::now();
                    let result = x.to_owned();
                    (result, start.elapsed())
                });
                seconds += took.as_secs_f64();
                drop(black_box(result));
            }
            seconds * times.max(TURNS) as f64 / TURNS as f64
        })
    })
}

/// Written, handed out, read and dropped: the whole life of a result.
fn life(bytes: usize, moved: bool) -> Make {
    fn write(x: &mut ndarray::ArrayRef1<f64>) {
        x.iter_mut().enumerate().for_each(|(i, x)| *x = i as f64);
    }
    Box::new(move |_| {
        let buffer = Buffer::new();
        timed(move |times| {
            for _ in 0..times {
                let sum = if moved {
                    let x = buffer.scope_to_owned(|s| {
                        let mut x = s.alloc_array::<f64>(bytes / 8);
                        write(&mut x);
                        x
                    });
                    x.sum()
                } else {
                    let x: Array1<f64> = buffer.scope(|s| {
                        let mut x = s.alloc_array::<f64>(bytes / 8);
                        write(&mut x);
                        x.to_owned()
                    });
                    x.sum()
                };
                black_box(sum);
            }
        })
    })
}

/// `to_owned` of an array in a scope's memory, and a `memcpy` into memory of malloc's.
fn to_owned_and_memcpy(n: usize, column_major: bool) -> (Make, Make) {
    let array = move || Buffer::new().scope_to_owned(|s| s.ones::<f64>((n, n).set_f(column_major)));
    let to_owned = move |_| {
        let x = array();
        timed(move |times| (0..times).for_each(|_| drop(black_box(black_box(&x).to_owned()))))
    };
    let memcpy = move |_| {
        let x = array();
        timed(move |times| {
            for _ in 0..times {
                let mut copy = Vec::<MaybeUninit<f64>>::with_capacity(n * n);
                // SAFETY: both have as many elements.
                unsafe { black_box(&x).as_ptr().copy_to_nonoverlapping(copy.as_mut_ptr().cast(), n * n) };
                black_box(copy);
            }
        })
    };
    (Box::new(to_owned), Box::new(memcpy))
}

/// `to_owned` of every other element of an array in a scope's memory, and of one on the heap.
fn to_owned_of_slices(n: usize) -> (Make, Make) {
    fn copy(x: &ArrayRef2<f64>) {
        drop(black_box(black_box(x).slice(s![..;2, ..;2]).to_owned()));
    }
    let of_a_scope = move |_| {
        let x = Buffer::new().scope_to_owned(|scope| scope.ones::<f64>((n, n)));
        timed(move |times| (0..times).for_each(|_| copy(&x)))
    };
    let of_the_heap = move |_| {
        let x = Array2::<f64>::ones((n, n));
        timed(move |times| (0..times).for_each(|_| copy(&x)))
    };
    (Box::new(of_a_scope), Box::new(of_the_heap))
}

/// A transpose through scratch, of an operand in scratch: each column read is written to a row.
fn transposing(n: usize, buffer: fn() -> Buffer, padded: bool) -> Make {
    #[inline(never)]
    fn transpose(to: &mut ArrayRef2<f64>, from: &ArrayRef2<f64>) {
        to.assign(&from.t());
    }
    Box::new(move |_| {
        let buffer = buffer();
        timed(move |times| {
            buffer.scope(|s| {
                let make = || square(s, n, padded);
                let (from, mut to) = (make(), make());
                (0..times).for_each(|_| transpose(black_box(&mut to), black_box(&from)));
            });
        })
    })
}

fn square(s: Scope<'_>, n: usize, padded: bool) -> ArrayViewMut2<'_, f64> {
    if padded { s.ones::<f64>((n, n).padded::<f64>()) } else { s.ones::<f64>((n, n)) }
}

/// A three-point stencil along columns, on a scope's array: rows above and below, a column at a time.
fn smoothing(n: usize, padded: bool) -> Make {
    #[inline(never)]
    fn smooth(a: &mut ArrayRef2<f64>) {
        for mut column in a.columns_mut() {
            for i in 1..column.len() - 1 {
                column[i] = 0.5 * column[i] + 0.25 * (column[i - 1] + column[i + 1]);
            }
        }
    }
    Box::new(move |_| {
        let buffer = Buffer::new();
        timed(move |times| {
            buffer.scope(|s| {
                let mut a = square(s, n, padded);
                (0..times).for_each(|_| smooth(black_box(&mut a)));
            });
        })
    })
}

/// What padding costs where nothing walks down columns: `z += x`.
fn adding(n: usize, padded: bool) -> Make {
    #[inline(never)]
    fn add(z: &mut ArrayRef2<f64>, x: &ArrayRef2<f64>) {
        Zip::from(z).and(x).for_each(|z, x| *z += x);
    }
    Box::new(move |_| {
        let buffer = Buffer::new();
        timed(move |times| {
            buffer.scope(|s| {
                let make = || square(s, n, padded);
                let (mut z, x) = (make(), make());
                (0..times).for_each(|_| add(black_box(&mut z), black_box(&x)));
            });
        })
    })
}

fn main() {
    let mut pairs = Vec::new();
    let mut compare = |name: String, a: Make, b: Make, bound: Bound| pairs.push(Pair { name, a, b, bound });

    for bytes in [8 * KB, 8 * MB, 80 * MB] {
        let name = name_of(bytes);
        compare(format!("{name} out of a scope: moved vs to_owned"), moving(bytes), copying(bytes), Bound::Any);
        compare(format!("moving out: {name} vs 8 KB"), moving(bytes), moving(8 * KB), Bound::AtMost(1.5));
        compare(
            format!("{name} written, kept, read: moved vs to_owned"),
            life(bytes, true),
            life(bytes, false),
            Bound::Any,
        );
    }
    for n in [300, 3000] {
        for (order, column_major) in [("row", false), ("column", true)] {
            let (to_owned, memcpy) = to_owned_and_memcpy(n, column_major);
            let name = format!("{n} × {n}, {order}-major: to_owned vs malloc and memcpy");
            compare(name, to_owned, memcpy, Bound::AtMost(1.05));
        }
        let (ours, ndarrays) = to_owned_of_slices(n);
        compare(
            format!("{n} × {n}, every other: to_owned of a scope's vs to_owned of the heap's"),
            ours,
            ndarrays,
            Bound::AtMost(1.0),
        );
    }
    for (n, padded) in [(512, true), (2000, false), (2048, false), (2048, true), (4000, false)] {
        let rows = if padded { ", padded rows" } else { "" };
        let name = format!("transpose of {n} × {n} through scratch{rows}: huge pages vs small pages");
        let bound = if n == 2048 && padded { Bound::AtMost(0.77) } else { Bound::Any };
        let huge = || Buffer::from_source(HugePages);
        compare(name, transposing(n, huge, padded), transposing(n, Buffer::new, padded), bound);
    }
    for n in [64, 128, 192, 256, 320, 384, 512, 768, 1024, 2048] {
        let name = |what: &str| format!("{what} of {n} × {n}: padded rows vs plain rows");
        compare(name("transpose"), transposing(n, Buffer::new, true), transposing(n, Buffer::new, false), Bound::Any);
        compare(name("stencil down columns"), smoothing(n, true), smoothing(n, false), Bound::Any);
        compare(name("z += x"), adding(n, true), adding(n, false), Bound::Any);
    }

    paired::run(pairs, Plan { processes: 5, samples: 10, batches: 2e-3 });
}
