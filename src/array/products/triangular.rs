//! Systems of equations with a triangular matrix.

use core::fmt;

use ndarray::linalg::general_mat_mul;
use ndarray::{
    ArrayRef, ArrayRef2, ArrayView2, ArrayViewMut, ArrayViewMut1, ArrayViewMut2, Axis, Dimension, Ix1, Ix2,
    LinalgScalar,
};
use num_traits::Float;

use crate::scope::Scope;

/// Why a system of equations has no solution.
///
/// ```
/// use ndarena::SolveError;
/// use ndarray::array;
///
/// let u = array![[1.0, 2.0], [0.0, 0.0]];
/// ndarena::scope(|s| match s.solve_upper_triangular(&u, &array![1.0, 1.0]) {
///     Err(SolveError::Singular { pivot }) => assert_eq!(pivot, 1),
///     other => panic!("{other:?}"),
/// });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SolveError {
    /// The matrix has no inverse: this element of its diagonal, counted from 0, is zero.
    Singular {
        /// Its row, and column.
        pivot: usize,
    },
    /// A NaN or an infinity: in the matrix or on the right-hand side, or because a result is too large.
    NotFinite,
}

impl fmt::Display for SolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SolveError::Singular { pivot } => {
                write!(f, "the matrix is singular: element {pivot} of its diagonal is zero")
            }
            SolveError::NotFinite => f.write_str("an operand or the result has elements that are not finite"),
        }
    }
}

impl core::error::Error for SolveError {}

/// A matrix of up to this many rows is not divided any further.
const BLOCK: usize = 32;

/// A matrix of up to this many rows is solved sooner than lines of it are made.
const TINY: usize = 4;

/// Which triangle of a matrix is looked at, with the diagonal.
#[derive(Clone, Copy)]
enum Half {
    Lower,
    Upper,
}

impl<'s> Scope<'s> {
    /// The solution `x` of `l x = b`, where `l` is lower triangular: what is above its diagonal is not looked at. `b` is a
    /// vector, or a matrix with a right-hand side in each column, and `x` is in the same memory order.
    ///
    /// By forward substitution; from 33 rows on, right-hand sides that are a matrix take ndarray's matrix product for most of
    /// it (Golub and Van Loan, *Matrix Computations*, 4th edition, 3.1), which allocates.
    ///
    /// With the feature `linalg`, systems of `f32` and `f64` with two rows or more and two right-hand sides or more are for faer's kernel,
    /// which is faster: if the rows or the columns of `l` have no gaps between their elements, and no element on the diagonal, or up to three
    /// places beside it, is so large or so small that digits would be lost where the kernel multiplies by reciprocals (1e±150 for `f64`,
    /// 2 to the power of ±60 for `f32`). So the last bits of a solution depend on whether any crate of a program turns that feature on;
    /// each element is as accurate with it as without it. Where a solution of the kernel's is not finite, it is looked for
    /// once more by substitution.
    ///
    /// # Errors
    ///
    /// If an element of the diagonal is zero; if elements of the operands or of the result are not finite.
    ///
    /// # Panics
    ///
    /// If `l` is not square, or `b` has not as many rows; and as [`AllocArray`](crate::AllocArray) says.
    ///
    /// ```
    /// use ndarena::SolveError;
    /// use ndarray::array;
    ///
    /// let l = array![[2.0, 0.0], [1.0, 4.0]];
    /// ndarena::scope(|s| {
    ///     assert_eq!(s.solve_lower_triangular(&l, &array![2.0, 9.0])?, array![1.0, 2.0]);
    ///     let inverse = s.solve_lower_triangular(&l, &s.eye(2))?;
    ///     assert_eq!(inverse, array![[0.5, 0.0], [-0.125, 0.25]]);
    ///     let singular = s.solve_lower_triangular(&array![[0.0]], &array![1.0]);
    ///     assert_eq!(singular.unwrap_err(), SolveError::Singular { pivot: 0 });
    ///     Ok::<_, SolveError>(())
    /// });
    /// ```
    #[track_caller]
    pub fn solve_lower_triangular<A, D>(
        self,
        l: &ArrayRef2<A>,
        b: &ArrayRef<A, D>,
    ) -> Result<ArrayViewMut<'s, A, D>, SolveError>
    where
        A: LinalgScalar + Float,
        D: Dimension,
    {
        self.solve_triangular(l, Half::Lower, b)
    }

    /// The solution `x` of `u x = b`, where `u` is upper triangular: what is below its diagonal is not looked at. See
    /// [`solve_lower_triangular`](Scope::solve_lower_triangular).
    ///
    /// # Errors
    ///
    /// As [`solve_lower_triangular`](Scope::solve_lower_triangular).
    ///
    /// # Panics
    ///
    /// As [`solve_lower_triangular`](Scope::solve_lower_triangular).
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// let l = array![[2.0, 0.0], [1.0, 4.0]]; // of a Cholesky factorisation of `l lᵀ`
    /// ndarena::scope(|s| {
    ///     let y = s.solve_lower_triangular(&l, &array![2.0, 9.0])?;
    ///     assert_eq!(s.solve_upper_triangular(&l.t(), &y)?, array![0.25, 0.5]);
    ///     Ok::<_, ndarena::SolveError>(())
    /// });
    /// ```
    #[track_caller]
    pub fn solve_upper_triangular<A, D>(
        self,
        u: &ArrayRef2<A>,
        b: &ArrayRef<A, D>,
    ) -> Result<ArrayViewMut<'s, A, D>, SolveError>
    where
        A: LinalgScalar + Float,
        D: Dimension,
    {
        self.solve_triangular(u, Half::Upper, b)
    }

    /// The solution for either half of `a`.
    #[track_caller]
    fn solve_triangular<A, D>(
        self,
        a: &ArrayRef2<A>,
        half: Half,
        b: &ArrayRef<A, D>,
    ) -> Result<ArrayViewMut<'s, A, D>, SolveError>
    where
        A: LinalgScalar + Float,
        D: Dimension,
    {
        let rows = b.shape().first().copied().unwrap_or(0);
        if !a.is_square() || a.nrows() != rows || !matches!(b.ndim(), 1 | 2) {
            not_compatible(half, a.dim(), b.shape());
        }
        let mut finite = true;
        for pivot in 0..rows {
            let x = a[[pivot, pivot]];
            if x.is_zero() {
                return Err(SolveError::Singular { pivot });
            }
            finite &= x.is_finite();
        }
        if !finite {
            return Err(SolveError::NotFinite);
        }
        let mut x = self.copy_of(b);
        if is_solved_by_faer(a.view(), half, columns_of(&mut x)) {
            if all_finite(&x) {
                return Ok(x);
            }
            // Where faer's kernel multiplies by a reciprocal, numbers may have been too large on the way.
            x.assign(b);
        }
        solve_matrix(a.view(), half, columns_of(&mut x));
        // If an element of `a` or `b` is not finite, an element of `x` is not either; only of the diagonal, which was looked
        // at before, does that not hold.
        if all_finite(&x) { Ok(x) } else { Err(SolveError::NotFinite) }
    }
}

/// A vector as the only column of a matrix, and a matrix itself.
fn columns_of<'a, A, D: Dimension>(x: &'a mut ArrayViewMut<'_, A, D>) -> ArrayViewMut2<'a, A> {
    const CHECKED: &str = "there are one or two axes";
    if x.ndim() == 1 {
        return x.view_mut().into_dimensionality::<Ix1>().expect(CHECKED).insert_axis(Axis(1));
    }
    x.view_mut().into_dimensionality::<Ix2>().expect(CHECKED)
}

fn all_finite<A: Float, D: Dimension>(x: &ArrayRef<A, D>) -> bool {
    let finite = |finite: bool, x: &A| finite & x.is_finite();
    match x.as_slice_memory_order() {
        Some(x) => x.iter().fold(true, finite),
        None => x.iter().fold(true, finite),
    }
}

/// Solves `a x = b` for a matrix, where `x` holds `b` at first, with the feature `linalg` and if faer's kernel is the faster one:
/// whether it did.
#[inline]
fn is_solved_by_faer<A: LinalgScalar>(a: ArrayView2<'_, A>, half: Half, x: ArrayViewMut2<'_, A>) -> bool {
    #[cfg(feature = "linalg")]
    return crate::linalg::solve_triangular(a, matches!(half, Half::Lower), x);
    #[cfg(not(feature = "linalg"))]
    {
        let _ = (a, half, x);
        false
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn not_compatible(half: Half, (m, n): (usize, usize), b: &[usize]) -> ! {
    let operation = match half {
        Half::Lower => "solve_lower_triangular",
        Half::Upper => "solve_upper_triangular",
    };
    panic!(
        "ndarena: {operation}: inputs {m} × {n} and {b:?} are not compatible for a triangular system of equations; give a \
         square matrix, and a vector or a matrix with as many rows"
    )
}

/// Solves `a x = b` for a vector, where `x` holds `b` at first: row by row if the elements of a row lie closer in memory than
/// those of a column, else column by column.
fn solve_vector<A: LinalgScalar + Float>(a: ArrayView2<'_, A>, half: Half, mut x: ArrayViewMut1<'_, A>) {
    let n = x.len();
    let row = |step: usize| match half {
        Half::Lower => step,
        Half::Upper => n - 1 - step,
    };
    if n <= TINY {
        for i in (0..n).map(row) {
            let solved = match half {
                Half::Lower => 0..i,
                Half::Upper => i + 1..n,
            };
            let known = solved.fold(A::zero(), |sum, j| sum + a[[i, j]] * x[j]);
            x[i] = (x[i] - known) / a[[i, i]];
        }
        return;
    }
    let by_rows = a.stride_of(Axis(1)).unsigned_abs() <= a.stride_of(Axis(0)).unsigned_abs();
    for i in (0..n).map(row) {
        let line = a.index_axis(Axis(usize::from(!by_rows)), i);
        let (pivot, value) = (line[i], x[i]);
        // Row by row, the others are the elements that are solved already; column by column, those that are not yet.
        // `split_at` is used, as making a slice takes longer than a short product.
        let (line, mut others) = if matches!(half, Half::Lower) == by_rows {
            (line.split_at(Axis(0), i).0, x.view_mut().split_at(Axis(0), i).0)
        } else {
            (line.split_at(Axis(0), i + 1).1, x.view_mut().split_at(Axis(0), i + 1).1)
        };
        if by_rows {
            let known = line.dot(&others);
            x[i] = (value - known) / pivot;
        } else {
            let solution = value / pivot;
            others.scaled_add(-solution, &line);
            x[i] = solution;
        }
    }
}

/// Solves `a x = b` for a matrix, where `x` holds `b` at first: half by half, with a matrix product in between.
fn solve_matrix<A: LinalgScalar + Float>(a: ArrayView2<'_, A>, half: Half, x: ArrayViewMut2<'_, A>) {
    let n = a.nrows();
    if x.ncols() == 1 {
        return solve_vector(a, half, x.index_axis_move(Axis(1), 0));
    }
    if n <= BLOCK {
        return solve_block(a, half, x);
    }
    let middle = n / 2;
    let (a1, a2) = a.split_at(Axis(0), middle);
    let ((a11, a12), (a21, a22)) = (a1.split_at(Axis(1), middle), a2.split_at(Axis(1), middle));
    let (mut x1, mut x2) = x.split_at(Axis(0), middle);
    match half {
        Half::Lower => {
            solve_matrix(a11, half, x1.view_mut());
            general_mat_mul(-A::one(), &a21, &x1, A::one(), &mut x2);
            solve_matrix(a22, half, x2);
        }
        Half::Upper => {
            solve_matrix(a22, half, x2.view_mut());
            general_mat_mul(-A::one(), &a12, &x2, A::one(), &mut x1);
            solve_matrix(a11, half, x1);
        }
    }
}

/// Solves `a x = b` for a matrix, where `x` holds `b` at first: for one right-hand side after the other if the elements of a column lie
/// closer in memory than those of a row, else row by row.
fn solve_block<A: LinalgScalar + Float>(a: ArrayView2<'_, A>, half: Half, mut x: ArrayViewMut2<'_, A>) {
    let n = a.nrows();
    if x.stride_of(Axis(0)).unsigned_abs() < x.stride_of(Axis(1)).unsigned_abs() {
        return x.columns_mut().into_iter().for_each(|column| solve_vector(a, half, column));
    }
    for step in 0..n {
        let (i, first, (mut row, solved)) = match half {
            Half::Lower => {
                let (solved, rest) = x.view_mut().split_at(Axis(0), step);
                (step, 0, (rest.index_axis_move(Axis(0), 0), solved))
            }
            Half::Upper => {
                let i = n - 1 - step;
                let (rest, solved) = x.view_mut().split_at(Axis(0), i + 1);
                (i, i + 1, (rest.index_axis_move(Axis(0), i), solved))
            }
        };
        for (j, solved) in solved.rows().into_iter().enumerate() {
            row.scaled_add(-a[[i, first + j]], &solved);
        }
        let pivot = a[[i, i]];
        row.map_inplace(|x| *x = *x / pivot);
    }
}
