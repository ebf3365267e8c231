//! Windows, which has words of its own for reserved and committed memory.

use core::ptr::{self, NonNull};

use windows_sys::Win32::System::Memory::{
    MEM_COMMIT, MEM_DECOMMIT, MEM_RESERVE, MEM_RESET, PAGE_NOACCESS, PAGE_READWRITE, VirtualAlloc, VirtualFree,
    VirtualUnlock,
};
use windows_sys::Win32::System::SystemInformation::{GetSystemInfo, SYSTEM_INFO};

/// Whether discarded pages hold zeros.
pub(in crate::global) const DISCARD_ZEROES: bool = false;

/// The length of an ordinary page, if the system tells.
pub(in crate::global) fn page_size() -> Option<usize> {
    let mut info = SYSTEM_INFO::default();
    // SAFETY: the system fills the structure, and does nothing else (System).
    unsafe { GetSystemInfo(&raw mut info) };
    usize::try_from(info.dwPageSize).ok()
}

/// Reserves a range of `bytes` bytes of addresses.
pub(in crate::global) fn reserve(bytes: usize) -> Option<NonNull<u8>> {
    // SAFETY: this reserves addresses that the system chooses, so it changes no memory in use (System).
    NonNull::new(unsafe { VirtualAlloc(ptr::null(), bytes, MEM_RESERVE, PAGE_NOACCESS) }.cast())
}

/// Commits reserved pages. Tells whether that worked; if it did not, they are reserved as before.
///
/// # Safety
///
/// These are whole reserved pages of a range from [`reserve`], which nobody uses.
pub(in crate::global) unsafe fn commit(start: NonNull<u8>, bytes: usize) -> bool {
    // SAFETY: the pages are of a range of this module's, and nobody uses them, as the caller promises (Caller, System).
    !unsafe { VirtualAlloc(start.as_ptr().cast(), bytes, MEM_COMMIT, PAGE_READWRITE) }.is_null()
}

/// Gives the memory of committed pages back and makes them reserved pages. Tells whether that worked; if it did not, they
/// are as before.
///
/// # Safety
///
/// These are whole committed pages of a range from [`reserve`], which nobody uses.
pub(in crate::global) unsafe fn decommit(start: NonNull<u8>, bytes: usize) -> bool {
    // SAFETY: nobody uses the pages, as the caller promises, and the addresses stay reserved (Caller, System).
    unsafe { VirtualFree(start.as_ptr().cast(), bytes, MEM_DECOMMIT) != 0 }
}

/// Gives the memory of committed pages back; they stay committed, and hold anything. Tells whether that worked; if it did
/// not, they are as before.
///
/// # Safety
///
/// These are whole committed pages of a range from [`reserve`], whose contents nobody needs.
pub(in crate::global) unsafe fn discard(start: NonNull<u8>, bytes: usize) -> bool {
    // SAFETY: nobody needs what the pages hold, as the caller promises, and they stay committed as they are
    // (Caller, System).
    let worked = !unsafe { VirtualAlloc(start.as_ptr().cast(), bytes, MEM_RESET, PAGE_READWRITE) }.is_null();
    // The system may take the pages now, and does so at once from a process that unlocks them. That they were not locked is
    // an error that says so and means nothing here.
    // SAFETY: this does not change what pages hold or whether they are committed (System).
    let _ = unsafe { VirtualUnlock(start.as_ptr().cast(), bytes) };
    worked
}

/// Asks for huge pages, which programs only get here with a privilege: this does nothing.
///
/// # Safety
///
/// This asks for nothing; it is unsafe because other systems' function is.
pub(in crate::global) unsafe fn prefer_huge_pages(_start: NonNull<u8>, _bytes: usize, _on: bool) {}

/// How many bytes of committed pages have memory now, if the system tells, which it is not asked for here.
pub(in crate::global) fn resident(_start: NonNull<u8>, _bytes: usize) -> Option<usize> {
    None
}
