//! What a buffer tells about itself.

use core::fmt;

/// Figures on a [`Buffer`](crate::Buffer), in bytes. Arrays count as whole cache lines of 64 bytes.
///
/// They cost the making of arrays nothing: they are read off the marks that it keeps anyway.
///
/// ```
/// use ndarena::{Buffer, prelude::*};
///
/// let buffer = Buffer::new();
/// buffer.scope(|s| {
///     s.alloc_array::<f64>(1000);
///     assert_eq!(buffer.stats().in_use, 8000);
/// });
/// assert_eq!(buffer.stats().in_use, 0);
/// assert_eq!(buffer.stats().peak, 8000);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// What scopes that are open now have handed out.
    pub in_use: usize,
    /// The most that was ever in use: for each level the furthest that either end of its memory came, added up over the
    /// levels. A little more than was ever in use at one moment, and what a buffer needs so as never to grow.
    pub peak: usize,
    /// What the buffer holds.
    pub reserved: usize,
    /// What it may hold, if that is limited.
    pub limit: Option<usize>,
    /// How often it asked the system for memory. In the steady state this stands still.
    pub growths: usize,
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} bytes in use, at most {}, {} reserved in {} steps, ",
            self.in_use, self.peak, self.reserved, self.growths
        )?;
        match self.limit {
            Some(limit) => write!(f, "limit {limit}"),
            None => f.write_str("no limit"),
        }
    }
}
