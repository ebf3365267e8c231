//! What AddressSanitizer is told of memory that nobody may touch.
//!
//! In a program that is built with the sanitizer and `--cfg asan`, memory that is not handed out is *poisoned*: reading or
//! writing it ends the program, with a report of the place where that was done. A scope's memory is poisoned but for its
//! arrays; where a scope ends, its arrays are, too. Safe code cannot use an array after its scope. So what this finds is a
//! mistake in this crate, or in unsafe code that kept a pointer.
//!
//! A block's memory is poisoned from when it is installed until it goes back to where it came from; a fixed buffer's while a
//! scope or guard on it is open. (After a guard was forgotten, that is for good.) What a `Bump` holds, what pins have trapped,
//! and what lies between two ends of the same eight bytes are not.
//!
//! In any other program these functions do nothing.

use core::ptr::NonNull;

use super::region::{AtEnd, Region};

/// The sanitizer's functions.
///
/// # Safety
///
/// The addresses are part of an allocation. They are neither read nor written.
#[cfg(asan)]
#[allow(unused_doc_comments, reason = "it is for those who read the sources")]
unsafe extern "C" {
    fn __asan_poison_memory_region(start: *const u8, bytes: usize);
    fn __asan_unpoison_memory_region(start: *const u8, bytes: usize);
    fn __asan_address_is_poisoned(address: *const u8) -> i32;
}

/// Says that nobody may touch these bytes, which are in memory that this crate hands out.
#[inline(always)]
pub(super) fn poison(start: NonNull<u8>, bytes: usize) {
    #[cfg(asan)]
    // SAFETY: the sanitizer changes its own notes only, of addresses that are part of an allocation (Memory of `region`).
    unsafe {
        __asan_poison_memory_region(start.as_ptr(), bytes);
    }
    let _ = (start, bytes);
}

/// Says that these bytes may be touched.
#[inline(always)]
pub(super) fn unpoison(start: NonNull<u8>, bytes: usize) {
    #[cfg(asan)]
    // SAFETY: the sanitizer changes its own notes only, of addresses that are part of an allocation (Memory of `region`).
    unsafe {
        __asan_unpoison_memory_region(start.as_ptr(), bytes);
    }
    let _ = (start, bytes);
}

/// Runs `write`, which writes to these bytes though they are not handed out, and poisons them again if they were.
#[inline(always)]
pub(super) fn around_write(start: NonNull<u8>, bytes: usize, write: impl FnOnce()) {
    #[cfg(asan)]
    // SAFETY: the sanitizer looks at its own notes only, of an address that is part of an allocation (Memory of `region`).
    let poisoned = unsafe { __asan_address_is_poisoned(start.as_ptr()) } != 0;
    unpoison(start, bytes);
    write();
    #[cfg(asan)]
    if poisoned {
        poison(start, bytes);
    }
}

impl Region {
    /// A scope begins: of fixed memory, the first scope poisons it; all other memory is poisoned by then.
    #[inline(always)]
    pub(super) fn poison_begun(&self) {
        if cfg!(asan) && self.is_fixed() && !self.at_end.get().has(AtEnd::RETURN) {
            poison(self.at(self.whole_from.get()), self.whole_to.get() - self.whole_from.get());
        }
    }

    /// The scope has ended that was handed all of this: fixed memory is its owner's again, any other waits for the next scope.
    #[inline(always)]
    pub(super) fn poison_ended(&self) {
        if cfg!(asan) {
            if self.is_fixed() {
                return unpoison(self.at(self.whole_from.get()), self.whole_to.get() - self.whole_from.get());
            }
            poison(self.start.get(), self.size());
        }
    }

    /// What was lent has come back: what lies between the cursors is nobody's.
    #[inline(always)]
    pub(super) fn poison_rest(&self) {
        if cfg!(asan) {
            let (from, to) = self.rest();
            poison(self.at(from), to - from);
        }
    }

    /// Whether this is part of fixed memory.
    fn is_fixed(&self) -> bool {
        self.whole_to.get() > 0
    }
}
