//! The table: every way in which an operation panics.

use std::alloc::Layout;
use std::num::FpCategory;
use std::ops::{Add, Div, Mul, Neg, Rem, Sub};

use ndarena::prelude::*;
use ndarray::prelude::*;
use ndarray::{Order, Slice, Zip};
use num_traits::{Float, FromPrimitive, Num, NumCast, One, ToPrimitive, Zero};

/// A call that panics.
pub(super) struct Row {
    pub(super) operation: &'static str,
    pub(super) file: &'static str,
    /// Where the row begins; it ends where the next one does.
    pub(super) line: u32,
    pub(super) call: fn(Scope<'_>),
    pub(super) begins: &'static str,
    pub(super) says: &'static [&'static str],
}

/// A row: the operation, a call of it, and what the message says besides the operation's name.
macro_rules! row {
    ($operation:ident, |$s:ident| $call:expr, $($says:literal),+) => {
        Row {
            operation: stringify!($operation),
            file: file!(),
            line: line!(),
            call: |$s| {
                let _ = $call;
            },
            begins: concat!("ndarena: ", stringify!($operation), ": "),
            says: &[$($says),+],
        }
    };
}

/// A row of an array for which there is no memory.
macro_rules! no_room {
    ($operation:ident, |$s:ident| $call:expr) => {
        no_room!($operation, |$s| $call, "65536")
    };
    ($operation:ident, |$s:ident| $call:expr, $says:literal) => {
        Row { begins: "ndarena: cannot allocate an array of shape [", ..row!($operation, |$s| $call, $says) }
    };
}

mod axes;
mod elementwise;
#[cfg(feature = "linalg")]
mod linalg;

pub(super) fn a() -> Array2<f64> {
    Array2::ones((2, 3))
}

fn ints() -> Array2<i32> {
    array![[1, 2], [0, 4]]
}

/// More than the buffers of the test hold, in the memory of one.
pub(super) fn large() -> ArrayView1<'static, f64> {
    ArrayView::from_shape(65536.strides(0), &[1.0]).unwrap()
}

fn large2() -> ArrayView2<'static, f64> {
    ArrayView::from_shape((65536, 2).strides((0, 0)), &[1.0]).unwrap()
}

/// More than the buffers of the test hold, in the memory of a row, and not a view in any other shape.
pub(super) fn rows_alike() -> ArrayView2<'static, f64> {
    ArrayView::from_shape((65536, 2).strides((0, 1)), &[1.0, 2.0]).unwrap()
}

/// As long as can be.
fn longest<T>(one: &[T; 1]) -> ArrayView2<'_, T> {
    ArrayView::from_shape((isize::MAX as usize, 1).strides((0, 0)), one).unwrap()
}

/// The rows are disjoint, in the order of their lines in each file.
pub(super) fn rows() -> Vec<Row> {
    let mut rows = others();
    // They are `map`, which has a row, and Miri takes seconds for them.
    if !cfg!(miri) {
        rows.extend(elementwise::rows());
    }
    rows.extend(axes::rows());
    #[cfg(feature = "linalg")]
    rows.extend(linalg::rows());
    rows
}

fn others() -> Vec<Row> {
    vec![
        row!(align, |s| s.align(48), "48 bytes", "a power of two"),
        // What cannot be broadcast.
        row!(zip_map, |s| s.zip_map(&a(), &array![1.0, 2.0], |x, y| x + y), "[2]", "[2, 3]", "give lengths"),
        row!(zip_map3, |s| s.zip_map3(&a(), &a(), &arr1(&[1; 4]), |x, _, _| *x), "[[2, 3], [2, 3], [4]]"),
        row!(zip_map4, |s| s.zip_map4(&a(), &a(), &a(), &arr1(&[1; 4]), |x, _, _, _| *x), "[2, 3], [4]]"),
        row!(zip_map5, |s| s.zip_map5(&a(), &a(), &a(), &arr1(&[1; 4]), &a(), |x, _, _, _, _| *x), "[4], [2, 3]]"),
        row!(
            zip_map6,
            |s| s.zip_map6(&a(), &a(), &a(), &a(), &a(), &arr1(&[1; 4]), |x, _, _, _, _, _| *x),
            "[2, 3], [4]]"
        ),
        row!(
            zip_map7,
            |s| s.zip_map7(&a(), &a(), &a(), &a(), &a(), &a(), &arr1(&[1; 4]), |x, _, _, _, _, _, _| *x),
            "[2, 3], [4]]"
        ),
        row!(
            zip_map8,
            |s| s.zip_map8(&a(), &a(), &a(), &a(), &a(), &a(), &a(), &arr1(&[1; 4]), |x, _, _, _, _, _, _, _| *x),
            "[2, 3], [4]]"
        ),
        row!(add, |s| s.add(&a(), &array![1.0, 2.0]), "[2]", "[2, 3]", "give lengths"),
        row!(sub, |s| s.sub(&a(), &array![1.0, 2.0]), "[2]", "[2, 3]"),
        row!(mul, |s| s.mul(&a(), &array![1.0, 2.0]), "[2]", "[2, 3]"),
        row!(div, |s| s.div(&a(), &array![1.0, 2.0]), "[2]", "[2, 3]"),
        row!(broadcast, |s| s.broadcast(&a(), (2, 4)), "[2, 3]", "[2, 4]", "give lengths"),
        // What is divided by zero.
        row!(div, |s| s.div(&ints(), &ints()), "divided by 0", "[1, 0]", "[2, 2]", "give"),
        row!(div, |s| s.div(&ints(), &ints().t()), "[0, 1]"),
        row!(div, |s| s.div(&ints().into_dyn(), &ints().slice(s![..;-1, ..])), "[0, 0]"),
        row!(div, |s| s.div(&ints(), &arr0(0)), "divided by 0"),
        row!(div, |s| s.div(&ints(), 0), "divided by 0", "not zero"),
        row!(div, |s| s.div(5, &ints()), "divided by 0", "[1, 0]"),
        row!(div, |s| s.div(7u8, &array![1u8, 2, 0]), "[2]", "[3]"),
        row!(div, |s| s.div(&array![1u128], 0u128), "divided by 0"),
        row!(div, |s| s.div(&array![1i8], &array![0i8]), "[0]", "[1]"),
        row!(div, |s| s.div(&array![1i16], &array![0i16]), "[0]", "[1]"),
        row!(div, |s| s.div(&array![1i64], &array![0i64]), "[0]", "[1]"),
        row!(div, |s| s.div(&array![1i128], &array![0i128]), "[0]", "[1]"),
        row!(div, |s| s.div(&array![1isize], &array![0isize]), "[0]", "[1]"),
        row!(div, |s| s.div(&array![1u16], &array![0u16]), "[0]", "[1]"),
        row!(div, |s| s.div(&array![1u32], &array![0u32]), "[0]", "[1]"),
        row!(div, |s| s.div(&array![1u64], &array![0u64]), "[0]", "[1]"),
        row!(div, |s| s.div(&array![1usize], &array![0usize]), "[0]", "[1]"),
        // What is not there.
        row!(map_axis, |s| s.map_axis(&a(), Axis(2), |lane| lane.len()), "axis 2", "[2, 3]", "less than 2"),
        row!(fold_axis, |s| s.fold_axis(&a(), Axis(7), 0.0, |x, y| x + y), "axis 7", "[2, 3]"),
        row!(sum_axis, |s| s.sum_axis(&a(), Axis(2)), "axis 2", "[2, 3]"),
        row!(sum_axis, |s| s.sum_axis(&arr0(1.0).into_dyn(), Axis(0)), "axis 0", "[]", "less than 0"),
        row!(mean_axis, |s| s.mean_axis(&a(), Axis(usize::MAX)), "axis 18446744073709551615", "[2, 3]"),
        row!(mean_axis, |s| s.mean_axis(&Array2::<i8>::ones((2, 200)), Axis(1)), "200", "i8", "give"),
        row!(var_axis, |s| s.var_axis(&a(), Axis(2), 0.0), "axis 2", "[2, 3]"),
        row!(var_axis, |s| s.var_axis(&a(), Axis(0), 2.5), "2.5", "axis 0", "[2, 3]", "length 2", "give"),
        row!(var_axis, |s| s.var_axis(&a().mapv(Small), Axis(1), Small(-1.0)), "-1", "length 3"),
        row!(var_axis, |s| s.var_axis(&Array2::from_elem((101, 2), Small(0.0)), Axis(0), Small(0.0)), "101", "Small"),
        row!(std_axis, |s| s.std_axis(&a(), Axis(2), 0.0), "axis 2", "[2, 3]"),
        row!(std_axis, |s| s.std_axis(&a(), Axis(1), -1.0), "-1", "axis 1", "length 3"),
        row!(select, |s| s.select(&a(), Axis(2), &[0]), "axis 2", "[2, 3]"),
        row!(select, |s| s.select(&a(), Axis(1), &[0, 5, 3]), "index 5", "axis 1", "[2, 3]", "less than 3"),
        // What does not fit.
        row!(dot, |s| s.dot(&a(), &a()), "2 × 3 and 2 × 3", "give"),
        row!(dot, |s| s.dot(&a(), &array![1.0]), "2 × 3 and 1 × 1"),
        row!(dot, |s| s.dot(&array![1.0], &a()), "1 × 1 and 2 × 3"),
        row!(dot, |s| s.dot(&array![1.0], &array![1.0, 2.0]), "1 × 1 and 2 × 1"),
        row!(dot, |s| s.dot(&*a().into_dyn(), &*a().into_dyn()), "2 × 3 and 2 × 3"),
        row!(dot, |s| s.dot(&*arr0(1).into_dyn(), &*array![1].into_dyn()), "shapes [] and [1]", "0 and 1"),
        row!(solve_lower_triangular, |s| s.solve_lower_triangular(&a(), &array![1.0]), "2 × 3 and [1]", "give"),
        row!(solve_lower_triangular, |s| s.solve_lower_triangular(&s.eye(2), &arr0(1.0)), "2 × 2 and []"),
        row!(solve_upper_triangular, |s| s.solve_upper_triangular(&s.eye(2), &array![1.0]), "2 × 2 and [1]"),
        // Numbers that are not there.
        row!(range, |s| s.range(0.0, 5.0, -1.0), "from 0 to 5 by -1", "give a step"),
        row!(range, |s| s.range(0.0f32, 5.0, 0.0), "from 0 to 5 by 0"),
        row!(range, |s| s.range(1.0, f64::NAN, 1.0), "from 1 to NaN by 1"),
        row!(range, |s| s.range(1.0, f64::INFINITY, 1.0), "from 1 to inf by 1"),
        row!(range, |s| s.range(Small(0.0), Small(200.0), Small(1.0)), "199", "Small", "give"),
        row!(linspace, |s| s.linspace(Small(0.0), Small(1.0), 200), "199", "Small", "give"),
        row!(geomspace, |s| s.geomspace(Small(1.0), Small(2.0), 200), "199", "Small", "give"),
        row!(logspace, |s| s.logspace(Small(2.0), Small(0.0), Small(1.0), 200), "199", "Small", "give"),
        // What is too large, and fits no memory at all.
        no_room!(
            zip_map,
            |s| s.zip_map(&longest(&[1.0]), &array![[1.0, 2.0, 3.0]], |x, y| x + y),
            "9223372036854775807, 3]"
        ),
        no_room!(
            zip_map3,
            |s| s.zip_map3(&longest(&[1.0]), &arr1(&[1; 3]), &arr0(1), |x, _, _| *x),
            "9223372036854775807, 3]"
        ),
        no_room!(zip_map, |s| s.zip_map(&longest(&[()]), &array![[1, 2, 3]], |_, _| ()), "9223372036854775807, 3]"),
        no_room!(add, |s| s.add(&longest(&[1.0]), &array![[1.0, 2.0, 3.0]]), "9223372036854775807, 3]"),
        no_room!(broadcast, |s| s.broadcast(&array![1.0], (isize::MAX as usize, 2)), "9223372036854775807, 2]"),
        no_room!(kron, |s| s.kron(&large2(), &longest(&[1.0])), "overflows isize"),
        no_room!(outer, |s| s.outer(&longest(&[1.0]).column(0), &longest(&[1.0]).column(0)), "overflows isize"),
        no_room!(eye, |s| s.eye::<f64>(1 << 40), "overflows isize"),
        no_room!(alloc_slice, |s| s.alloc_slice::<u8>(usize::MAX).len(), "overflows isize"),
        no_room!(linspace, |s| s.linspace(0.0, 1.0, usize::MAX), "overflows isize"),
        no_room!(select, |s| s.select(&longest(&[1.0]), Axis(1), &[0, 0]), "overflows isize"),
        // What there is no memory for.
        no_room!(alloc_array, |s| s.alloc_array::<f64>((65536, 2))),
        no_room!(uninit, |s| s.uninit::<f64>(65536)),
        no_room!(from_elem, |s| s.from_elem(65536, 'x')),
        no_room!(zeros, |s| s.zeros::<f64>(65536)),
        no_room!(ones, |s| s.ones::<f64>(65536)),
        no_room!(default, |s| s.default::<f64>(65536)),
        no_room!(from_shape_simple_fn, |s| s.from_shape_simple_fn((65536, 2), || 1.0)),
        no_room!(from_shape_fn, |s| s.from_shape_fn((65536, 2).f(), |(i, j)| i + j)),
        no_room!(alloc_array, |s| s.align(128).alloc_array::<f64>((65536, 2).strides((4, 1)))),
        no_room!(uninit, |s| s.align(128).uninit::<f64>(65536)),
        no_room!(zeros, |s| s.align(128).zeros::<f64>((512, 65536).padded::<f64>())),
        no_room!(zeros, |s| s.guard().scope().zeros::<f64>((65536, 2)).len()),
        no_room!(alloc_slice, |s| s.alloc_slice::<f64>(65536).len()),
        no_room!(bytes, |s| s.bytes(Layout::array::<f64>(65536).unwrap()).len(), "524288"),
        no_room!(copy_of, |s| s.copy_of(&large())),
        no_room!(map, |s| s.map(&large2().t(), |x| x + 1.0)),
        no_room!(zip_map, |s| s.zip_map(&large2(), &array![1.0, 2.0], |x, y| x + y)),
        no_room!(zip_map3, |s| s.zip_map3(&large(), &large(), &large(), |x, _, _| *x)),
        no_room!(zip_map4, |s| s.zip_map4(&large(), &large(), &large(), &arr0(1), |x, _, _, _| *x)),
        no_room!(zip_map5, |s| s.zip_map5(&large(), &large(), &large(), &large(), &arr0(1), |x, _, _, _, _| *x)),
        no_room!(zip_map6, |s| s.zip_map6(
            &large(),
            &large(),
            &large(),
            &large(),
            &large(),
            &arr0(1),
            |x, _, _, _, _, _| *x
        )),
        no_room!(zip_map7, |s| s.zip_map7(
            &large(),
            &large(),
            &large(),
            &large(),
            &large(),
            &large(),
            &arr0(1),
            |x, _, _, _, _, _, _| *x
        )),
        no_room!(zip_map8, |s| s.zip_map8(
            &large(),
            &large(),
            &large(),
            &large(),
            &large(),
            &large(),
            &large(),
            &arr0(1),
            |x, _, _, _, _, _, _, _| *x
        )),
        no_room!(map_collect_in, |s| Zip::from(&large()).map_collect_in(s, |x| x + 1.0)),
        no_room!(add, |s| s.add(&large(), 1.0)),
        no_room!(add, |s| s.add(&large2(), &array![1.0, 2.0])),
        no_room!(sub, |s| s.sub(1.0, &large())),
        no_room!(mul, |s| s.mul(&large2(), &large2())),
        no_room!(div, |s| s.div(&large(), 0.0)),
        no_room!(neg, |s| s.neg(&large())),
        no_room!(dot, |s| s.dot(&large2(), &a())),
        no_room!(dot, |s| s.dot(&large2(), &array![1.0, 2.0])),
        no_room!(dot, |s| s.dot(&array![1.0, 2.0], &large2().t())),
        no_room!(dot, |s| s.dot(&*large2().into_dyn(), &*a().into_dyn())),
        no_room!(outer, |s| s.outer(&large(), &array![1.0])),
        no_room!(kron, |s| s.kron(&large2(), &a()), "131072"),
        no_room!(solve_lower_triangular, |s| s.solve_lower_triangular(&s.eye(2), &large2().t())),
        no_room!(solve_upper_triangular, |s| s.solve_upper_triangular(&s.eye(2), &large2().t())),
        no_room!(concatenate, |s| s.concatenate(Axis(0), &[large2(), large2()]), "131072"),
        no_room!(stack, |s| s.stack(Axis(1), &[large(), large()])),
        no_room!(select, |s| s.select(&a(), Axis(0), &[1; 65536])),
        no_room!(as_standard_layout, |s| s.as_standard_layout(&large()).len()),
        no_room!(to_shape, |s| s.to_shape(&rows_alike(), 131072).unwrap().len()),
        no_room!(flatten, |s| s.flatten(&rows_alike()).len()),
        no_room!(flatten_with_order, |s| s.flatten_with_order(&rows_alike(), Order::ColumnMajor).len(), "[2, 65536]"),
        no_room!(broadcast, |s| s.broadcast(&arr0(1.0), 65536)),
        no_room!(map_axis, |s| s.map_axis(&large2(), Axis(1), |lane| lane.sum())),
        no_room!(fold_axis, |s| s.fold_axis(&large2(), Axis(1), 0.0, |x, y| x + y)),
        no_room!(sum_axis, |s| s.sum_axis(&large2(), Axis(1))),
        no_room!(sum_axis, |s| s.sum_axis(&large2().t(), Axis(0))),
        no_room!(mean_axis, |s| s.mean_axis(&large2(), Axis(1))),
        no_room!(var_axis, |s| s.var_axis(&large2(), Axis(1), 0.0)),
        // The first temporary fits, the second does not.
        no_room!(var_axis, |s| s.var_axis(&large2().slice_axis(Axis(0), Slice::from(..5000)), Axis(1), 0.0), "[5000]"),
        no_room!(std_axis, |s| s.std_axis(&large2(), Axis(1), 0.0)),
        no_room!(from_iter, |s| s.from_iter(0..65536)),
        no_room!(from_iter, |s| s.from_iter((0..65536).filter(|_| true))),
        no_room!(linspace, |s| s.linspace(0.0, 1.0, 65536)),
        no_room!(range, |s| s.range(0.0, 65536.0, 1.0)),
        no_room!(geomspace, |s| s.geomspace(1.0, 2.0, 65536).map(|x| x.len())),
        no_room!(logspace, |s| s.logspace(2.0, 0.0, 1.0, 65536)),
        no_room!(eye, |s| s.eye::<f64>(65536)),
        no_room!(from_diag, |s| s.from_diag(&large())),
        no_room!(from_diag_elem, |s| s.from_diag_elem(65536, 1.0)),
    ]
}

/// A float that numbers beyond 100 cannot be converted to.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
struct Small(f64);

impl NumCast for Small {
    fn from<T: ToPrimitive>(n: T) -> Option<Self> {
        n.to_f64().filter(|&n| n <= 100.0).map(Small)
    }
}

impl FromPrimitive for Small {
    fn from_i64(n: i64) -> Option<Self> {
        <Small as NumCast>::from(n)
    }
    fn from_u64(n: u64) -> Option<Self> {
        <Small as NumCast>::from(n)
    }
}

impl ToPrimitive for Small {
    fn to_i64(&self) -> Option<i64> {
        self.0.to_i64()
    }
    fn to_u64(&self) -> Option<u64> {
        self.0.to_u64()
    }
    fn to_f64(&self) -> Option<f64> {
        Some(self.0)
    }
}

impl Zero for Small {
    fn zero() -> Self {
        Small(0.0)
    }
    fn is_zero(&self) -> bool {
        self.0 == 0.0
    }
}

impl One for Small {
    fn one() -> Self {
        Small(1.0)
    }
}

impl Num for Small {
    type FromStrRadixErr = ();
    fn from_str_radix(_: &str, _: u32) -> Result<Self, ()> {
        Err(())
    }
}

impl Neg for Small {
    type Output = Self;
    fn neg(self) -> Self {
        Small(-self.0)
    }
}

macro_rules! forwarded {
    ($($Op:ident $op:ident)+; $($constant:ident)+; $($is:ident)+; $($one:ident)+; $($two:ident)+) => {
        $(impl $Op for Small {
            type Output = Self;
            fn $op(self, other: Self) -> Self {
                Small(self.0.$op(other.0))
            }
        })+

        impl Float for Small {
            $(fn $constant() -> Self {
                Small(<f64 as Float>::$constant())
            })+
            $(fn $is(self) -> bool {
                Float::$is(self.0)
            })+
            $(fn $one(self) -> Self {
                Small(Float::$one(self.0))
            })+
            $(fn $two(self, other: Self) -> Self {
                Small(Float::$two(self.0, other.0))
            })+
            fn classify(self) -> FpCategory {
                self.0.classify()
            }
            fn mul_add(self, a: Self, b: Self) -> Self {
                Small(self.0.mul_add(a.0, b.0))
            }
            fn powi(self, n: i32) -> Self {
                Small(self.0.powi(n))
            }
            fn sin_cos(self) -> (Self, Self) {
                (self.sin(), self.cos())
            }
            fn integer_decode(self) -> (u64, i16, i8) {
                self.0.integer_decode()
            }
        }
    };
}

forwarded! {
    Add add Sub sub Mul mul Div div Rem rem;
    nan infinity neg_infinity neg_zero min_value min_positive_value max_value;
    is_nan is_infinite is_finite is_normal is_sign_positive is_sign_negative;
    floor ceil round trunc fract abs signum recip sqrt cbrt exp exp2 exp_m1 ln log2 log10 ln_1p
    sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh;
    powf log max min abs_sub hypot atan2
}
