//! What there is, in a few seconds: scopes, operations, every kind of memory, and arenas.
//!
//! `cargo run --release --example tour --features huge-pages,rayon` prints
//!
//! ```text
//! a scope: the sum of x + 1 is 5050
//! operations: |x|² is 328350, and 3x - x² at its end is -9504
//! a result in the outer scope, from temporaries in the inner one: [1, 4, 9]
//! any layout: rows of 1024 numbers, 1032 apart against cache aliasing; an array 0 bytes past a page's begin
//! buffers: 16 KiB and no more, of which 0 bytes are in use
//! fixed memory: 5 is the sum of what fits; an array of 80000 bytes does not
//! guards: what was made in the first to begin ends first, and the other goes on: 30
//! a result with its memory: [1, 0.5, 0.25], and its buffer is gone
//! a thread each: [0, 4950, 9900]
//! huge pages: the sum of a million ones is 1000000
//! arenas: 2 arrays of a chain that sums to 1333334 were made in one
//! arenas on rayon's threads: [0, 1000000, 2000000]
//! ```

use std::mem::MaybeUninit;

use ndarena::global::{ArenaAlloc, arena, par_map_arena, stats};
use ndarena::{Buffer, DetachedArray, FixedBuffer, HugePages, prelude::*};
use ndarray::{Array1, ArrayViewMut1, Ix1, Zip, array};

#[global_allocator]
static ALLOCATOR: ArenaAlloc = ArenaAlloc::system();

/// The first squares, in memory of `s`; what it needs besides is gone when it returns.
fn squares<'s>(s: Scope<'s>, n: usize) -> ArrayViewMut1<'s, i64> {
    s.scope(|inner| {
        let numbers = inner.from_shape_fn(n, |i| i as i64 + 1);
        s.mul(&numbers, &numbers)
    })
}

fn scopes() {
    let x = Array1::from_iter(0..100);
    ndarena::scope(|s| {
        let mut y = s.alloc_array::<i64>(100);
        y.assign(&x);
        y += 1;
        println!("a scope: the sum of x + 1 is {}", y.sum());
        let by_hand = s.zip_map(&x, &x, |a, b| 3 * a - b * b);
        println!("operations: |x|² is {}, and 3x - x² at its end is {}", s.mul(&x, &x).sum(), by_hand[99]);
        println!("a result in the outer scope, from temporaries in the inner one: {}", squares(s, 3));
        let padded = s.zeros::<f64>((3, 1024).padded::<f64>());
        let aligned = s.align(4096).zeros::<f64>(8);
        println!(
            "any layout: rows of {} numbers, {} apart against cache aliasing; an array {} bytes past a page's begin",
            padded.ncols(),
            padded.strides()[0],
            aligned.as_ptr().addr() % 4096
        );
    });
}

fn memory() {
    let buffer = Buffer::with_limit(16 << 10);
    assert!(buffer.scope(|s| s.try_alloc_array::<f64>(10_000).is_err()));
    let stats = buffer.stats();
    println!("buffers: {} KiB and no more, of which {} bytes are in use", stats.limit.unwrap() >> 10, stats.in_use);

    let mut memory = [MaybeUninit::uninit(); 200];
    let fixed = FixedBuffer::new(&mut memory);
    fixed.scope(|s| {
        let sum = s.from_elem(5, 1.0).sum();
        let error = s.try_alloc_array::<f64>(10_000).unwrap_err();
        println!("fixed memory: {sum} is the sum of what fits; an array of {} bytes does not", error.bytes());
    });

    let (first, second) = (buffer.guard(), buffer.guard());
    let kept = second.scope().from_elem(30, 1.0);
    drop(first);
    println!("guards: what was made in the first to begin ends first, and the other goes on: {}", kept.sum());

    let halves: DetachedArray<f64, Ix1> =
        Buffer::new().scope_to_owned(|s| s.from_shape_fn(3, |i| 0.5_f64.powi(i as i32)));
    println!("a result with its memory: {}, and its buffer is gone", halves.view());

    let sums = array![0, 1, 2].map(|&n| n);
    let sums = ndarena::scope(|s| {
        let each = |&n: &i64| ndarena::scope(|own| own.from_iter((0..100).map(|i| n * i)).sum());
        Zip::from(&sums).par_map_collect_in(s, each).to_vec()
    });
    println!("a thread each: {sums:?}");

    let pages = Buffer::from_source(HugePages);
    println!("huge pages: the sum of a million ones is {}", pages.scope(|s| s.ones::<f64>(1_000_000).sum()));
}

fn arenas() {
    let x = Array1::linspace(0.0, 1.0, 1_000_000);
    let total = arena(|| (&x * &x + &x * 2.0).sum());
    println!("arenas: {} arrays of a chain that sums to {total:.0} were made in one", stats().served);
    let sums = par_map_arena(0..3_u32, |n| (Array1::<f64>::ones(1_000_000) * f64::from(n)).sum() as u32);
    println!("arenas on rayon's threads: {sums:?}");
}

fn main() {
    scopes();
    memory();
    arenas();
}
