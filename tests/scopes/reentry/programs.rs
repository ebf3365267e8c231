//! Allocators and sources of memory that use the buffer that calls them.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex};

use ndarena::{ChunkSource, prelude::*};
use ndarena_testing::{Of, at_call, called, panic_of, unhooked};

use super::{HOOKS, World, fill, moved_out, with_world};

/// A source that keeps a list of its chunks, and runs the hook as well.
#[derive(Clone, Default)]
struct Listed(Arc<Mutex<BTreeMap<usize, usize>>>);

impl Listed {
    /// What the hook does to the list's own memory is not counted.
    fn with_list<R>(&self, f: impl FnOnce(&mut BTreeMap<usize, usize>) -> R) -> R {
        unhooked(|| f(&mut self.0.lock().unwrap()))
    }

    fn held(&self) -> usize {
        self.with_list(|chunks| chunks.values().sum())
    }
}

thread_local! {
    /// Whether sources refuse, which the hook may have them do.
    static REFUSES: Cell<bool> = const { Cell::new(false) };
}

// SAFETY: the system's memory, on boundaries of 64 bytes, each chunk until it is given back.
unsafe impl ChunkSource for Listed {
    fn allocate(&self, bytes: usize) -> Option<NonNull<[u8]>> {
        called(Of::Source);
        if REFUSES.take() {
            return None;
        }
        // SAFETY: the layout has a size.
        let start = NonNull::new(unsafe { System.alloc(Layout::from_size_align(bytes, 64).unwrap()) })?;
        self.with_list(|chunks| chunks.insert(start.addr().get(), bytes));
        Some(NonNull::slice_from_raw_parts(start, bytes))
    }

    unsafe fn deallocate(&self, chunk: NonNull<[u8]>) {
        let bytes = self.with_list(|chunks| chunks.remove(&chunk.addr().get()));
        assert_eq!(bytes, Some(chunk.len()), "what was allocated, once");
        let start = chunk.cast::<u8>();
        // Whoever still has an array in it finds that it is gone.
        // SAFETY: given back, so nobody else's.
        unsafe { start.write_bytes(0xDD, chunk.len()) };
        // SAFETY: allocated like this.
        unsafe { System.dealloc(start.as_ptr(), Layout::from_size_align(chunk.len(), 64).unwrap()) };
        called(Of::Source);
    }
}

/// A name, and what is done in a world.
type Program = (&'static str, fn(&'static World));

/// What buffers are used for.
const PROGRAMS: [Program; 7] = [
    ("growing", |world| {
        world.in_scope(|| {
            for i in 1..12 {
                world.make(i % 2 == 0, 1 << i);
                world.make(i % 2 == 1, 900);
            }
        });
    }),
    ("nesting", |world| {
        for _ in 0..2 {
            world.in_scope(|| {
                world.make(true, 1000);
                world.in_scope(|| (0..8).for_each(|i| world.make(i % 2 == 0, 700)));
                world.make(false, 5000);
                world.in_scope(|| world.in_scope(|| world.make(true, 4000)));
            });
        }
    }),
    ("a first array that outgrows its block", |world| {
        world.in_scope(|| world.make(true, 10));
        world.in_scope(|| world.make(true, 10_000));
        world.in_scope(|| world.make(false, 100_000));
    }),
    ("guards", |world| {
        let guards = [world.buffer.guard(), world.buffer.guard()];
        world.in_scope(|| world.make(true, 3000));
        let [one, two] = guards;
        fill(two.scope(), 20_000, 2);
        fill(one.scope(), 100, 1);
        drop(one);
        world.in_scope(|| world.make(true, 6000));
        fill(two.scope(), 50_000, 3);
    }),
    ("moving out", |_| {
        let results = [moved_out(500), moved_out(5000)];
        assert!(results.iter().all(|result| result.iter().all(|&x| x == 3)));
    }),
    ("bumps", |world| {
        for _ in 0..2 {
            world.buffer.scope(|s| {
                let mut last: Option<&mut u64> = None;
                for i in 0..300 {
                    if let Ok(next) = s.bump().try_alloc(i) {
                        assert!(last.is_none_or(|last| *last < i));
                        last = Some(next);
                    }
                }
                s.scope(|inner| drop(inner.bump().try_alloc([1u8; 2000]).map(|x| assert_eq!(*x, [1; 2000]))));
            });
        }
    }),
    ("resetting", |world| {
        world.in_scope(|| world.in_scope(|| (1..9).for_each(|i| world.make(true, 1000 * i))));
        world.in_scope(|| {
            world.make(true, 100);
            ndarena::with_buffer(world.buffer, || assert!(ndarena::reset_default_buffer().is_err()));
        });
        let _ = ndarena::with_buffer(world.buffer, ndarena::reset_default_buffer);
        world.in_scope(|| world.make(false, 100));
    }),
];

/// Runs every program with every hook at every call on the buffers that `make` makes; `check` is told what ran, and is to
/// look at the buffer.
fn everything(of: Of, make: impl Fn() -> Buffer, check: impl Fn(&Buffer, &str)) {
    let mut run = 0;
    for (program_turn, (program_name, program)) in PROGRAMS.into_iter().enumerate() {
        if program_name == "bumps" && of == Of::Source {
            continue; // which a source has no part in
        }
        for (turn, (hook_name, hook)) in HOOKS.into_iter().enumerate() {
            // Where it takes its time, two for each program, others for the next.
            if cfg!(miri) && (turn + program_turn) % 6 > 0 {
                continue;
            }
            let (mut call, mut calls) = (0, 1);
            while call < calls {
                with_world(make(), |world| {
                    calls = at_call(of, call, hook, || program(world));
                    let what = format!("{program_name}, {hook_name} at call {call}");
                    let in_use = world.buffer.stats().in_use;
                    assert!(in_use == 0 || hook_name == "a forgotten guard", "{what}: {in_use} bytes in use");
                    check(world.buffer, &what);
                    world.in_scope(|| world.make(true, 50_000));
                });
                call += if cfg!(miri) { 1 + calls / 2 } else { 1 };
            }
            run += call;
        }
    }
    println!("{run} programs");
    assert!(run > if cfg!(miri) { 10 } else { 400 });
}

#[test]
fn the_allocator_may_use_the_buffer() {
    everything(Of::Allocator, Buffer::new, |buffer, what| {
        let stats = buffer.stats();
        assert!(stats.reserved >= stats.in_use && stats.reserved < 4 << 20, "{what}: {stats}");
    });
}

#[test]
fn the_allocator_may_use_a_buffer_with_a_limit() {
    let limited = || Buffer::with_limit(150_000);
    everything(Of::Allocator, limited, |buffer, what| {
        let stats = buffer.stats();
        // A `Bump` may take what was left of the limit when it was lent, whatever becomes of the rest meanwhile.
        let limit = if what.contains("bump") { 300_000 } else { 150_016 };
        assert!(stats.reserved <= limit, "{what}: {stats}");
    });
}

#[test]
fn the_allocator_may_use_a_buffer_on_a_source() {
    on_a_source(Of::Allocator);
}

#[test]
fn a_source_may_use_the_buffer() {
    on_a_source(Of::Source);
}

fn on_a_source(of: Of) {
    let sources = RefCell::new(Vec::new());
    let make = || {
        let source = Listed::default();
        sources.borrow_mut().push(source.clone());
        Buffer::from_source(source)
    };
    // Whether the last program did, whose memory then stays.
    let forgets = Cell::new(false);
    everything(of, make, |buffer, what| {
        is_accounted(buffer, sources.borrow().last().expect("one was made"), what);
        // The buffers before this one are gone, and with them what they held.
        let mut sources = sources.borrow_mut();
        let last = sources.len() - 1;
        let all_back = sources.drain(..last).all(|source| source.held() == 0);
        let forgot = forgets.replace(what.contains("a forgotten guard"));
        assert!(all_back || forgot, "{what}: a buffer before kept some");
    });
}

/// What the buffer says that it holds is what the source has given it; where there are bumps, and what the allocator has
/// given these.
fn is_accounted(buffer: &Buffer, source: &Listed, what: &str) {
    let (reserved, held) = (buffer.stats().reserved, source.held());
    assert!(
        reserved == held || (what.contains("bump") && reserved > held),
        "{what}: {reserved}, and {held} of the source"
    );
}

#[test]
fn a_source_may_panic_or_refuse() {
    let faults: [(&str, fn()); 2] = [("a panic", || panic!("the source's")), ("a refusal", || REFUSES.set(true))];
    for (program_name, program) in PROGRAMS {
        for (fault_name, fault) in faults {
            let run = |call: usize| {
                let source = Listed::default();
                with_world(Buffer::from_source(source.clone()), |world| {
                    let mut calls = 0;
                    let run = || calls = at_call(Of::Source, call, fault, || program(world));
                    let panicked = panic_of(run).is_err();
                    REFUSES.set(false);
                    let what = format!("{program_name}, {fault_name} at call {call}");
                    assert!(!panicked || fault_name == "a panic", "{what}");
                    let stats = world.buffer.stats();
                    assert_eq!(stats.in_use, 0, "{what}");
                    is_accounted(world.buffer, &source, &format!("{what}, perhaps with bumps"));
                    world.in_scope(|| world.make(true, 50_000));
                    let reset = ndarena::with_buffer(world.buffer, ndarena::reset_default_buffer);
                    assert!(reset.is_ok(), "{what}: a level is lost");
                    assert_eq!((world.buffer.stats().reserved, source.held()), (0, 0), "{what}");
                    calls
                })
            };
            let calls = run(usize::MAX);
            (0..calls).step_by(if cfg!(miri) { 7 } else { 1 }).for_each(|call| _ = run(call));
        }
    }
}

/// The first use of a thread's own buffer, with an allocator that uses it as well.
#[test]
fn the_allocator_may_use_the_default_buffer() {
    let (mut call, mut calls) = (0, 1);
    while call < calls {
        let run = move || {
            let hook = || {
                ndarena::scope(|s| assert_eq!(s.from_elem(3000, 1u8).iter().map(|&x| x as usize).sum::<usize>(), 3000))
            };
            at_call(Of::Allocator, call, hook, || {
                for n in [10, 1000, 100_000] {
                    ndarena::scope(|s| {
                        let x = s.from_elem(n, 2u8);
                        let y = ndarena::scope(|inner| inner.map(&x, |x| x + 1).iter().all(|&y| y == 3));
                        assert!(y && x.iter().all(|&x| x == 2));
                    });
                }
            })
        };
        calls = std::thread::spawn(run).join().unwrap();
        call += 1;
    }
    assert!(calls > 4);
}
