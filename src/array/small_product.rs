//! Products of small matrices. ndarray's kernel sets up for large ones, and allocates memory to pack them into: at 4 × 4
//! most of its time. These are plain loops, used only where they give what ndarray's kernel gives, bit for bit.

use core::any::{Any, TypeId};
use core::sync::atomic::{AtomicU8, Ordering::Relaxed};

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayRef2, Axis, LinalgScalar};

/// The most rows and columns that count as small.
const MOST: usize = 12;

/// How ndarray's kernel rounds: after each product and each sum, or, with the processor's fused operation, once. Which of
/// its kernels runs, and so which of the two it is, depends on the processor, and on how ndarray was built.
#[derive(Clone, Copy, PartialEq)]
enum Rounding {
    Unknown,
    Twice,
    /// Invariant 1: stored, or handed to [`product`], only where [`fused::is_there`].
    Once,
    /// Neither, or not with what this processor has.
    Other,
}

/// `c ← a b`, if the matrices are small and of numbers that matter: else nothing, and `false`.
#[inline]
pub(super) fn small_product<A: LinalgScalar>(a: &ArrayRef2<A>, b: &ArrayRef2<A>, c: &mut ArrayRef2<A>) -> bool {
    let ((m, k), n) = (a.dim(), b.ncols());
    if m > MOST || k > MOST || n > MOST {
        return false;
    }
    let rounding = if is::<A, f64>() {
        static KNOWN: AtomicU8 = AtomicU8::new(Rounding::Unknown as u8);
        rounding_of::<f64>(&KNOWN)
    } else if is::<A, f32>() {
        static KNOWN: AtomicU8 = AtomicU8::new(Rounding::Unknown as u8);
        rounding_of::<f32>(&KNOWN)
    } else {
        return false;
    };
    product(a, b, c, rounding)
}

/// By the loop that rounds so, if there is one.
#[inline]
fn product<A: LinalgScalar>(a: &ArrayRef2<A>, b: &ArrayRef2<A>, c: &mut ArrayRef2<A>, rounding: Rounding) -> bool {
    match rounding {
        Rounding::Twice => rows(a, b, c, |x, y, sum| sum + x * y),
        // SAFETY: the instructions are there (invariant 1).
        Rounding::Once => unsafe { fused::product(a, b, c) },
        Rounding::Unknown | Rounding::Other => return false,
    }
    true
}

#[inline(always)]
fn rows<A: LinalgScalar>(
    a: &ArrayRef2<A>,
    b: &ArrayRef2<A>,
    c: &mut ArrayRef2<A>,
    multiply_add: impl Fn(A, A, A) -> A,
) {
    match b.nrows().max(b.ncols()) {
        0..=2 => rows_of::<A, 2, 2>(a, b, c, multiply_add),
        3..=4 => rows_of::<A, 4, 4>(a, b, c, multiply_add),
        5..=8 => rows_of::<A, 8, 8>(a, b, c, multiply_add),
        _ => {
            let middle = b.ncols().min(8);
            let (b1, b2) = b.view().split_at(Axis(1), middle);
            let (mut c1, mut c2) = c.view_mut().split_at(Axis(1), middle);
            rows_of::<A, 8, MOST>(a, &b1, &mut c1, &multiply_add);
            rows_of::<A, 8, MOST>(a, &b2, &mut c2, &multiply_add);
        }
    }
}

/// Row by row. `b` has at most `DEPTH` rows and `WIDTH` columns, and is taken to have as many, so that the compiler knows.
#[inline(always)]
fn rows_of<A: LinalgScalar, const WIDTH: usize, const DEPTH: usize>(
    a: &ArrayRef2<A>,
    b: &ArrayRef2<A>,
    c: &mut ArrayRef2<A>,
    multiply_add: impl Fn(A, A, A) -> A,
) {
    let mut wide = [[A::zero(); WIDTH]; DEPTH];
    for (l, wide) in wide.iter_mut().enumerate().take(b.nrows()) {
        let b = b.row(l);
        for (j, to) in wide.iter_mut().enumerate().take(b.len()) {
            *to = b[j];
        }
    }
    for i in 0..a.nrows() {
        let (a, mut c) = (a.row(i), c.row_mut(i));
        let mut sums = [A::zero(); WIDTH];
        for (l, b) in wide.iter().enumerate().take(a.len()) {
            let x = a[l];
            for (sum, &y) in sums.iter_mut().zip(b) {
                *sum = multiply_add(x, y, *sum);
            }
        }
        for (j, &sum) in sums.iter().enumerate().take(c.len()) {
            c[j] = sum;
        }
    }
}

/// Found by trying, the first time.
#[inline]
fn rounding_of<A: LinalgScalar + PartialEq + From<f32>>(known: &AtomicU8) -> Rounding {
    let stored = known.load(Relaxed);
    for rounding in [Rounding::Once, Rounding::Twice, Rounding::Other] {
        if stored == rounding as u8 {
            return rounding;
        }
    }
    let found = find_rounding::<A>();
    known.store(found as u8, Relaxed);
    found
}

#[cold]
#[inline(never)]
fn find_rounding<A: LinalgScalar + PartialEq + From<f32>>() -> Rounding {
    // Thirds have as many digits as there are, and so have their products.
    let third = |x: usize| A::from(x as f32 - 100.0) / A::from(3.0);
    let a = Array2::from_shape_fn((MOST, MOST), |(i, j)| third((37 * i + 11 * j) % 199));
    let b = Array2::from_shape_fn((MOST, MOST), |(i, j)| third((23 * i + 59 * j) % 211));
    let mut ndarrays = Array2::zeros((MOST, MOST));
    general_mat_mul(A::one(), &a, &b, A::zero(), &mut ndarrays);
    let once = if fused::is_there() { Rounding::Once } else { Rounding::Other };
    let gives_the_same = |&rounding: &Rounding| {
        let mut ours = Array2::zeros((MOST, MOST));
        product(&a, &b, &mut ours, rounding) && ours == ndarrays
    };
    [once, Rounding::Twice].into_iter().find(gives_the_same).unwrap_or(Rounding::Other)
}

fn is<A: 'static, B: 'static>() -> bool {
    TypeId::of::<A>() == TypeId::of::<B>()
}

/// `x` as a `B`, which it is.
#[inline(always)]
fn as_a<A: Any, B: Copy + 'static>(x: A) -> B {
    *(&x as &dyn Any).downcast_ref::<B>().expect("the type was compared")
}

/// The loop with `mul_add`, where that is an instruction.
mod fused {
    use super::{ArrayRef2, LinalgScalar, as_a, is, rows};

    pub(super) fn is_there() -> bool {
        #[cfg(target_arch = "x86_64")]
        return std::is_x86_feature_detected!("fma") && std::is_x86_feature_detected!("avx2");
        #[cfg(not(target_arch = "x86_64"))]
        return cfg!(target_arch = "aarch64");
    }

    /// # Safety
    ///
    /// [`is_there`] says so.
    #[cfg_attr(target_arch = "x86_64", target_feature(enable = "fma,avx2"))]
    pub(super) unsafe fn product<A: LinalgScalar>(a: &ArrayRef2<A>, b: &ArrayRef2<A>, c: &mut ArrayRef2<A>) {
        debug_assert!(is_there());
        if is::<A, f64>() {
            rows(a, b, c, |x, y, sum| as_a(as_a::<A, f64>(x).mul_add(as_a(y), as_a(sum))));
        } else {
            rows(a, b, c, |x, y, sum| as_a(as_a::<A, f32>(x).mul_add(as_a(y), as_a(sum))));
        }
    }
}
