//! Every routine, with every special matrix, of every element; up to 8 × 8 in every layout.
//!
//! A matrix is made of a base (well-conditioned, singular in some way, with equal eigenvalues) and of powers of two by which its rows
//! and columns are multiplied: up to where the type has no larger or smaller numbers. What is found is judged in numbers without
//! such bounds, by what the theory of rounding errors says of each element or column (Higham, *Accuracy and Stability of Numerical
//! Algorithms*, 2nd edition, theorems 9.3, 9.4, 10.3, 10.4, 19.4; of inverses section 14.3): bounds on norms alone would see nothing of
//! small rows.

mod routines;
mod wide;

use ndarray::prelude::*;
use num_complex::Complex64;

use crate::judge::*;

/// An element of whose type it is known how large and small numbers are.
trait Extreme: Number {
    /// Two to this power is among the largest, and to its negative among the smallest that have all digits.
    const EXPONENT: i32;
    /// The smallest number.
    const LEAST: f64;
}

macro_rules! extremes {
    ($($element:ty: $exponent:literal, $least:expr;)+) => {$(
        impl Extreme for $element {
            const EXPONENT: i32 = $exponent;
            const LEAST: f64 = $least;
        }
    )+};
}

extremes! {
    f64: 1020, f64::from_bits(1);
    f32: 124, f32::from_bits(1) as f64;
    num_complex::Complex<f64>: 1020, f64::from_bits(1);
    num_complex::Complex<f32>: 124, f32::from_bits(1) as f64;
}

/// What a matrix is, but for powers of two.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Base {
    /// Well-conditioned, with rows that are to be exchanged.
    Well,
    Identity,
    /// Two eigenvalues, one of them all times but one; singular values that are equal.
    Reflection,
    Zero,
    /// Of rank 1.
    Ones,
    /// Of half the rank.
    Half,
}

/// The powers of two.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Grading {
    None,
    /// Of rows, up and down.
    Rows,
    Columns,
    /// Of both: elements between roots of the largest and the smallest numbers.
    Both,
    /// Of both, from the largest to the smallest.
    Falling,
    /// Elements of which a sum is among the largest numbers.
    Huge,
    /// Elements that have all digits, of which squares are zero.
    Tiny,
    /// Elements with ten digits or so, below the least that has all.
    Subnormal,
}

const BASES: [Base; 6] = [Base::Well, Base::Identity, Base::Reflection, Base::Zero, Base::Ones, Base::Half];

const GRADINGS: [Grading; 8] = [
    Grading::None,
    Grading::Rows,
    Grading::Columns,
    Grading::Both,
    Grading::Falling,
    Grading::Huge,
    Grading::Tiny,
    Grading::Subnormal,
];

/// Shapes for loops for small matrices, for faer's kernels, and without elements.
const SIZES: [(usize, usize); 20] = [
    (0, 0),
    (0, 3),
    (3, 0),
    (1, 1),
    (2, 2),
    (3, 3),
    (4, 4),
    (5, 5),
    (8, 8),
    (25, 25),
    (33, 33),
    (66, 66),
    (1, 4),
    (4, 1),
    (3, 5),
    (5, 3),
    (7, 35),
    (35, 7),
    (34, 33),
    (70, 3),
];

impl Grading {
    /// The powers for the row, or column, with this number of so many, and for all elements.
    fn powers<T: Extreme>(self, i: usize, of: usize) -> (i32, i32, i32) {
        let most = T::EXPONENT;
        let up_and_down = [most / 4, -most / 4, 0, most / 9, -most / 7][i % 5];
        let falling = most / 4 - (most / 2) * i as i32 / of.max(2).saturating_sub(1) as i32;
        match self {
            Grading::None => (0, 0, 0),
            Grading::Rows => (up_and_down, 0, 0),
            Grading::Columns => (0, up_and_down, 0),
            Grading::Both => (up_and_down, up_and_down, 0),
            Grading::Falling => (falling, falling, 0),
            Grading::Huge => (0, 0, most - 16),
            Grading::Tiny => (0, 0, 40 - most),
            // Two to this power is ten digits above the smallest number.
            Grading::Subnormal => (0, 0, T::LEAST.log2() as i32 + 10),
        }
    }

    fn row<T: Extreme>(self, i: usize, of: usize) -> i32 {
        self.powers::<T>(i, of).0
    }

    fn column<T: Extreme>(self, j: usize, of: usize) -> i32 {
        self.powers::<T>(j, of).1
    }

    fn all<T: Extreme>(self) -> i32 {
        self.powers::<T>(0, 1).2
    }
}

/// The number times two to a power: in two steps, as that itself may be too small.
fn times_power<T: Number>(x: Complex64, power: i32) -> T {
    T::near(x * 2f64.powi(power / 2) * 2f64.powi(power - power / 2))
}

/// A matrix and what goes with it.
struct Case<T> {
    what: String,
    base: Base,
    grading: Grading,
    a: Array2<T>,
    /// Right-hand sides for which solutions are neither too large nor too small.
    b: Array2<T>,
    /// A Hermitian matrix of the same kind, if `a` is square; positive definite or semidefinite.
    hermitian: Array2<T>,
    /// Right-hand sides for that.
    hermitian_b: Array2<T>,
    /// What `a` can be multiplied with.
    factor: Array2<T>,
}

impl Base {
    fn matrix<T: Number>(self, m: usize, n: usize) -> Array2<Complex64> {
        let (size, large) = (m.min(n), m.max(n));
        let of_rank = |rank: usize| exact(&of_rank::<T>(rank, m, n, 105));
        match self {
            Base::Well => {
                let mut a = exact(&random::<T>(m, n, 101));
                for k in 0..size {
                    a[[(k + usize::from(m >= n)) % m, (k + usize::from(m < n)) % n]] += large as f64;
                }
                a
            }
            Base::Identity => Array2::eye(large).slice_move(s![..m, ..n]),
            Base::Reflection => reflection::<T>(large).slice_move(s![..m, ..n]),
            Base::Zero => Array2::zeros((m, n)),
            Base::Ones => Array2::ones((m, n)),
            Base::Half => of_rank(size / 2),
        }
    }

    fn hermitian<T: Number>(self, n: usize) -> Array2<Complex64> {
        match self {
            Base::Well => exact(&positive_definite::<T>(n, 106)),
            Base::Half => {
                let g = random::<T>(n, n / 2, 107);
                exact(&g).dot(&adjoint(&g))
            }
            other => other.matrix::<T>(n, n),
        }
    }

    /// Whether it is well-conditioned.
    fn is_regular(self) -> bool {
        matches!(self, Base::Well | Base::Identity | Base::Reflection)
    }
}

/// Rounded, so that it is a matrix of `T`, and Hermitian as such.
fn reflection<T: Number>(n: usize) -> Array2<Complex64> {
    let mut v = exact(&random::<T>(n, 1, 102));
    let size = norm(&v);
    v.map_inplace(|x| *x /= size.max(1e-300));
    Array2::eye(n) - v.dot(&v.t().mapv(|x| x.conj())) * Complex64::new(2.0, 0.0)
}

impl<T: Extreme> Case<T> {
    fn new(base: Base, grading: Grading, (m, n): (usize, usize)) -> Self {
        let (all, rows, columns) = (grading.all::<T>(), |i| grading.row::<T>(i, m), |j| grading.column::<T>(j, n));
        // Of a Hermitian matrix, rows and columns alike.
        let both = |i| if columns(i) == 0 { grading.row::<T>(i, n) } else { columns(i) };
        let graded = |a: Array2<Complex64>, power: &dyn Fn(usize, usize) -> i32| {
            Array2::from_shape_fn(a.dim(), |(i, j)| times_power::<T>(T::near(a[[i, j]]).exact(), power(i, j)))
        };
        let hermitian = base.hermitian::<T>(n);
        let hermitian = Array2::from_shape_fn((n, n), |(i, j)| match i {
            _ if i == j => Complex64::new(hermitian[[i, i]].re, 0.0),
            _ if i > j => hermitian[[i, j]],
            _ => hermitian[[j, i]].conj(),
        });
        Case {
            what: format!("{base:?}, {grading:?}, {m} × {n}, {}", std::any::type_name::<T>()),
            base,
            grading,
            a: graded(base.matrix::<T>(m, n), &|i, j| rows(i) + columns(j) + all),
            b: graded(exact(&random::<T>(m, 2, 103)), &|i, _| rows(i) + all),
            hermitian: graded(hermitian, &|i, j| both(i) + both(j) + all),
            hermitian_b: graded(exact(&random::<T>(n, 2, 104)), &|i, _| both(i) + all),
            factor: graded(exact(&random::<T>(n, 3, 108)), &|i, _| -columns(i)),
        }
    }

    /// Whether there is a solution for each right-hand side, which its type has numbers for.
    fn is_regular(&self) -> bool {
        self.base.is_regular()
    }

    /// Whether columns are independent to within rounding, whatever their sizes are.
    fn has_independent_columns(&self) -> bool {
        let rows_alike = !matches!(self.grading, Grading::Rows | Grading::Both | Grading::Falling);
        let (m, n) = self.a.dim();
        m >= n && (n == 0 || self.is_regular() && (rows_alike || n == 1))
    }
}

fn every_routine<T: Extreme>() {
    let mut failed = 0;
    for (base, grading) in BASES.into_iter().flat_map(|base| GRADINGS.map(|grading| (base, grading))) {
        for (m, n) in SIZES {
            // The largest are for faer's kernels, of which the other bases tell nothing more.
            if m.max(n) > 40 && !matches!(base, Base::Well | Base::Half) {
                continue;
            }
            let case = Case::<T>::new(base, grading, (m, n));
            let mut layouts = 0;
            in_all_layouts(&case.a, |a, layout| {
                layouts += 1;
                // What large matrices take long to be judged for is computed from a copy.
                if m.max(n) <= 8 || layouts == 1 {
                    failed += routines::of_any_shape(&case, a, layout);
                    if m == n {
                        failed += routines::of_square(&case, a, layout);
                    }
                }
            });
            layouts = 0;
            in_all_layouts(&case.hermitian, |a, layout| {
                layouts += 1;
                if m == n && (n <= 8 || layouts == 1) {
                    failed += routines::of_hermitian(&case, a, layout);
                }
            });
        }
    }
    assert_eq!(failed, 0, "routines that failed");
}

#[test]
fn of_f64() {
    every_routine::<f64>();
}

#[test]
fn of_f32() {
    every_routine::<f32>();
}

#[test]
fn of_complex_f64() {
    every_routine::<Complex64>();
}

#[test]
fn of_complex_f32() {
    every_routine::<num_complex::Complex<f32>>();
}
