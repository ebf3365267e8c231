//! Unix: a reserved page is mapped without access, a committed page for reading and writing.

use core::ptr::NonNull;

use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap_anonymous, mprotect, munmap};

/// The flags of mappings that are no other process's, and for which the system need not keep memory ready.
#[cfg(any(target_vendor = "apple", target_os = "linux", target_os = "android"))]
const FLAGS: MapFlags = MapFlags::PRIVATE.union(MapFlags::NORESERVE);
/// The flags of mappings that are no other process's. Other systems have no flag for memory that need not be kept ready, or
/// need none.
#[cfg(not(any(target_vendor = "apple", target_os = "linux", target_os = "android")))]
const FLAGS: MapFlags = MapFlags::PRIVATE;

/// Whether discarded pages hold zeros.
pub(in crate::global) const DISCARD_ZEROES: bool = true;

/// The length of an ordinary page, if the system tells.
pub(in crate::global) fn page_size() -> Option<usize> {
    // SAFETY: this only asks for a number (System).
    usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).ok()
}

/// Reserves a range of `bytes` bytes of addresses, if as many are left to the rest of the program.
pub(in crate::global) fn reserve(bytes: usize) -> Option<NonNull<u8>> {
    let twice = bytes.checked_mul(2)?;
    // SAFETY: this makes a new mapping at an address that the system chooses, so it changes no memory in use (System).
    let start = unsafe { mmap_anonymous(core::ptr::null_mut(), twice, ProtFlags::empty(), FLAGS) };
    let start = NonNull::new(start.ok()?)?.cast::<u8>();
    // SAFETY: the new mapping has twice as many bytes, so this points to its middle (System).
    let rest = unsafe { start.add(bytes) };
    // SAFETY: this is the second half of the new mapping, which nobody uses, and which is no part of what is returned
    // (System).
    unsafe { munmap(rest.as_ptr().cast(), bytes) }.ok()?;
    Some(start)
}

/// Commits reserved pages. Tells whether that worked; if it did not, they are reserved as before.
///
/// # Safety
///
/// These are whole reserved pages of a range from [`reserve`], which nobody uses.
pub(in crate::global) unsafe fn commit(start: NonNull<u8>, bytes: usize) -> bool {
    // SAFETY: the pages are of a range of this module's, and nobody uses them, as the caller promises (Caller, System).
    unsafe { mprotect(start.as_ptr().cast(), bytes, MprotectFlags::READ | MprotectFlags::WRITE) }.is_ok()
}

/// Gives the memory of committed pages back and makes them reserved pages. Tells whether that worked; if it did not, they
/// are as before.
///
/// # Safety
///
/// These are whole committed pages of a range from [`reserve`], which nobody uses.
pub(in crate::global) unsafe fn decommit(start: NonNull<u8>, bytes: usize) -> bool {
    let (place, flags) = (start.as_ptr().cast(), FLAGS | MapFlags::FIXED);
    // SAFETY: nobody uses the pages, as the caller promises. The new mapping takes the place of the old one in one step, so
    // the addresses stay this module's (Caller, System).
    unsafe { mmap_anonymous(place, bytes, ProtFlags::empty(), flags) }.is_ok()
}

/// Gives the memory of committed pages back; they stay committed. Tells whether that worked; if it did not, they are as
/// before.
///
/// # Safety
///
/// These are whole committed pages of a range from [`reserve`], whose contents nobody needs.
pub(in crate::global) unsafe fn discard(start: NonNull<u8>, bytes: usize) -> bool {
    let place = start.as_ptr().cast();
    #[cfg(any(target_os = "linux", target_os = "android"))]
    // SAFETY: nobody needs what the pages hold, as the caller promises, and they stay mapped as they are (Caller, System).
    return unsafe { rustix::mm::madvise(place, bytes, rustix::mm::Advice::LinuxDontNeed) }.is_ok();
    // The advice to do without pages leaves their contents open on other systems, so that they are mapped anew.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    // SAFETY: nobody needs what the pages hold, as the caller promises. The new mapping takes the place of the old one in one
    // step, and may be read and written like it (Caller, System).
    return unsafe { mmap_anonymous(place, bytes, ProtFlags::READ | ProtFlags::WRITE, FLAGS | MapFlags::FIXED) }
        .is_ok();
}

/// Asks for huge pages behind committed pages if `on`, and for small ones otherwise. A system without huge pages refuses:
/// the memory is in ordinary pages then, which is no error.
///
/// # Safety
///
/// These are whole committed pages of a range from [`reserve`].
pub(in crate::global) unsafe fn prefer_huge_pages(start: NonNull<u8>, bytes: usize, on: bool) {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        use rustix::mm::Advice;
        let advice = if on { Advice::LinuxHugepage } else { Advice::LinuxNoHugepage };
        // SAFETY: the pages are committed, as the caller promises, and this advice does not change contents
        // (Caller, System).
        let _ = unsafe { rustix::mm::madvise(start.as_ptr().cast(), bytes, advice) };
    }
    let _ = (start, bytes, on);
}

/// How many bytes of committed pages have memory now, if the system tells.
pub(in crate::global) fn resident(start: NonNull<u8>, bytes: usize) -> Option<usize> {
    /// How many pages are asked for at a time.
    const AT_ONCE: usize = 4096;
    let page = page_size()?;
    let mut pages = 0;
    for offset in (0..bytes).step_by(AT_ONCE * page) {
        let mut states = [0; AT_ONCE];
        let length = (bytes - offset).min(AT_ONCE * page);
        let place = start.as_ptr().wrapping_add(offset).cast();
        // SAFETY: the system writes one byte for each page, for which the array has room, and changes nothing else. It
        // looks at no memory, so it does not matter who uses that (System).
        if unsafe { libc::mincore(place, length, states.as_mut_ptr().cast()) } != 0 {
            return None;
        }
        pages += states.iter().take(length.div_ceil(page)).filter(|&&state: &&u8| state & 1 != 0).count();
    }
    Some(pages * page)
}
