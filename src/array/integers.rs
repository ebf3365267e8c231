//! Division by zero of Rust's integers, found before the division: its own panic would not be at the caller's place.
//!
//! The elements have no bound that tells what they are, not even `'static`, so that `typeid` is asked, which wants none. The
//! compiler knows the answer: for elements that are not integers, no code is left of this.

use core::any::TypeId;
use core::cell::Cell;

use ndarray::{ArrayRef, Dimension, IntoDimension};

/// Whether `T` and `U` are one and the same of Rust's integer types, and `x` its zero.
#[inline(always)]
fn is_zero_of<T, U>(x: &U) -> bool {
    macro_rules! is_zero {
        ($($I:ty)+) => {$(
            if is::<U, $I>() {
                // SAFETY: `U` is this integer type, as it has its id (Integer).
                let x = unsafe { &*core::ptr::from_ref(x).cast::<$I>() };
                return *x == 0;
            }
        )+};
    }
    if are_integers::<T, U>() {
        is_zero! { i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize }
    }
    false
}

/// Whether `T` and `U` are one and the same of Rust's integer types.
#[inline(always)]
fn are_integers<T, U>() -> bool {
    macro_rules! are_both {
        ($($I:ty)+) => { $((is::<T, $I>() && is::<U, $I>()))||+ };
    }
    are_both! { i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize }
}

/// Whether `T` is `I`.
///
/// `Integer`: types that differ in nothing but lifetimes have one id, so in general this would not do; but `I` is here an
/// integer type, in which there are none, so what has its id is that type.
#[inline(always)]
fn is<T, I: 'static>() -> bool {
    typeid::of::<T>() == TypeId::of::<I>()
}

/// `x`, by which a `T` is to be divided; but where both are of one of Rust's integer types and `x` is zero, 1, and `found` is set. The
/// division itself need not look for zero then, so that this costs nothing.
#[inline(always)]
pub(super) fn divisor<T, U>(x: U, found: &Cell<bool>) -> U {
    macro_rules! not_zero {
        ($($I:ty)+) => {$(
            if is::<U, $I>() {
                let one: $I = 1;
                // SAFETY: `U` is this integer type, as it has its id (Integer).
                return unsafe { core::ptr::from_ref(&one).cast::<U>().read() };
            }
        )+};
    }
    if is_zero_of::<T, U>(&x) {
        found.set(true);
        not_zero! { i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize }
    }
    x
}

/// The panic of a division of `T`s by these, of which one is zero.
#[cold]
#[inline(never)]
#[track_caller]
pub(super) fn one_is_zero<T, U, D: Dimension>(operation: &'static str, divisors: &ArrayRef<U, D>) -> ! {
    let zero = divisors.indexed_iter().find(|(_, x)| is_zero_of::<T, U>(x));
    let index = zero.map(|(index, _)| index.into_dimension()).unwrap_or_default();
    divided_by_zero(operation, index.slice(), divisors.shape())
}

#[cold]
#[inline(never)]
#[track_caller]
pub(super) fn divided_by_zero(operation: &'static str, index: &[usize], shape: &[usize]) -> ! {
    if shape.is_empty() {
        panic!("ndarena: {operation}: integers are divided by 0; give a divisor that is not zero");
    }
    panic!(
        "ndarena: {operation}: integers are divided by 0, at index {index:?} of shape {shape:?}; give none that is zero"
    )
}
