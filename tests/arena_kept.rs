//! Programs that keep what they make in arenas: how much memory that takes, and what becomes of arenas that are full.
//!
//! A program of its own, as its arenas are small: a million results fill thousands.
#![cfg(all(any(unix, windows), feature = "global"))]

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use ndarena::global::{ArenaAlloc, Stats, arena, clear_pool, stats};
use ndarena_testing::turn;

const CAPACITY: usize = 4 << 20;

#[global_allocator]
static ALLOCATOR: ArenaAlloc = ArenaAlloc::system().capacity(CAPACITY).min_size(100);

/// Makes a temporary of 64 KiB, and keeps 100 bytes.
fn small_result(n: usize) -> Box<[u8]> {
    let temporary = vec![n as u8; 64 << 10];
    temporary[1234..1334].into()
}

fn is_kept(n: usize, result: &[u8]) -> bool {
    result.len() == 100 && result.iter().all(|&byte| byte == n as u8)
}

/// The bound that the documentation gives.
fn is_bounded(stats: &Stats, threads: usize) -> bool {
    stats.touched <= 8 * stats.live + threads * CAPACITY
}

#[test]
fn a_small_result_from_each_of_a_million_calls() {
    let _turn = turn();
    clear_pool();
    let before = stats();
    // Made outside, with room for all: what is counted below is the results.
    let mut kept: Vec<Box<[u8]>> = Vec::with_capacity(1_000_000);
    for n in 0..1_000_000 {
        kept.push(arena(|| small_result(n)));
        if n % 100_000 == 0 {
            let stats = stats();
            assert!(is_bounded(&stats, 1), "{stats}");
        }
    }
    let full = stats();
    assert_eq!((full.live - before.live, full.fell_back - before.fell_back), (128 * 1_000_000, 0));
    // Half of each arena is given away before it is set aside.
    assert!(full.retired <= full.live / (CAPACITY / 2) && full.touched < 3 * full.live, "{full}");
    assert!(full.to_string().contains(&format!("keep {} arenas set aside", full.retired)), "{full}");
    assert!(kept.iter().enumerate().all(|(n, result)| is_kept(n, result)));
    drop(kept);
    clear_pool();
    let after = stats();
    assert_eq!((after.live, after.retired, after.touched), (0, 0, 0), "{after}");
}

#[test]
fn results_freed_on_another_thread() {
    let _turn = turn();
    clear_pool();
    let (to, from) = mpsc::sync_channel::<(usize, Box<[u8]>)>(1000);
    let freer = thread::spawn(move || from.into_iter().filter(|(n, result)| is_kept(*n, result)).count());
    for n in 0..300_000 {
        to.send((n, arena(|| small_result(n)))).unwrap();
    }
    drop(to);
    assert_eq!(freer.join().unwrap(), 300_000);
    let stats = stats();
    assert_eq!((stats.live, stats.retired), (0, 0), "{stats}");
    // The thousand in the channel are 128 kB.
    assert!(stats.touched < 2 * CAPACITY, "{stats}");
}

#[test]
fn a_full_arena_is_set_aside_and_comes_back() {
    let _turn = turn();
    clear_pool();
    let mut kept: Vec<Vec<u8>> = arena(|| (0..30).map(|_| vec![1; 100_000]).collect());
    let now = stats();
    assert_eq!((now.pooled, now.retired), (0, 1), "{now}");
    // The next call has another one; the first comes back when enough of it is free, on whichever thread that happened.
    let first = kept[0].as_ptr();
    let elsewhere = arena(|| vec![2_u8; 100_000]);
    assert!(first.addr().abs_diff(elsewhere.as_ptr().addr()) > CAPACITY / 2);
    drop(elsewhere);
    let last = kept.pop().unwrap();
    thread::spawn(move || drop(kept)).join().unwrap();
    let now = stats();
    assert_eq!((now.pooled, now.retired), (2, 0), "{now}");
    assert!(last.iter().all(|&byte| byte == 1));
    drop(last);
    clear_pool();
    assert_eq!((stats().pooled, stats().touched), (0, 0));
}

/// Free memory in pieces is not a full arena: another one serves what they are too small for, at once, and the first comes
/// back when it is empty.
#[test]
fn an_arena_in_pieces_is_replaced() {
    let _turn = turn();
    clear_pool();
    let before = stats();
    let mut kept = Vec::new();
    for n in 0..500 {
        // Temporaries of up to three quarters of an arena, and 20 small results that lie anywhere among them.
        let result = arena(|| {
            let temporary = vec![n as u8; CAPACITY / 5 + n * 7919 % (CAPACITY / 2)];
            let result = temporary[..2000].to_vec();
            drop(temporary);
            result
        });
        kept.push(result);
        if kept.len() > 20 {
            assert!(kept.remove(0).iter().all(|&byte| byte == (n - 20) as u8));
        }
    }
    let now = stats();
    assert_eq!((now.served - before.served, now.fell_back), (1000, before.fell_back), "{now}");
    assert!(now.pooled + now.retired < 12, "{now}");
    // Within a call, too.
    arena(|| {
        let mut blocks: Vec<Vec<u8>> = (0..30).map(|_| vec![1; CAPACITY / 40]).collect();
        let mut n = 0;
        blocks.retain(|_| {
            n += 1;
            n % 4 == 0
        });
        let large = vec![2_u8; CAPACITY / 2];
        assert_eq!(stats().fell_back, before.fell_back);
        // This one is too much for what is free of any arena that has both.
        let full = vec![3_u8; CAPACITY - CAPACITY / 4];
        assert_eq!(stats().fell_back, before.fell_back + 1, "{}", stats());
        assert!(stats().to_string().contains("found their arena full"));
        assert!(blocks.iter().flatten().all(|&byte| byte == 1) && large[7] + full[7] == 5);
    });
    drop(kept);
    assert_eq!((stats().retired, stats().live), (0, 0), "{}", stats());
    clear_pool();
    assert_eq!((stats().pooled, stats().touched, stats().committed), (0, 0, 0));
}

/// Whoever looks at figures takes no arena from anybody meanwhile.
#[test]
fn looking_at_figures_makes_no_arenas() {
    let _turn = turn();
    clear_pool();
    let (done, running) = (AtomicBool::new(false), AtomicUsize::new(3));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                (0..20_000).for_each(|n| assert_eq!(arena(|| vec![1_u8; 1000 + n % 1000])[7], 1));
                if running.fetch_sub(1, Ordering::Relaxed) == 1 {
                    done.store(true, Ordering::Relaxed);
                }
            });
        }
        while !done.load(Ordering::Relaxed) {
            let stats = stats();
            assert!(stats.in_use + stats.pooled + stats.retired <= 3, "{stats}");
        }
    });
}

/// Without anybody looking at `stats`: calls alone bring arenas back that others' frees have emptied.
#[test]
fn arenas_come_back_by_themselves() {
    let _turn = turn();
    clear_pool();
    for _ in 0..50 {
        let kept: Vec<Vec<u8>> = (0..20).map(|_| arena(|| vec![1; CAPACITY / 2 + 1000])).collect();
        thread::spawn(move || drop(kept)).join().unwrap();
    }
    let stats = stats();
    assert!(stats.pooled + stats.retired <= 21, "{stats}");
    assert_eq!(stats.live, 0);
}

#[test]
fn what_is_pooled_is_cleared_and_what_is_in_use_left_alone() {
    let _turn = turn();
    clear_pool();
    let kept = arena(|| vec![3_u8; 200_000]);
    arena(|| {
        let own = vec![4_u8; 100_000];
        clear_pool();
        let stats = stats();
        assert_eq!((stats.in_use, stats.pooled), (1, 0), "{stats}");
        assert!(own.iter().all(|&byte| byte == 4) && kept.iter().all(|&byte| byte == 3));
    });
    clear_pool();
    assert_eq!(stats().pooled, 1, "a block is in it");
    assert!(kept.iter().all(|&byte| byte == 3));
    drop(kept);
    clear_pool();
    assert_eq!((stats().pooled, stats().touched), (0, 0));
}

#[test]
fn a_thread_gets_the_arena_it_had_last() {
    let _turn = turn();
    clear_pool();
    let address = || {
        let block = vec![0_u8; 1000];
        block.as_ptr().addr()
    };
    let place = || arena(address);
    thread::scope(|scope| {
        // Each says when its turn is over, so that both have an arena at once, and then each again, the second one first.
        let (to_other, from_main) = mpsc::channel::<()>();
        let (to_main, from_other) = mpsc::channel();
        scope.spawn(move || {
            from_main.recv().unwrap();
            let places = [place(), place()];
            to_main.send(places).unwrap();
            from_main.recv().unwrap();
            to_main.send([place(), place()]).unwrap();
        });
        let other = |()| {
            to_other.send(()).unwrap();
            from_other.recv().unwrap()
        };
        let (own, others) = arena(|| (address(), other(())));
        // What the channels have in an arena may move a block by some lines.
        let same = |a: usize, b: usize| a.abs_diff(b) < 100_000;
        assert!(!same(own, others[0]));
        assert!(other(()).into_iter().chain(others).all(|place| same(place, others[0])));
        assert!(same(place(), own) && same(place(), own));
    });
}
