//! Arrays of one dimension from iterators, sequences of numbers, and matrices from their diagonal.

use ndarray::{ArrayRef1, ArrayViewMut1, ArrayViewMut2};
use num_traits::{One, Zero};

use super::AllocArray;
#[cfg(feature = "std")]
use super::checks::converted;
use super::filling::{filled, written_front, written_in};
use crate::error::AllocError;
use crate::scope::Scope;

/// So many elements of unknown number are gathered on the stack first.
const FEW: usize = 16;

/// But not if one has more bytes than this.
const LARGE: usize = 64;

impl<'s> Scope<'s> {
    /// The elements of an iterator.
    ///
    /// One that tells how many they are ([`size_hint`](Iterator::size_hint) gives twice the same number), as ranges, slices,
    /// vectors and arrays do, also mapped, zipped, chained or enumerated, is written to its place at once, and elements beyond
    /// that number are not asked for. The elements of others are gathered in a scope inside this one, and then copied; an
    /// iterator that does not end comes to the end of memory.
    ///
    /// # Panics
    ///
    /// As [`AllocArray`] says.
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// ndarena::scope(|s| {
    ///     let roots = s.from_iter([1.0, 4.0, 9.0].iter().map(|x: &f64| x.sqrt()));
    ///     assert_eq!(roots, array![1.0, 2.0, 3.0]);
    ///     assert_eq!(s.from_iter(-2..=2), array![-2, -1, 0, 1, 2]);
    ///     assert_eq!(s.from_iter((0..10).filter(|n| n % 3 == 0)), array![0, 3, 6, 9]);
    /// });
    /// ```
    #[inline]
    #[track_caller]
    pub fn from_iter<T: Copy + 's>(self, iterable: impl IntoIterator<Item = T>) -> ArrayViewMut1<'s, T> {
        let elements = iterable.into_iter();
        match elements.size_hint() {
            (len, Some(most)) if len == most => written_front(self, len, |to| to.extend(elements)),
            _ => self.gathered(elements),
        }
    }

    /// The elements of an iterator, however many they are.
    #[track_caller]
    fn gathered<T: Copy + 's>(self, mut elements: impl Iterator<Item = T>) -> ArrayViewMut1<'s, T> {
        if size_of::<T>() > LARGE {
            return self.gathered_beyond(&[], elements);
        }
        let Some(first) = elements.next() else { return written_front(self, 0, |_| ()) };
        let mut few = [first; FEW];
        match 1 + assigned(&mut few[1..], &mut elements) {
            FEW => self.gathered_beyond(&few, elements),
            len => written_front(self, len, |to| to.copy(&few[..len])),
        }
    }

    /// `few`, and the elements of an iterator.
    #[cold]
    #[inline(never)]
    #[track_caller]
    fn gathered_beyond<T: Copy + 's>(self, few: &[T], mut elements: impl Iterator<Item = T>) -> ArrayViewMut1<'s, T> {
        // If there is no memory, the closure says so by an error: its own panic would not be at the caller's place.
        let gathered: Result<_, AllocError> = self.scope(|inner| {
            // After the first, each chunk has room for as many elements as all those before it, or `FEW`. More of them than this fit
            // nowhere.
            let mut chunks: [&[T]; usize::BITS as usize] = [&[]; usize::BITS as usize];
            chunks[0] = few;
            let (mut used, mut len) = (1, few.len());
            while let Some(first) = elements.next() {
                let chunk = filled(inner.try_uninit(len.max(FEW))?, first).into_slice();
                let chunk = chunk.expect("a new array has no gaps");
                let count = 1 + assigned(&mut chunk[1..], &mut elements);
                chunks[used] = &chunk[..count];
                (used, len) = (used + 1, len + count);
                // An iterator that has ended need not be so kind as to end again.
                if count < chunk.len() {
                    break;
                }
            }
            let to = self.try_uninit(len)?;
            Ok(written_in(to, |to| chunks[..used].iter().for_each(|chunk| to.copy(chunk))))
        });
        match gathered {
            Ok(array) => array,
            Err(error) => error.panic(),
        }
    }

    /// `n` numbers from `start` to `end`, both included, the same distance apart: what ndarray's `Array::linspace` gives, bit
    /// for bit.
    ///
    /// # Panics
    ///
    /// If `n - 1` cannot be converted to `T`, and as [`AllocArray`] says.
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// ndarena::scope(|s| assert_eq!(s.linspace(0.0, 1.0, 5), array![0.0, 0.25, 0.5, 0.75, 1.0]));
    /// ```
    #[cfg(feature = "std")]
    #[inline]
    #[track_caller]
    pub fn linspace<T: num_traits::Float + 's>(self, start: T, end: T, n: usize) -> ArrayViewMut1<'s, T> {
        check_numbers::<T>("linspace", n);
        self.from_iter(ndarray::linspace(start, end, n))
    }

    /// The numbers from `start` to `end`, which is not included, `step` apart: what ndarray's `Array::range` gives, bit for
    /// bit. (Rounding may include `end`.)
    ///
    /// # Panics
    ///
    /// If `step` does not lead from `start` towards `end`, if the number of steps cannot be converted to `T`, and as
    /// [`AllocArray`] says.
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// ndarena::scope(|s| assert_eq!(s.range(0.0, 5.0, 2.0), array![0.0, 2.0, 4.0]));
    /// ```
    #[cfg(feature = "std")]
    #[inline]
    #[track_caller]
    pub fn range<T: num_traits::Float + 's>(self, start: T, end: T, step: T) -> ArrayViewMut1<'s, T> {
        match ((end - start) / step).ceil().to_usize() {
            Some(n) => check_numbers::<T>("range", n),
            None => leads_nowhere([start, end, step].map(|x| x.to_f64().unwrap_or(f64::NAN))),
        }
        self.from_iter(ndarray::range(start, end, step))
    }

    /// `n` powers of `base`, whose exponents are the same distance apart from `start` to `end`, both included: what ndarray's
    /// `Array::logspace` gives, bit for bit. A negative base gives negative powers of its absolute value.
    ///
    /// # Panics
    ///
    /// If `n - 1` cannot be converted to `T`, and as [`AllocArray`] says.
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// ndarena::scope(|s| assert_eq!(s.logspace(2.0, 0.0, 3.0, 4), array![1.0, 2.0, 4.0, 8.0]));
    /// ```
    #[cfg(feature = "std")]
    #[inline]
    #[track_caller]
    pub fn logspace<T: num_traits::Float + 's>(self, base: T, start: T, end: T, n: usize) -> ArrayViewMut1<'s, T> {
        check_numbers::<T>("logspace", n);
        self.from_iter(ndarray::logspace(base, start, end, n))
    }

    /// `n` numbers from `start` to `end`, both included, each the same multiple of the one before: what ndarray's
    /// `Array::geomspace` gives, bit for bit. Nothing, if `start` and `end` differ in sign, or one of them is zero.
    ///
    /// # Panics
    ///
    /// If `n - 1` cannot be converted to `T`, and as [`AllocArray`] says.
    ///
    /// ```
    /// use ndarray::Array;
    ///
    /// ndarena::scope(|s| {
    ///     assert_eq!(s.geomspace(1.0, 1e3, 4).unwrap(), Array::geomspace(1.0, 1e3, 4).unwrap());
    ///     assert!(s.geomspace(-1.0, 1e3, 4).is_none());
    /// });
    /// ```
    #[cfg(feature = "std")]
    #[inline]
    #[track_caller]
    pub fn geomspace<T: num_traits::Float + 's>(self, start: T, end: T, n: usize) -> Option<ArrayViewMut1<'s, T>> {
        let opposite = start.is_sign_negative() != end.is_sign_negative();
        if opposite || start.is_zero() || end.is_zero() {
            return None;
        }
        check_numbers::<T>("geomspace", n);
        let number = |i: usize| T::from(i).expect("the largest of these can be converted");
        let (first, last) = (start.abs().ln(), end.abs().ln());
        let step = if n > 1 { (last - first) / number(n - 1) } else { T::zero() };
        Some(self.from_iter((0..n).map(|i| start.signum() * (first + step * number(i)).exp())))
    }

    /// The identity matrix with `n` rows.
    ///
    /// # Panics
    ///
    /// As [`AllocArray`] says.
    ///
    /// ```
    /// use ndarray::Array2;
    ///
    /// ndarena::scope(|s| assert_eq!(s.eye::<f64>(3), Array2::<f64>::eye(3)));
    /// ```
    #[inline]
    #[track_caller]
    pub fn eye<T: Copy + Zero + One + 's>(self, n: usize) -> ArrayViewMut2<'s, T> {
        let mut eye = self.zeros((n, n));
        eye.diag_mut().fill(T::one());
        eye
    }

    /// The square matrix with that diagonal, and zeros elsewhere.
    ///
    /// # Panics
    ///
    /// As [`AllocArray`] says.
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// ndarena::scope(|s| assert_eq!(s.from_diag(&array![1, 2]), array![[1, 0], [0, 2]]));
    /// ```
    #[inline]
    #[track_caller]
    pub fn from_diag<T: Copy + Zero + 's>(self, diag: &ArrayRef1<T>) -> ArrayViewMut2<'s, T> {
        let mut matrix = self.zeros((diag.len(), diag.len()));
        matrix.diag_mut().assign(diag);
        matrix
    }

    /// The square matrix with `n` rows that has `elem` everywhere on its diagonal, and zeros elsewhere.
    ///
    /// # Panics
    ///
    /// As [`AllocArray`] says.
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// ndarena::scope(|s| assert_eq!(s.from_diag_elem(2, 5.0), array![[5.0, 0.0], [0.0, 5.0]]));
    /// ```
    #[inline]
    #[track_caller]
    pub fn from_diag_elem<T: Copy + Zero + 's>(self, n: usize, elem: T) -> ArrayViewMut2<'s, T> {
        let mut matrix = self.zeros((n, n));
        matrix.diag_mut().fill(elem);
        matrix
    }
}

/// Panics if the numbers below `n`, by each of which ndarray multiplies, cannot be converted to `T`.
#[cfg(feature = "std")]
#[inline]
#[track_caller]
fn check_numbers<T: num_traits::Float>(operation: &'static str, n: usize) {
    converted(operation, n.saturating_sub(1), T::from::<usize>);
}

#[cfg(feature = "std")]
#[cold]
#[inline(never)]
#[track_caller]
fn leads_nowhere([start, end, step]: [f64; 3]) -> ! {
    panic!("ndarena: range: from {start} to {end} by {step}; give a step that leads from the start towards the end")
}

/// Assigns what an iterator gives, until that or `to` ends, and says how often.
#[inline]
fn assigned<T>(to: &mut [T], elements: &mut impl Iterator<Item = T>) -> usize {
    let mut count = 0;
    to.iter_mut().zip(elements).for_each(|(to, element)| {
        *to = element;
        count += 1;
    });
    count
}
