//! Guards on memory that the caller brings.

use std::mem::MaybeUninit;

use ndarena::{FixedBuffer, Guard, prelude::*};

use crate::fixed::Lines;

#[test]
fn guards_share_the_memory_in_whatever_order_they_end() {
    let mut memory = Lines::<8192>::new();
    let buffer = FixedBuffer::new(&mut memory.0);
    let all = |buffer: &FixedBuffer<'_>| buffer.scope(|s| s.try_uninit::<u8>(8192).is_ok());
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let mut guards = [buffer.guard(), buffer.guard(), buffer.guard()].map(Some);
        guards.reverse(); // they move, and may be swapped
        guards.reverse();
        for (i, guard) in guards.iter().enumerate() {
            // Whichever it is, it has what is left.
            let scope = guard.as_ref().unwrap().scope();
            assert!(scope.try_uninit::<u8>(9000).unwrap_err().left() > 6000);
            assert!(scope.from_elem(20, i).iter().all(|&x| x == i));
        }
        for end in order {
            guards[end] = None;
            // Whatever is open, there is memory for a scope inside.
            assert_eq!(buffer.scope(|s| s.ones::<f64>(500).sum()), 500.0);
        }
        assert!(all(&buffer) && buffer.stats().in_use == 0);
    }
    // A guard made inside a scope may outlive it.
    let guard: Guard<'_> = buffer.scope(|s| {
        let _x = s.ones::<f64>(10);
        buffer.guard()
    });
    let x = guard.scope().from_elem(500, 1.0);
    assert!(!all(&buffer));
    assert_eq!(buffer.scope(|s| s.from_elem(100, 2.0).sum()) + x.sum(), 700.0);
    drop(guard);
    assert!(all(&buffer));
}

#[test]
fn guards_in_a_loop_use_nothing_up() {
    let mut memory = Lines::<2048>::new();
    let buffer = FixedBuffer::new(&mut memory.0);
    let outer = buffer.guard();
    let kept = outer.scope().from_elem(10, 5.0);
    for i in 0..1000 {
        let guard = outer.scope().guard();
        assert_eq!(guard.scope().from_elem(100, i as f64).sum(), 100.0 * i as f64);
    }
    assert_eq!(kept.sum(), 50.0);
    // Where there is no room for a guard's level, it has no memory, and takes none away.
    let rest = outer.scope().try_uninit::<u8>(5000).unwrap_err().left();
    let _rest = outer.scope().uninit::<u8>(rest);
    let (one, two) = (buffer.guard(), buffer.guard());
    assert!(one.scope().try_uninit::<u8>(1).is_err() && two.scope().scope(|s| s.try_uninit::<u8>(1).is_err()));
    drop((one, two, outer));
    assert_eq!(buffer.scope(|s| s.zeros::<u8>(2048).len()), 2048);
}

#[test]
fn forgotten_guards_keep_their_memory_and_nothing_else_happens() {
    let mut memory = Lines::<8192>::new();
    let buffer = FixedBuffer::new(&mut memory.0);
    {
        let (one, two, three) = (buffer.guard(), buffer.guard(), buffer.guard());
        assert_eq!(three.scope().ones::<f64>(8).sum(), 8.0);
        std::mem::forget(two);
        drop((one, three));
    }
    // The buffer moves, and scopes go on inside the one that was forgotten.
    let buffer = Box::new(buffer);
    for _ in 0..3 {
        assert_eq!(buffer.scope(|s| s.scope(|s| s.ones::<f64>(500).sum())), 500.0);
        let _guards = (buffer.guard(), buffer.guard());
    }
    std::mem::forget(buffer.guard());
    let buffer = *buffer;
    assert_eq!(buffer.scope(|s| s.scope(|s| s.ones::<f64>(400).sum())), 400.0);
    drop(buffer);

    let mut memory = Lines::<1024>::new();
    let buffer = FixedBuffer::new(&mut memory.0);
    std::mem::forget(buffer.guard());
    let buffer = Box::new(buffer);
    assert_eq!(buffer.scope(|s| s.ones::<f64>(100).sum()), 100.0);
    assert_eq!(buffer.guard().scope().ones::<f64>(10).sum(), 10.0);
}

/// What a guard keeps of itself may lie anywhere in the memory, where that is short also before its first whole line, which is zeroed
/// when it comes back: after the guard between has ended, to a scope that counts in lines.
#[test]
fn guards_of_every_place_in_little_memory_come_back() {
    let mut memory = vec![MaybeUninit::new(0xA0_u8); 1100];
    let aligned = memory.as_ptr().addr().wrapping_neg() % 64;
    let step = if cfg!(miri) { 16 } else { 4 };
    for offset in (0..64).step_by(step) {
        for size in (256..900).step_by(step) {
            for taken in (0..260).step_by(step) {
                let buffer = FixedBuffer::new(&mut memory[aligned + offset..aligned + offset + size]);
                let outer = buffer.guard();
                let between = buffer.guard();
                let array = between.scope().try_uninit::<u8>(taken).map(|mut x| x.fill(MaybeUninit::new(0xB0)));
                let inner = buffer.guard();
                let low = inner.scope().try_alloc_array::<u8>(8).map(|mut x| x.fill(0xC0));
                drop(between);
                drop(inner);
                let left = outer.scope().try_alloc_array::<u8>(size).is_ok();
                drop(outer);
                assert_eq!(buffer.stats().in_use, 0, "{offset} {size} {taken} {array:?} {low:?} {left}");
                assert!(buffer.scope(|s| s.try_alloc_array::<u8>(size).is_ok()), "{offset} {size} {taken}");
            }
        }
    }
}
