//! Foreign code that uses a buffer while the buffer calls it: global allocators and sources of memory that allocate in the
//! very scope that is being grown, open scopes, reset, ask for figures; and sources that panic or refuse.
//!
//! Each program is run once for each thing that foreign code may do and each call at which it may do it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex};

use ndarena::{ChunkSource, DetachedArray, Guard, prelude::*};
use ndarena_testing::{Of, at_call, called, panic_of, unhooked};
use ndarray::Ix1;

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

/// What a program is about, for hooks: its buffer, its innermost scope, and the arrays that were made.
struct World {
    buffer: &'static Buffer,
    scope: Cell<Option<Scope<'static>>>,
    /// The depth of its scope, where an array is, its length, and the byte that it is full of.
    arrays: RefCell<Vec<(usize, *mut u8, usize, u8)>>,
    depth: Cell<usize>,
}

thread_local! {
    static WORLD: Cell<Option<&'static World>> = const { Cell::new(None) };
}

/// Runs `f` in this thread's world, without its own calls of the allocator being counted or hooked.
fn world() -> &'static World {
    WORLD.get().expect("inside a program")
}

impl World {
    /// An array of that length from either end, full of a byte of its own.
    fn make(&self, low: bool, len: usize) {
        let scope = self.scope.get().expect("a scope is open");
        let start = if low {
            scope.try_alloc_array::<u8>(len).map(|mut x| x.as_mut_ptr())
        } else {
            scope.try_uninit::<u8>(len).map(|mut x| x.as_mut_ptr().cast())
        };
        let Ok(start) = start else { return };
        unhooked(|| {
            let mut arrays = self.arrays.borrow_mut();
            let tag = arrays.len() as u8;
            // SAFETY: an array of that length, whose scope is open.
            unsafe { start.write_bytes(tag, len) };
            arrays.push((self.depth.get(), start, len, tag));
        });
        // Which takes its time where every access is looked at; at scopes' ends it is done anyway.
        if !cfg!(miri) {
            self.check();
        }
    }

    fn check(&self) {
        unhooked(|| {
            let arrays = self.arrays.borrow();
            for (i, &(_, start, len, tag)) in arrays.iter().enumerate() {
                // SAFETY: an array in a scope that is open: others are taken off the list.
                let bytes = unsafe { std::slice::from_raw_parts(start, len) };
                assert!(bytes.iter().all(|&byte| byte == tag), "contents are kept");
                for &(_, other, other_len, _) in &arrays[..i] {
                    assert!(start.addr() + len <= other.addr() || other.addr() + other_len <= start.addr(), "apart");
                }
            }
        });
    }

    /// Runs `f` in a scope on the buffer, which hooks find.
    fn in_scope(&self, f: impl FnOnce()) {
        self.buffer.scope(|scope| {
            struct Outside<'w>(&'w World, Option<Scope<'static>>);
            impl Drop for Outside<'_> {
                fn drop(&mut self) {
                    self.0.scope.set(self.1);
                    let depth = self.0.depth.get();
                    unhooked(|| self.0.arrays.borrow_mut().retain(|array| array.0 < depth));
                    self.0.depth.set(depth - 1);
                }
            }
            // SAFETY: nobody uses it after the scope, as `Outside` takes it back.
            let scope = unsafe { std::mem::transmute::<Scope<'_>, Scope<'static>>(scope) };
            let _outside = Outside(self, self.scope.replace(Some(scope)));
            self.depth.set(self.depth.get() + 1);
            f();
            self.check();
        });
    }
}

/// As many arrays as outgrow several blocks.
const MANY: usize = if cfg!(miri) { 8 } else { 40 };

/// What foreign code does.
const HOOKS: [(&str, fn()); 12] = [
    ("nothing", || ()),
    ("figures", || assert!(world().buffer.stats().in_use <= world().buffer.stats().reserved)),
    ("a small array", || if_open(|world| world.make(true, 24))),
    ("many arrays", || if_open(|world| (0..MANY).for_each(|i| world.make(i % 3 == 0, 4000 / MANY * i)))),
    ("a large array", || if_open(|world| world.make(false, 70_000))),
    ("a scope", || world().in_scope(|| world().make(true, 500))),
    ("scopes that outgrow their blocks", || {
        world().in_scope(|| {
            (1..MANY).for_each(|i| world().make(i % 2 == 0, 8000 / MANY * i));
            world().in_scope(|| (1..MANY).for_each(|i| world().make(i % 2 == 0, 14_000 / MANY * i)));
        });
    }),
    ("a reset", || _ = ndarena::with_buffer(world().buffer, ndarena::reset_default_buffer)),
    ("a result that moves out", || {
        drop(moved_out(1000));
    }),
    ("a bump", || {
        world().buffer.scope(|s| assert!(s.bump().try_alloc([7u8; 3000]).is_ok_and(|x| *x == [7; 3000])));
    }),
    ("a forgotten guard", || std::mem::forget(world().buffer.guard())),
    ("the end of a guard", || drop((0..3).map(|_| world().buffer.guard()).collect::<Vec<Guard<'_>>>())),
];

/// A result that moves out, made beside a temporary; where the limit does not allow that, an empty one.
fn moved_out(len: usize) -> DetachedArray<u8, Ix1> {
    let result = world().buffer.scope_to_owned(|s| {
        let _temporary = s.try_uninit::<u8>(len);
        fill(s, len / 2, 1);
        s.scope(|inner| fill(inner, 2 * len, 2));
        let mut result = s.try_alloc_array::<u8>(len).unwrap_or_else(|_| s.alloc_array(0));
        result.fill(3);
        result
    });
    assert!(result.iter().all(|&x| x == 3));
    result
}

/// An array full of that byte, if there is room for it.
fn fill(s: Scope<'_>, len: usize, tag: u8) {
    if let Ok(mut x) = s.try_alloc_array::<u8>(len) {
        x.fill(tag);
        world().check();
        assert!(x.iter().all(|&x| x == tag));
    }
}

fn if_open(f: impl FnOnce(&World)) {
    if world().scope.get().is_some() {
        f(world());
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

/// A buffer and its world, in which programs run; both are leaked while they are in use, as hooks refer to them.
fn with_world<R>(buffer: Buffer, f: impl FnOnce(&'static World) -> R) -> R {
    let buffer = Box::into_raw(Box::new(buffer));
    // SAFETY: not freed before the end of this function.
    let shared: &'static Buffer = unsafe { &*buffer };
    let (scope, arrays, depth) = (Cell::new(None), RefCell::default(), Cell::new(0));
    let world = Box::into_raw(Box::new(World { buffer: shared, scope, arrays, depth }));
    // SAFETY: as above.
    let here: &'static World = unsafe { &*world };
    WORLD.set(Some(here));
    let result = f(here);
    WORLD.set(None);
    // SAFETY: made above, and referred to by nobody any more.
    drop(unsafe { Box::from_raw(world) });
    // SAFETY: as above.
    drop(unsafe { Box::from_raw(buffer) });
    result
}

/// Runs every program with every hook at every call on the buffers that `make` makes; `check` is told what ran, and is to
/// look at the buffer.
fn everything(of: Of, make: impl Fn() -> Buffer, check: impl Fn(&Buffer, &str)) {
    let mut run = 0;
    for (program_name, program) in PROGRAMS {
        if program_name == "bumps" && of == Of::Source {
            continue; // which a source has no part in
        }
        for (hook_name, hook) in HOOKS {
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
    assert!(run > if cfg!(miri) { 100 } else { 400 });
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
