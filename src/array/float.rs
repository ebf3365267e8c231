//! Functions of floats, element by element, by the names that ndarray and [`Float`] give them.

#![forbid(unsafe_code)]

use ndarray::{ArrayRef, ArrayViewMut, Dimension};
use num_traits::Float;

use crate::scope::Scope;

/// Methods that give arrays of `$R`, by [`Float`]'s functions of the same names; an example of each follows its documentation.
macro_rules! floats {
    (-> $R:ty: $(
        $(#[$doc:meta])*
        $name:ident, $from:expr => $to:expr $(, $y:ident: $Y:ty = $example:literal)?;
    )+) => {$(
        $(#[$doc])*
        ///
        /// ```
        /// use ndarray::array;
        ///
        #[doc = concat!("let x = array!", stringify!($from), ";")]
        #[doc = concat!("let expected = array!", stringify!($to), ";")]
        #[doc = concat!("ndarena::scope(|s| assert_eq!(s.", stringify!($name), "(&x", $(", ", stringify!($example),)? "), expected));")]
        /// ```
        #[inline]
        #[track_caller]
        pub fn $name<A, D>(self, x: &ArrayRef<A, D> $(, $y: $Y)?) -> ArrayViewMut<'s, $R, D>
        where
            A: Float + 's,
            D: Dimension,
        {
            self.map(x, |&x| A::$name(x $(, $y)?))
        }
    )+};
}

impl<'s> Scope<'s> {
    floats! { -> bool:
        /// Which elements are not a number.
        ///
        /// # Panics
        ///
        /// As [`AllocArray`](crate::AllocArray) says.
        is_nan, [0.0, f64::NAN] => [false, true];

        /// Which elements are infinite.
        ///
        /// # Panics
        ///
        /// As [`AllocArray`](crate::AllocArray) says.
        is_infinite, [f64::NEG_INFINITY, 1.0] => [true, false];
    }

    floats! { -> A:
        /// The largest integers that are not greater than the elements.
        ///
        /// # Panics
        ///
        /// As [`AllocArray`](crate::AllocArray) says.
        floor, [1.5, -1.5] => [1.0, -2.0];

        /// The smallest integers that are not less than the elements.
        ///
        /// # Panics
        ///
        /// As [`AllocArray`](crate::AllocArray) says.
        ceil, [1.5, -1.5] => [2.0, -1.0];

        /// The nearest integers; of two that are as near, the one that is farther from zero.
        ///
        /// # Panics
        ///
        /// As [`AllocArray`](crate::AllocArray) says.
        round, [2.5, -1.25] => [3.0, -1.0];

        /// The elements without their fractions.
        ///
        /// # Panics
        ///
        /// As [`AllocArray`](crate::AllocArray) says.
        trunc, [1.5, -1.5] => [1.0, -1.0];

        /// The fractions of the elements, with their signs.
        ///
        /// # Panics
        ///
        /// As [`AllocArray`](crate::AllocArray) says.
        fract, [1.5, -1.5] => [0.5, -0.5];

        /// The absolute values.
        ///
        /// # Panics
        ///
        /// As [`AllocArray`](crate::AllocArray) says.
        abs, [1.5, -1.5] => [1.5, 1.5];

        /// The signs: 1, or -1 where the sign bit is set, of zeros as well; NaN of NaN.
        ///
        /// # Panics
        ///
        /// As [`AllocArray`](crate::AllocArray) says.
        signum, [0.5, -0.0] => [1.0, -1.0];

        /// The reciprocals, `1 / x`.
        ///
        /// # Panics
        ///
        /// As [`AllocArray`](crate::AllocArray) says.
        recip, [4.0, -0.5] => [0.25, -2.0];

        /// The square roots; NaN of what is less than zero.
        ///
        /// # Panics
        ///
        /// As [`AllocArray`](crate::AllocArray) says.
        sqrt, [4.0, 0.25] => [2.0, 0.5];

        /// The powers of e.
        ///
        /// # Panics
        ///
        /// As [`AllocArray`](crate::AllocArray) says.
        exp, [0.0, 1.0] => [1.0, 1f64.exp()];

        /// The powers of 2.
        ///
        /// # Panics
        ///
        /// As [`AllocArray`](crate::AllocArray) says.
        exp2, [0.0, 3.0] => [1.0, 8.0];

        /// The powers of e less 1, precise near zero, too.
        ///
        /// # Panics
        ///
        /// As [`AllocArray`](crate::AllocArray) says.
        exp_m1, [0.0, 1e-20] => [0.0, 1e-20];

        /// The natural logarithms.
        ///
        /// # Panics
        ///
        /// As [`AllocArray`](crate::AllocArray) says.
        ln, [1.0, 0.0] => [0.0, f64::NEG_INFINITY];

        /// The logarithms to base 2.
        ///
        /// # Panics
        ///
        /// As [`AllocArray`](crate::AllocArray) says.
        log2, [1.0, 8.0] => [0.0, 3.0];

        /// The logarithms to base 10.
        ///
        /// # Panics
        ///
        /// As [`AllocArray`](crate::AllocArray) says.
        log10, [1.0, 0.0] => [0.0, f64::NEG_INFINITY];

        /// The natural logarithms of `1 + x`, precise near zero, too.
        ///
        /// # Panics
        ///
        /// As [`AllocArray`](crate::AllocArray) says.
        ln_1p, [0.0, 1e-20] => [0.0, 1e-20];

        /// The cube roots.
        ///
        /// # Panics
        ///
        /// As [`AllocArray`](crate::AllocArray) says.
        cbrt, [0.0, -1.0] => [0.0, -1.0];

        /// The sines of angles in radians.
        ///
        /// # Panics
        ///
        /// As [`AllocArray`](crate::AllocArray) says.
        sin, [0.0, 1.0] => [0.0, 1f64.sin()];

        /// The cosines of angles in radians.
        ///
        /// # Panics
        ///
        /// As [`AllocArray`](crate::AllocArray) says.
        cos, [0.0, 1.0] => [1.0, 1f64.cos()];

        /// The tangents of angles in radians.
        ///
        /// # Panics
        ///
        /// As [`AllocArray`](crate::AllocArray) says.
        tan, [0.0, 1.0] => [0.0, 1f64.tan()];

        /// The angles in radians, from -π/2 to π/2, that have these sines.
        ///
        /// # Panics
        ///
        /// As [`AllocArray`](crate::AllocArray) says.
        asin, [0.0, 1.0] => [0.0, 1f64.asin()];

        /// The angles in radians, from 0 to π, that have these cosines.
        ///
        /// # Panics
        ///
        /// As [`AllocArray`](crate::AllocArray) says.
        acos, [1.0, 0.0] => [0.0, 0f64.acos()];

        /// The angles in radians, from -π/2 to π/2, that have these tangents.
        ///
        /// # Panics
        ///
        /// As [`AllocArray`](crate::AllocArray) says.
        atan, [0.0, 1.0] => [0.0, 1f64.atan()];

        /// The hyperbolic sines.
        ///
        /// # Panics
        ///
        /// As [`AllocArray`](crate::AllocArray) says.
        sinh, [0.0, 1.0] => [0.0, 1f64.sinh()];

        /// The hyperbolic cosines.
        ///
        /// # Panics
        ///
        /// As [`AllocArray`](crate::AllocArray) says.
        cosh, [0.0, 1.0] => [1.0, 1f64.cosh()];

        /// The hyperbolic tangents.
        ///
        /// # Panics
        ///
        /// As [`AllocArray`](crate::AllocArray) says.
        tanh, [0.0, 1.0] => [0.0, 1f64.tanh()];

        /// The numbers that have these hyperbolic sines.
        ///
        /// # Panics
        ///
        /// As [`AllocArray`](crate::AllocArray) says.
        asinh, [0.0, 1.0] => [0.0, 1f64.asinh()];

        /// The numbers, not less than zero, that have these hyperbolic cosines.
        ///
        /// # Panics
        ///
        /// As [`AllocArray`](crate::AllocArray) says.
        acosh, [1.0, 2.0] => [0.0, 2f64.acosh()];

        /// The numbers that have these hyperbolic tangents.
        ///
        /// # Panics
        ///
        /// As [`AllocArray`](crate::AllocArray) says.
        atanh, [0.0, 0.5] => [0.0, 0.5f64.atanh()];

        /// The angles, which are in radians, in degrees.
        ///
        /// # Panics
        ///
        /// As [`AllocArray`](crate::AllocArray) says.
        to_degrees, [0.0, 1.0] => [0.0, 1f64.to_degrees()];

        /// The angles, which are in degrees, in radians.
        ///
        /// # Panics
        ///
        /// As [`AllocArray`](crate::AllocArray) says.
        to_radians, [0.0, 180.0] => [0.0, std::f64::consts::PI];

        /// The `n`th powers.
        ///
        /// # Panics
        ///
        /// As [`AllocArray`](crate::AllocArray) says.
        powi, [2.0, -1.0] => [8.0, -1.0], n: i32 = 3;

        /// The powers with the exponent `y`.
        ///
        /// # Panics
        ///
        /// As [`AllocArray`](crate::AllocArray) says.
        powf, [4.0, 0.25] => [2.0, 0.5], y: A = 0.5;

        /// The logarithms to base `base`.
        ///
        /// # Panics
        ///
        /// As [`AllocArray`](crate::AllocArray) says.
        log, [1.0, 8.0] => [0.0, 3.0], base: A = 2.0;

        /// The positive differences, `x - y` or 0 if that is less.
        ///
        /// # Panics
        ///
        /// As [`AllocArray`](crate::AllocArray) says.
        abs_sub, [3.5, 0.5] => [2.5, 0.0], y: A = 1.0;

        /// The square roots of `x * x + y * y`, without what is too large for a float on the way.
        ///
        /// # Panics
        ///
        /// As [`AllocArray`](crate::AllocArray) says.
        hypot, [4.0, 0.0] => [5.0, 3.0], y: A = 3.0;
    }

    /// The squares, `x * x`.
    ///
    /// # Panics
    ///
    /// As [`AllocArray`](crate::AllocArray) says.
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// ndarena::scope(|s| assert_eq!(s.pow2(&array![3.0, -0.5]), array![9.0, 0.25]));
    /// ```
    #[inline]
    #[track_caller]
    pub fn pow2<A, D>(self, x: &ArrayRef<A, D>) -> ArrayViewMut<'s, A, D>
    where
        A: Float + 's,
        D: Dimension,
    {
        self.map(x, |&x| x * x)
    }
}
