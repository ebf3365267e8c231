//! Arrays that own the memory they lie in: results that leave a scope without a copy.
//!
//! The invariant `Alive`: the `array` of a [`DetachedArray`] is valid, and nobody else's, for as long as its `memory`, or what shares
//! that, is not dropped; the view is dropped with it, and never given away with the lifetime `'static`.

#[cfg(target_has_atomic = "ptr")]
use alloc::sync::Arc;
use core::fmt;
use core::ops::{Deref, DerefMut};

use ndarray::{Array, ArrayRef, ArrayViewMut, Dimension, RawArrayViewMut};

use crate::memory::Detached;

/// An array that owns the memory it lies in, made by [`Buffer::scope_to_owned`](crate::Buffer::scope_to_owned); or shares it with
/// others of the same scope, made by [`scope_to_owned2`](crate::Buffer::scope_to_owned2) and the like, the last of which to be
/// dropped gives it back.
///
/// It is `'static`, and may be sent and shared as its elements may. It derefs to ndarray's
/// [`ArrayRef`], so what arrays can do it can, and `view()` and `view_mut()` give the rest; where a plain
/// `Array` is asked for, [`into_array`](DetachedArray::into_array) copies.
///
/// ```
/// use ndarena::{DetachedArray, prelude::*};
/// use ndarray::Ix1;
///
/// let buffer = Buffer::new();
/// let mut squares: DetachedArray<usize, Ix1> = buffer.scope_to_owned(|s| s.from_shape_fn(100, |i| i * i));
/// squares[0] = 7;
/// assert_eq!(&squares.view() * 2, 2 * squares.to_owned());
/// let squares = std::thread::spawn(move || squares).join().unwrap();
/// assert_eq!(squares.into_array().sum(), 328_357);
/// ```
///
/// # How much memory it keeps
///
/// All that its scope was given: for one array, that array in whole cache lines of 64 bytes, or about 2 KB if that is more;
/// for several made one after the other at most twice what they take together, 2 KB, and what the scope's
/// [`bump`](crate::Scope::bump) holds. Where the view that was returned shows a part of an array, or other memory
/// altogether, that is kept all the same. [`reserved`](DetachedArray::reserved) tells how much it is.
///
/// The elements are not dropped: those of a scope's arrays need not be, and others are not this array's.
pub struct DetachedArray<T: 'static, D> {
    /// The view that the closure returned. Its lifetime is not really `'static` (Alive).
    array: ArrayViewMut<'static, T, D>,
    /// All the memory that the scope had.
    memory: Memory,
}

/// The memory of one array, or of several.
pub(crate) enum Memory {
    Own(Detached),
    #[cfg(target_has_atomic = "ptr")]
    Shared(Arc<Detached>),
}

impl<T, D: Dimension> DetachedArray<T, D> {
    /// `array`, with the memory in which it lies.
    ///
    /// # Safety
    ///
    /// `Alive`: it is a valid array, and nobody else's, for as long as `memory` is not dropped.
    pub(crate) unsafe fn new(array: RawArrayViewMut<T, D>, memory: Memory) -> Self {
        // SAFETY: the view is used only as long as `memory` is there, and is valid as long (Alive).
        let array = unsafe { array.deref_into_view_mut() };
        DetachedArray { array, memory }
    }

    /// A plain array: one allocation and one copy, in the same memory order.
    ///
    /// ```
    /// use ndarena::prelude::*;
    /// use ndarray::{Array2, ShapeBuilder};
    ///
    /// let a: Array2<f64> = Buffer::new().scope_to_owned(|s| s.ones::<f64>((2, 3).f())).into_array();
    /// assert_eq!(a.strides(), &[1, 2]);
    /// ```
    pub fn into_array(self) -> Array<T, D>
    where
        T: Clone,
    {
        self.to_owned()
    }

    /// A plain array, as [`into_array`](DetachedArray::into_array) gives one, and this one stays.
    ///
    /// ```
    /// use ndarena::prelude::*;
    /// use ndarray::Array2;
    ///
    /// let a = &Buffer::new().scope_to_owned(|s| s.ones::<f64>((2, 3)));
    /// let twice: Array2<f64> = a.to_owned() + a.view();
    /// assert_eq!(twice.sum(), 12.0);
    /// ```
    pub fn to_owned(&self) -> Array<T, D>
    where
        T: Clone,
    {
        self.array.to_owned()
    }

    /// The bytes of memory that it keeps, alone or with others.
    ///
    /// ```
    /// use ndarena::prelude::*;
    ///
    /// let a = Buffer::new().scope_to_owned(|s| s.ones::<f64>((100, 100)));
    /// assert_eq!(a.reserved(), 80_000);
    /// ```
    pub fn reserved(&self) -> usize {
        match &self.memory {
            Memory::Own(memory) => memory.size(),
            #[cfg(target_has_atomic = "ptr")]
            Memory::Shared(memory) => memory.size(),
        }
    }
}

impl<T, D> Deref for DetachedArray<T, D> {
    type Target = ArrayRef<T, D>;

    fn deref(&self) -> &ArrayRef<T, D> {
        &self.array
    }
}

impl<T, D: Dimension> DerefMut for DetachedArray<T, D> {
    fn deref_mut(&mut self) -> &mut ArrayRef<T, D> {
        &mut self.array
    }
}

impl<T: fmt::Debug, D: Dimension> fmt::Debug for DetachedArray<T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.array.fmt(f)
    }
}
