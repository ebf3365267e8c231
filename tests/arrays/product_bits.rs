//! Products, against ndarray on the heap, bit for bit: of every small shape, from numbers on which kernels could differ.
//!
//! Which kernel ndarray has depends on the features of the crates below it, so this is to hold in any package.

use std::fmt::Debug;

use ndarena::prelude::*;
use ndarray::linalg::{Dot, kron};
use ndarray::prelude::*;
use ndarray::{ArrayRef, LinalgScalar, indices, s};
use num_traits::{Float, FromPrimitive};

/// Shapes have lengths up to this: beyond what the scope's loops are for, and beyond the tiles of all kernels.
const MOST: usize = if cfg!(miri) { 3 } else { 17 };

/// One in so many of the operands is looked at.
const EACH: usize = if cfg!(miri) { 101 } else { 1 };

trait Number: LinalgScalar + Float + FromPrimitive + Debug {
    /// Not less than this fit their square.
    const TINY: Self;
    const SPECIAL: [Self; 12];
    fn near(x: f64) -> Self;
    /// All that tells one number from another: of NaN only that it is one.
    fn bits(self) -> u64;
}

macro_rules! number {
    ($T:ident, $tiny:literal) => {
        impl Number for $T {
            const TINY: Self = $tiny;
            const SPECIAL: [Self; 12] = [
                0.0,
                -0.0,
                1.5,
                $T::INFINITY,
                -$tiny,
                $T::NAN,
                $T::MAX,
                $T::MIN_POSITIVE,
                $T::NEG_INFINITY,
                -$T::MIN_POSITIVE / 8.0,
                -$T::MAX,
                $tiny,
            ];
            fn near(x: f64) -> Self {
                x as $T
            }
            fn bits(self) -> u64 {
                if self.is_nan() { u64::MAX } else { self.to_bits().into() }
            }
        }
    };
}

number!(f32, 1e-30);
number!(f64, 1e-200);

/// Numbers in no order, the same every time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) as usize
    }
}

/// Numbers of one kind.
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// Every product and every sum is rounded.
    Thirds,
    /// Products are too small for any number but zero.
    Underflow,
    /// Products are of the size of the smallest numbers.
    Subnormal,
    /// Zeros of both signs, and some ones.
    Zeros,
    /// Products overflow, and sums of them do.
    Overflow,
    /// A few infinities, NaN and others among thirds.
    Mixed,
    /// Nothing but those.
    Special,
}

const KINDS: [Kind; 7] =
    [Kind::Thirds, Kind::Underflow, Kind::Subnormal, Kind::Zeros, Kind::Overflow, Kind::Mixed, Kind::Special];

impl Kind {
    fn number<T: Number>(self, random: &mut Random) -> T {
        let of = |x: f64| T::near(x);
        let third = (random.next() % 199) as f64 / 3.0 - 33.0;
        let sign = if random.next() % 2 == 0 { 1.0 } else { -1.0 };
        match self {
            Kind::Thirds => of(third),
            Kind::Underflow => of(sign) * T::TINY,
            Kind::Subnormal if size_of::<T>() == 4 => of(third * 2e-23),
            Kind::Subnormal => of(third * 1e-162),
            Kind::Zeros => of(sign * [0.0, 0.0, 0.0, 1.0][random.next() % 4]),
            Kind::Overflow if size_of::<T>() == 4 => of(third * 1e18),
            Kind::Overflow => of(third * 1e153),
            Kind::Mixed if random.next() % 12 > 0 => of(third),
            Kind::Mixed | Kind::Special => T::SPECIAL[random.next() % 12],
        }
    }

    fn matrix<T: Number>(self, dim: (usize, usize), random: &mut Random) -> Array2<T> {
        Array2::from_shape_simple_fn(dim, || self.number(random))
    }
}

/// A matrix like `a` that lies otherwise in memory, together with how to see it as `a`.
fn laid_out<T: Number>(a: &Array2<T>, layout: usize) -> Array2<T> {
    let (m, n) = a.dim();
    let mut like = match layout {
        0 => return a.clone(),
        1 => Array2::from_elem((m, n).f(), T::zero()),
        // What is between the elements must not matter.
        2 => Array2::from_elem((2 * m, 3 * n + 1), T::SPECIAL[5]),
        _ => Array2::from_elem((m, n), T::zero()),
    };
    as_laid_out(&mut like, layout).assign(a);
    like
}

fn as_laid_out<T>(like: &mut Array2<T>, layout: usize) -> ArrayViewMut2<'_, T> {
    match layout {
        2 => like.slice_mut(s![..;2, 1..;3]),
        3 => like.slice_mut(s![..;-1, ..;-1]),
        _ => like.view_mut(),
    }
}

const LAYOUTS: usize = 4;

#[track_caller]
fn assert_bits<T: Number, D: Dimension>(what: &str, ours: &ArrayRef<T, D>, ndarrays: &ArrayRef<T, D>) {
    assert_eq!(ours.shape(), ndarrays.shape(), "{what}");
    for (at, (&ours, &ndarrays)) in ours.iter().zip(ndarrays).enumerate() {
        assert!(ours.bits() == ndarrays.bits(), "{what}: {ours:?} for {ndarrays:?}, element {at}");
    }
}

/// Each shape with every kind of numbers, but for those that are left out ([`EACH`]).
// By loops: `flat_map` compiles to code that compares words which nobody wrote, before it finds that it need not; valgrind
// cannot know that.
fn with_kinds<S: Copy>(shapes: impl IntoIterator<Item = S>) -> impl Iterator<Item = (usize, (S, Kind))> {
    let mut all = Vec::new();
    for shape in shapes {
        for kind in KINDS {
            all.push((shape, kind));
        }
    }
    all.into_iter().step_by(EACH).enumerate()
}

fn products_have_ndarrays_bits<T: Number>() {
    let buffer = Buffer::new();
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    // Every shape with every kind of numbers; each in one of the 16 pairs of layouts, which come round.
    for (turn, ((m, k, n), kind)) in with_kinds(indices((MOST + 1, MOST + 1, MOST + 1))) {
        let (a, b) = (kind.matrix::<T>((m, k), &mut random), kind.matrix::<T>((k, n), &mut random));
        let (of_a, of_b) = (turn % LAYOUTS, turn / LAYOUTS % LAYOUTS);
        let (mut a, mut b) = (laid_out(&a, of_a), laid_out(&b, of_b));
        let (a, b) = (as_laid_out(&mut a, of_a), as_laid_out(&mut b, of_b));
        let what = format!("{m} × {k} × {n}, {kind:?}, layouts {of_a} and {of_b}");
        buffer.scope(|s| assert_bits(&what, &s.dot(&a, &b), &a.dot(&b)));
    }
}

#[test]
fn f32_products_have_ndarrays_bits() {
    products_have_ndarrays_bits::<f32>();
}

#[test]
fn f64_products_have_ndarrays_bits() {
    products_have_ndarrays_bits::<f64>();
}

/// The other forms of `dot`, and other products of two arrays.
fn all_forms_have_ndarrays_bits<T: Number>() {
    let buffer = Buffer::new();
    let mut random = Random(0xD1B5_4A32_D192_ED03);
    // Dot products of vectors are unrolled by eight.
    let length = |i: usize| if i > MOST { 40 } else { i };
    for (turn, ((i, j), kind)) in with_kinds(indices((MOST + 2, MOST + 2))) {
        let (m, k) = (length(i), length(j));
        let layout = turn % LAYOUTS;
        let mut a = laid_out(&kind.matrix::<T>((m, k), &mut random), layout);
        let a = as_laid_out(&mut a, layout);
        let (rows, columns) = (kind.matrix::<T>((2, k), &mut random), kind.matrix::<T>((m, 2), &mut random));
        let what = format!("{m} × {k}, {kind:?}, layout {layout}");
        // Vectors without gaps, and with.
        for (x, y) in [(rows.row(0), columns.t().row(0)), (rows.slice(s![1, ..;-1]), columns.slice(s![..;-1, 1]))] {
            buffer.scope(|s| {
                assert_bits(&what, &s.dot(&a, &x), &a.dot(&x));
                assert_bits(&what, &s.dot(&y, &a), &y.dot(&a));
                assert_eq!(s.dot(&x, &x).bits(), x.dot(&x).bits(), "{what}");
                let ((a, x, y), last) = ((a.view().into_dyn(), x.into_dyn(), y.into_dyn()), rows.t().into_dyn());
                assert_bits(&what, &s.dot(&*a, &*x), &Dot::dot(&*a, &*x));
                assert_bits(&what, &s.dot(&*y, &*a), &Dot::dot(&*y, &*a));
                assert_bits(&what, &s.dot(&*x, &*x), &Dot::dot(&*x, &*x));
                assert_bits(&what, &s.dot(&*a, &*last), &Dot::dot(&*a, &*last));
            });
            buffer.scope(|s| {
                let outer = Array2::from_shape_fn((m, k), |(i, j)| y[i] * x[j]);
                assert_bits(&what, &s.outer(&y, &x), &outer);
                if rows.len() * a.len() > 0 {
                    assert_bits(&what, &s.kron(&rows, &a), &kron(&rows, &a));
                }
            });
        }
    }
}

#[test]
fn all_forms_of_f32_products_have_ndarrays_bits() {
    all_forms_have_ndarrays_bits::<f32>();
}

#[test]
fn all_forms_of_f64_products_have_ndarrays_bits() {
    all_forms_have_ndarrays_bits::<f64>();
}

/// Each product underflows, and what is left of it is its sign: whether that stays depends on how the kernel ends.
#[test]
fn what_underflows_has_ndarrays_sign() {
    for n in 1..=12 {
        let (a, b) = (Array2::from_elem((n, n), -1e-200), Array2::from_elem((n, n), 1e-200));
        ndarena::scope(|s| assert_bits("-1e-200 times 1e-200", &s.dot(&a, &b), &a.dot(&b)));
    }
}

/// Reductions are ndarray's, too, in the signs of zeros and in what is no number.
fn reductions_have_ndarrays_bits<T: Number>() {
    let buffer = Buffer::new();
    let mut random = Random(0xA076_1D64_78BD_642F);
    let shapes = [0, 1, 2, 3, 8, 9, MOST].map(|m| [0, 1, 2, 7, 8, 20].map(|n| (m, n))).concat();
    for (turn, ((m, n), kind)) in with_kinds(shapes.repeat(LAYOUTS + 1)) {
        let layout = turn % LAYOUTS;
        let mut a = laid_out(&kind.matrix::<T>((m, n), &mut random), layout);
        let a = as_laid_out(&mut a, layout);
        for axis in [Axis(0), Axis(1)] {
            let what = format!("{m} × {n}, {kind:?}, layout {layout}, {axis:?}");
            buffer.scope(|s| {
                assert_bits(&what, &s.sum_axis(&a, axis), &a.sum_axis(axis));
                assert_eq!(a.len_of(axis) == 0, s.mean_axis(&a, axis).is_none(), "{what}");
                if let (Some(ours), Some(ndarrays)) = (s.mean_axis(&a, axis), a.mean_axis(axis)) {
                    assert_bits(&what, &ours, &ndarrays);
                }
                assert_bits(&what, &s.var_axis(&a, axis, T::zero()), &a.var_axis(axis, T::zero()));
                assert_bits(&what, &s.std_axis(&a, axis, T::zero()), &a.std_axis(axis, T::zero()));
            });
        }
    }
}

#[test]
fn reductions_of_f32_have_ndarrays_bits() {
    reductions_have_ndarrays_bits::<f32>();
}

#[test]
fn reductions_of_f64_have_ndarrays_bits() {
    reductions_have_ndarrays_bits::<f64>();
}
