use std::fmt;

use ndarena::SolveError;
#[cfg(feature = "linalg")]
use ndarena::linalg::LinalgError;

/// Why a kernel has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A matrix has no inverse: the pivot of that number is zero.
    Singular {
        /// Counted from 0.
        pivot: usize,
    },
    /// A matrix is not positive definite: the pivot of that number is not positive.
    NotPositiveDefinite {
        /// Counted from 0.
        pivot: usize,
    },
    /// A NaN or an infinity, among the operands or by overflow.
    NotFinite,
    /// An iteration did not get to its end in as many steps as it was allowed.
    TooManySteps,
    /// What was observed at that step has the probability zero, after all that was observed before it.
    Impossible {
        /// Counted from 0.
        step: usize,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Singular { pivot } => write!(f, "the matrix is singular: pivot {pivot} is zero"),
            Error::NotPositiveDefinite { pivot } => {
                write!(f, "the matrix is not positive definite: pivot {pivot} is not positive")
            }
            Error::NotFinite => f.write_str("a number is not finite"),
            Error::TooManySteps => f.write_str("the end is not reached in as many steps as are allowed"),
            Error::Impossible { step } => write!(f, "what was observed at step {step} is impossible"),
        }
    }
}

impl std::error::Error for Error {}

impl From<SolveError> for Error {
    fn from(error: SolveError) -> Self {
        match error {
            SolveError::Singular { pivot } => Error::Singular { pivot },
            _ => Error::NotFinite,
        }
    }
}

#[cfg(feature = "linalg")]
impl From<LinalgError> for Error {
    /// # Panics
    ///
    /// If there is no memory, as arrays do; and on shapes that do not fit each other, which kernels look at before.
    #[track_caller]
    fn from(error: LinalgError) -> Self {
        match error {
            LinalgError::Singular { pivot } => Error::Singular { pivot },
            LinalgError::NotPositiveDefinite { pivot } => Error::NotPositiveDefinite { pivot },
            LinalgError::NotFinite => Error::NotFinite,
            LinalgError::NoConvergence => Error::TooManySteps,
            other => panic!("{other}"),
        }
    }
}
