//! The QR factorisation.

#![forbid(unsafe_code)]

use faer::linalg::householder;
use faer::linalg::qr::no_pivoting;
use faer::linalg::triangular_solve::solve_upper_triangular_in_place;
use faer::{Conj, Par};
use ndarray::{ArrayRef, ArrayRef2, ArrayViewMut, ArrayViewMut2, Axis, Dimension, ShapeBuilder, Slice};

use num_traits::{Float, One};

use super::matrices::{
    check_right_hand_side, columns_of, copy, elements, elements_mut, enlarge, faer_mut, faer_ref, finite, matrix,
    number, with_scratch,
};
use super::{LinalgElement, LinalgError, reflections, small};
use crate::array::AllocArray;
use crate::error::AllocError;
use crate::scope::Scope;

/// The factorisation `a = q r` of a matrix: the columns of `q` are orthonormal, and `r` is upper triangular.
///
/// [`Scope::qr`] makes it. It keeps `q` as the reflections that it is a product of.
#[derive(Debug)]
pub struct Qr<'s, T> {
    s: Scope<'s>,
    reflections: Reflections<'s, T>,
}

/// What faer's QR factorisations leave: `r`, and the reflections whose product is the square `q`.
#[derive(Debug)]
pub(super) struct Reflections<'s, T> {
    /// `r`, and below the diagonal the reflections' vectors.
    pub(super) factors: ArrayViewMut2<'s, T>,
    /// What is known of them besides, by blocks.
    pub(super) blocks: ArrayViewMut2<'s, T>,
}

/// How many reflections are applied at a time.
pub(super) fn block_size<T: LinalgElement>(m: usize, n: usize) -> usize {
    if reflections::is_small_for_qr(m, n) { 1 } else { no_pivoting::factor::recommended_block_size::<T::Faer>(m, n) }
}

impl<'s, T: LinalgElement> Reflections<'s, T> {
    /// Room for those of `factors`, which are still to be found.
    pub(super) fn of(s: Scope<'s>, factors: ArrayViewMut2<'s, T>) -> Result<Self, AllocError> {
        let (m, n) = factors.dim();
        Ok(Reflections { factors, blocks: matrix(s, block_size::<T>(m, n), m.min(n))? })
    }

    /// Replaces `factors` by its factorisation.
    pub(super) fn factor(&mut self, s: Scope<'_>) -> Result<(), AllocError> {
        let (m, n) = self.factors.dim();
        if self.is_small() {
            let factors = elements_mut(&mut self.factors);
            reflections::qr(factors, m, n, elements_mut(&mut self.blocks));
            return Ok(());
        }
        // Of columns it adds up squares.
        let power = enlarge(&mut self.factors);
        let scratch = no_pivoting::factor::qr_in_place_scratch::<T::Faer>(
            m,
            n,
            self.blocks.nrows(),
            Par::Seq,
            Default::default(),
        );
        with_scratch(s, scratch, |stack| {
            let (factors, blocks) = (faer_mut(&mut self.factors), faer_mut(&mut self.blocks));
            no_pivoting::factor::qr_in_place(factors, blocks, Par::Seq, stack, Default::default());
        })?;
        if !power.is_one() {
            for (j, column) in columns_of(&mut self.factors, m).enumerate() {
                column[..m.min(j + 1)].iter_mut().for_each(|x| *x = x.times(power.recip()));
            }
        }
        Ok(())
    }

    /// `x ← q x`, with the square `q`.
    pub(super) fn apply<D: Dimension>(&self, s: Scope<'_>, x: &mut ArrayViewMut<'_, T, D>) -> Result<(), AllocError> {
        if self.is_small() {
            let (reflections, scales, m) = self.small_parts();
            columns_of(x, m).for_each(|x| reflections::apply(reflections, m, scales, x));
            return Ok(());
        }
        let x = faer_mut(x);
        let (factors, blocks) = (faer_ref(&self.factors), faer_ref(&self.blocks));
        let scratch = householder::apply_block_householder_sequence_on_the_left_in_place_scratch::<T::Faer>(
            factors.nrows(),
            blocks.nrows(),
            x.ncols(),
        );
        with_scratch(s, scratch, |stack| {
            householder::apply_block_householder_sequence_on_the_left_in_place_with_conj(
                factors,
                blocks,
                Conj::No,
                x,
                Par::Seq,
                stack,
            );
        })
    }

    /// `x ← qᴴ x`, with the square `q`.
    pub(super) fn apply_adjoint<D: Dimension>(
        &self,
        s: Scope<'_>,
        x: &mut ArrayViewMut<'_, T, D>,
    ) -> Result<(), AllocError> {
        if self.is_small() {
            let (reflections, scales, m) = self.small_parts();
            columns_of(x, m).for_each(|x| reflections::apply_adjoint(reflections, m, scales, x));
            return Ok(());
        }
        let x = faer_mut(x);
        let (factors, blocks) = (faer_ref(&self.factors), faer_ref(&self.blocks));
        let scratch = householder::apply_block_householder_sequence_transpose_on_the_left_in_place_scratch::<T::Faer>(
            factors.nrows(),
            blocks.nrows(),
            x.ncols(),
        );
        with_scratch(s, scratch, |stack| {
            householder::apply_block_householder_sequence_transpose_on_the_left_in_place_with_conj(
                factors,
                blocks,
                Conj::Yes,
                x,
                Par::Seq,
                stack,
            );
        })
    }

    /// The first column, of those that have a diagonal element, of which the ones before it leave nothing but roundings.
    pub(super) fn dependent_column(&self) -> Option<usize> {
        let (r, m) = (elements(&self.factors), self.factors.nrows());
        (0..self.blocks.ncols()).find(|&j| {
            let rounding = T::Real::epsilon() * number::<T>(16 * (m - j));
            let column = &r[j * m..][..=j];
            // What is NaN is left to whoever looks at the result.
            reflections::norm(&column[j..]) <= reflections::norm(column) * rounding
        })
    }

    /// Replaces the first rows of `x` by the solution `y` of `r y = x`; there are no fewer rows than columns.
    pub(super) fn solve_upper<D: Dimension>(&self, x: &mut ArrayViewMut<'_, T, D>) {
        let n = self.factors.ncols();
        // By reciprocals, as faer's kernel does it, which the smallest numbers do not have.
        let have_reciprocals = self.factors.diag().iter().all(|x| T::all_finite(&[x.reciprocal()]));
        if self.is_small() || !have_reciprocals {
            let (r, _, m) = self.small_parts();
            columns_of(x, m).for_each(|x| small::solve_upper(r, m, n, &mut x[..n]));
        } else {
            let r = faer_ref(&self.factors).subrows(0, n);
            solve_upper_triangular_in_place(r, faer_mut(x).subrows_mut(0, n), Par::Seq);
        }
    }

    /// Whether plain loops are for it, which leave what faer leaves: a block for each reflection.
    #[inline]
    fn is_small(&self) -> bool {
        reflections::is_small_for_qr(self.factors.nrows(), self.factors.ncols())
    }

    /// What loops for small matrices take: the vectors, the scales, and how many elements a column has.
    #[inline]
    fn small_parts(&self) -> (&[T], &[T], usize) {
        (elements(&self.factors), elements(&self.blocks), self.factors.nrows())
    }
}

impl<'s> Scope<'s> {
    /// The factorisation `a = q r` of a matrix with any numbers of rows and columns. Where elements of `a` are NaN or infinite, so
    /// are those of the factors. Where the columns before leave of a column no more than `16 m` roundings of it, that is taken for
    /// zero.
    ///
    /// # Panics
    ///
    /// As [`AllocArray`](crate::AllocArray) says.
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// let a = array![[3.0, 5.0], [4.0, 5.0], [0.0, 2.0]];
    /// ndarena::scope(|s| {
    ///     let qr = s.qr(&a);
    ///     let (q, r) = (qr.q(), qr.r());
    ///     assert_eq!((q.dim(), r.dim()), ((3, 2), (2, 2)));
    ///     assert!(s.sub(&s.dot(&q, &r), &a).iter().all(|x: &f64| x.abs() < 1e-14));
    ///     assert!(s.sub(&s.dot(&q.t(), &q), &s.eye::<f64>(2)).iter().all(|x: &f64| x.abs() < 1e-14));
    /// });
    /// ```
    #[track_caller]
    pub fn qr<T: LinalgElement>(self, a: &ArrayRef2<T>) -> Qr<'s, T> {
        let made = copy(self, a).and_then(|factors| {
            let mut reflections = Reflections::of(self, factors)?;
            reflections.factor(self)?;
            Ok(Qr { s: self, reflections })
        });
        match made {
            Ok(qr) => qr,
            Err(error) => error.panic(),
        }
    }
}

impl<'s, T: LinalgElement> Qr<'s, T> {
    /// The factor `q`, as a column-major array of the scope: as many rows as `a`, and as many columns as `a` has rows or columns,
    /// whichever are fewer.
    ///
    /// # Panics
    ///
    /// As [`AllocArray`](crate::AllocArray) says.
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// ndarena::scope(|s| {
    ///     let q = s.qr(&array![[3.0], [4.0]]).q();
    ///     assert!(s.sub(&q, &array![[-0.6], [-0.8]]).iter().all(|x: &f64| x.abs() < 1e-15));
    /// });
    /// ```
    #[track_caller]
    pub fn q(&self) -> ArrayViewMut2<'s, T> {
        let (m, n) = self.reflections.factors.dim();
        let mut q = self.s.zeros::<T>((m, m.min(n)).f());
        q.diag_mut().fill(num_traits::one());
        match self.reflections.apply(self.s, &mut q) {
            Ok(()) => q,
            Err(error) => error.panic(),
        }
    }

    /// The factor `r`, upper triangular, as a column-major array of the scope: as many columns as `a`, and as many rows as `a` has
    /// rows or columns, whichever are fewer.
    ///
    /// # Panics
    ///
    /// As [`AllocArray`](crate::AllocArray) says.
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// ndarena::scope(|s| assert!(s.sub(&s.qr(&array![[3.0], [4.0]]).r(), &array![[-5.0]]).iter().all(|x: &f64| x.abs() < 1e-14)));
    /// ```
    #[track_caller]
    pub fn r(&self) -> ArrayViewMut2<'s, T> {
        let factors = &self.reflections.factors;
        let (m, n) = factors.dim();
        let mut r = self.s.alloc_array::<T>((m.min(n), n).f());
        for ((i, j), r) in r.indexed_iter_mut() {
            *r = if i > j { num_traits::zero() } else { factors[[i, j]] };
        }
        r
    }

    /// The `x` for which `a x - b` is smallest, the solution if `a` is square, in the memory of the scope that the factorisation
    /// was made in. `b` is a vector, or a matrix with a right-hand side in each column; then `x` is column-major.
    ///
    /// # Errors
    ///
    /// If `a` has fewer rows than columns, or columns that depend on each other to within rounding
    /// ([`least_squares`](Scope::least_squares) is for these); if `b` has not as many rows as `a`; if elements of the result are not
    /// finite; if there is no memory.
    ///
    /// ```
    /// use ndarena::linalg::LinalgError;
    /// use ndarray::array;
    ///
    /// // A line through (0, 1), (1, 3) and (2, 5).
    /// let a = array![[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]];
    /// ndarena::scope(|s| {
    ///     let x = s.qr(&a).solve(&array![1.0, 3.0, 5.0])?;
    ///     assert!(s.sub(&x, &array![1.0, 2.0]).iter().all(|x: &f64| x.abs() < 1e-14));
    ///     Ok::<_, LinalgError>(())
    /// });
    /// ```
    pub fn solve<D: Dimension>(&self, b: &ArrayRef<T, D>) -> Result<ArrayViewMut<'s, T, D>, LinalgError> {
        self.solve_in(self.s, b)
    }

    /// [`solve`](Qr::solve) with the result in the memory of that scope: of one inside the factorisation's, say, which ends with
    /// each turn of a loop.
    ///
    /// # Errors
    ///
    /// As [`solve`](Qr::solve).
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// ndarena::scope(|s| {
    ///     let qr = s.qr(&array![[0.0, 2.0], [1.0, 0.0]]);
    ///     let sum = s.scope(|inner| qr.solve_in(inner, &array![2.0, 3.0]).unwrap().sum());
    ///     assert_eq!(sum, 4.0);
    /// });
    /// ```
    pub fn solve_in<'r, D: Dimension>(
        &self,
        s: Scope<'r>,
        b: &ArrayRef<T, D>,
    ) -> Result<ArrayViewMut<'r, T, D>, LinalgError> {
        let (rows, columns) = self.reflections.factors.dim();
        if rows < columns {
            return Err(LinalgError::Underdetermined { rows, columns });
        }
        check_right_hand_side(b, rows)?;
        // What is not finite elsewhere makes the result so, but by infinity on the diagonal a number becomes zero.
        if !self.reflections.factors.diag().iter().all(|&x| T::all_finite(&[x])) {
            return Err(LinalgError::NotFinite);
        }
        if let Some(pivot) = self.reflections.dependent_column() {
            return Err(LinalgError::Singular { pivot });
        }
        if rows == columns {
            let mut x = copy(s, b)?;
            self.reflections.apply_adjoint(s, &mut x)?;
            self.reflections.solve_upper(&mut x);
            return finite(x);
        }
        let mut dim = b.raw_dim();
        dim[0] = columns;
        let mut x = s.try_alloc_array::<T>(dim.f())?;
        s.scope(|inner| {
            let mut rotated = copy(inner, b)?;
            self.reflections.apply_adjoint(inner, &mut rotated)?;
            self.reflections.solve_upper(&mut rotated);
            x.assign(&rotated.slice_axis(Axis(0), Slice::from(..columns)));
            Ok::<_, AllocError>(())
        })?;
        finite(x)
    }
}
