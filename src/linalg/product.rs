//! Products of many numbers, such as determinants.

#![forbid(unsafe_code)]

use num_traits::{Float, One};

use super::LinalgElement;

/// The product of numbers, of which only the result need be neither too large nor too small.
pub(super) fn product<T: LinalgElement>(numbers: impl Iterator<Item = T> + Clone) -> T {
    let is_normal = |x: &T| x.sum_of_parts().is_normal();
    let mut all_normal = true;
    let plain = numbers.clone().fold(T::one(), |product, x| {
        let product = product * x;
        all_normal &= is_normal(&product);
        product
    });
    if all_normal || !T::all_finite(&[plain]) && numbers.clone().any(|x| !T::all_finite(&[x])) {
        return plain;
    }
    // Each number and product is made about 1, and the powers of two that this takes are put together.
    let (mut product, mut exponent) = (T::one(), 0i64);
    let near_one = |x: T, exponent: &mut i64| {
        // Twice, as the first power may be the largest that there is.
        [(); 2].iter().fold(x, |x, ()| {
            let power = T::scale_of(&[x]);
            *exponent -= exponent_of(power);
            x.times(power)
        })
    };
    for x in numbers {
        product = near_one(product * near_one(x, &mut exponent), &mut exponent);
    }
    // In steps, so that what is rounded is rounded once, at the end.
    let step = -exponent_of(T::Real::min_positive_value());
    while exponent != 0 && !product.is_zero() && T::all_finite(&[product]) {
        let part = exponent.clamp(-step, step);
        product = product.times((T::Real::one() + T::Real::one()).powi(part as i32));
        exponent -= part;
    }
    product
}

/// The exponent of a power of two.
fn exponent_of<R: Float>(power: R) -> i64 {
    let (mantissa, exponent, _) = power.integer_decode();
    i64::from(exponent) + i64::from(mantissa.ilog2())
}
