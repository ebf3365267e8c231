//! Why there is no such factorisation, or no solution.

#![forbid(unsafe_code)]

use core::fmt;

use crate::error::AllocError;

/// Why a matrix has no such factorisation, or a system of equations no solution.
///
/// Matrices' rows and columns, and so pivots, are counted from 0.
///
/// ```
/// use ndarena::linalg::LinalgError;
/// use ndarray::array;
///
/// let a = array![[1.0, 2.0], [2.0, 1.0]]; // one eigenvalue is -1
/// ndarena::scope(|s| match s.cholesky(&a) {
///     Err(LinalgError::NotPositiveDefinite { pivot }) => assert_eq!(pivot, 1),
///     other => panic!("{other:?}"),
/// });
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LinalgError {
    /// The operation is for square matrices.
    NotSquare {
        /// How many rows the matrix has.
        rows: usize,
        /// How many columns it has.
        columns: usize,
    },
    /// A right-hand side has not as many rows as the matrix.
    Rows {
        /// How many rows the matrix has.
        needed: usize,
        /// How many the right-hand side has.
        given: usize,
    },
    /// A right-hand side is neither a vector nor a matrix.
    Axes {
        /// How many axes it has.
        given: usize,
    },
    /// An operand has elements that are NaN or infinite; or a result would have, because it is too large.
    NotFinite,
    /// The matrix is not positive definite.
    NotPositiveDefinite {
        /// The row and column at which that showed: the matrix of the rows and columns before it is positive definite.
        pivot: usize,
    },
    /// The matrix is singular: its columns are not independent.
    Singular {
        /// The first column that is a sum of multiples of those before it.
        pivot: usize,
    },
    /// The matrix has fewer rows than columns, so that there is more than one solution.
    Underdetermined {
        /// How many rows the matrix has.
        rows: usize,
        /// How many columns it has.
        columns: usize,
    },
    /// An iteration that finds eigenvalues, or singular values, does not come to an end.
    NoConvergence,
    /// There is no memory for a result, or for what the operation needs in passing.
    Alloc(AllocError),
}

impl From<AllocError> for LinalgError {
    fn from(error: AllocError) -> Self {
        LinalgError::Alloc(error)
    }
}

impl fmt::Display for LinalgError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LinalgError::NotSquare { rows, columns } => {
                write!(f, "the matrix is {rows} × {columns}; give one that is square")
            }
            LinalgError::Rows { needed, given } => write!(
                f,
                "the right-hand side has {given} rows, and the matrix has {needed}; give one with as many rows as the matrix"
            ),
            LinalgError::Axes { given } => {
                write!(f, "the right-hand side has {given} axes; give a vector, or a matrix with one in each column")
            }
            LinalgError::NotFinite => f.write_str(
                "an operand has elements that are NaN or infinite, or a result would have; look for these in the operands, or \
                 scale them if they are very large or very small",
            ),
            LinalgError::NotPositiveDefinite { pivot } => write!(
                f,
                "the matrix is not positive definite: the pivot in row and column {pivot} is not positive; use another \
                 factorisation, or add something to the diagonal",
            ),
            LinalgError::Singular { pivot } => write!(
                f,
                "the matrix is singular: column {pivot} depends on those before it; leave it out, or use `least_squares`"
            ),
            LinalgError::Underdetermined { rows, columns } => write!(
                f,
                "the matrix is {rows} × {columns}; give one with as many rows as columns, or more, or use `least_squares` for the \
                 smallest solution",
            ),
            LinalgError::NoConvergence => f.write_str(
                "the iteration does not converge; scale the matrix, if its elements are very large or very small",
            ),
            LinalgError::Alloc(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for LinalgError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            LinalgError::Alloc(error) => Some(error),
            _ => None,
        }
    }
}
