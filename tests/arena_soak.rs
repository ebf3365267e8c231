//! Many threads that come and go.
//!
//! A program of its own, as its arenas are of another size.
#![cfg(all(any(unix, windows), feature = "global"))]

use std::sync::mpsc;
use std::thread;

use ndarena::global::{ArenaAlloc, arena, stats};
use ndarena_testing::arena_model::{Random, seed};

#[global_allocator]
static ALLOCATOR: ArenaAlloc = ArenaAlloc::system().capacity(16 << 20);

#[test]
fn threads_that_come_and_go() {
    const AT_ONCE: usize = 8;
    let seed = seed();
    let (to, from) = mpsc::sync_channel::<(usize, Vec<usize>)>(200);
    let keeper = thread::spawn(move || {
        // Keeps some for a while, and frees them in another order.
        let (mut kept, mut random): (Vec<(usize, Vec<usize>)>, _) = (Vec::new(), Random::new(seed));
        for result in from {
            kept.push(result);
            if kept.len() > 300 {
                let n = random.below(kept.len());
                let (value, row) = kept.swap_remove(n);
                assert!(row.iter().all(|&x| x == value));
            }
        }
        assert!(kept.iter().all(|(value, row)| row.iter().all(|x| x == value)));
    });
    for generation in 0..250 {
        thread::scope(|scope| {
            for n in 0..AT_ONCE {
                let to = to.clone();
                scope.spawn(move || {
                    let mut random = Random::new(seed.wrapping_add((generation * AT_ONCE + n) as u64));
                    for call in 0..1 + random.below(20) {
                        let result = arena(|| {
                            let temporaries: Vec<Vec<u8>> = (0..5).map(|_| vec![7; 1 + random.below(60_000)]).collect();
                            assert!(temporaries.iter().all(|bytes| bytes[0] == 7 && bytes[bytes.len() - 1] == 7));
                            vec![call; 200 + random.below(3000)]
                        });
                        to.send((call, result)).unwrap();
                    }
                });
            }
        });
    }
    drop(to);
    keeper.join().unwrap();
    let now = stats();
    assert!(now.pooled + now.retired <= AT_ONCE, "{now}");
    assert_eq!((now.live, now.in_use, now.fell_back, now.without), (0, 0, 0, 0), "{now}");
    assert!(now.served > 250 * AT_ONCE && now.escaped > 0, "{now}");
}
