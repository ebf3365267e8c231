//! Foreign code that uses a buffer while the buffer calls it: global allocators and sources of memory that allocate in the
//! very scope that is being grown, open scopes, reset, ask for figures; and sources that panic or refuse.
//!
//! Each program is run once for each thing that foreign code may do and each call at which it may do it.

mod closures;
mod programs;

use std::cell::{Cell, RefCell};

use ndarena::{DetachedArray, Guard, prelude::*};
use ndarena_testing::unhooked;
use ndarray::Ix1;

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
