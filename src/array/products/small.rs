//! Products of small matrices. ndarray's kernel sets up for large ones, and allocates memory to pack them into: at 4 × 4
//! most of its time. These are plain loops, used only where they give what ndarray's kernel gives, bit for bit.
//!
//! What that is depends on the processor and on the features that ndarray's crates are built with, so it is tried:
//!
//! - Every kernel of matrixmultiply adds the products up in the order of `k`, in one sum for each element that begins at +0.0,
//!   however it unrolls its loop, packs its operands and masks its edges. What they differ in is in [`Kernel`].
//! - Some then add the result to zeros, others multiply it by one. That is the same but for a sum of -0.0, and the only way
//!   to one is a fused operation that underflows: a sum that is rounded after each product is -0.0 only if both parts are, and
//!   the first part is not.
//! - With its feature `blas`, ndarray leaves matrices to that library whose rows lie side by side, if one has more than 7
//!   rows or columns.
//!
//! The invariants:
//!
//! - `Bits`: a loop other than ndarray's kernel runs only if it gave the kernel's bits in every trial of [`gives_the_same`].
//! - `Fused`: [`fused::product`] is called only where [`fused::is_there`].

use core::any::{Any, TypeId};
use core::sync::atomic::{AtomicU8, Ordering::Relaxed};

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayRef2, Axis, LinalgScalar};
use num_traits::Float;

use super::rows::{LIMIT, rows};

/// How ndarray's kernel rounds.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kernel {
    /// That is not known yet.
    Unknown,
    /// After each product and each sum.
    Twice,
    /// After each product and sum as a whole, with the processor's fused operation. Stored, or handed to [`product`], only
    /// where there is one (`Fused`).
    Once,
    /// As `Once`; and in the end +0.0 is added to each sum, by which -0.0 becomes +0.0.
    OnceAndPlusZero,
    /// In a way that no loop here has.
    Other,
}

/// `c ← a b`, if the matrices are small and of numbers that matter: else nothing, and `false`.
#[inline]
pub(super) fn small_product<A: LinalgScalar>(a: &ArrayRef2<A>, b: &ArrayRef2<A>, c: &mut ArrayRef2<A>) -> bool {
    let ((m, k), n) = (a.dim(), b.ncols());
    if m > LIMIT || k > LIMIT || n > LIMIT {
        return false;
    }
    let kernel = if is::<A, f64>() {
        static KNOWN: AtomicU8 = AtomicU8::new(Kernel::Unknown as u8);
        kernel_of::<f64>(&KNOWN)
    } else if is::<A, f32>() {
        static KNOWN: AtomicU8 = AtomicU8::new(Kernel::Unknown as u8);
        kernel_of::<f32>(&KNOWN)
    } else {
        return false;
    };
    product(a, b, c, kernel)
}

/// `c ← a b` by the loop that rounds as `kernel` says, if there is such a loop; else nothing, and `false` (Bits).
// Not `#[inline]`: its loops, compiled once more wherever there is a product, would take longer to compile than all around them.
fn product<A: LinalgScalar>(a: &ArrayRef2<A>, b: &ArrayRef2<A>, c: &mut ArrayRef2<A>, kernel: Kernel) -> bool {
    match kernel {
        Kernel::Twice => rows(a, b, c, |x, y, sum| sum + x * y, |sum| sum),
        // SAFETY: there are fused operations, or no such kernel would be known (Fused).
        Kernel::Once => unsafe { fused::product::<A, false>(a, b, c) },
        // SAFETY: as for `Once` (Fused).
        Kernel::OnceAndPlusZero => unsafe { fused::product::<A, true>(a, b, c) },
        Kernel::Unknown | Kernel::Other => return false,
    }
    true
}

/// The kernel whose loop gives what ndarray's does: looked up in `known`, or found by trying the first time.
#[inline]
fn kernel_of<A: LinalgScalar + Float + From<f32>>(known: &AtomicU8) -> Kernel {
    let stored = known.load(Relaxed);
    for kernel in [Kernel::Once, Kernel::OnceAndPlusZero, Kernel::Twice, Kernel::Other] {
        if stored == kernel as u8 {
            return kernel;
        }
    }
    let found = find_kernel::<A>();
    known.store(found as u8, Relaxed);
    found
}

/// The kernel whose loop gives what ndarray's does, found by trying.
#[cold]
#[inline(never)]
fn find_kernel<A: LinalgScalar + Float + From<f32>>() -> Kernel {
    let kernels = [Kernel::Once, Kernel::OnceAndPlusZero, Kernel::Twice];
    let possible = if fused::is_there() { &kernels[..] } else { &kernels[2..] };
    possible.iter().copied().find(|&kernel| gives_the_same::<A>(kernel)).unwrap_or(Kernel::Other)
}

/// Whether the products of that kernel's loop have the bits of ndarray's. The operands are such that ndarray's kernels can be
/// told apart, in the shapes and layouts for which it may take one or another.
fn gives_the_same<A: LinalgScalar + Float + From<f32>>(kernel: Kernel) -> bool {
    let of = |x: f32| -> A { x.into() };
    // A third takes all the binary digits that there are, so products and sums of thirds are rounded.
    let third = |n: usize| of((n % 199) as f32 - 99.0) / of(3.0);
    // Products of these have both signs and are at most a few times the least number above zero, so that they underflow.
    let least = (A::min_positive_value() * A::epsilon()).sqrt() / of(16.0);
    let tiny = |n: usize| third(n) * least;
    let (zero, infinity, largest) = (A::zero(), A::infinity(), A::max_value());
    let special =
        [zero, -zero, third(0), infinity, A::min_positive_value(), -infinity, largest, third(7), A::nan(), -largest];
    let special = |n: usize| special[n % special.len()];
    let all: [&dyn Fn(usize) -> A; 3] = [&third, &tiny, &special];
    let shapes = [(LIMIT, LIMIT, LIMIT), (LIMIT, 1, LIMIT), (LIMIT, LIMIT, 1), (1, LIMIT, LIMIT), (7, 3, 5)];
    all.iter().all(|number| {
        shapes.iter().all(|&(m, k, n)| {
            let mut a = Array2::from_shape_fn((m, k), |(i, j)| number(37 * i + 11 * j));
            let mut b = Array2::from_shape_fn((k, n), |(i, j)| number(23 * i + 59 * j + 5));
            [false, true].into_iter().all(|backwards| {
                if backwards {
                    // With rows in this order, `blas` is not asked.
                    a.invert_axis(Axis(1));
                    b.invert_axis(Axis(1));
                }
                let (mut ours, mut ndarrays) = (Array2::zeros((m, n)), Array2::zeros((m, n)));
                general_mat_mul(A::one(), &a, &b, A::zero(), &mut ndarrays);
                product(&a, &b, &mut ours, kernel) && ours.iter().zip(&ndarrays).all(|(&x, &y)| same_bits(x, y))
            })
        })
    })
}

/// Whether `x` and `y` are equal, and have the same sign if they are zeros; or are both NaN.
fn same_bits<A: Float>(x: A, y: A) -> bool {
    (x == y && x.is_sign_negative() == y.is_sign_negative()) || (x.is_nan() && y.is_nan())
}

/// Whether `A` and `B` are one type.
fn is<A: 'static, B: 'static>() -> bool {
    TypeId::of::<A>() == TypeId::of::<B>()
}

/// `x` as a `B`; panics if that is not its type.
#[inline(always)]
fn as_a<A: Any, B: Copy + 'static>(x: A) -> B {
    *(&x as &dyn Any).downcast_ref::<B>().expect("the type was compared")
}

/// The loop with `mul_add`, for processors on which that is an instruction.
mod fused {
    use super::{ArrayRef2, LinalgScalar, as_a, is, rows};

    /// Whether this processor has what [`product`] is compiled to.
    pub(super) fn is_there() -> bool {
        #[cfg(target_arch = "x86_64")]
        return std::is_x86_feature_detected!("fma") && std::is_x86_feature_detected!("avx2");
        #[cfg(not(target_arch = "x86_64"))]
        return cfg!(target_arch = "aarch64");
    }

    /// `c ← a b`, with +0.0 added to each sum in the end if so asked.
    ///
    /// # Safety
    ///
    /// `Fused`: [`is_there`] is true.
    #[cfg_attr(target_arch = "x86_64", target_feature(enable = "fma,avx2"))]
    pub(super) unsafe fn product<A: LinalgScalar, const PLUS_ZERO: bool>(
        a: &ArrayRef2<A>,
        b: &ArrayRef2<A>,
        c: &mut ArrayRef2<A>,
    ) {
        debug_assert!(is_there());
        let finish = |sum| if PLUS_ZERO { sum + A::zero() } else { sum };
        if is::<A, f64>() {
            let multiply_add = |x, y, sum| as_a(as_a::<A, f64>(x).mul_add(as_a(y), as_a(sum)));
            rows(a, b, c, multiply_add, finish);
        } else {
            let multiply_add = |x, y, sum| as_a(as_a::<A, f32>(x).mul_add(as_a(y), as_a(sum)));
            rows(a, b, c, multiply_add, finish);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Were there two, some numbers would be missing by which they can be told apart. Were there none, no loop would ever run.
    fn one_loop_gives_the_same<A: LinalgScalar + Float + From<f32>>() {
        let kernels = [Kernel::Once, Kernel::OnceAndPlusZero, Kernel::Twice];
        let possible = if fused::is_there() { &kernels[..] } else { &kernels[2..] };
        let same: Vec<_> = possible.iter().filter(|&&kernel| gives_the_same::<A>(kernel)).collect();
        assert_eq!(same.len(), 1, "{same:?}");
        assert_eq!(*same[0], find_kernel::<A>());
    }

    #[test]
    #[cfg_attr(
        not(any(target_arch = "x86_64", target_arch = "aarch64")),
        ignore = "it may be that no loop rounds as ndarray"
    )]
    fn the_trial_leaves_one_loop() {
        one_loop_gives_the_same::<f32>();
        one_loop_gives_the_same::<f64>();
    }

    #[test]
    fn bits_are_compared() {
        assert!(same_bits(f64::NAN, -f64::NAN) && same_bits(-0.0, -0.0) && same_bits(f64::INFINITY, f64::INFINITY));
        assert!(!same_bits(0.0, -0.0) && !same_bits(f64::NAN, 1.0) && !same_bits(f64::INFINITY, f64::MAX));
    }
}
