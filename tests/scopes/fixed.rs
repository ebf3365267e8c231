//! Buffers over memory that the caller brings. Everything here runs without an allocator: a call of it would abort.

use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ndarena::{AllocErrorKind, FixedBuffer, prelude::*};
use ndarena_testing::{calls_of, held, refusing_from};
use ndarray::prelude::*;

/// Memory whose first byte lies on a boundary of 64.
#[repr(align(64))]
pub(super) struct Lines<const N: usize>(pub(super) [MaybeUninit<u8>; N]);

impl<const N: usize> Lines<N> {
    pub(super) fn new() -> Self {
        Lines([MaybeUninit::uninit(); N])
    }
}

/// Runs `f` on a buffer of that many bytes, in which no call of the allocator is answered.
fn on_bytes<const N: usize, R>(f: impl FnOnce(&FixedBuffer<'_>) -> R) -> R {
    let mut memory = Lines::<N>::new();
    let mut result = None;
    let calls = calls_of(|| refusing_from(0, || result = Some(f(&FixedBuffer::new(&mut memory.0)))));
    assert_eq!(calls, 0);
    result.unwrap()
}

/// Every constructor, and nesting.
fn kernel(s: Scope<'_>, n: usize) -> f64 {
    let x = s.from_shape_fn(n, |i| i as f64);
    let y = s.map(&x, |x| 2.0 * x);
    let mut z = s.alloc_array::<f64>((2, n).f());
    z.row_mut(0).assign(&x);
    z.row_mut(1).assign(&s.copy_of(&y));
    let flags = s.from_elem((n, 2), true);
    let slice = s.alloc_slice::<u16>(n);
    slice.fill(1);
    let bytes = s.bytes(std::alloc::Layout::new::<[u64; 4]>());
    assert_eq!((bytes.as_ptr().addr() % 8, bytes.len()), (0, 32));
    let units = s.from_elem(1000, ());
    let zeros = s.zeros::<f32>(n).sum() + s.ones::<f32>((0, n)).sum();
    assert_eq!(zeros + (units.len() - 1000) as f32, 0.0);
    s.scope(|inner| inner.zip_map(&z, &x, |z, x| z + x).sum()) + (flags.len() + slice.len()) as f64
}

#[test]
fn kernels_run_unchanged_and_call_no_allocator() {
    for n in [0, 1, 3, 30, 100] {
        let on_a_buffer = Buffer::new().scope(|s| kernel(s, n));
        let fixed = on_bytes::<20_000, _>(|buffer| (0..10).map(|_| buffer.scope(|s| kernel(s, n))).sum::<f64>());
        assert_eq!(fixed, 10.0 * on_a_buffer);
    }
    let error = on_bytes::<2000, _>(|buffer| {
        // A message would be allocated: that of `try_` is not.
        buffer.scope(|s| s.try_alloc_array::<f64>(300).map(|x| x.len()).unwrap_err())
    });
    assert_eq!((error.kind(), error.bytes(), error.left()), (AllocErrorKind::OutOfMemory, 2400, 2000));
}

#[test]
fn a_hundred_bytes_hold_twelve_numbers() {
    let together = on_bytes::<100, _>(|buffer| {
        buffer.scope(|s| {
            let mut x = s.alloc_array::<i64>(12);
            x.fill(7);
            (
                x.sum(),
                s.try_alloc_array::<i64>(1).is_err(),
                s.try_uninit::<u8>(4).is_ok(),
                s.try_uninit::<u8>(1).is_err(),
            )
        })
    });
    assert_eq!(together, (84, true, true, true));
    let one_by_one = on_bytes::<100, _>(|buffer| {
        buffer.scope(|s| {
            (0..20)
                .filter(
                    |i| if i % 2 == 0 { s.try_alloc_array::<i64>(1).is_ok() } else { s.try_uninit::<i64>(1).is_ok() },
                )
                .count()
        })
    });
    assert_eq!(one_by_one, 12);
    const TIMES: i64 = if cfg!(miri) { 100 } else { 10_000 };
    let sum = on_bytes::<100, _>(|buffer| {
        (0..TIMES)
            .map(|_| {
                buffer.scope(|s| {
                    let mut x = s.alloc_array::<i64>(5);
                    x.fill(1);
                    x.sum()
                })
            })
            .sum::<i64>()
    });
    assert_eq!(sum, 5 * TIMES);
}

#[test]
fn any_size_and_address_will_do() {
    let mut memory = [MaybeUninit::uninit(); 1200];
    let step = if cfg!(miri) { 23 } else { 1 }; // which takes its time
    for start in (0..70).step_by(step) {
        for size in (0..300).step_by(step).chain([511, 512, 513, 1000]) {
            let memory = &mut memory[start..start + size];
            let address = memory.as_ptr().addr();
            let buffer = FixedBuffer::new(memory);
            for _ in 0..2 {
                // As many as fit where the elements are aligned.
                let aligned = address.next_multiple_of(align_of::<u64>());
                let whole = (size - (aligned - address).min(size)) / 8;
                for n in [whole, whole + 1] {
                    let low = buffer.scope(|s| s.try_alloc_array::<u64>(n).map(|mut x| x.fill(n as u64)).is_ok());
                    assert_eq!(low, n == whole || n == 0, "{n} numbers in {size} bytes at {address}");
                    let high = buffer.scope(|s| s.try_uninit::<[u8; 8]>(n).is_ok());
                    assert_eq!(high, 8 * n <= size, "{n} pieces in {size} bytes");
                }
                let bytes = buffer.scope(|s| {
                    s.scope(|s| s.scope(|s| s.from_elem(size, 1u8).iter().map(|&x| x as usize).sum::<usize>()))
                });
                assert_eq!(bytes, size);
                assert!(buffer.scope(|s| s.scope(|s| s.try_uninit::<u8>(size + 1).is_err())));
            }
            assert_eq!(buffer.stats().in_use, 0);
            assert!(buffer.stats().peak <= size && buffer.stats().reserved == size);
        }
    }
}

#[test]
fn nothing_fits_into_nothing() {
    let buffer = FixedBuffer::new(&mut []);
    buffer.scope(|s| {
        assert_eq!(s.alloc_array::<f64>((3, 0)).len() + s.from_elem(0, 'x').len(), 0);
        assert_eq!(s.from_elem((3, 4), ()).len(), 12);
        let error = s.try_alloc_array::<u8>(1).unwrap_err();
        assert_eq!((error.kind(), error.left(), error.limit()), (AllocErrorKind::OutOfMemory, 0, Some(0)));
        let guard = s.guard();
        assert!(guard.scope().scope(|s| s.try_uninit::<u8>(1).is_err()));
    });
}

#[test]
fn vectors_and_statics_will_do() {
    let mut vector = Vec::with_capacity(5000);
    let buffer = FixedBuffer::new(vector.spare_capacity_mut());
    assert_eq!(buffer.scope(|s| s.ones::<f64>(600).sum()), 600.0);
    let leaked: &'static mut [MaybeUninit<u8>] = Box::leak(Box::new([MaybeUninit::uninit(); 1000]));
    let buffer: FixedBuffer<'static> = FixedBuffer::new(leaked);
    // The buffer may move, between scopes, and to another thread.
    assert_eq!(buffer.scope(|s| s.ones::<f64>(100).sum()), 100.0);
    let moved = Box::new(buffer);
    assert_eq!(moved.scope(|s| s.scope(|s| s.ones::<f64>(100).sum())), 100.0);
    let sum = std::thread::spawn(move || moved.scope(|s| s.scope(|s| s.ones::<f64>(100).sum()))).join().unwrap();
    assert_eq!(sum, 100.0);
}

#[test]
fn large_arrays_start_on_cache_lines() {
    let mut memory = [MaybeUninit::uninit(); 10_000];
    for start in 0..64 {
        let buffer = FixedBuffer::new(&mut memory[start..]);
        buffer.scope(|s| {
            let address = |x: ArrayViewMut1<'_, u8>| x.as_ptr().addr() % 64;
            assert_eq!(address(s.alloc_array(1)) + address(s.zeros(100)) + address(s.alloc_array(1000)), 0);
            s.scope(|s| assert_eq!(address(s.alloc_array(1)) + address(s.zeros(100)), 0));
            assert_eq!(s.align(1024).ones::<f64>(10).as_ptr().addr() % 1024, 0);
        });
    }
}

#[test]
fn an_inner_scope_has_what_is_left_and_outer_ones_share_it() {
    let mut memory = Lines::<4096>::new();
    let buffer = FixedBuffer::new(&mut memory.0);
    buffer.scope(|outer| {
        let kept = (outer.from_elem(64, 1.0), outer.from_elem(64, 2u64));
        for i in 0..3 {
            // Kept in the outer scope: a line each.
            let used = 1024 + 64 * i;
            let mut result = None;
            outer.scope(|inner| {
                let left = |s: Scope<'_>| s.try_uninit::<u8>(5000).unwrap_err().left();
                assert_eq!((left(inner), left(outer)), (4096 - used, 4096 - used));
                let mut t = inner.alloc_array::<u8>(1000);
                t.fill(9);
                result = Some(outer.from_elem(5, i));
                assert_eq!(left(inner), 4096 - used - 1024 - 64);
                // From outside, from the outer scope and from itself: always inside what is open.
                buffer.scope(|s| {
                    outer.scope(|s2| {
                        let x = (s.from_elem(10, 3u8), s2.from_elem(10, 4u8), inner.from_elem(10, 5u8));
                        assert!(x.0.iter().chain(&x.1).chain(&x.2).eq(&[[3u8; 10], [4; 10], [5; 10]].concat()));
                    })
                });
                outer.scope(|s| s.zeros::<u8>(64).len());
                assert!(t.iter().all(|&t| t == 9));
            });
            assert!(result.unwrap().iter().all(|&x| x == i));
            assert!(kept.0.iter().all(|&x| x == 1.0) && kept.1.iter().all(|&x| x == 2));
        }
        assert_eq!(outer.alloc_array::<u8>(4096 - 1024 - 3 * 64).len(), 2880);
    });
    assert_eq!((buffer.stats().in_use, buffer.stats().peak), (0, 4096));
    assert_eq!(buffer.scope(|s| s.alloc_array::<u8>(4096).len()), 4096, "all is there again");
}

#[test]
fn kernels_recurse_to_any_depth_that_memory_allows() {
    fn sum(s: Scope<'_>, n: usize) -> usize {
        if n == 0 {
            return 0;
        }
        s.scope(|inner| {
            let x = inner.from_elem(4, n);
            let below = sum(inner, n - 1);
            assert!(x.iter().all(|&x| x == n));
            below + x[0]
        })
    }
    // 32 bytes each, once the lines are used up and what is left is packed.
    let deepest = on_bytes::<12_800, _>(|buffer| buffer.scope(|s| sum(s, 199)));
    assert_eq!(deepest, 199 * 100);
    let mut memory = Lines::<12_800>::new();
    let buffer = FixedBuffer::new(&mut memory.0);
    assert!(catch_unwind(AssertUnwindSafe(|| buffer.scope(|s| sum(s, 1000)))).is_err());
    assert_eq!(buffer.scope(|s| sum(s, 100)), 5050);
}

#[test]
fn a_panic_names_what_was_asked_and_what_was_left() {
    let mut memory = Lines::<1024>::new();
    let buffer = FixedBuffer::new(&mut memory.0);
    let panic = catch_unwind(AssertUnwindSafe(|| {
        buffer.scope(|s| {
            let _x = s.ones::<f64>((4, 16));
            s.scope(|s| s.ones::<f64>((10, 20)).sum())
        })
    }));
    let said = *panic.unwrap_err().downcast::<String>().unwrap();
    for part in ["[10, 20]", "1600 bytes", "512 bytes are left", "fixed buffer's 1024 bytes", "give it more memory"] {
        assert!(said.contains(part), "{said}");
    }
    assert_eq!(buffer.stats().in_use, 0);
    assert_eq!(buffer.scope(|s| s.ones::<f64>(128).sum()), 128.0);
}

/// Asks for one element after the other until there is no more, and looks that the error says what there was.
fn refusal_is_true<T: Copy>(memory: &mut [MaybeUninit<u8>], first: usize) -> bool {
    let size = memory.len();
    FixedBuffer::new(memory).scope(|s| {
        if s.try_uninit::<u8>(first).is_err() {
            return false;
        }
        let error = loop {
            if let Err(error) = s.try_uninit::<T>(1) {
                break error;
            }
        };
        let (bytes, left, says) = (error.bytes(), error.left(), error.to_string());
        assert!(says.contains(&format!("it takes {bytes} bytes, and {left} bytes are left")), "{says}");
        assert!(says.contains(&format!("fixed buffer's {size} bytes")), "{says}");
        let is_unaligned = says.contains("but not from a multiple of its alignment on");
        assert_eq!(bytes <= left, is_unaligned, "{says}");
        assert!(s.try_uninit::<u8>(left + 1).is_err() && s.try_uninit::<u8>(left).is_ok(), "{says}");
        is_unaligned
    })
}

#[test]
fn errors_say_what_is_left_for_each_size_place_and_alignment() {
    let mut memory = Lines::<300>::new();
    let (mut unaligned, step) = (0, if cfg!(miri) { 37 } else { 1 });
    for size in (0..130).step_by(step) {
        for place in (0..16).step_by(step) {
            let memory = &mut memory.0[place..][..size];
            for first in [0, 1, 6] {
                unaligned += usize::from(refusal_is_true::<u16>(memory, first));
                unaligned += usize::from(refusal_is_true::<f32>(memory, first));
                unaligned += usize::from(refusal_is_true::<f64>(memory, first));
                unaligned += usize::from(refusal_is_true::<u128>(memory, first));
                assert!(!refusal_is_true::<u8>(memory, first));
            }
        }
    }
    assert!(unaligned > 0, "some room lies where no element may");
}

#[test]
fn its_bump_refuses_everything() {
    let mut memory = Lines::<4096>::new();
    let buffer = FixedBuffer::new(&mut memory.0);
    let refused = calls_of(|| {
        buffer.scope(|s| {
            s.scope(|inner| assert!(s.bump().try_alloc(1u8).is_err() && inner.bump().try_alloc([1; 100]).is_err()))
        });
    });
    assert_eq!(refused, 0);
}

/// On fixed memory a `Bump` has a limit of 0, which any caller may lift; and whatever was lent or lifted, all is back when
/// the scopes have ended, in whatever order they do.
#[test]
fn a_bump_leaves_nothing_behind() {
    /// Lends a `Bump`, and perhaps lifts its limit and has it ask for memory.
    fn lend(s: Scope<'_>, lift: bool) {
        let bump = s.bump();
        assert!(bump.allocated_bytes() > 0 || bump.try_alloc(1u8).is_err());
        if lift {
            bump.set_allocation_limit(None);
            assert_eq!(*bump.alloc([7u64; 100]), [7; 100]);
        }
    }
    /// What the allocator gives is given back.
    fn balanced(f: impl FnOnce()) {
        let before = held();
        f();
        assert_eq!(held(), before, "bytes of the allocator");
    }
    let mut memory = Lines::<4096>::new();
    let buffer = FixedBuffer::new(&mut memory.0);
    for lift in [false, true] {
        balanced(|| buffer.scope(|s| lend(s, lift)));
        balanced(|| {
            let guard = buffer.guard();
            lend(guard.scope(), lift);
            assert_eq!(guard.scope().alloc_slice::<u8>(4000).len(), 4000);
        });
        balanced(|| {
            buffer.scope(|s| {
                s.scope(|inner| lend(inner, lift));
                lend(s, lift);
                s.scope(|inner| lend(inner, lift));
            });
        });
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            balanced(|| {
                let mut guards = [buffer.guard(), buffer.guard(), buffer.guard()].map(Some);
                guards.iter().flatten().for_each(|guard| lend(guard.scope(), lift));
                for end in order {
                    guards[end] = None;
                    guards.iter().flatten().for_each(|guard| lend(guard.scope(), lift));
                }
            });
            assert_eq!(buffer.stats().in_use, 0);
            assert_eq!(buffer.scope(|s| s.ones::<u8>(4096).len()), 4096, "all of it");
        }
        // Guards for which there is no room share what they lend until the last has ended.
        balanced(|| {
            let all = buffer.guard();
            let _all = all.scope().uninit::<u8>(4096);
            let (one, two) = (buffer.guard(), buffer.guard());
            lend(one.scope(), lift);
            let bump = two.scope().bump();
            bump.set_allocation_limit(None);
            let kept = bump.alloc([3u64; 50]);
            drop(one);
            assert_eq!(*kept, [3; 50]);
        });
    }
}
