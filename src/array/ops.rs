//! ndarray's operators, into scope memory.

use core::cell::Cell;
use core::ops::{Add, Div, Mul, Neg, Sub};

use ndarray::{ArrayBase, ArrayRef, ArrayViewMut, Data, DimMax, Dimension};
use num_traits::Zero;

use super::integers::{divided_by_zero, divisor, one_is_zero};
use crate::scope::Scope;

/// What [`Scope::add`], [`sub`](Scope::sub), [`mul`](Scope::mul) and [`div`](Scope::div) take on either side: a reference to an
/// array of `T`, or a number `T`. There is nothing to implement.
///
/// A number is what can be copied and has a zero: Rust's own, complex ones, wrapping ones; and in generic code what has a bound such
/// as [`LinalgScalar`](ndarray::LinalgScalar), [`NdFloat`](ndarray::NdFloat) or [`Float`](num_traits::Float), and no other. The two
/// sides may have elements of different types, where those have the operation: complex ones and real ones.
///
/// ```
/// use ndarena::prelude::*;
/// use ndarray::prelude::*;
/// use ndarray::NdFloat;
/// use num_complex::Complex;
///
/// /// The points between `x` and `y` at `t`, which is 0 at `x` and 1 at `y`.
/// fn between<'s, F: NdFloat>(s: Scope<'s>, x: ArrayView1<F>, y: ArrayView1<F>, t: F) -> ArrayViewMut1<'s, F> {
///     s.add(&s.mul(&y, t), &s.mul(F::one() - t, &x))
/// }
///
/// let (a, z) = (array![1.0, 2.0], array![Complex::new(1.0, 1.0)]);
/// ndarena::scope(|s| {
///     assert_eq!(s.sub(&a, &a), array![0.0, 0.0]);
///     assert_eq!(s.sub(1.0, &a), array![0.0, -1.0]);
///     assert_eq!(s.mul(&z, Complex::i()), array![Complex::new(-1.0, 1.0)]);
///     assert_eq!(s.mul(2.0, &z), array![Complex::new(2.0, 2.0)]);
///     assert_eq!(between(s, a.view(), array![3.0, 4.0].view(), 0.5), array![2.0, 3.0]);
/// });
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no operand of an operation in a scope",
    label = "neither a reference to an array nor a number",
    note = "operands are `&a` and `&b`, or `&a` and a number, in either order"
)]
pub trait Operand<T> {
    /// A reference to an [`ArrayRef`], or a [`Number`].
    #[doc(hidden)]
    type Value;

    #[doc(hidden)]
    fn value(self) -> Self::Value;
}

/// A number that is an operand.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Number<T>(T);

// This and the next do not overlap, whatever has a zero: no type is a reference to an array that has it for its elements.
#[diagnostic::do_not_recommend]
impl<T: Copy + Zero> Operand<T> for T {
    type Value = Number<T>;

    #[inline(always)]
    fn value(self) -> Number<T> {
        Number(self)
    }
}

#[diagnostic::do_not_recommend]
impl<'a, T, S: Data<Elem = T>, D: Dimension> Operand<T> for &'a ArrayBase<S, D, T> {
    type Value = &'a ArrayRef<T, D>;

    #[inline(always)]
    fn value(self) -> &'a ArrayRef<T, D> {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<T, D: Dimension> Operand<T> for &ArrayRef<T, D> {
    type Value = Self;

    #[inline(always)]
    fn value(self) -> Self {
        self
    }
}

/// The values of two operands of which one at least is an array. There is nothing to implement.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "two numbers are no operands of an operation in a scope",
    note = "operands are `&a` and `&b`, or `&a` and a number, in either order"
)]
pub trait Operands<B> {
    /// The elements of the first operand.
    type First;
    /// The elements of the second operand.
    type Second;
    /// The number of axes of the result, as a type.
    type Dim: Dimension;

    /// The array of `f` of each two elements, for the operation of that name.
    fn apply<'s, R: Copy + 's>(
        &self,
        b: &B,
        s: Scope<'s>,
        operation: &'static str,
        f: impl Fn(Self::First, Self::Second) -> R,
    ) -> ArrayViewMut<'s, R, Self::Dim>;

    /// The panic of a division by a `b` that is zero, or has one.
    fn divided_by_zero(&self, b: &B) -> !;
}

impl<T: Copy, U: Copy, D: Dimension + DimMax<E>, E: Dimension> Operands<&ArrayRef<U, E>> for &ArrayRef<T, D> {
    type First = T;
    type Second = U;
    type Dim = <D as DimMax<E>>::Output;

    #[inline]
    #[track_caller]
    fn apply<'s, R: Copy + 's>(
        &self,
        b: &&ArrayRef<U, E>,
        s: Scope<'s>,
        operation: &'static str,
        f: impl Fn(T, U) -> R,
    ) -> ArrayViewMut<'s, R, Self::Dim> {
        s.zip_as(operation, self, b, |&a, &b| f(a, b))
    }

    #[track_caller]
    fn divided_by_zero(&self, b: &&ArrayRef<U, E>) -> ! {
        one_is_zero::<T, U, E>("div", b)
    }
}

impl<T: Copy, U: Copy, D: Dimension> Operands<Number<U>> for &ArrayRef<T, D> {
    type First = T;
    type Second = U;
    type Dim = D;

    #[inline]
    #[track_caller]
    fn apply<'s, R: Copy + 's>(
        &self,
        b: &Number<U>,
        s: Scope<'s>,
        _: &'static str,
        f: impl Fn(T, U) -> R,
    ) -> ArrayViewMut<'s, R, D> {
        s.map(self, |&a| f(a, b.0))
    }

    #[track_caller]
    fn divided_by_zero(&self, _: &Number<U>) -> ! {
        divided_by_zero("div", &[], &[])
    }
}

impl<T: Copy, U: Copy, E: Dimension> Operands<&ArrayRef<U, E>> for Number<T> {
    type First = T;
    type Second = U;
    type Dim = E;

    #[inline]
    #[track_caller]
    fn apply<'s, R: Copy + 's>(
        &self,
        b: &&ArrayRef<U, E>,
        s: Scope<'s>,
        _: &'static str,
        f: impl Fn(T, U) -> R,
    ) -> ArrayViewMut<'s, R, E> {
        s.map(b, |&b| f(self.0, b))
    }

    #[track_caller]
    fn divided_by_zero(&self, b: &&ArrayRef<U, E>) -> ! {
        one_is_zero::<T, U, E>("div", b)
    }
}

/// The number of axes that two operands have, broadcast together, as a type.
type Broadcast<A, B, T, U> = <<A as Operand<T>>::Value as Operands<<B as Operand<U>>::Value>>::Dim;

impl<'s> Scope<'s> {
    /// The sum of `a` and `b`, element by element: of two arrays, broadcast as in [`zip_map`](Scope::zip_map), or of an
    /// array and a number. What ndarray's `&a + &b` gives, in scope memory.
    ///
    /// Each such call is a pass over memory. Where an expression has several, [`zip_map`](Scope::zip_map) and
    /// [`zip_map3`](Scope::zip_map3) to [`zip_map8`](Scope::zip_map8) take one for all; and an operand that is an array
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
    #[inline]
    #[track_caller]
    pub fn add<A, B, T, U>(self, a: A, b: B) -> ArrayViewMut<'s, T::Output, Broadcast<A, B, T, U>>
    where
        A: Operand<T, Value: Operands<B::Value, First = T, Second = U>>,
        B: Operand<U>,
        T: Add<U, Output: Copy + 's>,
    {
        a.value().apply(&b.value(), self, "add", |a, b| a.add(b))
    }

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
    #[inline]
    #[track_caller]
    pub fn sub<A, B, T, U>(self, a: A, b: B) -> ArrayViewMut<'s, T::Output, Broadcast<A, B, T, U>>
    where
        A: Operand<T, Value: Operands<B::Value, First = T, Second = U>>,
        B: Operand<U>,
        T: Sub<U, Output: Copy + 's>,
    {
        a.value().apply(&b.value(), self, "sub", |a, b| a.sub(b))
    }

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
    #[inline]
    #[track_caller]
    pub fn mul<A, B, T, U>(self, a: A, b: B) -> ArrayViewMut<'s, T::Output, Broadcast<A, B, T, U>>
    where
        A: Operand<T, Value: Operands<B::Value, First = T, Second = U>>,
        B: Operand<U>,
        T: Mul<U, Output: Copy + 's>,
    {
        a.value().apply(&b.value(), self, "mul", |a, b| a.mul(b))
    }

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
    #[inline]
    #[track_caller]
    pub fn div<A, B, T, U>(self, a: A, b: B) -> ArrayViewMut<'s, T::Output, Broadcast<A, B, T, U>>
    where
        A: Operand<T, Value: Operands<B::Value, First = T, Second = U>>,
        B: Operand<U>,
        T: Div<U, Output: Copy + 's>,
    {
        let (a, b) = (a.value(), b.value());
        // The panic of the division itself would not be at the caller's place.
        let by_zero = Cell::new(false);
        let quotient = a.apply(&b, self, "div", |a, b| a.div(divisor::<T, U>(b, &by_zero)));
        if by_zero.get() {
            a.divided_by_zero(&b);
        }
        quotient
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
