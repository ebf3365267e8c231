//! A process that forks while threads are in arenas: its child, which has none of the threads, goes on with all the memory.
//!
//! A program of its own, as other tests' threads might hold the harness's locks when it forks.
#![cfg(all(unix, feature = "global"))]

use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Barrier;
use std::thread;

use ndarena::global::{ArenaAlloc, arena, clear_pool, no_arena, stats};
use ndarena_testing::arena_model::{Arenas, check, seed};

#[global_allocator]
static ALLOCATOR: ArenaAlloc = ArenaAlloc::system().capacity(16 << 20);

const THREADS: usize = 3;

/// Runs `child` in a process of its own that begins as this one is now, and says whether it came to its end.
fn in_a_fork(child: impl FnOnce()) -> bool {
    // SAFETY: the other threads wait meanwhile, for no lock that the child needs.
    let process = unsafe { libc::fork() };
    assert!(process >= 0);
    if process == 0 {
        let done = catch_unwind(AssertUnwindSafe(child)).is_ok();
        // SAFETY: it ends this process, and runs nothing of what was registered for the other's end.
        unsafe { libc::_exit(if done { 0 } else { 1 }) };
    }
    let mut status = 0;
    // SAFETY: `status` is there to be written to.
    assert_eq!(unsafe { libc::waitpid(process, &raw mut status, 0) }, process);
    libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0
}

/// Makes blocks and frees them, in calls inside each other, and looks that they hold what was written.
fn work(byte: u8) {
    arena(|| {
        let mut blocks: Vec<Vec<u8>> = (1..200).map(|n| vec![byte; 997 * n]).collect();
        blocks.iter_mut().step_by(2).for_each(|block| block.resize(150_000, byte));
        blocks.retain(|block| block.len() % 3 > 0);
        arena(|| blocks.push(vec![byte; 300_000]));
        assert!(blocks.iter().flatten().all(|&x| x == byte));
    });
}

#[test]
fn a_child_goes_on_with_everything() {
    let (all_in, all_done) = (Barrier::new(THREADS + 1), Barrier::new(THREADS + 1));
    thread::scope(|scope| {
        let (to, from) = std::sync::mpsc::channel();
        for n in 0..THREADS {
            let (all_in, all_done, to) = (&all_in, &all_done, to.clone());
            scope.spawn(move || {
                arena(|| {
                    to.send(vec![n as u8; 100_000]).unwrap();
                    let own = vec![n as u8; 200_000];
                    all_in.wait();
                    all_done.wait();
                    assert!(black_box(own).iter().all(|&x| x == n as u8));
                });
                work(n as u8);
            });
        }
        all_in.wait();
        // Blocks of arenas of threads that the child does not have: it may read and free them, as their owner does.
        let theirs: Vec<Vec<u8>> = (0..THREADS).map(|_| from.recv().unwrap()).collect();
        let mut own = arena(|| vec![7_u8; 50_000]);
        arena(|| {
            let inside = vec![8_u8; 60_000];
            let child = || {
                assert!(theirs.iter().all(|block| block.iter().all(|&x| x == block[0])));
                work(9);
                own.resize(400_000, 7);
                assert!(own.iter().all(|&x| x == 7) && inside.iter().all(|&x| x == 8));
                let before = stats();
                assert_eq!(before.in_use, THREADS + 1, "{before}");
                drop(theirs);
                clear_pool();
                thread::spawn(|| work(10)).join().unwrap();
                let arenas = Arenas { arena: |run| arena(run), no_arena: |run| no_arena(run), clear_pool };
                check(arenas, seed(), 1, 3, 200, 100_000);
                assert!(stats().served > before.served + 100);
            };
            assert!(in_a_fork(child));
            assert!(inside.iter().all(|&x| x == 8));
        });
        // Nothing of what the child did is seen here.
        work(11);
        all_done.wait();
    });
    clear_pool();
    assert_eq!((stats().in_use, stats().live), (0, 0), "{}", stats());
}
