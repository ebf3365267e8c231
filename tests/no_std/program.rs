//! A program without the standard library, and with an allocator that aborts: scopes in 100 bytes of memory.
//!
//! What Bumper.jl's README shows with StaticCompiler.jl. `program n scopes` prints the sum of so many scopes' `n` ones.

#![no_std]
#![no_main]

use core::alloc::{GlobalAlloc, Layout};
use core::ffi::{c_char, c_int, c_long, c_void};
use core::mem::MaybeUninit;

use ndarena::{FixedBuffer, prelude::*};

#[link(name = "c")]
unsafe extern "C" {
    fn malloc(bytes: usize) -> *mut c_void;
    fn free(memory: *mut c_void);
    fn atol(text: *const c_char) -> c_long;
    fn printf(format: *const c_char, ...) -> c_int;
    fn abort() -> !;
}

/// ndarray wants a global allocator to be there; scopes on fixed memory never call it.
struct Aborting;

#[global_allocator]
static ALLOCATOR: Aborting = Aborting;

// SAFETY: no call returns.
unsafe impl GlobalAlloc for Aborting {
    unsafe fn alloc(&self, _: Layout) -> *mut u8 {
        // SAFETY: ends the program.
        unsafe { abort() }
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {
        // SAFETY: ends the program.
        unsafe { abort() }
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    // SAFETY: ends the program.
    unsafe { abort() }
}

/// What the library `alloc` names for unwinding, which does not happen here: panics abort.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

/// Ones, summed up in scopes; nothing if they do not fit.
#[inline(never)]
fn sum_of_ones(buffer: &FixedBuffer<'_>, n: usize, scopes: usize) -> Option<i64> {
    let mut sum = 0;
    for _ in 0..scopes {
        sum += buffer.scope(|s| {
            let mut x = s.try_alloc_array::<i64>(n).ok()?;
            x.fill(1);
            Some(x.sum())
        })?;
    }
    Some(sum)
}

#[unsafe(no_mangle)]
extern "C" fn main(argc: c_int, argv: *const *const c_char) -> c_int {
    let argument = |i: usize, default: usize| {
        if (argc as usize) <= i {
            return default;
        }
        // SAFETY: `argv` has `argc` texts.
        let text = unsafe { *argv.add(i) };
        // SAFETY: as above.
        unsafe { atol(text) as usize }
    };
    let (n, scopes) = (argument(1, 5), argument(2, 10_000));
    // SAFETY: asks for memory.
    let memory = unsafe { malloc(100) };
    if memory.is_null() {
        return 1;
    }
    // SAFETY: 100 bytes of our own, which may be uninitialised.
    let bytes = unsafe { core::slice::from_raw_parts_mut(memory.cast::<MaybeUninit<u8>>(), 100) };
    let sum = sum_of_ones(&FixedBuffer::new(bytes), n, scopes);
    match sum {
        // SAFETY: a text that ends in 0, and the number that it asks for.
        Some(sum) => unsafe { printf(c"The sum is: %ld\n".as_ptr(), sum as c_long) },
        // SAFETY: a text that ends in 0, and the number that it asks for.
        None => unsafe { printf(c"%zu numbers do not fit into 100 bytes\n".as_ptr(), n) },
    };
    // SAFETY: nobody uses the memory any more.
    unsafe { free(memory) };
    0
}
