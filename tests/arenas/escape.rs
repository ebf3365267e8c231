//! Blocks that leave the call they were made in, and those that grow, shrink and come back across its border.

use std::alloc::{Layout, alloc, dealloc};
use std::cell::RefCell;
use std::sync::{Mutex, mpsc};
use std::thread;

use ndarena::global::{arena, clear_pool, copy_out, map_arena, no_arena, stats};
use ndarray::Array1;

fn numbers(n: usize) -> Array1<f64> {
    Array1::from_shape_fn(n, |i| i as f64)
}

/// Whether it still is [`numbers`].
fn is_kept(a: &Array1<f64>) -> bool {
    a.iter().enumerate().all(|(i, &x)| x == i as f64)
}

/// Overwrites whatever of this thread's arena is free.
fn scribble() {
    arena(|| {
        let blocks: Vec<Vec<u8>> = (0..50).map(|i| vec![0xAB; 3000 * i]).collect();
        assert!(blocks.iter().flatten().all(|&byte| byte == 0xAB));
    });
}

#[test]
fn results_stay_while_the_arena_goes_on() {
    let _turn = crate::turn();
    let before = stats();
    let kept: Vec<_> = map_arena(1..200, |n| numbers(100 * n) + &numbers(100 * n) - numbers(100 * n));
    for _ in 0..3 {
        scribble();
        assert!(kept.iter().all(is_kept));
    }
    let now = stats();
    // All but the first one is of 1033 bytes or more; one arena served them all.
    assert_eq!((now.live > before.live, now.escaped - before.escaped), (true, 198));
    assert_eq!((now.pooled, now.retired, now.in_use), (1, 0, 0));
    drop(kept);
    assert_eq!(stats().live, before.live);
}

#[test]
fn globals_channels_and_leaks() {
    static GLOBAL: Mutex<Option<Array1<f64>>> = Mutex::new(None);
    thread_local! {
        static LOCAL: RefCell<Option<Array1<f64>>> = const { RefCell::new(None) };
    }
    let _turn = crate::turn();
    let live = stats().live;
    let (to, from) = mpsc::channel();
    let leaked = thread::spawn(move || {
        arena(|| {
            *GLOBAL.lock().unwrap() = Some(numbers(1000));
            LOCAL.set(Some(numbers(2000)));
            (0..10).for_each(|n| to.send(numbers(1000 * n)).unwrap());
            Box::leak(Box::new(numbers(5000)))
        })
    });
    let leaked = leaked.join().unwrap();
    // Their thread has ended, and the arena serves another one.
    scribble();
    assert!(from.into_iter().chain(GLOBAL.lock().unwrap().take()).all(|a| is_kept(&a)));
    assert!(is_kept(leaked));
    let leaked: *mut Array1<f64> = leaked;
    // SAFETY: leaked above, and not used any more.
    drop(unsafe { Box::from_raw(leaked) });
    assert_eq!(stats().live, live);
}

#[test]
fn freed_on_another_thread_while_the_call_goes_on() {
    let _turn = crate::turn();
    clear_pool();
    let (to, from) = mpsc::sync_channel::<Array1<f64>>(8);
    let freer = thread::spawn(move || from.iter().filter(is_kept).count());
    let before = stats();
    arena(|| {
        for n in 0..2000 {
            to.send(numbers(1000 + n % 100)).unwrap();
        }
        drop(to);
        assert_eq!(freer.join().unwrap(), 2000);
    });
    let now = stats();
    assert_eq!((now.live, now.escaped, now.served - before.served), (before.live, before.escaped, 2000));
    // What the other thread freed was used again: 2000 blocks are 17 MB.
    assert!(now.touched < 4 << 20, "{} bytes", now.touched);
}

#[test]
fn growing_at_the_top_stays_in_place_and_elsewhere_moves() {
    let _turn = crate::turn();
    arena(|| {
        let mut top: Vec<u64> = (0..1000).collect();
        let start = top.as_ptr();
        for size in (0..20).map(|n| 2000 << (n % 10)) {
            top.reserve_exact(size);
            assert_eq!(top.as_ptr(), start, "nothing lies above");
            top.shrink_to(2000);
            assert_eq!(top.as_ptr(), start);
        }
        let above: Vec<u64> = (0..1000).collect();
        top.reserve_exact(50_000);
        assert_ne!(top.as_ptr(), start);
        assert!(top.iter().copied().eq(0..1000) && above.iter().copied().eq(0..1000));
    });
}

#[test]
fn shrinking_stays_in_place() {
    let _turn = crate::turn();
    let live = stats().live;
    let shrink = |block: &mut Vec<u8>, size| {
        let start = block.as_ptr();
        block.truncate(size);
        block.shrink_to_fit();
        assert_eq!((block.as_ptr(), block.capacity()), (start, size));
        assert!(block.iter().enumerate().all(|(n, &byte)| byte == n as u8));
    };
    let numbers = || -> Vec<u8> { (0..12 << 20).map(|n| n as u8).collect() };
    let (mut own, behind) = arena(|| {
        let (mut own, behind) = (numbers(), vec![7_u8; 5000]);
        shrink(&mut own, 10 << 20);
        // What the block gave up serves others.
        let between = vec![8_u8; 1 << 20];
        assert!((own.as_ptr()..behind.as_ptr()).contains(&between.as_ptr()));
        (own, behind)
    });
    // With no arena open, on another thread, and in another's arena.
    shrink(&mut own, 9 << 20);
    let mut own = thread::spawn(move || {
        shrink(&mut own, 8 << 20);
        arena(|| shrink(&mut own, 3 << 20));
        own
    })
    .join()
    .unwrap();
    assert!(stats().live < live + (4 << 20), "{}", stats());
    arena(|| shrink(&mut own, 5000));
    assert!(behind.iter().all(|&byte| byte == 7));
    drop((own, behind));
    assert_eq!(stats().live, live);
}

#[test]
fn resizing_across_the_border() {
    let _turn = crate::turn();
    let live = stats().live;
    let mut of_arena: Vec<u64> = arena(|| (0..1000).collect());
    let mut foreign: Vec<u64> = (0..1000).collect();
    let mut small: Vec<u64> = (0..10).collect();
    // Outside: an arena's block moves out to grow, and one that shrinks below `min_size` is none any more.
    let mut shrunk = of_arena.clone();
    of_arena.extend(1000..10_000);
    shrunk.truncate(10);
    shrunk.shrink_to_fit();
    assert!(of_arena.iter().copied().eq(0..10_000) && shrunk.iter().copied().eq(0..10));
    assert_eq!(stats().live, live);
    arena(|| {
        foreign.extend(1000..100_000);
        small.extend(10..5000);
        no_arena(|| of_arena.extend(10_000..20_000));
        let mut own: Vec<u64> = (0..1000).collect();
        own.truncate(5);
        own.shrink_to_fit();
        assert!(own.iter().copied().eq(0..5));
    });
    assert!(foreign.iter().copied().eq(0..100_000) && small.iter().copied().eq(0..5000));
    assert!(of_arena.iter().copied().eq(0..20_000));
    drop((of_arena, foreign, small, shrunk));
    assert_eq!(stats().live, live);
}

#[test]
fn zeroed_memory_is_zero_when_it_was_used_before() {
    let _turn = crate::turn();
    for size in [1033, 5000, 300_000] {
        scribble();
        arena(|| {
            drop(vec![0xCD_u8; size]);
            assert!(vec![0_u8; size].iter().all(|&byte| byte == 0));
            let kept = vec![0xCD_u8; size];
            drop(vec![0xCD_u8; size]);
            let (fresh, large) = (vec![0_u8; size], vec![0_u8; 3 * size]);
            assert!(fresh.iter().chain(&large).all(|&byte| byte == 0) && kept[size - 1] == 0xCD);
        });
    }
}

#[test]
fn every_alignment() {
    let _turn = crate::turn();
    let before = stats();
    arena(|| {
        let layouts: Vec<Layout> = (0..23)
            .flat_map(|log| [1033, 4096, 70_000].map(|n| Layout::from_size_align(n, 1 << log).unwrap()))
            .collect();
        for _ in 0..3 {
            // SAFETY: not of size zero.
            let blocks: Vec<*mut u8> = layouts.iter().map(|&layout| unsafe { alloc(layout) }).collect();
            for (block, layout) in blocks.iter().zip(&layouts) {
                assert!(block.addr() != 0 && block.addr() % layout.align() == 0);
                // SAFETY: the block has as many bytes.
                unsafe { block.write_bytes(1, layout.size()) };
            }
            for (&block, &layout) in blocks.iter().zip(&layouts) {
                // SAFETY: allocated above with this layout.
                unsafe { dealloc(block, layout) };
            }
        }
    });
    let now = stats();
    assert_eq!((now.fell_back, now.live), (before.fell_back, before.live));
    assert!(now.served - before.served >= 3 * 69);
}

#[test]
fn copies_are_outside() {
    let _turn = crate::turn();
    let live = stats().live;
    let copies = arena(|| {
        (copy_out(&numbers(3000)), copy_out(numbers(3000).as_slice().unwrap()), copy_out("text ".repeat(999).as_str()))
    });
    assert_eq!(stats().live, live);
    assert!(is_kept(&copies.0) && copies.2.len() == 4995);
}

#[test]
fn zero_sized() {
    let _turn = crate::turn();
    let served = stats().served;
    let kept =
        arena(|| (vec![(); 100_000], Vec::<u64>::new(), Array1::<f64>::zeros(0), Array1::<()>::from_elem(9999, ())));
    assert_eq!((kept.0.len(), kept.2.len(), kept.3.len()), (100_000, 0, 9999));
    assert_eq!(stats().served, served);
}
