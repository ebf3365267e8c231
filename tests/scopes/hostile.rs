//! What nobody means well by: values swapped, taken and forgotten, sizes at the border of what there can be, recursion without end,
//! and millions of operations; and what was found unsound in other libraries, where it compiles here (`docs/safety.md`).

use std::alloc::Layout;
use std::env;
use std::mem::{self, MaybeUninit};
use std::panic::{AssertUnwindSafe, catch_unwind};

use bumpalo::collections::Vec as BumpVec;
use ndarena::{Buffer, FixedBuffer, prelude::*};
use ndarray::prelude::*;

/// How often the loop below goes round: `.ci/hostile` sets a larger number.
fn operations() -> usize {
    let given = env::var("NDARENA_OPERATIONS").ok().and_then(|number| number.parse().ok());
    given.unwrap_or(if cfg!(miri) { 300 } else { 30_000 })
}

fn memory(bytes: usize) -> Vec<MaybeUninit<u8>> {
    vec![MaybeUninit::uninit(); bytes]
}

/// Eight operations, whose sizes go by `n`; what is made in the outer scope is looked at last.
fn turn(s: Scope<'_>, n: usize) -> usize {
    let (rows, columns) = (1 + n % 7, 1 + n % 11);
    let a = s.from_shape_fn((rows, columns), |(i, j)| n + i * columns + j);
    let kept = s.scope(|inner| {
        let b = inner.map(&a, |x| x + 1);
        let c = inner.add(&a, &b);
        let mut zeroed = inner.zeros::<usize>(n % 50);
        zeroed.fill(1);
        let d = inner.alloc_array::<u32>((n % 13, 3));
        assert_eq!(d.len() + zeroed.len(), n % 13 * 3 + n % 50);
        s.sum_axis(&c, Axis(0))
    });
    let expected: usize = a.iter().map(|x| 2 * x + 1).sum();
    assert_eq!(s.map(&kept, |x| *x).sum(), expected);
    8
}

#[test]
fn operations_without_end_take_no_more_memory() {
    let buffer = Buffer::new();
    let mut fixed_memory = memory(1 << 16);
    let fixed = FixedBuffer::new(&mut fixed_memory);
    let run = |turns: usize, from: usize| {
        let mut done = 0;
        for n in from..from + turns {
            done += buffer.scope(|s| turn(s, n)) + fixed.scope(|s| turn(s, n)) + ndarena::scope(|s| turn(s, n));
        }
        done
    };
    // After so many turns all sizes were there.
    let warm = 7 * 11 * 50;
    run(if cfg!(miri) { 100 } else { warm }, 0);
    let before = buffer.stats();
    let mut done = 0;
    while done < operations() {
        done += run(if cfg!(miri) { 10 } else { 1000 }, done % if cfg!(miri) { 80 } else { warm });
    }
    println!("{done} operations; {before}");
    let after = buffer.stats();
    assert!(
        cfg!(miri) || (after.reserved, after.peak, after.growths) == (before.reserved, before.peak, before.growths)
    );
    assert_eq!((after.in_use, fixed.stats().in_use), (0, 0));
    assert!(after.reserved < 1 << 20, "{after}");
}

#[test]
fn recursion_may_go_ten_thousand_levels_deep() {
    fn descend(s: Scope<'_>, depth: usize) -> usize {
        let x = s.from_elem(3, depth);
        let below = if depth == 0 { 0 } else { s.scope(|inner| descend(inner, depth - 1)) };
        // All arrays of the levels below came and went beside this one.
        assert!(x.iter().all(|&x| x == depth));
        below + x[2]
    }
    let depth = if cfg!(miri) { 100 } else { 10_000 };
    let run = move || {
        let expected = depth * (depth + 1) / 2;
        assert_eq!(ndarena::scope(|s| descend(s, depth)), expected);
        let mut memory = memory(64 * (depth + 2));
        let fixed = FixedBuffer::new(&mut memory);
        assert_eq!(fixed.scope(|s| descend(s, depth)), expected);
        assert_eq!(fixed.stats().in_use, 0);
        let buffer = Buffer::new();
        for _ in 0..2 {
            assert_eq!(buffer.scope(|s| descend(s, depth)), expected);
            assert_eq!(buffer.stats().in_use, 0);
        }
    };
    // Debug builds have frames of a kilobyte and more.
    std::thread::Builder::new().stack_size(256 << 20).spawn(run).unwrap().join().unwrap();
}

#[test]
#[allow(clippy::forget_non_drop, reason = "that of a type without a destructor is looked at as well")]
fn values_of_every_type_may_be_swapped_replaced_and_forgotten() {
    let (mut one, mut two) = (Buffer::new(), Buffer::with_capacity(1000));
    mem::swap(&mut one, &mut two);
    one.scope(|s| assert_eq!(s.ones::<f64>(100).sum(), 100.0));
    let taken = mem::take(&mut one);
    assert_eq!((one.stats().reserved, taken.stats().in_use), (0, 0));
    drop(mem::replace(&mut two, taken));
    mem::forget(one);

    let (mut left, mut right) = (memory(1000), memory(2000));
    let (mut small, mut large) = (FixedBuffer::new(&mut left), FixedBuffer::new(&mut right));
    small.scope(|s| assert_eq!(s.ones::<u8>(10).len(), 10));
    mem::swap(&mut small, &mut large);
    small.scope(|s| assert_eq!(s.ones::<u8>(1500).iter().map(|&x| usize::from(x)).sum::<usize>(), 1500));
    assert!(large.scope(|s| s.try_alloc_array::<u8>(1500).is_err()));
    mem::forget(large);

    // Scopes of two guards have one type, so their values can change places; their arrays stay where they are.
    let buffer = Buffer::new();
    let (first, second) = (buffer.guard(), buffer.guard());
    let (mut a, mut b) = (first.scope(), second.scope());
    let mut x = a.from_elem(5, 1.0);
    mem::swap(&mut a, &mut b);
    let mut y = a.from_elem(5, 2.0);
    let z = b.from_elem(5, 3.0);
    mem::swap(&mut x, &mut y);
    assert_eq!((x.sum(), y.sum(), z.sum()), (10.0, 5.0, 15.0));
    let old = mem::replace(&mut x, z);
    assert_eq!(old.sum() + x.sum(), 25.0);
    mem::forget(old);
    mem::forget(first);
    drop(second);

    // Results that own their memory, alone and together.
    let detached = |x: f64| Buffer::new().scope_to_owned(move |s| s.from_elem((2, 3), x));
    let (mut p, mut q) = (detached(1.0), detached(2.0));
    mem::swap(&mut p, &mut q);
    assert_eq!((p.sum(), q.sum()), (12.0, 6.0));
    // Their views change places as well, but only for as long as both are borrowed.
    let (mut of_p, mut of_q) = (p.view_mut(), q.view_mut());
    mem::swap(&mut of_p, &mut of_q);
    assert_eq!((of_p.sum(), of_q.sum()), (6.0, 12.0));
    drop(mem::replace(&mut p, detached(3.0)));
    let (r, t) = buffer.scope_to_owned2(|s| (s.from_elem(2, 4.0), s.from_elem(2, 5.0)));
    mem::forget(r);
    assert_eq!((p.sum(), q.sum(), t.sum()), (18.0, 6.0, 10.0));
}

#[test]
fn sizes_at_the_border_are_errors_wherever_bytes_are_asked_for() {
    let border = isize::MAX as usize;
    let sizes =
        [border - 64, border - 63, border - 1, border, border + 1, usize::MAX - 64, usize::MAX - 63, usize::MAX];
    let panics = |f: &dyn Fn()| assert!(catch_unwind(AssertUnwindSafe(f)).is_err());
    for size in sizes {
        panics(&|| drop(Buffer::with_capacity(size)));
        let buffer = Buffer::with_limit(size);
        assert_eq!(buffer.stats().limit, Some(size));
        buffer.scope(|s| {
            assert!(s.try_alloc_array::<u8>(size).is_err() && s.try_uninit::<u64>(size).is_err());
            panics(&|| _ = s.alloc_slice::<u8>(size).len());
            panics(&|| drop(s.zeros::<u16>(size)));
            panics(&|| drop(s.from_elem((size, 2), 0u8)));
            panics(&|| drop(s.range(0.0, f64::MAX, f64::MIN_POSITIVE)));
            if let Ok(layout) = Layout::from_size_align(size, 1) {
                panics(&|| _ = s.bytes(layout).len());
            }
            panics(&|| drop(s.linspace(0.0, 1.0, size)));
            // An error leaves everything as it was.
            assert_eq!(s.ones::<f64>(10).sum(), 10.0);
        });
        assert!(buffer.stats().reserved < 1 << 20);
    }
    // A quarter of all addresses can be had where there are few.
    if usize::BITS == 64 {
        let aligned = Layout::from_size_align(1, 1 << (usize::BITS - 2)).unwrap();
        ndarena::scope(|s| panics(&|| _ = s.bytes(aligned).len()));
    }
}

#[test]
fn arrays_that_repeat_one_element_join_to_no_more_than_there_can_be() {
    // A view of one element that is so long takes no memory, and a few of them together are longer than anything can be.
    let element = arr0(1u8);
    let long = element.broadcast(isize::MAX as usize).unwrap();
    ndarena::scope(|s| {
        let panics = |f: &dyn Fn()| assert!(catch_unwind(AssertUnwindSafe(f)).is_err());
        assert!(s.concatenate(Axis(0), &[long, long, long]).is_err());
        assert!(s.stack(Axis(0), &[long, long, long]).is_err());
        panics(&|| drop(s.outer(&long, &long)));
        assert_eq!(s.ones::<f64>(10).sum(), 10.0);
    });
}

#[test]
fn elements_without_a_size_may_ask_for_an_alignment() {
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(align(256))]
    struct Nothing;
    ndarena::scope(|s| {
        for n in [0, 1, 1000] {
            let a = s.from_elem(n, Nothing);
            assert_eq!((a.len(), a.as_ptr().addr() % 256), (n, 0));
        }
        assert_eq!(s.map(&aview1(&[1, 2, 3]), |_| Nothing), aview1(&[Nothing; 3]));
        // As many as there can be, of which nobody writes each.
        assert_eq!(s.uninit::<Nothing>(isize::MAX as usize).len(), isize::MAX as usize);
    });
}

#[test]
fn a_buffer_that_was_never_used_has_everything_done_to_it() {
    let mut buffer = Buffer::new();
    buffer.reset();
    assert_eq!(buffer.stats().reserved, 0);
    buffer.scope(|s| {
        // None of these asks for memory.
        assert_eq!(
            (s.zeros::<f64>(0).len(), s.alloc_array::<u8>((0, 5)).len(), s.alloc_slice::<u8>(0).len()),
            (0, 0, 0)
        );
        assert_eq!(s.bytes(Layout::from_size_align(0, 128).unwrap()).len(), 0);
        assert_eq!(s.bump().allocated_bytes(), 0);
    });
    drop(buffer.guard());
    buffer.reset();
    let mut none = [];
    let fixed = FixedBuffer::new(&mut none);
    assert!(fixed.scope(|s| s.try_alloc_array::<u8>(1).is_err() && s.scope(|inner| inner.zeros::<f64>(0).is_empty())));
}

#[test]
fn a_collection_of_an_outer_scope_grows_while_an_inner_one_is_open() {
    let buffer = Buffer::new();
    buffer.scope(|outer| {
        let mut kept = BumpVec::new_in(outer.bump());
        for i in 0..100 {
            outer.scope(|inner| {
                let mut temporary = BumpVec::new_in(inner.bump());
                for j in 0..50 {
                    kept.push(100 * i + j);
                    temporary.push(usize::MAX);
                }
                // Shrinking what lies last, and growing what does not.
                temporary.shrink_to_fit();
                let array = inner.from_elem(100, usize::MAX);
                assert!(array.iter().chain(&temporary).all(|&x| x == usize::MAX));
            });
        }
        kept.shrink_to_fit();
        assert!(kept.iter().enumerate().all(|(n, &x)| x == n / 50 * 100 + n % 50));
    });
}

#[test]
fn a_closure_may_make_arrays_while_its_own_array_is_made() {
    let buffer = Buffer::new();
    buffer.scope(|s| {
        let outer = s.from_shape_fn(100, |i| {
            // In the same scope, and in one that grows the buffer and ends.
            let kept = s.from_elem(i, i);
            s.scope(|inner| inner.from_elem(1000 * i, i).len()) + kept.iter().sum::<usize>()
        });
        assert!(outer.iter().enumerate().all(|(i, &x)| x == 1000 * i + i * i));
    });
}
