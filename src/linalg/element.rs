//! What matrices may be made of.

#![forbid(unsafe_code)]

use core::fmt;
use core::ops::Neg;

use faer::traits::ComplexField;
use faer::{MatMut, MatRef};
use ndarray::LinalgScalar;
use num_complex::Complex;
use num_traits::{Float, NumAssignOps};

use crate::array::AllocElement;

/// The elements that factorisations are there for: `f32`, `f64`, `Complex<f32>` and `Complex<f64>`. There is nothing to
/// implement.
///
/// ```
/// use ndarena::linalg::{LinalgElement, LinalgError};
/// use ndarena::prelude::*;
/// use ndarray::{ArrayView1, ArrayView2, array};
///
/// /// `bᴴ a⁻¹ b`, for any of these.
/// fn energy<T: LinalgElement>(s: Scope<'_>, a: ArrayView2<T>, b: ArrayView1<T>) -> Result<T, LinalgError> {
///     s.scope(|inner| {
///         let x = inner.cholesky(&a)?.solve(&b)?;
///         Ok(b.iter().zip(&x).fold(T::zero(), |sum, (&b, &x)| sum + b.conjugate() * x))
///     })
/// }
/// assert_eq!(ndarena::scope(|s| energy(s, array![[4.0]].view(), array![2.0].view())), Ok(1.0));
/// ```
#[diagnostic::on_unimplemented(
    message = "there is no factorisation of matrices of `{Self}`",
    note = "matrices have elements of `f32`, `f64`, `Complex<f32>` or `Complex<f64>`"
)]
pub trait LinalgElement:
    private::Field<Part = <Self as LinalgElement>::Real>
    + LinalgScalar
    + NumAssignOps
    + Neg<Output = Self>
    + PartialEq
    + fmt::Debug
    + AllocElement
{
    /// What its real part is: an `f32` or `f64`.
    type Real: LinalgElement<Real = <Self as LinalgElement>::Real> + Float;

    /// The real part, an `f32` or `f64`.
    fn real_part(self) -> Self::Real;

    /// The conjugate: the number itself, if it is real.
    fn conjugate(self) -> Self;
}

pub(super) mod private {
    use super::{ComplexField, MatMut, MatRef};

    /// What only this crate implements, and uses.
    pub trait Field: Copy {
        /// The same type, of which faer's kernels know that they are for it.
        type Faer: ComplexField;

        /// What its parts are.
        type Part;

        /// faer's matrix, as one that its kernels are for.
        fn for_faer(of: MatRef<'_, Self>) -> MatRef<'_, Self::Faer>;

        /// As [`for_faer`](Field::for_faer), to write to.
        fn for_faer_mut(of: MatMut<'_, Self>) -> MatMut<'_, Self::Faer>;

        /// Whether none is infinite or NaN, nor a part of it.
        fn all_finite(numbers: &[Self]) -> bool;

        /// The number without its imaginary part.
        fn without_imaginary_part(self) -> Self;

        /// The number with that real part, and no other.
        fn of_real(part: Self::Part) -> Self;

        /// The number times a real one.
        fn times(self, factor: Self::Part) -> Self;

        /// The square of the modulus.
        fn squared_modulus(self) -> Self::Part;

        /// The sum of the parts' sizes: no smaller than the modulus, and no larger than √2 times that.
        fn sum_of_parts(self) -> Self::Part;

        /// The number of modulus 1 in the same direction; 1, if it is zero.
        fn direction(self) -> Self;

        /// One divided by it; no part of the number need have a square.
        fn reciprocal(self) -> Self;

        /// The power of two by which numbers are to be multiplied for the largest of their parts to be between 1 and 2. It is below
        /// 1 where no power is large enough, and 1 the power where all are zero.
        fn scale_of(numbers: &[Self]) -> Self::Part;
    }
}

/// The reciprocal of the power of two that is next below a number: the number's exponent, and nothing else of it. What has no exponent
/// of its own, as it is too small, has the smallest.
macro_rules! power_of_two_for {
    ($number:expr, $real:ident) => {{
        let power = <$real>::from_bits($number.to_bits() & <$real>::INFINITY.to_bits());
        if $number == 0.0 { 1.0 } else { 1.0 / power.max(<$real>::MIN_POSITIVE) }
    }};
}

/// Whether no number has the exponent of infinities and NaN: with one added to it, that overflows into the sign's place. (Such
/// operations on whole numbers have no order, so that the compiler may take several at a time.)
macro_rules! all_finite {
    ($numbers:expr, $real:ident) => {{
        let (one, exponent) = ($real::MIN_POSITIVE.to_bits(), $real::INFINITY.to_bits());
        let seen = $numbers.iter().fold(0, |seen, x| seen | ((x.to_bits() & exponent) + one));
        seen & (-0.0 as $real).to_bits() == 0
    }};
}

/// What is the same for numbers of either kind.
macro_rules! for_faer {
    ($real:ty) => {
        type Faer = Self;
        type Part = $real;

        #[inline]
        fn for_faer(of: MatRef<'_, Self>) -> MatRef<'_, Self> {
            of
        }

        #[inline]
        fn for_faer_mut(of: MatMut<'_, Self>) -> MatMut<'_, Self> {
            of
        }
    };
}

macro_rules! elements {
    ($($real:ident),+) => {$(
        impl private::Field for $real {
            for_faer!($real);

            #[inline]
            fn all_finite(numbers: &[Self]) -> bool {
                all_finite!(numbers, $real)
            }

            #[inline]
            fn without_imaginary_part(self) -> Self {
                self
            }

            #[inline]
            fn of_real(part: $real) -> Self {
                part
            }

            #[inline]
            fn times(self, factor: $real) -> Self {
                self * factor
            }

            #[inline]
            fn squared_modulus(self) -> $real {
                self * self
            }

            #[inline]
            fn sum_of_parts(self) -> $real {
                Float::abs(self)
            }

            #[inline]
            fn direction(self) -> Self {
                if self < 0.0 { -1.0 } else { 1.0 }
            }

            #[inline]
            fn reciprocal(self) -> Self {
                1.0 / self
            }

            #[inline]
            fn scale_of(numbers: &[Self]) -> $real {
                // NaN is no larger than anything.
                let larger = |largest: $real, x: $real| if Float::abs(x) > largest { Float::abs(x) } else { largest };
                // Several at a time, which the compiler may not do by itself with numbers that may be NaN.
                let mut lanes = [0.0; 8];
                let eights = numbers.chunks_exact(8);
                let rest = eights.remainder().iter().fold(0.0, |largest, &x| larger(largest, x));
                for eight in eights {
                    lanes.iter_mut().zip(eight).for_each(|(lane, &x)| *lane = larger(*lane, x));
                }
                let largest = lanes.into_iter().fold(rest, larger);
                power_of_two_for!(largest, $real)
            }
        }

        impl LinalgElement for $real {
            type Real = $real;

            #[inline]
            fn real_part(self) -> $real {
                self
            }

            #[inline]
            fn conjugate(self) -> Self {
                self
            }
        }

        impl private::Field for Complex<$real> {
            for_faer!($real);

            #[inline]
            fn all_finite(numbers: &[Self]) -> bool {
                all_finite!(bytemuck::cast_slice::<Self, $real>(numbers), $real)
            }

            #[inline]
            fn without_imaginary_part(self) -> Self {
                Complex::new(self.re, 0.0)
            }

            #[inline]
            fn of_real(part: $real) -> Self {
                Complex::new(part, 0.0)
            }

            #[inline]
            fn times(self, factor: $real) -> Self {
                Complex::new(self.re * factor, self.im * factor)
            }

            #[inline]
            fn squared_modulus(self) -> $real {
                self.norm_sqr()
            }

            #[inline]
            fn sum_of_parts(self) -> $real {
                Float::abs(self.re) + Float::abs(self.im)
            }

            #[inline]
            fn direction(self) -> Self {
                // Of what is very small there is no square.
                let near_one = self.times(Self::scale_of(&[self]));
                let size = Float::sqrt(near_one.norm_sqr());
                if size == 0.0 { Complex::new(1.0, 0.0) } else { near_one / size }
            }

            #[inline]
            fn reciprocal(self) -> Self {
                faer::traits::math_utils::recip(&self)
            }

            #[inline]
            fn scale_of(numbers: &[Self]) -> $real {
                <$real>::scale_of(bytemuck::cast_slice(numbers))
            }
        }

        impl LinalgElement for Complex<$real> {
            type Real = $real;

            #[inline]
            fn real_part(self) -> $real {
                self.re
            }

            #[inline]
            fn conjugate(self) -> Self {
                self.conj()
            }
        }
    )+};
}

elements!(f32, f64);
