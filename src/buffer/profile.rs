//! What scopes ask of a buffer, as a table, and which buffer that is enough for.

use alloc::format;
use alloc::string::ToString;
use core::fmt;

use super::Buffer;
#[cfg(feature = "std")]
use super::default_buffer;
use crate::memory::Asked;
use crate::memory::offsets::LINE;

/// How many bytes a buffer with a limit may take for each open scope, beside what that uses.
const FIRST_BLOCK: usize = 2048;

/// What scopes asked for while a function ran, from [`profile`](crate::profile()) or [`Buffer::profile`], and what to choose. Sizes
/// are bytes. Printed, it is a table:
///
/// ```text
/// scopes       2000  ended; at most 1 with arrays were open at a time
/// arrays       2000  were made, the largest of 8000 bytes
/// bytes    16000000  were asked for
/// in use       8000  bytes at most
/// growths         2  blocks were asked of the system, as by a new buffer
///
/// Buffer::with_capacity(8000)  its outermost scopes never grow
/// Buffer::with_limit(34048)    it refuses none of these arrays
/// FixedBuffer over 8064 bytes  it has room for them, and for a guard inside a scope with 320 bytes more
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Profile<R> {
    /// What the function returned.
    pub result: R,
    /// Scopes that ended.
    pub scopes: usize,
    /// Arrays that were made, but for those that take no memory.
    pub arrays: usize,
    /// Bytes that were asked for, for all of them.
    pub bytes: usize,
    /// Bytes of the largest of them.
    pub largest: usize,
    /// The most scopes with arrays that were open at a time.
    pub depth: usize,
    /// The most that was in use at a time, each array in whole cache lines of 64 bytes.
    pub peak: usize,
    /// How often the buffer, which began without memory, asked the system for a block.
    pub growths: usize,
    /// For [`Buffer::with_capacity`]: what the outermost scopes used at most.
    pub capacity: usize,
    /// For [`Buffer::with_limit`]: with that limit no array is refused.
    pub limit: usize,
    /// Bytes for a [`FixedBuffer`](crate::FixedBuffer) that has room for the arrays, at any address, if none is aligned to more than 64
    /// bytes. Where outer scopes make arrays while others are open inside them, it is an estimate: what
    /// [`FixedBuffer::stats`](crate::FixedBuffer::stats) says after a trial is exact. A guard inside a scope takes 320 bytes more as
    /// long as it is there.
    pub fixed_size: usize,
}

impl<R> Profile<R> {
    fn new(result: R, asked: Asked) -> Self {
        let Asked { scopes, arrays, bytes, largest, growths, depth, peak, outermost, levels, with_trapped } = asked;
        Profile {
            result,
            scopes,
            arrays,
            bytes,
            largest,
            depth,
            peak,
            growths,
            capacity: outermost,
            limit: levels.saturating_mul(2).saturating_add(FIRST_BLOCK * depth),
            fixed_size: if arrays == 0 { 0 } else { with_trapped + LINE },
        }
    }
}

impl<R> fmt::Display for Profile<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Profile { scopes, arrays, bytes, largest, depth, peak, growths, capacity, limit, fixed_size, .. } = self;
        if *arrays == 0 {
            return write!(
                f,
                "no arrays: {scopes} scopes ended on the buffer that was profiled, and none took memory. `ndarena::profile` looks at \
                 the thread's default buffer, `Buffer::profile` at another"
            );
        }
        let figures = [
            ("scopes", scopes, format!("ended; at most {depth} with arrays were open at a time")),
            ("arrays", arrays, format!("were made, the largest of {largest} bytes")),
            ("bytes", bytes, "were asked for".to_string()),
            ("in use", peak, "bytes at most".to_string()),
            ("growths", growths, "blocks were asked of the system, as by a new buffer".to_string()),
        ];
        let width = figures.iter().map(|(_, figure, _)| figure.to_string().len()).max().unwrap_or(0);
        for (name, figure, words) in figures {
            writeln!(f, "{name:8} {figure:width$}  {words}")?;
        }
        let choices = [
            (format!("Buffer::with_capacity({capacity})"), "its outermost scopes never grow"),
            (format!("Buffer::with_limit({limit})"), "it refuses none of these arrays"),
            (
                format!("FixedBuffer over {fixed_size} bytes"),
                "it has room for them, and for a guard inside a scope with 320 bytes more",
            ),
        ];
        let choices = &choices[usize::from(*capacity == 0)..];
        let width = choices.iter().map(|(choice, _)| choice.len()).max().unwrap_or(0);
        for (choice, words) in choices {
            write!(f, "\n{choice:width$}  {words}")?;
        }
        Ok(())
    }
}

impl Buffer {
    /// [`profile`](crate::profile()) of this buffer.
    ///
    /// ```
    /// use ndarena::prelude::*;
    ///
    /// let buffer = Buffer::new();
    /// let profile = buffer.profile(|| buffer.scope(|s| s.ones::<f64>((10, 10)).sum()));
    /// assert_eq!((profile.result, profile.arrays, profile.bytes), (100.0, 1, 800));
    /// ```
    pub fn profile<R>(&self, f: impl FnOnce() -> R) -> Profile<R> {
        let (result, asked) = self.stack.profile(f);
        Profile::new(result, asked)
    }
}

/// Runs `f`, and tells what its scopes on this thread's default buffer asked for, and which capacity, limit or fixed size is
/// enough for that. To print, once, before one chooses:
///
/// ```
/// use ndarena::prelude::*;
/// use ndarray::array;
///
/// let x = array![1.0, 2.0, 4.0];
/// let profile = ndarena::profile(|| {
///     (0..1000).map(|_| ndarena::scope(|s| s.add(&s.mul(&x, 2.0), 1.0).sum())).sum::<f64>()
/// });
/// println!("{profile}");
/// assert_eq!((profile.scopes, profile.arrays, profile.peak), (1000, 2000, 128));
///
/// let buffer = Buffer::with_capacity(profile.capacity);
/// # let total = (0..1000).map(|_| buffer.scope(|s| s.add(&s.mul(&x, 2.0), 1.0).sum())).sum::<f64>();
/// # assert_eq!((buffer.stats().growths, total), (1, profile.result));
/// ```
///
/// What the buffer kept for later scopes is given back first, so the figures are those of a new buffer; a scope that is open
/// already stays as it is, and what it makes meanwhile is counted. While `f` runs, each array and each scope takes
/// longer; where no profile is open, nothing is counted. Other buffers and other threads are not looked at, nor
/// is what [`Scope::bump`](crate::Scope::bump) lends. In a profile inside another of the same buffer the figures that are a
/// maximum are those since the outer one began.
///
/// # Panics
///
/// If `f` does.
#[cfg(feature = "std")]
pub fn profile<R>(f: impl FnOnce() -> R) -> Profile<R> {
    default_buffer(|buffer| buffer.profile(f))
}
