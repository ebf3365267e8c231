//! Arrays on larger boundaries than a cache line.

use core::mem::MaybeUninit;

use ndarray::ArrayViewMut;

use super::raw::{Initialised, Uninitialised, place_cold, place_cold_or_panic};
use super::{AllocArray, AllocElement};
use crate::error::AllocError;
use crate::scope::Scope;
use crate::shape::ArrayShape;

/// A scope whose arrays start at multiples of an alignment of your choice. Made by [`Scope::align`]; what it makes is told
/// by [`AllocArray`].
#[derive(Debug, Clone, Copy)]
pub struct Aligned<'s> {
    scope: Scope<'s>,
    align: usize,
}

impl<'s> Scope<'s> {
    /// This scope, for arrays that start at a multiple of `align` bytes: a page, for memory that is handed to the system or
    /// to a device; 128, where lines are fetched in pairs.
    ///
    /// Arrays start at multiples of 64 anyway (where there is room), so smaller alignments change nothing but for a
    /// [`FixedBuffer`](crate::FixedBuffer) that is short of memory.
    ///
    /// # Panics
    ///
    /// If `align` is not a power of two.
    ///
    /// ```
    /// use ndarena::prelude::*;
    ///
    /// ndarena::scope(|s| {
    ///     let page = s.align(4096).alloc_array::<f64>((8, 64));
    ///     assert!(page.as_ptr().addr() % 4096 == 0);
    /// });
    /// ```
    #[inline]
    #[track_caller]
    pub fn align(self, align: usize) -> Aligned<'s> {
        assert!(align.is_power_of_two(), "ndarena: align: cannot align arrays to {align} bytes; give a power of two");
        Aligned { scope: self, align }
    }
}

impl<'s, Sh: ArrayShape<K>, K> AllocArray<'s, Sh, K> for Aligned<'s> {
    #[track_caller]
    fn alloc_array<T: AllocElement>(self, shape: Sh) -> ArrayViewMut<'s, T, Sh::Dim> {
        place_cold_or_panic::<Initialised<T>, _>(self.scope, shape.into_any_shape(), self.align)
    }

    fn try_alloc_array<T: AllocElement>(self, shape: Sh) -> Result<ArrayViewMut<'s, T, Sh::Dim>, AllocError> {
        place_cold::<Initialised<T>, _>(self.scope, shape.into_any_shape(), self.align)
    }

    #[track_caller]
    fn uninit<T: Copy + 's>(self, shape: Sh) -> ArrayViewMut<'s, MaybeUninit<T>, Sh::Dim> {
        place_cold_or_panic::<Uninitialised<T>, _>(self.scope, shape.into_any_shape(), self.align)
    }

    fn try_uninit<T: Copy + 's>(self, shape: Sh) -> Result<ArrayViewMut<'s, MaybeUninit<T>, Sh::Dim>, AllocError> {
        place_cold::<Uninitialised<T>, _>(self.scope, shape.into_any_shape(), self.align)
    }
}
