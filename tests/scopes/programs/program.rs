//! A program of scopes, guards and arrays that bytes say, run beside a list of all live arrays: each must hold what was written to
//! it, whatever else is made, ends, panics or is refused meanwhile. The fuzz target `programs` runs it as well.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, RefCell};
use std::fmt::Debug;
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use ndarena::{Buffer, ChunkSource, DetachedArray, FixedBuffer, prelude::*};
use ndarray::prelude::*;

/// The bytes that are left; zeros where there are none.
struct Bytes<'a>(Cell<&'a [u8]>);

impl Bytes<'_> {
    fn next(&self) -> usize {
        let (&first, rest) = self.0.get().split_first().unwrap_or((&0, &[]));
        self.0.set(rest);
        first.into()
    }

    fn are_left(&self) -> bool {
        !self.0.get().is_empty()
    }
}

/// Elements, and the one with a number in every byte that it has.
trait Element: Copy + PartialEq + Debug + Send + 'static {
    fn of(tag: u8) -> Self;
}

macro_rules! elements {
    ($($T:ty, |$tag:ident| $of:expr;)+) => { $(impl Element for $T { fn of($tag: u8) -> Self { $of } })+ };
}

#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(align(128))]
struct OnLines(u8, u64);

#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(align(32))]
struct Nothing;

elements! {
    u8, |tag| tag;
    u32, |tag| u32::from_ne_bytes([tag; 4]);
    f64, |tag| f64::from(tag) + 0.5;
    i128, |tag| i128::from_ne_bytes([tag; 16]);
    [u16; 3], |tag| [u16::from(tag); 3];
    bool, |tag| tag % 2 == 0;
    char, |tag| char::from(tag);
    (u8, u64), |tag| (tag, u64::from(tag) << 40);
    Option<u32>, |tag| (tag % 3 > 0).then_some(tag.into());
    OnLines, |tag| OnLines(tag, u64::MAX - u64::from(tag));
    Nothing, |_tag| Nothing;
}

/// An array that lives, and the number that is in all of its elements.
trait Live {
    fn check(&self);
    fn write(&mut self, tag: u8);
}

struct Array<'s, T>(ArrayViewMut2<'s, T>, u8);

impl<T: Element> Live for Array<'_, T> {
    fn check(&self) {
        assert!(self.0.iter().all(|&x| x == T::of(self.1)), "an array does not hold what was written: {:?}", self.0);
    }

    fn write(&mut self, tag: u8) {
        self.0.fill(T::of(tag));
        self.1 = tag;
    }
}

/// How a program leaves its scopes: the panic of one of its steps.
struct Leave;

fn leave() -> ! {
    resume_unwind(Box::new(Leave))
}

/// Runs `f`; a panic is passed on unless it is the program's, or of an array that could not be had.
fn caught<R>(f: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(result) => Some(result),
        Err(panic) if panic.is::<Leave>() => None,
        Err(panic) if panic.downcast_ref::<String>().is_some_and(|said| said.starts_with("ndarena: ")) => None,
        Err(panic) => resume_unwind(panic),
    }
}

fn array<'s, T: Element>(s: Scope<'s>, bytes: &Bytes<'_>, tag: u8) -> ArrayViewMut2<'s, T> {
    let (how, rows, columns) = (bytes.next(), bytes.next() % 20, 1 + bytes.next() % 40);
    let (shape, of) = ((rows, columns), T::of(tag));
    let heap = Array2::from_elem(shape, of);
    // Closures that panic do so at this call.
    let (calls, at) = (Cell::new(0), if how >= 200 { bytes.next() } else { usize::MAX });
    let element = || {
        calls.set(calls.get() + 1);
        if calls.get() > at { leave() } else { of }
    };
    let alignment = 1 << (how / 16);
    match how % 16 {
        0 => s.from_elem(shape, of),
        1 => s.from_elem(shape.f(), of),
        2 => s.from_shape_fn(shape, |_| element()),
        3 => s.from_shape_simple_fn(shape.f(), element),
        4 => s.map(&heap, |_| element()),
        5 => s.map(&heap.slice(ndarray::s![..;-1, ..]), |_| element()),
        6 => s.zip_map(&heap, &heap.slice(ndarray::s![.., ..;-1]), |_, _| element()),
        7 => s.zip_map3(&heap.t(), &heap.t(), &heap.t(), |_, _, _| element()).reversed_axes(),
        8 => s.align(alignment).from_elem(shape, of),
        9 => s.copy_of(&heap.t()).reversed_axes(),
        10 => s.concatenate(Axis(0), &[heap.view()]).unwrap(),
        11 => {
            // A closure that makes arrays itself, in this scope and in one that ends.
            s.map(&heap, |_| {
                s.scope(|inner| inner.map(&aview1(&[of; 9]), |&x| x)[3]).max_of(s.from_elem(1, element())[0])
            })
        }
        12 => s.from_iter((0..rows * columns).map(|_| element())).into_shape_with_order(shape).unwrap(),
        13 => {
            let mut places = s.try_uninit::<T>(shape).unwrap_or_else(|_| leave());
            places.fill(MaybeUninit::new(of));
            // SAFETY: all elements are written.
            unsafe { places.assume_init() }
        }
        14 => s.scope(|inner| {
            let temporary = inner.from_elem(shape, of);
            s.map(&temporary, |&x| x)
        }),
        _ => s.select(&heap, Axis(0), &(0..rows).collect::<Vec<_>>()),
    }
}

/// Whichever of two equal elements.
trait MaxOf: Sized {
    fn max_of(self, other: Self) -> Self {
        other
    }
}

impl<T: Element> MaxOf for T {}

/// Memory that must be initialised, of the kinds that `Pod` allows.
fn live<'s>(s: Scope<'s>, bytes: &Bytes<'_>, tag: u8) -> Box<dyn Live + 's> {
    let kind = bytes.next() % 16;
    macro_rules! pods {
        ($T:ty) => {{
            let shape = (bytes.next() % 20, 1 + bytes.next() % 40);
            let mut a = if tag % 2 == 0 { s.alloc_array::<$T>(shape) } else { s.zeros::<$T>(shape) };
            assert!(tag % 2 == 0 || a.iter().all(|&x| x == <$T>::default()));
            // Any contents are valid, and initialised: reading them is no error.
            std::hint::black_box(a.iter().fold(0u8, |sum, x| sum.wrapping_add(*x as u8)));
            a.fill(<$T>::of(tag));
            Box::new(Array(a, tag))
        }};
    }
    macro_rules! any {
        ($T:ty) => {
            Box::new(Array(array::<$T>(s, bytes, tag), tag))
        };
    }
    match kind {
        0 => pods!(u8),
        1 => pods!(u32),
        2 => pods!(f64),
        3 => pods!(i128),
        4 => any!(u8),
        5 => any!(u32),
        6 => any!(f64),
        7 => any!(i128),
        8 => any!([u16; 3]),
        9 => any!(bool),
        10 => any!(char),
        11 => any!((u8, u64)),
        12 => any!(Option<u32>),
        13 => any!(OnLines),
        14 => any!(Nothing),
        _ => any!((u8, u64)),
    }
}

/// The scopes that are open, from the innermost outwards.
trait Frame {
    fn make(&self, out: usize, world: &World<'_>);
    fn check(&self);
}

struct Open<'a, 's> {
    scope: Scope<'s>,
    live: RefCell<Vec<Box<dyn Live + 's>>>,
    outer: Option<&'a dyn Frame>,
}

impl Frame for Open<'_, '_> {
    fn make(&self, out: usize, world: &World<'_>) {
        match self.outer {
            Some(outer) if out > 0 => outer.make(out - 1, world),
            _ => {
                let made = live(self.scope, world.bytes, world.tag());
                made.check();
                self.live.borrow_mut().push(made);
            }
        }
    }

    fn check(&self) {
        self.live.borrow().iter().for_each(|array| array.check());
        if let Some(outer) = self.outer {
            outer.check();
        }
    }
}

struct World<'a> {
    bytes: &'a Bytes<'a>,
    buffers: &'a [Buffer],
    fixed: &'a [FixedBuffer<'a>],
    detached: RefCell<Vec<(DetachedArray<f64, Ix2>, u8)>>,
    made: Cell<usize>,
    depth: Cell<usize>,
}

impl World<'_> {
    fn tag(&self) -> u8 {
        self.made.set(self.made.get() + 1);
        self.made.get() as u8
    }

    /// Runs steps in a scope that was just opened, until the bytes say that it ends.
    fn steps(&self, scope: Scope<'_>, outer: Option<&dyn Frame>) {
        let open = Open { scope, live: RefCell::default(), outer };
        while self.bytes.are_left() {
            let step = self.bytes.next();
            match step % 16 {
                0..=7 => _ = caught(|| open.make(step / 16, self)),
                8..=11 if self.depth.get() < 12 => {
                    self.depth.set(self.depth.get() + 1);
                    let inner = |inner: Scope<'_>| self.steps(inner, Some(&open));
                    _ = caught(|| self.open(scope, step / 16, inner));
                    self.depth.set(self.depth.get() - 1);
                    open.check();
                }
                12 => {
                    if let Some(array) = open.live.borrow_mut().last_mut() {
                        array.write(self.tag());
                    }
                }
                13 => self.detach(step / 16),
                14 if step > 200 => leave(),
                15 if step > 100 => break,
                _ => {}
            }
        }
        open.check();
    }

    /// Opens a scope of one kind or another.
    fn open(&self, scope: Scope<'_>, kind: usize, inner: impl FnOnce(Scope<'_>)) {
        let (buffer, fixed) = (&self.buffers[kind % self.buffers.len()], &self.fixed[kind % self.fixed.len()]);
        match kind {
            0..=3 => scope.scope(inner),
            4..=6 => buffer.scope(inner),
            7 | 8 => inner(buffer.guard().scope()),
            9 => inner(scope.guard().scope()),
            10 | 11 => inner(fixed.guard().scope()),
            12 => ndarena::with_buffer(buffer, || ndarena::scope(inner)),
            13 => {
                // Two guards, of which the one that was opened first ends first.
                let (first, second) = (scope.guard(), fixed.guard());
                let kept = second.scope().from_elem(5, 7u8);
                drop(first);
                inner(second.scope());
                assert_eq!(kept, aview1(&[7; 5]));
            }
            _ => fixed.scope(inner),
        }
    }

    /// A result that owns its memory: it is kept, or looked at, and ended, on another thread.
    fn detach(&self, kind: usize) {
        let (tag, buffer) = (self.tag(), &self.buffers[kind % self.buffers.len()]);
        let shape = (self.bytes.next() % 30, 5);
        let result = caught(|| {
            buffer.scope_to_owned(|s| {
                let first = s.from_elem((3, 3), f64::of(tag));
                s.scope(|inner| inner.map(&first, |x| x + 1.0).sum());
                s.from_elem(shape, first[(0, 0)])
            })
        });
        let Some(array) = result else { return };
        if kind == 0 && !cfg!(miri) {
            let looked_at = std::thread::spawn(move || array.iter().all(|&x| x == f64::of(tag)));
            assert!(looked_at.join().unwrap());
        } else {
            self.detached.borrow_mut().push((array, tag));
        }
    }
}

/// A source that has no chunk now and then.
struct Unreliable(AtomicUsize);

fn layout(bytes: usize) -> Layout {
    Layout::from_size_align(bytes, 64).unwrap()
}

// SAFETY: the system's memory, with the alignment that is asked for, until it is given back.
unsafe impl ChunkSource for Unreliable {
    fn allocate(&self, bytes: usize) -> Option<NonNull<[u8]>> {
        if self.0.fetch_add(1, Relaxed) % 5 == 3 {
            return None;
        }
        // SAFETY: a buffer asks for a byte or more.
        let start = NonNull::new(unsafe { System.alloc(layout(bytes)) })?;
        Some(NonNull::slice_from_raw_parts(start, bytes))
    }

    unsafe fn deallocate(&self, chunk: NonNull<[u8]>) {
        // SAFETY: it comes from `allocate`.
        unsafe { System.dealloc(chunk.as_ptr().cast(), layout(chunk.len())) }
    }
}

/// Runs the program that `bytes` say, and tells how many arrays it made.
///
/// # Panics
///
/// If an array does not hold what was written to it, or something is left in use.
pub(crate) fn run(bytes: &[u8]) -> usize {
    let mut memory = [const { MaybeUninit::<u8>::uninit() }; 6000];
    let (small, rest) = memory.split_at_mut(201);
    let fixed = [FixedBuffer::new(small), FixedBuffer::new(rest)];
    let buffers = [
        Buffer::new(),
        Buffer::with_capacity(3000),
        Buffer::with_limit(20_000),
        Buffer::from_source(Unreliable(bytes.len().into())),
    ];
    let bytes = Bytes(Cell::new(bytes));
    let world = World {
        bytes: &bytes,
        buffers: &buffers,
        fixed: &fixed,
        detached: RefCell::default(),
        made: Cell::new(0),
        depth: Cell::new(0),
    };
    while bytes.are_left() {
        let first = bytes.next() % buffers.len();
        _ = caught(|| buffers[first].scope(|s| world.steps(s, None)));
        world.depth.set(0);
        for (array, tag) in world.detached.borrow().iter() {
            assert!(array.iter().all(|&x| x == f64::of(*tag)), "a detached array does not hold what was written");
        }
    }
    let in_use =
        buffers.iter().map(|buffer| buffer.stats().in_use).chain(fixed.iter().map(|fixed| fixed.stats().in_use));
    assert_eq!(in_use.sum::<usize>(), 0);
    world.made.get()
}
