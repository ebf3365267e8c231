//! How much memory the machine has.

/// The bytes of physical memory, where the system tells: on Linux, Android, Apple's systems, the BSDs, illumos, Solaris and
/// Windows.
pub(super) fn physical_memory() -> Option<u64> {
    // Miri has no machine to ask.
    if cfg!(miri) {
        return None;
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
    {
        let ask = |what| {
            // SAFETY: `sysconf` takes any number, gives one, and touches no memory of ours (System).
            let answer = unsafe { libc::sysconf(what) };
            // It answers -1 where it cannot tell.
            u64::try_from(answer).ok()
        };
        return ask(libc::_SC_PHYS_PAGES)?.checked_mul(ask(libc::_SC_PAGESIZE)?);
    }
    #[cfg(windows)]
    {
        use windows_sys::Win32::System::SystemInformation::{GlobalMemoryStatusEx, MEMORYSTATUSEX};

        let mut status = MEMORYSTATUSEX { dwLength: size_of::<MEMORYSTATUSEX>() as u32, ..Default::default() };
        // SAFETY: `GlobalMemoryStatusEx` fills a structure of the size that `dwLength` says, and `status` is one (System).
        let told = unsafe { GlobalMemoryStatusEx(&mut status) };
        return (told != 0).then_some(status.ullTotalPhys);
    }
    #[allow(unreachable_code, reason = "only some systems tell")]
    None
}
