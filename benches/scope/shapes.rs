//! What scopes cost by what is in them: arrays filled, many of them, nested, on several threads, small, aligned.

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;

use ndarena::prelude::*;
use ndarena_benches::paired::{Batch, Make, seconds_of_this_thread, timed};
use ndarray::{Array1, ArrayRef1, Zip};

use super::contenders::Placed;

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

/// A scope with an array on the default buffer of each of so many threads.
pub(crate) fn threads(count: usize) -> Make {
    fn scopes(times: u64) {
        for _ in 0..times {
            ndarena::scope(|s| black_box(s.alloc_array::<f64>(black_box(8)))[0] = 1.0);
        }
    }
    Box::new(move |_| {
        Box::new(move |times| {
            let start = Barrier::new(count);
            let one = || {
                scopes(100);
                start.wait();
                let began = seconds_of_this_thread();
                scopes(times);
                seconds_of_this_thread() - began
            };
            thread::scope(|threads| {
                let all: Vec<_> = (0..count).map(|_| threads.spawn(one)).collect();
                all.into_iter().map(|thread| thread.join().expect("no panic")).fold(0.0, f64::max)
            })
        })
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
