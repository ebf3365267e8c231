//! Why an allocation failed, and the one place where that becomes a panic.

use core::fmt;

use ndarray::Dimension;

/// How many axis lengths an [`AllocError`] keeps, so that it owns no memory itself.
const AXES: usize = 6;

/// What stood in the way of an allocation.
///
/// ```
/// use ndarena::{AllocErrorKind, prelude::*};
///
/// ndarena::scope(|s| match s.try_alloc_array::<f64>((usize::MAX, 2)) {
///     Err(error) => assert_eq!(error.kind(), AllocErrorKind::Overflow),
///     Ok(_) => unreachable!(),
/// });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AllocErrorKind {
    /// The product of the non-zero axis lengths, or the size in bytes, does not fit `isize`.
    Overflow,
    /// The strides are not one for each axis, or let two indices share an element.
    Strides,
    /// The buffer would come to hold more than its limit.
    Limit,
    /// The system has no such block of memory.
    OutOfMemory,
}

/// The error of [`try_alloc_array`](crate::AllocArray::try_alloc_array) and its kin: what was asked for, what was left,
/// and the limit. The panic of the forms without `try_` says the same.
///
/// The buffer is as it was before the call and goes on working.
///
/// ```
/// use ndarena::{AllocErrorKind, Buffer, prelude::*};
///
/// let buffer = Buffer::with_limit(10_000);
/// buffer.scope(|s| {
///     let error = s.try_alloc_array::<f64>((100, 100)).unwrap_err();
///     assert_eq!(error.kind(), AllocErrorKind::Limit);
///     assert_eq!(error.shape(), [100, 100]);
///     assert_eq!(error.bytes(), 80_000);
///     assert_eq!(error.limit(), Some(10_000));
///     assert!(s.try_alloc_array::<f64>((10, 100)).is_ok());
/// });
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllocError {
    shortage: Shortage,
    bytes: usize,
    shape: [usize; AXES],
    ndim: usize,
}

/// The part of an [`AllocError`] that a buffer knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shortage {
    pub(crate) kind: AllocErrorKind,
    pub(crate) left: usize,
    pub(crate) limit: Option<usize>,
    /// Whether the memory is a [`FixedBuffer`](crate::FixedBuffer)'s.
    pub(crate) fixed: bool,
}

impl AllocError {
    #[cold]
    pub(crate) fn new<D: Dimension>(shortage: Shortage, dim: &D, bytes: usize) -> Self {
        let mut shape = [0; AXES];
        for (to, from) in shape.iter_mut().zip(dim.as_array_view()) {
            *to = *from;
        }
        AllocError { shortage, bytes, shape, ndim: dim.ndim() }
    }

    /// What stood in the way.
    pub fn kind(&self) -> AllocErrorKind {
        self.shortage.kind
    }

    /// The shape asked for: its axis lengths, or the first six of them.
    pub fn shape(&self) -> &[usize] {
        &self.shape[..self.ndim.min(AXES)]
    }

    /// The bytes asked for; `usize::MAX` where that is more than `isize::MAX`.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The bytes that this scope could still have had, in one array, when it asked: what was left in its block or, if
    /// that is more and only the limit stood in the way, of the limit.
    pub fn left(&self) -> usize {
        self.shortage.left
    }

    /// The limit of the buffer, if it has one.
    pub fn limit(&self) -> Option<usize> {
        self.shortage.limit
    }

    #[cold]
    #[inline(never)]
    #[track_caller]
    pub(crate) fn panic(&self) -> ! {
        panic!("ndarena: {self}")
    }
}

impl fmt::Display for AllocError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cannot allocate an array of shape [")?;
        for (axis, length) in self.shape().iter().enumerate() {
            write!(f, "{}{length}", if axis == 0 { "" } else { ", " })?;
        }
        f.write_str(if self.ndim > AXES { ", ..]: " } else { "]: " })?;
        let (bytes, left) = (self.bytes, self.shortage.left);
        match self.shortage.kind {
            AllocErrorKind::Overflow => f.write_str("its size overflows isize; make it smaller"),
            AllocErrorKind::Strides => f.write_str(
                "its strides are not one for each axis, or let two indices share an element; \
                 give strides under which every index has an element of its own",
            ),
            AllocErrorKind::Limit => write!(
                f,
                "it takes {bytes} bytes, and {left} bytes are left of the buffer's limit of {} bytes; raise the limit \
                 (`Buffer::with_limit`, or `set_default_limit` for a thread's default buffer), or end scopes that are \
                 not needed any more",
                self.shortage.limit.unwrap_or(usize::MAX),
            ),
            AllocErrorKind::OutOfMemory => write!(
                f,
                "it takes {bytes} bytes, {left} bytes are left in the scope's block, and the system refused another; \
                 use less, or end scopes that are not needed any more",
            ),
        }
    }
}

impl core::error::Error for AllocError {}
