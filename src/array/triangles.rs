//! Triangles of matrices.

#![forbid(unsafe_code)]

use ndarray::{ArrayRef, ArrayViewMut, Axis, Dimension, ShapeBuilder, Slice};
use num_traits::Zero;

use super::filling::written;
use crate::scope::Scope;

impl<'s> Scope<'s> {
    /// The lower triangle of the matrix `a`: zeros in place of the elements above a diagonal, which is the main one for `k` = 0,
    /// the next above it for 1, and below it for -1. Of an array of more axes, those of each matrix along the last two; of an
    /// array of fewer, a copy.
    ///
    /// Row-major; column-major for a matrix that is so.
    ///
    /// # Panics
    ///
    /// As [`AllocArray`](crate::AllocArray) says.
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// let a = array![[1, 2, 3], [4, 5, 6], [7, 8, 9]];
    /// ndarena::scope(|s| {
    ///     assert_eq!(s.tril(&a, 0), array![[1, 0, 0], [4, 5, 0], [7, 8, 9]]);
    ///     assert_eq!(s.tril(&a, -1), array![[0, 0, 0], [4, 0, 0], [7, 8, 0]]);
    /// });
    /// ```
    #[track_caller]
    pub fn tril<T, D>(self, a: &ArrayRef<T, D>, k: isize) -> ArrayViewMut<'s, T, D>
    where
        T: Copy + Zero + 's,
        D: Dimension,
    {
        self.triangle(a, k, false)
    }

    /// The upper triangle of the matrix `a`: zeros in place of the elements below a diagonal. See [`tril`](Scope::tril).
    ///
    /// # Panics
    ///
    /// As [`AllocArray`](crate::AllocArray) says.
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// let a = array![[1, 2, 3], [4, 5, 6], [7, 8, 9]];
    /// ndarena::scope(|s| assert_eq!(s.triu(&a, 1), array![[0, 2, 3], [0, 0, 6], [0, 0, 0]]));
    /// ```
    #[track_caller]
    pub fn triu<T, D>(self, a: &ArrayRef<T, D>, k: isize) -> ArrayViewMut<'s, T, D>
    where
        T: Copy + Zero + 's,
        D: Dimension,
    {
        self.triangle(a, k, true)
    }

    /// The upper triangle or the lower.
    #[track_caller]
    fn triangle<T, D>(self, a: &ArrayRef<T, D>, k: isize, upper: bool) -> ArrayViewMut<'s, T, D>
    where
        T: Copy + Zero + 's,
        D: Dimension,
    {
        let Some(rows) = a.ndim().checked_sub(2) else { return self.copy_of(a) };
        // The one triangle of a matrix is the other of its transpose. (The least `k` has no negative, and ndarray keeps to rows.)
        let transposed = !a.is_standard_layout() && a.t().is_standard_layout() && k != isize::MIN;
        if !transposed {
            return self.triangle_by_rows(a, k, upper);
        }
        let mut a = a.view();
        a.swap_axes(rows, rows + 1);
        let mut to = self.triangle_by_rows(&a, -k, !upper);
        to.swap_axes(rows, rows + 1);
        to
    }

    /// The triangle as a row-major array, of two axes at least.
    #[track_caller]
    fn triangle_by_rows<T, D>(self, a: &ArrayRef<T, D>, k: isize, upper: bool) -> ArrayViewMut<'s, T, D>
    where
        T: Copy + Zero + 's,
        D: Dimension,
    {
        let (rows, columns) = (a.len_of(Axis(a.ndim() - 2)), a.len_of(Axis(a.ndim() - 1)));
        written(self, a.raw_dim().set_f(false), |to| {
            for (i, row) in a.rows().into_iter().enumerate() {
                let i = i % rows;
                // Where the row goes over from the one triangle to the other: at the diagonal, or behind it.
                let first = if upper { i } else { i + 1 };
                let at = first.saturating_add_signed(k).min(columns);
                let (kept, zeros) = if upper { (at..columns, at) } else { (0..at, columns - at) };
                if upper {
                    to.write(zeros, |_| T::zero());
                }
                match row.to_slice() {
                    Some(row) => to.map(&row[kept], |&x| x),
                    None => to.extend(row.slice_axis(Axis(0), Slice::from(kept)).iter().copied()),
                };
                if !upper {
                    to.write(zeros, |_| T::zero());
                }
            }
        })
    }
}
