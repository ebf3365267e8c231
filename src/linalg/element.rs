//! What matrices may be made of.

#![forbid(unsafe_code)]

use core::ops::Neg;

use faer::traits::ComplexField;
use ndarray::LinalgScalar;
use num_complex::Complex;
use num_traits::NumCast;

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
    private::Field<Real: LinalgScalar + Neg<Output = Self::Real> + PartialOrd + NumCast + AllocElement>
    + LinalgScalar
    + Neg<Output = Self>
    + AllocElement
{
    /// The real part, an `f32` or `f64`.
    fn real_part(self) -> Self::Real;

    /// The conjugate: the number itself, if it is real.
    fn conjugate(self) -> Self;
}

pub(super) mod private {
    /// What only this crate implements, and uses.
    pub trait Field: super::ComplexField {
        /// Whether it is neither infinite nor NaN, nor a part of it.
        fn finite(self) -> bool;

        /// The number without its imaginary part.
        fn without_imaginary_part(self) -> Self;

        /// The power of two by which numbers are to be multiplied for the largest of their parts to be between 1 and 2; or 1, if
        /// all are too close to zero for it.
        fn scale_of<'a>(numbers: impl Iterator<Item = &'a Self>) -> Self
        where
            Self: 'a;

        /// The natural logarithm of the real part.
        #[cfg(feature = "std")]
        fn ln_of_real(self) -> Self::Real;
    }
}

/// The reciprocal of the power of two that is next below a number: the number's exponent, and nothing else of it.
macro_rules! power_of_two_for {
    ($number:expr, $real:ident) => {{
        let power = <$real>::from_bits($number.to_bits() & <$real>::INFINITY.to_bits());
        if power > 0.0 { 1.0 / power } else { 1.0 }
    }};
}

macro_rules! elements {
    ($($real:ident),+) => {$(
        impl private::Field for $real {
            #[inline]
            fn finite(self) -> bool {
                self.is_finite()
            }

            #[inline]
            fn without_imaginary_part(self) -> Self {
                self
            }

            #[inline]
            fn scale_of<'a>(numbers: impl Iterator<Item = &'a Self>) -> Self {
                let largest = numbers.fold(0.0, |largest: $real, x| largest.max(x.abs()));
                power_of_two_for!(largest, $real)
            }

            #[cfg(feature = "std")]
            fn ln_of_real(self) -> $real {
                self.ln()
            }
        }

        impl LinalgElement for $real {
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
            #[inline]
            fn finite(self) -> bool {
                self.re.is_finite() && self.im.is_finite()
            }

            #[inline]
            fn without_imaginary_part(self) -> Self {
                Complex::new(self.re, 0.0)
            }

            #[inline]
            fn scale_of<'a>(numbers: impl Iterator<Item = &'a Self>) -> Self {
                let largest = numbers.fold(0.0, |largest: $real, x| largest.max(x.re.abs().max(x.im.abs())));
                Complex::new(power_of_two_for!(largest, $real), 0.0)
            }

            #[cfg(feature = "std")]
            fn ln_of_real(self) -> $real {
                self.re.ln()
            }
        }

        impl LinalgElement for Complex<$real> {
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
