//! Functions of each element.

use ndarray::prelude::*;
use num_complex::Complex64;

use super::{Element, Row, a, bits, ints, pairs, v};

impl Element for bool {
    fn bits(self) -> u64 {
        u64::from(self)
    }
}

impl Element for Complex64 {
    fn bits(self) -> u64 {
        self.re.to_bits().rotate_left(32) ^ self.im.to_bits()
    }
}

/// Numbers between -1 and 1, of which inverse functions take only these.
fn small(n: usize) -> Array2<f64> {
    a(n) / 3.0
}

/// Numbers not less than 1.
fn large(n: usize) -> Array2<f64> {
    a(n).mapv(|x| 1.0 + x * x)
}

/// A row for each function of one argument, of that array.
macro_rules! functions {
    ($($of:ident: $($name:ident)+;)+) => {
        vec![$($(row!(Scope::$name, |s, n| s.$name(&$of(n)), |n| $of(n).$name())),+),+]
    };
}

pub(super) fn rows() -> Vec<Row> {
    let mut rows = functions! {
        a: floor ceil round trunc fract abs signum recip exp exp2 exp_m1 cbrt sin cos tan atan sinh cosh tanh asinh to_degrees
            to_radians pow2;
        large: sqrt ln log2 log10 ln_1p acosh;
        small: asin acos atanh;
    };
    // All of them are `map`, and Miri has that in a row of its own.
    rows.retain(|_| !cfg!(miri));
    rows.extend([
        row!(Scope::is_nan, |s, n| s.is_nan(&not_numbers(n)), |n| not_numbers(n).is_nan()),
        row!(Scope::is_infinite, |s, n| s.is_infinite(&a(n).recip().floor()), |n| a(n).recip().floor().is_infinite()),
        row!(Scope::powi, |s, n| s.powi(&a(n).t(), -3), |n| a(n).reversed_axes().powi(-3)),
        row!(Scope::powf, |s, n| s.powf(&large(n), 0.3), |n| large(n).powf(0.3)),
        row!(Scope::log, |s, n| s.log(&large(n), 3.0), |n| large(n).log(3.0)),
        row!(Scope::abs_sub, |s, n| s.abs_sub(&a(n), 0.5), |n| a(n).abs_sub(0.5)),
        row!(Scope::hypot, |s, n| s.hypot(&a(n), -4.0), |n| a(n).hypot(-4.0)),
        row!(Scope::clamp, |s, n| s.clamp(&ints(n), -2, 5), |n| ints(n).clamp(-2, 5)),
        row!(Scope::clamp, |s, n| s.clamp(&a(n).t(), -0.5, 0.5), |n| a(n).reversed_axes().clamp(-0.5, 0.5)),
        row!(Scope::mapv, |s, n| s.mapv(&a(n), |x| (x, x > 0.0)), |n| pairs(n)),
        row!(
            Scope::map_mut,
            |s, n| {
                let mut x = ints(n);
                let before = s.map_mut(&mut x, |x| (f64::from(std::mem::replace(x, 1)), true));
                assert_eq!(x, Array2::ones((n, n + 1)));
                before
            },
            |n| ints(n).mapv(|x| (f64::from(x), true))
        ),
        row!(
            Scope::zip_map6,
            |s, n| s.zip_map6(&a(n), &v(n), &a(n), &v(n), &a(n), &a(n), |x, y, z, t, u, w| x + y + z * t + u - w),
            |n| a(n) + v(n) + a(n) * v(n) + a(n) - a(n)
        ),
        row!(
            Scope::zip_map7,
            |s, n| s.zip_map7(
                &ints(n),
                &arr0(2),
                &ints(n),
                &ints(n),
                &ints(n),
                &ints(n),
                &ints(n),
                |a, b, c, d, e, f, g| { a * b - c + d - e + f - g }
            ),
            |n| ints(n) * 2 - ints(n)
        ),
        row!(
            Scope::zip_map8,
            |s, n| {
                let x = &ints(n);
                s.zip_map8(x, x, x, &arr0(3), x, x, x, x, |a, b, c, d, e, f, g, h| a * b * c + d - e + f - g * h)
            },
            |n| &ints(n) * &ints(n) * &ints(n) + 3 - &ints(n) * &ints(n)
        ),
        row!(Scope::mul, |s, n| s.mul(&a(n), Complex64::new(0.0, 2.0)), |n| a(n)
            .mapv(|x| Complex64::new(0.0, 2.0) * x)),
        row!(Scope::freeze, |s, n| s.freeze(s.mul(&ints(n), 2)).to_owned(), |n| ints(n) * 2),
        row!(Scope::from_iter, |s, n| s.from_iter((0..(n * n) as i32).filter(|i| i % 3 != 1)), |n| {
            (0..(n * n) as i32).filter(|i| i % 3 != 1).collect::<Array1<i32>>()
        }),
    ]);
    rows
}

fn not_numbers(n: usize) -> Array2<f64> {
    a(n).mapv(|x| if x < 0.0 { f64::NAN } else { x })
}
