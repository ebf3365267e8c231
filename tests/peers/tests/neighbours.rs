//! Scope memory under other libraries: faer's scratch and views, nalgebra's views.

use approx::assert_abs_diff_eq;
use dyn_stack::MemStack;
use faer::linalg::cholesky::llt;
use faer::{MatMut, MatRef, Par};
use nalgebra::DMatrixView;
use ndarena::{Buffer, FixedBuffer, prelude::*};
use ndarray::prelude::*;

/// A matrix that is symmetric and positive definite.
fn positive_definite(n: usize) -> Array2<f64> {
    Array2::from_shape_fn((n, n), |(i, j)| if i == j { n as f64 } else { 1.0 / (1 + i + j) as f64 })
}

/// A faer kernel, its scratch and the factor from a scope: `a = l l^T`.
fn cholesky<'s>(s: Scope<'s>, a: &Array2<f64>) -> ArrayViewMut2<'s, f64> {
    let n = a.nrows();
    let mut l = s.copy_of(a);
    let scratch = llt::factor::cholesky_in_place_scratch::<f64>(n, Par::Seq, Default::default());
    s.scope(|inner| {
        let (rows, columns) = (l.stride_of(Axis(0)), l.stride_of(Axis(1)));
        // SAFETY: the array's own elements, shape and strides, borrowed exclusively.
        let factor = unsafe { MatMut::from_raw_parts_mut(l.as_mut_ptr(), n, n, rows, columns) };
        let stack = MemStack::new(inner.bytes(scratch.layout().expect("a layout")));
        llt::factor::cholesky_in_place(factor, Default::default(), Par::Seq, stack, Default::default())
            .expect("positive definite");
    });
    l.indexed_iter_mut().for_each(|((i, j), x)| {
        if j > i {
            *x = 0.0;
        }
    });
    l
}

#[test]
fn faer_factors_with_scratch_from_a_scope() {
    let buffer = Buffer::new();
    for n in [1, 5, 40, 150] {
        let a = positive_definite(n);
        buffer.scope(|s| {
            let l = cholesky(s, &a);
            assert_abs_diff_eq!(l.dot(&l.t()), a, epsilon = 1e-12 * n as f64);
        });
    }
    let growths = buffer.stats().growths;
    buffer.scope(|s| cholesky(s, &positive_definite(150)).sum());
    assert_eq!(buffer.stats().growths, growths);
    // On fixed memory as well.
    let mut memory = vec![std::mem::MaybeUninit::uninit(); 1 << 20];
    let a = positive_definite(40);
    let l = FixedBuffer::new(&mut memory).scope(|s| cholesky(s, &a).to_owned());
    assert_abs_diff_eq!(l.dot(&l.t()), a, epsilon = 1e-10);
}

#[test]
fn faer_sees_arrays_without_a_copy() {
    ndarena::scope(|s| {
        let a = s.from_shape_fn((30, 20), |(i, j)| (i + 2 * j) as f64);
        let slice = a.as_slice().expect("row-major");
        let seen = MatRef::from_row_major_slice(slice, 30, 20);
        assert_eq!((seen[(3, 4)], seen.as_ptr()), (11.0, a.as_ptr()));
    });
}

#[test]
fn nalgebra_views_a_slice_of_a_scope() {
    ndarena::scope(|s| {
        let elements = s.alloc_slice::<f64>(6);
        elements.copy_from_slice(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let a = DMatrixView::from_slice(elements, 2, 3);
        let product = a * a.transpose();
        assert_eq!(product, nalgebra::dmatrix![35.0, 44.0; 44.0, 56.0]);
        let mut solution = nalgebra::DVectorViewMut::from_slice(s.alloc_slice(2), 2);
        solution.copy_from_slice(&[79.0, 100.0]);
        assert!(product.lu().solve_mut(&mut solution));
        assert_abs_diff_eq!(solution.as_slice(), &[1.0, 1.0][..], epsilon = 1e-9);
    });
}
