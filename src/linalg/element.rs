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

        /// The natural logarithm of the real part.
        #[cfg(feature = "std")]
        fn ln_of_real(self) -> Self::Real;
    }
}

macro_rules! elements {
    ($($real:ty),+) => {$(
        impl private::Field for $real {
            #[inline]
            fn finite(self) -> bool {
                self.is_finite()
            }

            #[inline]
            fn without_imaginary_part(self) -> Self {
                self
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
