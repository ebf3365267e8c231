//! What Bumper.jl's own tests ask of it, of scopes: the same behaviours, where they are not compile errors here.

use std::panic::catch_unwind;

use ndarena::{AllocErrorKind, Buffer, FixedBuffer, default_buffer, prelude::*, with_buffer};
use ndarena_testing::calls_of;
use ndarray::prelude::*;

fn f(s: Scope<'_>, x: ArrayView1<'_, i64>) -> i64 {
    s.scope(|s| {
        let mut y = s.alloc_array::<i64>(x.len());
        y.assign(&x);
        y += 1;
        y.sum()
    })
}

#[test]
fn the_function_on_every_buffer_allocates_nothing_and_uses_nothing_up() {
    let v = array![1, 2, 3];
    let mut memory = [std::mem::MaybeUninit::uninit(); 100];
    let fixed = FixedBuffer::new(&mut memory);
    let buffer = Buffer::new();
    for turn in 0..3 {
        let calls = calls_of(|| {
            assert_eq!(ndarena::scope(|s| f(s, v.view())), 9);
            assert_eq!(buffer.scope(|s| f(s, v.view())), 9);
            assert_eq!(fixed.scope(|s| f(s, v.view())), 9);
        });
        assert!(turn == 0 || calls == 0);
        assert_eq!((default_buffer(|b| b.stats().in_use), buffer.stats().in_use, fixed.stats().in_use), (0, 0, 0));
    }
}

#[test]
fn the_end_of_a_block_is_no_pitfall() {
    const LARGE: usize = if cfg!(miri) { 3000 } else { 100_000 };
    // Two arrays that fill a slab, and a loop of scopes that need a little more.
    let buffer = Buffer::with_capacity(16_384);
    buffer.scope(|s| {
        let halves = (s.alloc_array::<u8>(8191), s.alloc_array::<u8>(8191));
        let turn = || s.scope(|inner| inner.from_elem(10, 1i64).sum());
        assert_eq!(turn(), 10);
        assert_eq!(calls_of(|| (0..5).for_each(|_| assert_eq!(turn(), 10))), 0);
        // One that is too large for any block so far gets one of its own.
        let large = s.from_elem(LARGE, 7i64);
        assert_eq!(s.scope(|inner| inner.map(&large, |x| x + 1).sum()), 8 * LARGE as i64);
        assert_eq!(halves.0.len() + halves.1.len(), 16_382);
    });
    assert_eq!(buffer.stats().in_use, 0);
    // And the block that is there next time has room for all of it.
    let all = |s: Scope<'_>| s.alloc_array::<u8>(16_382).len() + s.from_elem(LARGE, 7i64).len();
    assert_eq!(calls_of(|| assert_eq!(buffer.scope(all), 16_382 + LARGE)), 0);
}

#[test]
fn raw_memory_comes_in_bytes() {
    let buffer = Buffer::new();
    buffer.scope(|s| {
        let layout = |bytes| std::alloc::Layout::from_size_align(bytes, 1).unwrap();
        let (small, large) = (s.bytes(layout(10)), s.bytes(layout(100_000)));
        assert_eq!((small.len(), large.len()), (10, 100_000));
        assert_eq!(small.as_ptr().addr() % 64 + large.as_ptr().addr() % 64, 0);
    });
}

#[test]
fn an_error_in_a_block_leaves_the_buffer_usable_without_a_reset() {
    let buffer = Buffer::new();
    let boo = catch_unwind(|| {
        buffer.scope(|s| {
            let arrays = (s.alloc_array::<u8>(16_383), s.alloc_array::<u8>(100_000), s.alloc_array::<u8>(10));
            assert_eq!(arrays.0.len() + arrays.1.len() + arrays.2.len(), 116_393);
            std::panic::resume_unwind(Box::new("Boo!"));
        })
    });
    assert_eq!(*boo.unwrap_err().downcast::<&str>().unwrap(), "Boo!");
    assert_eq!(buffer.stats().in_use, 0);
    assert_eq!(buffer.scope(|s| f(s, array![1, 2, 3].view())), 9);
    // A reset gives the memory back, and is not needed for anything else.
    let mut buffer = buffer;
    buffer.reset();
    assert_eq!(buffer.stats().reserved, 0);
}

#[test]
fn nested_blocks_restore_the_offset() {
    // Aligned at both ends, so that nothing is lost to alignment.
    #[repr(align(8))]
    struct Memory([std::mem::MaybeUninit<u8>; 104]);
    let mut memory = Memory([std::mem::MaybeUninit::uninit(); 104]);
    let buffer = FixedBuffer::new(&mut memory.0);
    buffer.scope(|s| {
        let y = s.from_elem(3, 1i64);
        let before = buffer.stats().in_use;
        assert_eq!(before, 24);
        s.scope(|inner| {
            let z = inner.from_elem(3, 2i64);
            assert_ne!(z.as_ptr(), y.as_ptr());
            assert_eq!(buffer.stats().in_use, before + 24);
        });
        // Another buffer's scopes have nothing to do with this one's.
        let mut other = [std::mem::MaybeUninit::uninit(); 100];
        FixedBuffer::new(&mut other).scope(|s| assert_eq!(s.ones::<i64>(3).sum(), 3));
        assert_eq!((buffer.stats().in_use, y.sum()), (before, 3));
    });
    assert_eq!(buffer.stats().in_use, 0);
}

#[test]
fn too_much_is_an_error_and_then_there_is_as_much_as_before() {
    let mut memory = [std::mem::MaybeUninit::uninit(); 100];
    let fixed = FixedBuffer::new(&mut memory);
    let limited = Buffer::with_limit(100);
    let on_fixed = fixed.scope(|s| s.try_alloc_array::<i64>(100_000).unwrap_err());
    let on_limited = limited.scope(|s| s.try_alloc_array::<i64>(100_000).unwrap_err());
    assert_eq!((on_fixed.kind(), on_limited.kind()), (AllocErrorKind::OutOfMemory, AllocErrorKind::Limit));
    assert_eq!(fixed.scope(|s| f(s, array![1, 2, 3].view())) + limited.scope(|s| f(s, array![1, 2, 3].view())), 18);
}

#[test]
fn a_block_may_be_left_from_its_middle() {
    // In Bumper.jl `return` and `@goto` are refused, as they would leave without restoring.
    fn left_early(buffer: &Buffer, n: usize) -> usize {
        let guard = buffer.guard();
        let x = guard.scope().ones::<usize>(10);
        if n < 5 {
            return x.sum();
        }
        buffer.scope(|s| if n < 10 { s.ones::<usize>(n).sum() } else { n })
    }
    let buffer = Buffer::new();
    assert_eq!([1, 7, 12].map(|n| left_early(&buffer, n)), [10, 7, 12]);
    assert_eq!(buffer.stats().in_use, 0);
}

#[test]
fn tasks_have_buffers_of_their_own_and_may_be_given_others() {
    let address = || default_buffer(|b| std::ptr::from_ref(b).addr());
    let here = address();
    assert_eq!(address(), here);
    assert!(std::thread::spawn(move || address() != here).join().unwrap());
    let other = Buffer::with_limit(100_000);
    with_buffer(&other, || {
        assert_eq!(address(), std::ptr::from_ref(&other).addr());
        assert_eq!(ndarena::scope(|s| f(s, array![1, 2, 3].view())), 9);
        let inner = Buffer::new();
        with_buffer(&inner, || assert_eq!(address(), std::ptr::from_ref(&inner).addr()));
        assert_eq!(address(), std::ptr::from_ref(&other).addr());
    });
    assert_eq!(address(), here);
    assert!(other.stats().reserved > 0);
    // Many tasks at once, each on its own.
    let sums: Vec<i64> = std::thread::scope(|threads| {
        let tasks: Vec<_> = (0..8i64)
            .map(|i| {
                threads.spawn(move || (0..100).map(|_| ndarena::scope(|s| f(s, Array1::from_elem(50, i).view()))).sum())
            })
            .collect();
        tasks.into_iter().map(|task| task.join().unwrap()).collect()
    });
    assert_eq!(sums, (0..8).map(|i| 100 * 50 * (i + 1)).collect::<Vec<i64>>());
}
