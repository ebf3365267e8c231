//! Matrices to factorise, and how answers are judged.

use ndarena::linalg::LinalgElement;
use ndarray::prelude::*;
use num_complex::{Complex, Complex64};

/// An element of whose type the unit of rounding is known.
pub(crate) trait Number: LinalgElement + std::fmt::Debug + PartialEq {
    /// The distance from 1 to the next number.
    const EPSILON: f64;
    /// The number nearest to this; of a real type, to its real part.
    fn near(number: Complex64) -> Self;
    fn exact(self) -> Complex64;
}

macro_rules! numbers {
    ($($real:ident),+) => {$(
        impl Number for $real {
            const EPSILON: f64 = $real::EPSILON as f64;
            fn near(number: Complex64) -> Self {
                number.re as $real
            }
            fn exact(self) -> Complex64 {
                Complex64::new(self.into(), 0.0)
            }
        }
        impl Number for Complex<$real> {
            const EPSILON: f64 = $real::EPSILON as f64;
            fn near(number: Complex64) -> Self {
                Complex::new(number.re as $real, number.im as $real)
            }
            fn exact(self) -> Complex64 {
                Complex64::new(self.re.into(), self.im.into())
            }
        }
    )+};
}

numbers!(f32, f64);

/// Calls a generic function with each type of elements.
macro_rules! for_all_elements {
    ($function:ident($($argument:expr),*)) => {
        $function::<f64>($($argument),*);
        $function::<f32>($($argument),*);
        $function::<num_complex::Complex<f64>>($($argument),*);
        $function::<num_complex::Complex<f32>>($($argument),*);
    };
}
pub(crate) use for_all_elements;

/// Numbers without a pattern: parts between -1 and 1.
pub(crate) fn random<T: Number>(rows: usize, columns: usize, seed: u64) -> Array2<T> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ ((rows as u64) << 32) ^ columns as u64;
    let mut part = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mixed = (state ^ (state >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    };
    Array2::from_shape_simple_fn((rows, columns), || T::near(Complex64::new(part(), part())))
}

/// `a`, exactly.
pub(crate) fn exact<T: Number, D: Dimension>(a: &ArrayRef<T, D>) -> Array<Complex64, D> {
    a.mapv(T::exact)
}

/// `aᴴ`.
pub(crate) fn adjoint<T: Number>(a: &ArrayRef2<T>) -> Array2<Complex64> {
    a.t().mapv(|x| x.exact().conj())
}

/// Positive definite, with eigenvalues of the order of `n`.
pub(crate) fn positive_definite<T: Number>(n: usize, seed: u64) -> Array2<T> {
    let a = exact(&random::<T>(n, n, seed));
    let product =
        a.dot(&a.t().mapv(|x| x.conj())) + Array2::from_diag_elem(n, Complex64::new(n as f64 / 4.0 + 0.5, 0.0));
    product.mapv(T::near)
}

/// The square root of the sum of squares.
pub(crate) fn norm<T: Number, D: Dimension>(a: &ArrayRef<T, D>) -> f64 {
    a.iter().map(|x| x.exact().norm_sqr()).sum::<f64>().sqrt()
}

/// Asserts that two arrays differ by no more than `steps` roundings of numbers as large as `scale`.
#[track_caller]
pub(crate) fn assert_close<T: Number, D: Dimension>(
    found: &ArrayRef<Complex64, D>,
    expected: &ArrayRef<Complex64, D>,
    scale: f64,
    steps: f64,
    what: &str,
) {
    let off = norm(&(found - expected)) / (T::EPSILON * scale.max(f64::MIN_POSITIVE));
    assert!(off <= steps, "{what}: off by {off:.1} roundings, of which {steps} are allowed");
}

/// Asserts that `x` solves `a x = b` as exactly as it can be asked for: that it solves a system exactly whose matrix and
/// right-hand side differ from these by roundings.
#[track_caller]
pub(crate) fn assert_solves<T: Number>(a: &ArrayRef2<T>, x: &ArrayRef2<T>, b: &ArrayRef2<T>, steps: f64, what: &str) {
    let left = exact(a).dot(&exact(x));
    assert_close::<T, _>(&left, &exact(b), norm(a) * norm(x) + norm(b), steps, what);
}

/// The same matrix in every kind of memory order and stride.
pub(crate) fn in_all_layouts<T: Number>(a: &ArrayRef2<T>, mut with: impl FnMut(ArrayView2<'_, T>, &str)) {
    let (rows, columns) = a.dim();
    let nan = T::near(Complex64::new(f64::NAN, f64::NAN));
    with(a.to_owned().view(), "row-major");
    let mut column_major = Array2::from_elem((rows, columns).f(), nan);
    column_major.assign(a);
    with(column_major.view(), "column-major");
    let mut wide = Array2::from_elem((2 * rows, 3 * columns + 1), nan);
    let mut part = wide.slice_mut(s![..;2, 1..;3]);
    part.assign(a);
    with(part.view(), "with gaps");
    let mut backwards = a.to_owned();
    backwards.invert_axis(Axis(0));
    backwards.invert_axis(Axis(1));
    let mut same = backwards.as_standard_layout().into_owned();
    same.invert_axis(Axis(0));
    same.invert_axis(Axis(1));
    with(same.view(), "backwards");
}

/// Asserts that the columns of `q` are orthonormal.
#[track_caller]
pub(crate) fn assert_orthonormal<T: Number>(q: &ArrayRef2<T>, steps: f64, what: &str) {
    let n = q.ncols();
    assert_close::<T, _>(&adjoint(q).dot(&exact(q)), &Array2::eye(n), (n as f64).sqrt(), steps, what);
}

/// Shapes: none, small, square, tall, wide, and larger than blocks.
pub(crate) const SHAPES: [(usize, usize); 18] = [
    (0, 0),
    (0, 3),
    (3, 0),
    (1, 1),
    (2, 2),
    (3, 3),
    (4, 4),
    (8, 8),
    (17, 17),
    (33, 33),
    (65, 65),
    (130, 130),
    (1, 5),
    (5, 1),
    (7, 20),
    (20, 7),
    (90, 40),
    (40, 90),
];

/// Of that rank, with columns and rows of all sizes.
pub(crate) fn of_rank<T: Number>(rank: usize, rows: usize, columns: usize, seed: u64) -> Array2<T> {
    exact(&random::<T>(rows, rank, seed)).dot(&exact(&random::<T>(rank, columns, seed + 1))).mapv(T::near)
}
