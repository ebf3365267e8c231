//! How much memory the machine has.

/// The bytes of physical memory, where the system tells: on Linux, Android, Apple's systems, the BSDs, illumos, Solaris and
/// Windows.
pub(super) fn physical_memory() -> Option<u64> {
    if cfg!(miri) {
        return None; // there is no machine to ask
    }
    system::physical_memory()
}

#[cfg(any(
    target_os = "linux",
    target_os = "android",
    target_os = "freebsd",
    target_os = "dragonfly",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "illumos",
    target_os = "solaris",
    target_vendor = "apple",
))]
mod system {
    pub(super) fn physical_memory() -> Option<u64> {
        let ask = |what| {
            // SAFETY: this takes a number, and gives one; any number may be asked with.
            let answer = unsafe { libc::sysconf(what) };
            u64::try_from(answer).ok() // -1 for "cannot tell"
        };
        ask(libc::_SC_PHYS_PAGES)?.checked_mul(ask(libc::_SC_PAGESIZE)?)
    }
}

#[cfg(windows)]
mod system {
    use windows_sys::Win32::System::SystemInformation::{GlobalMemoryStatusEx, MEMORYSTATUSEX};

    pub(super) fn physical_memory() -> Option<u64> {
        let mut status = MEMORYSTATUSEX { dwLength: size_of::<MEMORYSTATUSEX>() as u32, ..Default::default() };
        // SAFETY: `status` is the structure that is to be filled, and says how large it is.
        let told = unsafe { GlobalMemoryStatusEx(&mut status) };
        (told != 0).then_some(status.ullTotalPhys)
    }
}

#[cfg(not(any(
    target_os = "linux",
    target_os = "android",
    target_os = "freebsd",
    target_os = "dragonfly",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "illumos",
    target_os = "solaris",
    target_vendor = "apple",
    windows,
)))]
mod system {
    pub(super) fn physical_memory() -> Option<u64> {
        None
    }
}
