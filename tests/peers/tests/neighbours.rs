//! Scope memory under other libraries: bumpalo's collections, dyn-stack's and faer's scratch, nalgebra's views.

use std::alloc::Layout;

use approx::assert_abs_diff_eq;
use dyn_stack::{MemStack, StackReq};
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
fn dyn_stack_gets_the_bytes_that_it_asks_for() {
    let request = StackReq::all_of(&[StackReq::new::<f64>(100), StackReq::new_aligned::<u8>(10, 512)]);
    ndarena::scope(|s| {
        for _ in 0..3 {
            let stack = MemStack::new(s.bytes(request.layout().expect("a layout")));
            let (mut x, stack) = stack.make_with(100, |i| i as f64);
            let (bytes, _) = stack.make_aligned_uninit::<u8>(10, 512);
            assert_eq!(bytes.as_ptr().addr() % 512, 0);
            x.iter_mut().for_each(|x| *x *= 2.0);
            assert_eq!(x.iter().sum::<f64>(), 9900.0);
        }
    });
}

#[test]
fn bytes_are_what_a_layout_says() {
    let buffer = Buffer::with_limit(1 << 20);
    buffer.scope(|s| {
        for (size, align) in [(0, 1), (0, 4096), (1, 1), (100, 4), (64, 64), (1000, 4096), (5, 1 << 15)] {
            let bytes = s.bytes(Layout::from_size_align(size, align).unwrap());
            assert_eq!((bytes.len(), bytes.as_ptr().addr() % align), (size, 0));
            bytes.fill(std::mem::MaybeUninit::new(1));
        }
    });
    let said = std::panic::catch_unwind(|| buffer.scope(|s| s.bytes(Layout::array::<f64>(1 << 20).unwrap()).len()));
    let said = *said.unwrap_err().downcast::<String>().unwrap();
    assert!(said.contains("[8388608]: it takes 8388608 bytes"), "{said}");
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

#[test]
fn bumpalo_collections_live_in_a_scope() {
    use bumpalo::collections::{String, Vec};

    let buffer = Buffer::new();
    let collect = || {
        buffer.scope(|s| {
            let mut rows: Vec<'_, ArrayViewMut1<'_, f64>> = Vec::new_in(s.bump());
            let mut text = String::new_in(s.bump());
            for i in 0..100 {
                rows.push(s.from_elem(i, i as f64));
                s.scope(|inner| text.push_str(bumpalo::format!(in inner.bump(), "{},", i).as_str()));
            }
            assert_eq!(text.len(), 290);
            rows.iter().map(|row| row.sum()).sum::<f64>()
        })
    };
    assert_eq!(collect(), (0..100).map(|i| (i * i) as f64).sum());
    collect();
    let reserved = buffer.stats().reserved;
    assert_eq!((0..10).map(|_| collect()).sum::<f64>(), 10.0 * collect());
    assert_eq!(buffer.stats().reserved, reserved, "chunks are kept");
}

#[test]
fn bumps_count_towards_the_limit() {
    let buffer = Buffer::with_limit(100_000);
    buffer.scope(|s| {
        let x = s.ones::<f64>(5000);
        assert!(s.bump().try_alloc_slice_fill_copy(70_000, 0u8).is_err());
        let most = (0..).take_while(|_| s.bump().try_alloc_slice_fill_copy(1000, 0u8).is_ok()).count();
        assert!((30..60).contains(&most), "{most} of what was left");
        assert!(s.try_alloc_array::<u8>(60_000).is_err());
        assert!(buffer.stats().reserved <= 100_032 && x.sum() == 5000.0);
    });
}
