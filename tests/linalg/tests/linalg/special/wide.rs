//! Complex numbers with the precision of `f64` and exponents without bounds, in which matrices of numbers of any size are judged.

use std::ops::{Add, Mul, Neg, Sub};

use ndarray::prelude::*;
use num_complex::Complex64;

use crate::judge::Number;

/// `fraction` times two to the power of `exponent`. The larger part of the fraction is between 1 and 2, or it is zero.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wide {
    fraction: Complex64,
    exponent: i64,
}

impl Wide {
    pub(super) const ZERO: Wide = Wide { fraction: Complex64::ZERO, exponent: 0 };

    /// An element, exactly; it is finite.
    pub(super) fn of<T: Number>(x: T) -> Wide {
        Wide::new(x.exact(), 0)
    }

    pub(super) fn real(x: f64) -> Wide {
        Wide::new(Complex64::new(x, 0.0), 0)
    }

    fn new(fraction: Complex64, exponent: i64) -> Wide {
        let largest = fraction.re.abs().max(fraction.im.abs());
        assert!(largest.is_finite(), "only what is finite is judged so");
        if largest == 0.0 {
            return Wide::ZERO;
        }
        if largest < f64::MIN_POSITIVE {
            return Wide::new(fraction * two_to(64), exponent - 64);
        }
        let power = (largest.to_bits() >> 52) as i64 - 1023;
        // In two steps, as the reciprocal of the largest power is no normal number.
        let half = power / 2;
        Wide { fraction: fraction * two_to(-half) * two_to(half - power), exponent: exponent + power }
    }

    /// This times two to a power, exactly.
    pub(super) fn times_power(self, power: i64) -> Wide {
        Wide::new(self.fraction, self.exponent + power)
    }

    pub(super) fn conj(self) -> Wide {
        Wide { fraction: self.fraction.conj(), ..self }
    }

    /// The modulus.
    pub(super) fn abs(self) -> Wide {
        Wide::new(Complex64::new(self.fraction.norm(), 0.0), self.exponent)
    }

    /// The square root of what is real and not negative.
    pub(super) fn sqrt(self) -> Wide {
        let odd = self.exponent.rem_euclid(2);
        let fraction = self.fraction.re * if odd == 1 { 2.0 } else { 1.0 };
        Wide::new(Complex64::new(fraction.sqrt(), 0.0), (self.exponent - odd) / 2)
    }

    pub(super) fn reciprocal(self) -> Wide {
        Wide::new(self.fraction.inv(), -self.exponent)
    }

    /// The natural logarithm of what is real and positive.
    pub(super) fn ln(self) -> f64 {
        self.fraction.re.ln() + self.exponent as f64 * std::f64::consts::LN_2
    }

    /// This real number divided by another one, as far as `f64` has it: infinite, if that is zero and this is not.
    pub(super) fn over(self, other: Wide) -> f64 {
        if self.fraction.re == 0.0 {
            return 0.0;
        }
        self.fraction.re / other.fraction.re * 2f64.powi((self.exponent - other.exponent).clamp(-1100, 1100) as i32)
    }
}

/// Two to this power, of which the result is a normal number.
fn two_to(power: i64) -> f64 {
    f64::from_bits(((power + 1023) as u64) << 52)
}

impl Mul for Wide {
    type Output = Wide;
    fn mul(self, other: Wide) -> Wide {
        Wide::new(self.fraction * other.fraction, self.exponent + other.exponent)
    }
}

impl Add for Wide {
    type Output = Wide;
    fn add(self, other: Wide) -> Wide {
        let (large, small) = match (self.fraction == Complex64::ZERO, self.exponent >= other.exponent) {
            (true, _) => (other, self),
            (_, true) => (self, other),
            (_, false) if other.fraction == Complex64::ZERO => (self, other),
            (_, false) => (other, self),
        };
        let shift = (small.exponent - large.exponent).clamp(-1000, 0);
        Wide::new(large.fraction + small.fraction * two_to(shift), large.exponent)
    }
}

impl Neg for Wide {
    type Output = Wide;
    fn neg(self) -> Wide {
        Wide { fraction: -self.fraction, ..self }
    }
}

impl Sub for Wide {
    type Output = Wide;
    fn sub(self, other: Wide) -> Wide {
        self + -other
    }
}

pub(super) type Matrix = Array2<Wide>;

/// A matrix, exactly.
pub(super) fn wide<T: Number>(a: &ArrayRef2<T>) -> Matrix {
    a.mapv(Wide::of)
}

/// The moduli of the elements.
pub(super) fn sizes(a: &Matrix) -> Matrix {
    a.mapv(Wide::abs)
}

/// `aᴴ`.
pub(super) fn adjoint(a: &Matrix) -> Matrix {
    a.t().mapv(Wide::conj)
}

/// `a b`.
pub(super) fn product(a: &Matrix, b: &Matrix) -> Matrix {
    assert_eq!(a.ncols(), b.nrows());
    Array2::from_shape_fn((a.nrows(), b.ncols()), |(i, j)| {
        (0..a.ncols()).fold(Wide::ZERO, |sum, k| sum + a[[i, k]] * b[[k, j]])
    })
}

/// `a - b`.
pub(super) fn difference(a: &Matrix, b: &Matrix) -> Matrix {
    assert_eq!(a.dim(), b.dim());
    Array2::from_shape_fn(a.dim(), |at| a[at] - b[at])
}

/// The square root of the sum of squares.
pub(super) fn norm<'a>(numbers: impl IntoIterator<Item = &'a Wide>) -> Wide {
    numbers.into_iter().fold(Wide::ZERO, |sum, &x| sum + x.abs() * x.abs()).sqrt()
}

/// The norms of the columns, as a column.
pub(super) fn column_norms(a: &Matrix) -> Matrix {
    Array2::from_shape_fn((a.ncols(), 1), |(j, _)| norm(a.column(j)))
}

#[test]
fn it_computes_as_f64_does_where_that_has_bounds() {
    let numbers = [0.0f64, 1.0, -3.5, 1e-300, 1e300, 7e-310, 0.1];
    for (x, y) in numbers.into_iter().flat_map(|x| numbers.map(|y| (x, y))) {
        let near = |wide: Wide, expected: f64| {
            let off = (wide - Wide::real(expected)).abs();
            assert!(off.over(Wide::real(expected.abs().max(1e-323))) <= f64::EPSILON, "{x} and {y}: {wide:?}");
        };
        if (x + y).is_finite() {
            near(Wide::real(x) + Wide::real(y), x + y);
        }
        if (x * y).is_finite()
            && (x * y == 0.0) == (x == 0.0 || y == 0.0)
            && !(0.0 < (x * y).abs() && (x * y).abs() < 1e-300)
        {
            near(Wide::real(x) * Wide::real(y), x * y);
        }
    }
    let large = Wide::real(1e300) * Wide::real(1e300);
    assert!((large.sqrt() - Wide::real(1e300)).abs().over(Wide::real(1e300)) < 1e-15);
    assert!((large.ln() - 600.0 * 10f64.ln()).abs() < 1e-12);
    assert_eq!((large * Wide::real(-2.0)).abs().over(large), 2.0);
}
