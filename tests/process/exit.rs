//! `std::process::exit` inside a scope runs thread-local destructors while other threads go on using the scope's arrays.

use std::alloc::{GlobalAlloc, Layout, System};
use std::process::{Command, exit};
use std::sync::atomic::{AtomicUsize, Ordering};

use ndarena::{prelude::*, scope};

/// Ends the process with status 42 when the block that holds the watched address is freed.
struct Watching;

static WATCHED: AtomicUsize = AtomicUsize::new(0);

// SAFETY: passes every call on to `System`, but for one where the process ends.
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if (block.addr()..block.addr() + layout.size()).contains(&WATCHED.load(Ordering::Relaxed)) {
            // SAFETY: ends the process at once.
            unsafe { libc_exit(42) };
        }
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(block, layout) }
    }
}

unsafe extern "C" {
    #[link_name = "_exit"]
    fn libc_exit(status: i32) -> !;
}

#[global_allocator]
static ALLOCATOR: Watching = Watching;

#[test]
fn memory_in_use_is_not_freed() {
    const CHILD: &str = "NDARENA_TEST_EXIT_CHILD";
    if std::env::var_os(CHILD).is_some() {
        scope(|s| {
            let mut x = s.alloc_array::<u64>(1000);
            WATCHED.store(x.as_ptr().addr(), Ordering::Relaxed);
            std::thread::scope(|threads| {
                threads.spawn(|| {
                    loop {
                        x += 1;
                    }
                });
                exit(7);
            });
        });
    }
    let mut child = Command::new(std::env::current_exe().unwrap());
    let status = child.args(["exit::memory_in_use_is_not_freed", "--exact"]).env(CHILD, "1").output().unwrap().status;
    assert_eq!(status.code(), Some(7));
}
