//! ndarray's operators, into scope memory.

use core::ops::{Add, Div, Mul, Neg, Sub};

use ndarray::{ArrayBase, ArrayRef, ArrayViewMut, Data, DimMax, Dimension};

use super::integers::{check_divisor, check_divisors};
use crate::scope::Scope;

/// The operands of [`Scope::add`], [`sub`](Scope::sub), [`mul`](Scope::mul) and [`div`](Scope::div): `&a` and `&b`, two
/// arrays; `&a` and a number; or a number and `&b`. There is nothing to implement.
///
/// Numbers are Rust's own, of the type of the array's elements. For others, such as complex ones, there are
/// [`map`](Scope::map), and arrays of one element, `&arr0(z)`.
///
/// ```
/// use ndarray::{arr0, array};
/// use num_complex::Complex;
///
/// let (a, z) = (array![1.0, 2.0], array![Complex::new(1.0, 1.0)]);
/// ndarena::scope(|s| {
///     assert_eq!(s.sub(&a, &a), array![0.0, 0.0]);
///     assert_eq!(s.sub(&a, 1.0), array![0.0, 1.0]);
///     assert_eq!(s.sub(1.0, &a), array![0.0, -1.0]);
///     assert_eq!(s.mul(&z, &arr0(Complex::i())), array![Complex::new(-1.0, 1.0)]);
/// });
/// ```
#[diagnostic::on_unimplemented(
    message = "no operation on `{Self}` and `{B}` in a scope",
    note = "operands are `&a` and `&b`, or `&a` and a number of the type of its elements, in either order"
)]
pub trait Operands<B> {
    /// The elements of the first operand.
    type First;
    /// The elements of the second operand.
    type Second;
    /// The number of axes of the result, as a type.
    type Dim: Dimension;

    /// The array of `f` of each two elements, for the operation of that name.
    #[doc(hidden)]
    fn apply<'s, R: Copy + 's>(
        self,
        b: B,
        s: Scope<'s>,
        operation: &'static str,
        f: impl Fn(Self::First, Self::Second) -> R,
    ) -> ArrayViewMut<'s, R, Self::Dim>;

    /// If any division by zero would panic, that panic, at the caller's place.
    #[doc(hidden)]
    fn check_division(&self, b: &B);
}

macro_rules! array_and_array {
    ($([$($S:ident)?] $A:ty, [$($Q:ident)?] $B:ty;)+) => {$(
        impl<T, U, D, E, $($S: Data<Elem = T>,)? $($Q: Data<Elem = U>,)?> Operands<&$B> for &$A
        where
            T: Copy,
            U: Copy,
            D: Dimension + DimMax<E>,
            E: Dimension,
        {
            type First = T;
            type Second = U;
            type Dim = <D as DimMax<E>>::Output;

            #[inline]
            #[track_caller]
            fn apply<'s, R: Copy + 's>(
                self,
                b: &$B,
                s: Scope<'s>,
                operation: &'static str,
                f: impl Fn(T, U) -> R,
            ) -> ArrayViewMut<'s, R, Self::Dim> {
                s.zip_as(operation, self, b, |&a, &b| f(a, b))
            }

            #[inline(always)]
            #[track_caller]
            fn check_division(&self, b: &&$B) {
                if !self.is_empty() {
                    check_divisors::<T, U, E>("div", b);
                }
            }
        }
    )+};
}

array_and_array! {
    [S] ArrayBase<S, D>, [Q] ArrayBase<Q, E>;
    [S] ArrayBase<S, D>, [] ArrayRef<U, E>;
    [] ArrayRef<T, D>, [Q] ArrayBase<Q, E>;
    [] ArrayRef<T, D>, [] ArrayRef<U, E>;
}

macro_rules! array_and_number {
    ($([$($S:ident)?] $A:ty, $T:ty;)+) => {$(
        impl<D: Dimension, $($S: Data<Elem = $T>)?> Operands<$T> for &$A {
            type First = $T;
            type Second = $T;
            type Dim = D;

            #[inline]
            #[track_caller]
            fn apply<'s, R: Copy + 's>(
                self,
                b: $T,
                s: Scope<'s>,
                _: &'static str,
                f: impl Fn($T, $T) -> R,
            ) -> ArrayViewMut<'s, R, D> {
                s.map(self, |&a| f(a, b))
            }

            #[inline(always)]
            #[track_caller]
            fn check_division(&self, b: &$T) {
                if !self.is_empty() {
                    check_divisor::<$T, $T>("div", b);
                }
            }
        }

        impl<D: Dimension, $($S: Data<Elem = $T>)?> Operands<&$A> for $T {
            type First = $T;
            type Second = $T;
            type Dim = D;

            #[inline]
            #[track_caller]
            fn apply<'s, R: Copy + 's>(
                self,
                b: &$A,
                s: Scope<'s>,
                _: &'static str,
                f: impl Fn($T, $T) -> R,
            ) -> ArrayViewMut<'s, R, D> {
                s.map(b, |&b| f(self, b))
            }

            #[inline(always)]
            #[track_caller]
            fn check_division(&self, b: &&$A) {
                check_divisors::<$T, $T, D>("div", b);
            }
        }
    )+};
}

macro_rules! arrays_and_numbers {
    ($($T:ty)+) => {
        array_and_number! { $([S] ArrayBase<S, D>, $T; [] ArrayRef<$T, D>, $T;)+ }
    };
}

arrays_and_numbers! { f32 f64 i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize }

macro_rules! operator {
    ($(#[$doc:meta])* $name:ident, $Op:ident $(, $check:ident)?) => {
        $(#[$doc])*
        #[inline]
        #[track_caller]
        pub fn $name<A, B>(self, a: A, b: B) -> ArrayViewMut<'s, <A::First as $Op<A::Second>>::Output, A::Dim>
        where
            A: Operands<B, First: $Op<A::Second, Output: Copy + 's>>,
        {
            $(a.$check(&b);)?
            a.apply(b, self, stringify!($name), |a, b| a.$name(b))
        }
    };
}

impl<'s> Scope<'s> {
    operator! {
        /// The sum of `a` and `b`, element by element: of two arrays, broadcast as in [`zip_map`](Scope::zip_map), or of an
        /// array and a number. What ndarray's `&a + &b` gives, in scope memory.
        ///
        /// Each such call is a pass over memory. Where an expression has several, [`zip_map`](Scope::zip_map) and
        /// [`zip_map3`](Scope::zip_map3) to [`zip_map5`](Scope::zip_map5) take one for all; and an operand that is an array
        /// of the scope can be changed in place, by ndarray's own `a += &b` or `a.mapv_into(f)`.
        ///
        /// # Panics
        ///
        /// If the shapes cannot be broadcast together, and as [`AllocArray`](crate::AllocArray) says. A panic of the elements'
        /// own arithmetic passes as it is, with the place that it has: of integers that overflow, in debug builds.
        ///
        /// ```
        /// use ndarray::array;
        ///
        /// let (a, row) = (array![[1.0, 2.0], [3.0, 4.0]], array![10.0, 20.0]);
        /// ndarena::scope(|s| {
        ///     assert_eq!(s.add(&a, &row), array![[11.0, 22.0], [13.0, 24.0]]);
        ///     assert_eq!(s.add(&a, 1.0), array![[2.0, 3.0], [4.0, 5.0]]);
        ///     let mut b = s.add(&a, &a.t());
        ///     b += &row; // in place
        ///     assert_eq!(b.mapv_into(|x: f64| x / 2.0), array![[6.0, 12.5], [7.5, 14.0]]);
        /// });
        /// ```
        add, Add
    }

    operator! {
        /// The difference of `a` and `b`, element by element: `&a - &b`, `&a - x` or `x - &b` in scope memory. See
        /// [`add`](Scope::add).
        ///
        /// # Panics
        ///
        /// As [`add`](Scope::add).
        ///
        /// ```
        /// use ndarray::array;
        ///
        /// let a = array![1.0, 2.0];
        /// ndarena::scope(|s| assert_eq!(s.sub(1.0, &s.sub(&a, 3.0)), array![3.0, 2.0]));
        /// ```
        sub, Sub
    }

    operator! {
        /// The product of `a` and `b`, element by element: `&a * &b` or `&a * x` in scope memory. See [`add`](Scope::add);
        /// the matrix product is [`dot`](Scope::dot).
        ///
        /// # Panics
        ///
        /// As [`add`](Scope::add).
        ///
        /// ```
        /// use ndarray::array;
        ///
        /// let a = array![[1, 2], [3, 4]];
        /// ndarena::scope(|s| assert_eq!(s.mul(&s.mul(&a, &a), 2), array![[2, 8], [18, 32]]));
        /// ```
        mul, Mul
    }

    operator! {
        /// The quotient of `a` and `b`, element by element: `&a / &b`, `&a / x` or `x / &b` in scope memory. See
        /// [`add`](Scope::add).
        ///
        /// # Panics
        ///
        /// As [`add`](Scope::add), and if elements of Rust's integer types are divided by zero. (The least of a signed type
        /// divided by -1 is the elements' own panic, in any build.)
        ///
        /// ```
        /// use ndarray::array;
        ///
        /// let a = array![1.0f32, 2.0];
        /// ndarena::scope(|s| assert_eq!(s.div(&s.div(1.0, &a), 2.0), array![0.5, 0.25]));
        /// ```
        div, Div, check_division
    }

    /// The negative of each element: `-&a` in scope memory.
    ///
    /// # Panics
    ///
    /// As [`AllocArray`](crate::AllocArray) says.
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// ndarena::scope(|s| assert_eq!(s.neg(&array![1, -2]), array![-1, 2]));
    /// ```
    #[inline]
    #[track_caller]
    pub fn neg<A, D>(self, a: &ArrayRef<A, D>) -> ArrayViewMut<'s, A::Output, D>
    where
        A: Copy + Neg<Output: Copy + 's>,
        D: Dimension,
    {
        self.map(a, |&a| -a)
    }
}
