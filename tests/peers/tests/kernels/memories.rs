//! Every kernel on every memory: the same bits, and all memory back.

use std::alloc::{Layout, alloc, dealloc};
use std::mem::MaybeUninit;
use std::ptr::NonNull;

use ndarena::{ChunkSource, FixedBuffer, prelude::*};
use ndarena_kernels::airline::PASSENGERS;
use ndarena_kernels::kalman::Model;
use ndarena_kernels::mlp::Layer;
use ndarena_kernels::rk45::Control;
use ndarena_kernels::{cholesky, expm, kalman, mlp, qr, rk45, strassen};
use ndarena_testing::panic_of;
use ndarray::prelude::*;

/// Numbers between -1 and 1 without a pattern.
fn numbers(m: usize, n: usize) -> Array2<f64> {
    Array2::from_shape_fn((m, n), |(i, j)| ((i * i * 13 + i * j * 31 + j * j * 7 + i + 2 * j + 1) as f64).sin())
}

fn bits<'a>(numbers: impl IntoIterator<Item = &'a f64>) -> Vec<u64> {
    numbers.into_iter().map(|x| x.to_bits()).collect()
}

/// A module of the kernels' (or what a function of the documentation is called), and what gives the bits of its results for
/// a small problem and for a larger one.
type Kernel = (&'static str, fn(Scope<'_>, bool) -> Vec<u64>);

const KERNELS: [Kernel; 10] = [
    ("cholesky", |s, large| {
        let n = if large { 70 } else { 5 };
        let g = numbers(n, n);
        let a = g.dot(&g.t()) + Array2::<f64>::eye(n) * n as f64;
        bits(&cholesky::in_a_scope(s, a.view(), g.row(0)).unwrap())
    }),
    ("expm", |s, large| {
        let n = if large { 30 } else { 3 };
        bits(&expm::in_a_scope(s, (numbers(n, n) * 2.0).view()).unwrap())
    }),
    ("kalman", |s, large| {
        let series: Array1<f64> = PASSENGERS.iter().map(|y| y.ln()).collect();
        let model = Model::structural(if large { 3 } else { 0 }, 12);
        let (means, likelihood) = kalman::in_a_scope(s, &model, series.view()).unwrap();
        bits(means.iter().chain([&likelihood]))
    }),
    ("mlp", |s, large| {
        let widths: &[usize] = if large { &[40, 64, 30, 10] } else { &[4, 8, 3] };
        let layer =
            |pair: &[usize]| Layer { weights: numbers(pair[0], pair[1]), bias: numbers(1, pair[1]).row(0).to_owned() };
        let layers: Vec<Layer> = widths.windows(2).map(layer).collect();
        bits(&mlp::in_a_scope(s, &layers, numbers(50, widths[0]).view(), 16).unwrap())
    }),
    ("qr", |s, large| {
        let (m, n) = if large { (90, 65) } else { (6, 3) };
        bits(&qr::in_a_scope(s, numbers(m, n).view(), numbers(1, m).row(0)).unwrap())
    }),
    ("rk45", |s, large| {
        let n = if large { 100 } else { 3 };
        let control = Control { absolute: 1e-6, relative: 1e-6, first: 0.01, most: 100_000 };
        let start = numbers(1, n);
        let end = rk45::in_a_scope(s, |s, _, y| s.map(y, |y| y.sin() - 0.5 * y), (0.0, 2.0), start.row(0), &control);
        bits(&end.unwrap().0)
    }),
    ("strassen", |s, large| {
        let (n, cutoff) = if large { (67, 8) } else { (12, 3) };
        bits(&strassen::in_a_scope(s, &numbers(n, n), &numbers(n, n).t(), cutoff))
    }),
    ("lengths", |s, large| {
        // README's.
        let a = numbers(if large { 300 } else { 2 }, 40);
        bits(&s.scope(|inner| {
            let squares = inner.map(&a, |x| x * x);
            let lengths = s.from_shape_fn(a.nrows(), |i| squares.row(i).sum().sqrt());
            let mean = lengths.mean().unwrap_or(0.0);
            s.map(&lengths, |x| x - mean)
        }))
    }),
    ("residual", |s, large| {
        // The guide's.
        let n = if large { 60 } else { 2 };
        let (a, x, b) = (numbers(n, n), numbers(1, n), numbers(2, n));
        bits(&s.scope(|inner| s.sub(&b.row(1), &inner.dot(&a, &x.row(0)))))
    }),
    ("power", |s, large| {
        fn power<'s>(s: Scope<'s>, a: &Array2<f64>, n: u32) -> ArrayViewMut2<'s, f64> {
            s.scope(|inner| match n {
                0 => s.eye(a.nrows()),
                _ if n % 2 == 1 => s.dot(a, &power(inner, a, n - 1)),
                _ => {
                    let half = power(inner, a, n / 2);
                    s.dot(&half, &half)
                }
            })
        }
        bits(&if large { power(s, &numbers(20, 20), 45) } else { power(s, &numbers(3, 3), 5) })
    }),
];

/// Runs a kernel in scopes of several kinds that `open` opens: at once, inside others that have arrays, and in guards that
/// are ended in any order.
fn in_scopes<'b>(
    kernel: Kernel,
    large: bool,
    expected: &[u64],
    what: &str,
    open: impl Fn(&mut dyn FnMut(Scope<'_>)),
    guard: impl Fn() -> ndarena::Guard<'b>,
) {
    let what = format!("{} on {what}", kernel.0);
    for _ in 0..2 {
        open(&mut |s| assert_eq!((kernel.1)(s, large), expected, "{what}"));
    }
    open(&mut |outer| {
        let kept = (outer.from_elem(3, 1u8), outer.alloc_slice::<u8>(5));
        kept.1.fill(2);
        outer.scope(|s| {
            let between = s.from_elem(70, 3u8);
            s.scope(|s| assert_eq!((kernel.1)(s, large), expected, "{what}, nested"));
            assert_eq!((kernel.1)(outer, large), expected, "{what}, in the outer scope");
            assert!(between.iter().all(|&x| x == 3));
        });
        assert!(kept.0.iter().all(|&x| x == 1) && kept.1.iter().all(|&x| x == 2), "{what}");
    });
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let mut guards = [guard(), guard(), guard()].map(Some);
        for end in order {
            for guard in guards.iter().flatten().take(if large { 1 } else { 3 }) {
                assert_eq!((kernel.1)(guard.scope(), large), expected, "{what}, in guards ended as {order:?}");
            }
            guards[end] = None;
        }
    }
}

/// The system's memory, as a source.
struct FromSystem;

// SAFETY: the global allocator's memory, on boundaries of 64 bytes.
unsafe impl ChunkSource for FromSystem {
    fn allocate(&self, bytes: usize) -> Option<NonNull<[u8]>> {
        let layout = Layout::from_size_align(bytes, 64).ok()?;
        // SAFETY: a buffer asks for one byte or more.
        let start = NonNull::new(unsafe { alloc(layout) })?;
        Some(NonNull::slice_from_raw_parts(start, bytes))
    }

    unsafe fn deallocate(&self, chunk: NonNull<[u8]>) {
        let layout = Layout::from_size_align(chunk.len(), 64).expect("as it was allocated");
        // SAFETY: it comes from `allocate`.
        unsafe { dealloc(chunk.as_ptr().cast(), layout) }
    }
}

fn on_a_buffer(buffer: &Buffer, kernel: Kernel, large: bool, expected: &[u64], what: &str) {
    in_scopes(kernel, large, expected, what, |f| buffer.scope(f), || buffer.guard());
    assert_eq!(buffer.stats().in_use, 0, "{} on {what}", kernel.0);
}

fn on_fixed_memory(memory: &mut [MaybeUninit<u8>], kernel: Kernel, large: bool, expected: &[u64], what: &str) {
    let size = memory.len();
    let buffer = FixedBuffer::new(memory);
    in_scopes(kernel, large, expected, what, |f| buffer.scope(f), || buffer.guard());
    assert_eq!(buffer.stats().in_use, 0, "{} on {what}", kernel.0);
    assert!(buffer.scope(|s| s.try_uninit::<u8>(size).is_ok()), "{} on {what}: all memory is back", kernel.0);
}

#[test]
fn every_kernel_runs_on_every_memory() {
    for kernel in KERNELS {
        for large in [false, true] {
            let buffer = Buffer::new();
            let expected = buffer.scope(|s| (kernel.1)(s, large));
            let peak = buffer.stats().peak;
            on_a_buffer(&buffer, kernel, large, &expected, "a buffer that has run it");
            on_a_buffer(&Buffer::new(), kernel, large, &expected, "a new buffer");
            on_a_buffer(&Buffer::with_capacity(peak), kernel, large, &expected, "a buffer of its peak");
            on_a_buffer(&Buffer::from_source(FromSystem), kernel, large, &expected, "a source");
            // Each level has a block as large as the scopes at its depth came to need, and in guards there are three of each.
            on_a_buffer(&Buffer::with_limit(8 * peak + 4096), kernel, large, &expected, "a buffer with a limit");
            ndarena::scope(|s| assert_eq!((kernel.1)(s, large), expected, "{} on the default buffer", kernel.0));

            let mut memory = vec![MaybeUninit::uninit(); 4 * peak + 10_000];
            let ample = memory.len() - 128;
            let aligned = memory.as_ptr().addr().wrapping_neg() % 64;
            for (start, what) in
                [(aligned, "lines"), (aligned + 1, "an odd address"), (aligned + 24, "another address")]
            {
                on_fixed_memory(&mut memory[start..start + ample], kernel, large, &expected, what);
            }
            // What `stats()` calls the peak is enough.
            let buffer = FixedBuffer::new(&mut memory[aligned..]);
            assert_eq!(buffer.scope(|s| (kernel.1)(s, large)), expected);
            let enough = buffer.stats().peak;
            drop(buffer);
            assert!(enough <= 2 * peak, "{} takes {enough} bytes of fixed memory, and {peak} of a buffer", kernel.0);
            let buffer = FixedBuffer::new(&mut memory[aligned..aligned + enough]);
            assert_eq!(buffer.scope(|s| (kernel.1)(s, large)), expected, "{} on its peak", kernel.0);
            drop(buffer);
            // In less, arrays are packed in the end; and what does not fit leaves nothing behind.
            let (mut least, mut most) = (0, enough);
            while least < most {
                let size = (least + most) / 2;
                let buffer = FixedBuffer::new(&mut memory[aligned + 8..aligned + 8 + size]);
                let fits = match panic_of(|| buffer.scope(|s| (kernel.1)(s, large))) {
                    Ok(result) => {
                        assert_eq!(result, expected, "{} on {size} bytes", kernel.0);
                        true
                    }
                    Err(panic) => {
                        assert!(panic.message.contains("bytes are left for this scope"), "{}", panic.message);
                        false
                    }
                };
                assert_eq!(buffer.stats().in_use, 0, "{} on {size} bytes", kernel.0);
                assert!(buffer.scope(|s| s.try_uninit::<u8>(size).is_ok()), "{} on {size} bytes", kernel.0);
                if fits { most = size } else { least = size + 1 }
            }
        }
    }
}

/// A kernel that is not in the table above would be missed.
#[test]
fn every_kernel_is_in_the_table() {
    let library = include_str!("../../../../examples/kernels/src/lib.rs");
    let modules = library.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    let kernels: Vec<&str> = modules.filter(|&module| module != "airline").collect(); // which is data
    assert!(kernels.len() >= 7);
    for kernel in kernels {
        assert!(KERNELS.iter().any(|(name, _)| *name == kernel), "no row for `{kernel}`");
    }
}
