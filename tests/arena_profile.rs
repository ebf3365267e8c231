//! Profiles of what a program asks the allocator for: counted exactly, in a program of its own, so that nothing else asks.

use std::hint::black_box;
use std::thread;

use ndarena::global::{ArenaAlloc, Served, arena, clear_pool, no_arena, profile, stats};
use ndarray::Array1;

#[global_allocator]
static ALLOCATOR: ArenaAlloc = ArenaAlloc::system().capacity(1 << 20);

/// What a test looks at of each size: from, to, how many, bytes, at a time, outlived, lifetime, and whether it is served.
type Row = (usize, usize, usize, usize, Option<usize>, Option<usize>, Option<usize>, Served);

fn rows<R>(profile: &ndarena::global::Profile<R>) -> Vec<Row> {
    let row =
        |s: &ndarena::global::Sizes| (s.from, s.to, s.allocations, s.bytes, s.peak, s.outlived, s.lifetime, s.served);
    profile.sizes.iter().map(row).collect()
}

fn block(bytes: usize) -> Vec<u8> {
    black_box(Vec::with_capacity(bytes))
}

/// One test, as its parts look at what is left in arenas.
#[test]
fn profiles() {
    sizes_and_lifetimes();
    blocks_that_grow_move_and_those_that_shrink_stay();
    calls_in_a_profile_and_a_profile_in_a_call();
    profiles_inside_each_other();
    a_panic_ends_a_profile();
    the_table_is_as_documented();
    assert_eq!((stats().live, stats().in_use), (0, 0));
}

fn sizes_and_lifetimes() {
    let seen = profile(|| {
        let kept = block(3000);
        for size in [2048, 2500, 4000] {
            drop(block(size));
        }
        let small = [block(100), block(64), block(1032)];
        drop(block(1033));
        let too_large = block(2 << 20);
        thread::spawn(move || drop(too_large)).join().unwrap();
        no_arena(|| drop(block(5000)));
        drop(small);
        kept
    });
    let threads_own = |row: &Row| row.7 == Served::TooSmall && row.0 < 1000;
    let (small, large): (Vec<Row>, Vec<Row>) = rows(&seen).into_iter().partition(threads_own);
    let least = |from: usize| small.iter().find(|row| row.1 >= from && row.0.ilog2() == from.ilog2()).expect("a row");
    assert!(least(64).2 >= 2 && least(64).3 >= 164);
    let expected: [Row; 4] = [
        (1032, 1032, 1, 1032, None, None, None, Served::TooSmall),
        (1033, 1033, 1, 1033, Some(1033), Some(0), None, Served::Yes),
        (2048, 4000, 4, 11_548, Some(7000), Some(1), Some(1), Served::Yes),
        (2 << 20, 2 << 20, 1, 2 << 20, None, None, None, Served::NoRoom),
    ];
    for (row, mut expected) in large.iter().zip(expected) {
        // How long the block of 1033 bytes was there depends on what starting a thread asks for.
        if row.0 == 1033 {
            expected.6 = row.6;
        }
        assert_eq!(*row, expected);
    }
    assert_eq!(large.len(), 4);
    // As an arena makes blocks: 3072 and 4096 bytes.
    assert_eq!((seen.had_arena, seen.peak, stats().live), (true, 7168, 3072));
    let text = seen.to_string();
    assert!(text.contains("1 found no room: raise ArenaAlloc::capacity, now 1 MiB"), "{text}");
    assert!(text.contains("1 blocks outlive the call"), "{text}");
    drop(seen);
    assert_eq!(stats().live, 0);
}

fn blocks_that_grow_move_and_those_that_shrink_stay() {
    let seen = profile(|| {
        let mut grows = block(1000);
        grows.push(1);
        grows.reserve_exact(2000);
        grows.reserve_exact(70_000);
        grows.shrink_to(5000);
        let mut zeroed = vec![0_u8; 20_000];
        zeroed.fill(7);
        drop(zeroed);
        let zeroed = vec![0_u8; 20_000];
        assert!(zeroed.iter().all(|&x| x == 0) && grows == [1]);
        grows.len()
    });
    let expected: [Row; 4] = [
        (1000, 1000, 1, 1000, None, None, None, Served::TooSmall),
        (2001, 2001, 1, 2001, Some(2001), Some(0), Some(2), Served::Yes),
        (20_000, 20_000, 2, 40_000, Some(20_000), Some(0), Some(1), Served::Yes),
        (70_001, 70_001, 1, 70_001, Some(70_001), Some(0), Some(4), Served::Yes),
    ];
    assert_eq!(rows(&seen), expected);
}

fn calls_in_a_profile_and_a_profile_in_a_call() {
    let work = || drop((block(5000), arena(|| block(6000)), arena(|| arena(|| no_arena(|| block(7000))))));
    let seen = profile(work);
    assert_eq!(rows(&seen), [(5000, 6000, 2, 11_000, Some(11_000), Some(0), Some(1), Served::Yes)]);
    let outside = arena(|| {
        let before = (block(2000), stats().served);
        let seen = profile(work);
        assert_eq!(rows(&seen), [(5000, 6000, 2, 11_000, Some(11_000), Some(0), Some(1), Served::Yes)]);
        drop((seen, block(2000)));
        // The call's own arena serves it again.
        assert!(stats().served > before.1 && stats().in_use == 1);
        before.0
    });
    let seen = arena(|| no_arena(|| profile(|| block(3000))));
    assert_eq!(seen.sizes[0].outlived, Some(1));
    assert_eq!(stats().live, 2048 + 3072);
    drop((outside, seen));
    // What was freed by this thread while it did not have the arena is collected when that is next in use.
    arena(clear_pool);
}

fn profiles_inside_each_other() {
    let outer = profile(|| {
        drop(block(2000));
        let inner = profile(|| drop(block(3000)));
        drop(block(4000));
        rows(&inner)
    });
    assert_eq!(outer.result, [(3000, 3000, 1, 3000, Some(3000), Some(0), Some(1), Served::Yes)]);
    let sizes: Vec<usize> = rows(&outer).iter().filter(|row| row.7 == Served::Yes).map(|row| row.0).collect();
    assert_eq!(sizes, [2000, 4000]);
}

fn a_panic_ends_a_profile() {
    let panic = ndarena_testing::panic_of(|| profile(|| drop(vec![1; 1000].split_off(1001))));
    assert!(panic.is_err());
    let served = stats().served;
    drop(block(2000));
    assert_eq!(stats().served, served);
}

fn the_table_is_as_documented() {
    let x = Array1::linspace(0.0, 1.0, 10_000);
    let seen = profile(|| {
        let small = black_box(Box::new([0_u64; 3]));
        let sums: f64 = (0..2000).map(|_| (&(&x * 2.0) + &x).sum()).sum();
        drop(small);
        (&x * sums).mapv(|x| x + 1.0)
    });
    let documented = include_str!("../src/global/profile.rs").lines().skip_while(|line| *line != "/// ```text").skip(1);
    let documented = documented.take_while(|line| *line != "/// ```").map(|line| line.strip_prefix("///").unwrap());
    let documented: Vec<&str> = documented.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    assert_eq!(seen.to_string(), documented.join("\n"));
    assert!(include_str!("../docs/arenas.md").contains(&seen.to_string()));
    let nothing = profile(|| drop(block(100))).to_string();
    assert!(nothing.contains("none of 1 allocations") && nothing.contains("min_size, now 1033"), "{nothing}");
}
