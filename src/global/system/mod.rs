//! Requests to the system for addresses and for memory, a module for each kind of system. None of these functions allocates
//! from the program's allocator.
//!
//! All of them work on whole pages of a range of addresses that [`reserve`] has reserved, and none of them gives addresses
//! back. What they are called with says who may call them: pages are committed, decommitted and discarded only while nobody
//! but the caller uses them.
//!
//! - **Reserved** pages have no memory, and nobody may read or write them.
//! - **Committed** pages may be read and written. They are zeros when they are committed, and have memory from when they
//!   are first written to.
//! - **Discarded** pages are committed pages whose memory went back to the system. They hold zeros if [`DISCARD_ZEROES`],
//!   else zeros or what they held before, until they are written to again.

#[cfg(any(test, not(any(unix, windows))))]
mod none;
#[cfg(all(unix, not(test)))]
mod unix;
#[cfg(all(windows, not(test)))]
mod windows;

#[cfg(any(test, not(any(unix, windows))))]
pub(super) use none::*;
#[cfg(all(unix, not(test)))]
pub(super) use unix::*;
#[cfg(all(windows, not(test)))]
pub(super) use windows::*;
