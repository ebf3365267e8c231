//! Systems without arenas: nothing can be reserved. The library's own tests bring memory of their own, and see what is done
//! with it: pages that have no memory are full of [`GONE`], which must be there still when they are committed, and the tests
//! say when the system refuses.

use core::ptr::NonNull;

/// Whether discarded pages hold zeros.
pub(in crate::global) const DISCARD_ZEROES: bool = true;

/// What reserved pages of tests hold.
#[cfg(test)]
pub(in crate::global) const GONE: u8 = 0xD5;

#[cfg(test)]
std::thread_local! {
    /// Whether the system refuses what this thread asks of it.
    pub(in crate::global) static REFUSES: core::cell::Cell<bool> = const { core::cell::Cell::new(false) };
}

/// The length of an ordinary page, if the system tells.
pub(in crate::global) fn page_size() -> Option<usize> {
    None
}

/// Reserves a range of addresses, which these systems do not do.
pub(in crate::global) fn reserve(_bytes: usize) -> Option<NonNull<u8>> {
    None
}

/// Commits reserved pages, of a test's memory.
///
/// # Safety
///
/// These are whole reserved pages, which nobody uses.
pub(in crate::global) unsafe fn commit(start: NonNull<u8>, bytes: usize) -> bool {
    #[cfg(test)]
    if !REFUSES.get() {
        // SAFETY: nobody uses the pages, as the caller promises, and the test has filled them (Caller, Test).
        let held = unsafe { core::slice::from_raw_parts(start.as_ptr(), bytes) };
        assert!(held == vec![GONE; bytes], "nobody wrote to reserved pages");
        // SAFETY: these are the pages that were just looked at (Caller).
        unsafe { start.write_bytes(0, bytes) };
        return true;
    }
    let _ = (start, bytes);
    false
}

/// Makes committed pages reserved pages, of a test's memory.
///
/// # Safety
///
/// These are whole committed pages, which nobody uses.
pub(in crate::global) unsafe fn decommit(start: NonNull<u8>, bytes: usize) -> bool {
    #[cfg(test)]
    if !REFUSES.get() {
        // SAFETY: nobody uses the pages, as the caller promises (Caller).
        unsafe { start.write_bytes(GONE, bytes) };
        return true;
    }
    let _ = (start, bytes);
    false
}

/// Gives the memory of committed pages back, of a test's memory.
///
/// # Safety
///
/// These are whole committed pages, whose contents nobody needs.
pub(in crate::global) unsafe fn discard(start: NonNull<u8>, bytes: usize) -> bool {
    #[cfg(test)]
    if !REFUSES.get() {
        // SAFETY: nobody needs what the pages hold, as the caller promises (Caller).
        unsafe { start.write_bytes(0, bytes) };
        return true;
    }
    let _ = (start, bytes);
    false
}

/// Asks for huge pages, which nobody has.
///
/// # Safety
///
/// This asks for nothing; it is unsafe because other systems' function is.
pub(in crate::global) unsafe fn prefer_huge_pages(_start: NonNull<u8>, _bytes: usize, _on: bool) {}

/// How many bytes of committed pages have memory now, which these systems do not tell.
pub(in crate::global) fn resident(_start: NonNull<u8>, _bytes: usize) -> Option<usize> {
    None
}
