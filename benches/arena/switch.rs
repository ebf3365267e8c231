//! One program for all allocators, so that all run the same code at the same place: which one it is, an environment
//! variable says.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU8, Ordering};

use mimalloc::MiMalloc;
use ndarena::global::ArenaAlloc;
#[cfg(unix)]
use tikv_jemallocator::Jemalloc;

/// What the variable is called, and what it may say.
pub(crate) const VARIABLE: &str = "NDARENA_BENCH_ALLOCATOR";
pub(crate) const MIMALLOC: &str = "mimalloc";
pub(crate) const JEMALLOC: &str = "jemalloc";
pub(crate) const ARENAS: &str = "arenas";
pub(crate) const ON_MIMALLOC: &str = "over mimalloc";

static ARENA: ArenaAlloc = ArenaAlloc::system();
static ARENA_ON_MIMALLOC: ArenaAlloc<MiMalloc> = ArenaAlloc::new(MiMalloc);

pub(crate) struct Switch(AtomicU8);

impl Switch {
    pub(crate) const fn new() -> Self {
        Self(AtomicU8::new(0))
    }

    #[inline]
    fn which(&self) -> u8 {
        match self.0.load(Ordering::Relaxed) {
            0 => self.decide(),
            which => which,
        }
    }

    /// At the program's first allocation.
    #[cold]
    fn decide(&self) -> u8 {
        // SAFETY: a string that ends in zero; nothing changes the environment meanwhile.
        let value = unsafe { libc::getenv(c"NDARENA_BENCH_ALLOCATOR".as_ptr()) };
        // Its first letter tells them apart.
        let which = match value {
            value if value.is_null() => b'g',
            // SAFETY: a string that ends in zero.
            value => unsafe { *value.cast::<u8>() },
        };
        self.0.store(which, Ordering::Relaxed);
        which
    }
}

macro_rules! pass_on {
    ($self:ident, $call:ident($($argument:expr),*)) => {
        match $self.which() {
            // SAFETY: the caller's promise; a block goes back to the allocator it came from, as there is only one.
            b'a' => unsafe { ARENA.$call($($argument),*) },
            // SAFETY: as above.
            b'o' => unsafe { ARENA_ON_MIMALLOC.$call($($argument),*) },
            // SAFETY: as above.
            b'm' => unsafe { MiMalloc.$call($($argument),*) },
            #[cfg(unix)]
            // SAFETY: as above.
            b'j' => unsafe { Jemalloc.$call($($argument),*) },
            // SAFETY: as above.
            _ => unsafe { System.$call($($argument),*) },
        }
    };
}

// SAFETY: passes every call on to one allocator, always the same.
unsafe impl GlobalAlloc for Switch {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        pass_on!(self, alloc(layout))
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        pass_on!(self, dealloc(block, layout))
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        pass_on!(self, alloc_zeroed(layout))
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        pass_on!(self, realloc(block, layout, size))
    }
}
