//! Arenas through panics, the ends of threads, and the end of the program.

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use ndarena::global::{arena, map_arena, no_arena, stats};

/// Whether this thread's allocations are served by an arena at the moment.
fn is_on() -> bool {
    let before = stats().served;
    drop(std::hint::black_box(vec![1_u8; 5000]));
    stats().served > before
}

#[test]
fn nested_calls_share_the_arena_and_no_arena_turns_it_off() {
    let _turn = crate::turn();
    assert!(!is_on());
    arena(|| {
        assert!(is_on());
        arena(|| assert!(is_on() && stats().in_use == 1));
        assert!(is_on());
        no_arena(|| {
            assert!(!is_on());
            arena(|| {
                assert!(is_on() && stats().in_use == 1);
                no_arena(|| no_arena(|| assert!(!is_on())));
                assert!(is_on());
            });
            assert!(!is_on());
        });
        assert!(is_on());
    });
    no_arena(|| assert!(!is_on()));
    no_arena(|| arena(|| assert!(is_on())));
    assert!(!is_on());
    assert_eq!((stats().in_use, stats().live), (0, 0));
}

#[test]
fn panics_unwind_through_both() {
    let _turn = crate::turn();
    let hook = panic::take_hook();
    // Messages are allocated where the panic is, and so is what a hook makes of them.
    panic::set_hook(Box::new(|info| {
        let text = format!("{info}").repeat(100);
        assert!(text.len() > 2000);
    }));
    let live = stats().live;
    for depth in 0..20 {
        let result = catch_unwind(|| {
            arena(|| {
                let outer = vec![depth; 1000];
                no_arena(|| {
                    let foreign = vec![depth; 1000];
                    arena(|| {
                        let inner = vec![depth; 1000];
                        panic!("{} of {:?}", outer[0] + foreign[0] + inner[0], vec![depth; 1000]);
                    })
                })
            })
        });
        assert!(!is_on());
        let message = result.unwrap_err().downcast::<String>().unwrap();
        assert!(message.starts_with(&format!("{} of [{depth}, {depth}", 3 * depth)), "{message}");
    }
    arena(|| {
        assert!(catch_unwind(|| no_arena(|| panic!("off"))).is_err());
        assert!(is_on(), "on again");
    });
    no_arena(|| {
        assert!(catch_unwind(|| arena(|| panic!("on"))).is_err());
        assert!(!is_on(), "off again");
    });
    let items = AssertUnwindSafe(vec![vec![1_u8; 2000]; 5]);
    let mapped =
        catch_unwind(move || map_arena(items.0.into_iter().enumerate(), |(n, item)| [item, vec![9; 6 - 2 * n]]));
    assert!(mapped.is_err(), "a negative length");
    panic::set_hook(hook);
    assert_eq!((stats().in_use, stats().live), (0, live));
}

/// Allocates, opens arenas and frees a block of one when it is dropped.
struct AtExit(Vec<u8>);

static AT_EXIT: AtomicUsize = AtomicUsize::new(0);

impl Drop for AtExit {
    fn drop(&mut self) {
        let grown = arena(|| {
            let mut grown = self.0.clone();
            grown.resize(20_000, 7);
            grown
        });
        assert!(grown.len() == 20_000 && grown.iter().all(|&byte| byte == 7));
        self.0 = Vec::new();
        AT_EXIT.fetch_add(1, Ordering::Relaxed);
    }
}

thread_local! {
    static FIRST: RefCell<Option<AtExit>> = const { RefCell::new(None) };
    static SECOND: RefCell<Option<AtExit>> = const { RefCell::new(None) };
}

#[test]
fn destructors_of_threads() {
    let _turn = crate::turn();
    let live = stats().live;
    for inside in [true, false] {
        let set = move || {
            FIRST.set(Some(AtExit(arena(|| vec![7; 10_000]))));
            if inside {
                arena(|| SECOND.set(Some(AtExit(vec![7; 10_000]))));
            }
        };
        thread::spawn(set).join().unwrap();
    }
    assert_eq!(AT_EXIT.load(Ordering::Relaxed), 3);
    assert_eq!((stats().in_use, stats().live), (0, live));
}

const CHILD: &str = "NDARENA_TEST_CHILD";

/// Runs a test again, as a program of its own.
fn program(test: &str, way: &str) -> std::process::Output {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", test, "--nocapture"]).env(CHILD, way).output().unwrap()
}

#[test]
fn programs_end_while_arenas_are_open() {
    extern "C" fn at_exit() {
        let block = arena(|| vec![1_u8; 50_000]);
        println!("at exit: {}", block.len());
    }
    match std::env::var(CHILD).as_deref() {
        Err(_) => {
            for way in ["exit", "return"] {
                let output = program("lifecycle::programs_end_while_arenas_are_open", way);
                let said = String::from_utf8_lossy(&output.stdout);
                assert_eq!(output.status.code(), Some(if way == "exit" { 17 } else { 0 }), "{said}");
                // On Windows `std::process::exit` calls nothing of what was registered.
                assert!(cfg!(windows) || said.contains("at exit: 50000"), "{said}");
            }
        }
        Ok(way) => {
            // SAFETY: a function that may run at any time.
            assert_eq!(unsafe { libc::atexit(at_exit) }, 0);
            FIRST.set(Some(AtExit(arena(|| vec![7; 10_000]))));
            for _ in 0..3 {
                // Threads that are in the middle of a call when the program ends.
                thread::spawn(|| {
                    arena(|| {
                        loop {
                            std::hint::black_box(vec![1_u8; 100_000]);
                        }
                    })
                });
            }
            let kept = arena(|| vec![1_u8; 100_000]);
            if way == "exit" {
                arena(|| std::process::exit(16 + i32::from(kept[5])));
            }
            std::mem::forget(kept);
        }
    }
}
