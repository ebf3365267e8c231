//! Where no addresses can be reserved, everything runs on the wrapped allocator.
//!
//! A program of its own, as the limit on addresses is the process's.
#![cfg(all(any(target_os = "linux", target_os = "android"), feature = "global", target_pointer_width = "64"))]

use ndarena::global::{ArenaAlloc, arena, clear_pool, stats};
use ndarray::Array1;

#[global_allocator]
static ALLOCATOR: ArenaAlloc = ArenaAlloc::system();

/// As `ulimit -v` does: addresses for half an arena more.
fn limit_addresses() {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = status.split(' ').next().unwrap().parse().unwrap();
    // SAFETY: it only asks.
    let page: u64 = unsafe { libc::sysconf(libc::_SC_PAGESIZE) }.try_into().unwrap();
    let limit = libc::rlimit { rlim_cur: pages * page + (512 << 20), rlim_max: libc::RLIM_INFINITY };
    // SAFETY: a limit that is one.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const limit) }, 0);
}

#[test]
fn nothing_is_an_arenas() {
    limit_addresses();
    for n in 1..5 {
        assert_eq!(arena(|| (Array1::<f64>::ones(10_000 * n) + 1.0).sum()), 20_000.0 * n as f64);
    }
    clear_pool();
    let stats = stats();
    assert!(stats.installed);
    assert_eq!((stats.capacity, stats.without, stats.served, stats.in_use + stats.pooled), (0, 4, 0, 0));
    assert!(stats.to_string().contains("no such range of addresses: lower ArenaAlloc::capacity"), "{stats}");
}
