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
    /// The product of the non-zero axis lengths, the distance between the first and the last element, or the size in bytes does
    /// not fit `isize`.
    Overflow,
    /// The strides are not one for each axis, or let two indices share an element.
    Strides,
    /// The buffer would come to hold more than its limit.
    Limit,
    /// The system, or the buffer's own source, has no such block of memory; or a [`FixedBuffer`](crate::FixedBuffer) has
    /// not as much left.
    OutOfMemory,
}

/// The error of [`try_alloc_array`](crate::AllocArray::try_alloc_array) and its kin: what was asked for, what was left,
/// and the limit. The panic of the forms without `try_` says the same.
///
/// The buffer is as it was before the call and goes on working.
///
/// # Every way in which a call can fail
///
/// | what was asked | fails when | as |
/// |---|---|---|
/// | any array or slice, [`bytes`] | it is larger than `isize::MAX` bytes, or the product of its non-zero axis lengths than `isize::MAX` | [`Overflow`] |
/// | an array with strides | these let two indices share an element, or are not one for each axis | [`Strides`] |
/// | any array or slice, [`bytes`] | a [`Buffer`] with a limit, or a thread's default one, would come to hold more than that | [`Limit`] |
/// | | the system, or the buffer's [`ChunkSource`], has no such block; a [`FixedBuffer`] has less left | [`OutOfMemory`] |
/// | [`Buffer::with_capacity`] | the system has no such block | panic, with this error |
/// | what [`bump`] lends | the limit does not allow it, which is 0 on a [`FixedBuffer`] | bumpalo's panic or error |
/// | [`align`] | the alignment is not a power of two | panic |
/// | [`add`], [`zip_map`] and their kin, [`broadcast`] | the shapes cannot be broadcast | panic that names the operation and the shapes |
/// | `div` | elements of Rust's integer types are divided by zero | panic that names the index |
/// | [`dot`], `matmul`, `solve_lower_triangular`, `solve_upper_triangular` | the shapes do not fit each other | panic that names both |
/// | `solve_lower_triangular`, `solve_upper_triangular` | the matrix is singular, or something is not finite | its error `SolveError` |
/// | `cholesky`, `lu`, `eigh`, `svd`, `solve`, `inv`, `least_squares`, and what is solved by a factorisation (feature `linalg`) | there is no such factorisation, the shapes do not fit, something is not finite, or there is no memory | its error `LinalgError` |
/// | `det` | the matrix is not square | panic that names its shape |
/// | [`concatenate`], [`stack`] | there is no array, or the shapes differ | ndarray's `ShapeError` |
/// | [`to_shape`] | the number of elements differs | ndarray's `ShapeError` |
/// | [`select`], and what takes an axis | there is no such index, or axis | panic that names it and the shape |
/// | `mean_axis`, `var_axis`, `std_axis`, `linspace`, `logspace`, `range` | a number of elements cannot be converted to the elements' type; `ddof` is out of range; `range`'s step leads nowhere | panic that names the numbers |
/// | [`reset_default_buffer`](https://docs.rs/ndarena/latest/ndarena/fn.reset_default_buffer.html) | a scope is open, or a guard was forgotten | its error `ScopeOpen` |
/// | a closure, or the elements' own arithmetic | it panics | that panic, as it is; the scope has ended |
///
/// The methods whose name begins with `try_` return the error, all others panic with its text. Each of our own panics reads
/// `ndarena: <operation>: <what was given>; <what would do>` (that of an `AllocError`: `ndarena: <the error>`), at the caller's
/// place. Opening a scope or a guard fails only if the system has not even the few hundred bytes that a level takes, as `Box::new`
/// would. Everything else that could go wrong does not compile.
///
/// [`bytes`]: crate::Scope::bytes
/// [`bump`]: crate::Scope::bump
/// [`align`]: crate::Scope::align
/// [`zip_map`]: crate::Scope::zip_map
/// [`add`]: crate::Scope::add
/// [`broadcast`]: crate::Scope::broadcast
/// [`dot`]: crate::Scope::dot
/// [`concatenate`]: crate::Scope::concatenate
/// [`stack`]: crate::Scope::stack
/// [`select`]: crate::Scope::select
/// [`to_shape`]: crate::Scope::to_shape
/// [`Buffer`]: crate::Buffer
/// [`Buffer::with_capacity`]: crate::Buffer::with_capacity
/// [`FixedBuffer`]: crate::FixedBuffer
/// [`ChunkSource`]: crate::ChunkSource
/// [`Overflow`]: AllocErrorKind::Overflow
/// [`Strides`]: AllocErrorKind::Strides
/// [`Limit`]: AllocErrorKind::Limit
/// [`OutOfMemory`]: AllocErrorKind::OutOfMemory
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
    /// The bytes asked for, or `usize::MAX` where that is too many for any array.
    bytes: usize,
    /// The first axis lengths; what is beyond the number of axes is 0.
    shape: [usize; AXES],
    /// The number of axes, which may be more than `shape` has room for.
    ndim: usize,
}

/// The part of an [`AllocError`] that a buffer knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shortage {
    pub(crate) kind: AllocErrorKind,
    /// The bytes that the scope could still have had.
    pub(crate) left: usize,
    /// The limit of the buffer, if it has one, or the size of a fixed buffer's memory.
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

    /// The bytes that this scope could still have had, in one array of bytes, when it asked: what was left in its block or, if
    /// that is more and only the limit stood in the way, of the limit. It is no less than [`bytes`](AllocError::bytes) if there was room,
    /// but none that is aligned as the elements, or [`align`](crate::Scope::align), ask.
    pub fn left(&self) -> usize {
        self.shortage.left
    }

    /// The limit of the buffer, if it has one; of a [`FixedBuffer`](crate::FixedBuffer), the size of its memory.
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
        let but = if bytes <= left { ", but not from a multiple of its alignment on" } else { "" };
        match self.shortage.kind {
            AllocErrorKind::Overflow => f.write_str("its size overflows isize; make it smaller"),
            AllocErrorKind::Strides => f.write_str(
                "its strides are not one for each axis, or let two indices share an element; \
                 give strides under which every index has an element of its own",
            ),
            AllocErrorKind::Limit => write!(
                f,
                "it takes {bytes} bytes, and {left} bytes are left of the buffer's limit of {} bytes{but}; raise the limit \
                 (`Buffer::with_limit`, or `set_default_limit` for a thread's default buffer), or end scopes that are \
                 not needed any more",
                self.shortage.limit.unwrap_or(usize::MAX),
            ),
            AllocErrorKind::OutOfMemory if self.shortage.fixed => write!(
                f,
                "it takes {bytes} bytes, and {left} bytes are left for this scope of the fixed buffer's {} bytes{but}; \
                 give it more memory, use less, or let scopes end first that are not needed any more",
                self.shortage.limit.unwrap_or(0),
            ),
            AllocErrorKind::OutOfMemory => write!(
                f,
                "it takes {bytes} bytes, {left} bytes are left in the scope's block{but}, and the system refused another; \
                 use less, or end scopes that are not needed any more",
            ),
        }
    }
}

impl core::error::Error for AllocError {}
