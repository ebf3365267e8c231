//! Where arrays start, and how far rows are apart.

use ndarena::prelude::*;
use ndarray::prelude::*;
use proptest::prelude::*;

#[test]
fn arrays_start_where_they_are_asked_to() {
    let buffer = Buffer::new();
    for _ in 0..3 {
        buffer.scope(|s| {
            for log in 0..17 {
                let s = s.align(1 << log);
                let starts = [
                    s.alloc_array::<f64>((3, 4)).as_ptr().addr(),
                    s.try_alloc_array::<u8>(1).unwrap().as_ptr().addr(),
                    s.uninit::<(u8, u32)>(5).as_ptr().addr(),
                    s.try_uninit::<char>([2, 2, 2].f()).unwrap().as_ptr().addr(),
                    s.zeros::<f32>((7, 7).strides((8, 1))).as_ptr().addr(),
                    s.from_shape_fn(3, |i| i).as_ptr().addr(),
                    s.ones::<f64>(0).as_ptr().addr(),
                    s.from_elem(1000, ()).as_ptr().addr(),
                ];
                for start in starts {
                    assert_eq!(start % 64.min(1 << log), 0);
                    assert_eq!(start % (1 << log), 0);
                }
            }
            assert_eq!(s.align(4096).from_elem((10, 10), 0.5).sum(), 50.0);
        });
    }
}

#[test]
#[should_panic = "cannot align arrays to 48 bytes; give a power of two"]
fn an_alignment_is_a_power_of_two() {
    ndarena::scope(|s| drop(s.align(48).ones::<f64>(3)));
}

#[test]
fn an_alignment_that_cannot_be_had_is_an_error() {
    let buffer = Buffer::with_limit(100_000);
    buffer.scope(|s| {
        assert!(s.align(1 << 20).try_alloc_array::<u8>(1).is_err());
        assert!(s.align(1 << (usize::BITS - 1)).try_uninit::<u8>(1).is_err());
        assert_eq!(s.align(1 << 14).ones::<u8>(10).sum(), 10);
    });
}

/// Whether going from row to row comes by every place of a cache with `places` lines before it returns.
fn visits_all_places(row_bytes: usize, places: usize) -> bool {
    let visited: std::collections::BTreeSet<_> = (0..places).map(|row| row * row_bytes / 64 % places).collect();
    visited.len() == places
}

#[test]
fn powers_of_two_are_padded() {
    for n in [64, 128, 256, 512, 1024, 2048, 4096] {
        if cfg!(miri) && n > 64 {
            continue; // it takes its time
        }
        let shape = (n, n).padded::<f64>();
        let buffer = Buffer::new();
        buffer.scope(|s| {
            let mut a = s.alloc_array::<f64>(shape);
            assert_eq!(a.dim(), (n, n));
            assert_eq!(a.stride_of(Axis(1)), 1);
            let row = a.stride_of(Axis(0)) as usize;
            assert!(row == n + 8 && visits_all_places(8 * row, 64) && visits_all_places(8 * row, 1024));
            assert!(n < 512 || !visits_all_places(8 * n, 64));
            a.indexed_iter_mut().for_each(|((i, j), x)| *x = (i * n + j) as f64);
            assert_eq!(a, Array2::from_shape_fn((n, n), |(i, j)| (i * n + j) as f64));
            assert!(a.outer_iter().all(|row| row.as_ptr().addr() % 64 == 0));
        });
    }
}

#[test]
fn other_shapes_are_padded_where_it_helps() {
    let strides = |view: ArrayViewD<'_, f64>| view.strides().to_vec();
    ndarena::scope(|s| {
        let padded = |a: ArrayViewMutD<'_, f64>| strides(a.view());
        assert_eq!(padded(s.zeros((512, 100).f().padded::<f64>()).into_dyn()), [1, 520]);
        assert_eq!(padded(s.zeros((3, 96).padded::<f64>()).into_dyn()), [104, 1]);
        assert_eq!(padded(s.zeros((3, 4, 512).padded::<f64>()).into_dyn()), [4 * 520, 520, 1]);
        assert_eq!(padded(s.zeros((512, 4, 3).f().padded::<f64>()).into_dyn()), [1, 520, 4 * 520]);
        assert_eq!(padded(s.zeros(IxDyn(&[4, 512]).padded::<f64>())), [520, 1]);
        // Nothing to pad.
        assert_eq!(padded(s.zeros((1000, 3).padded::<f64>()).into_dyn()), [3, 1]);
        assert_eq!(padded(s.zeros((512, 100).padded::<f64>()).into_dyn()), [100, 1]);
        assert_eq!(padded(s.zeros((100, 2000).padded::<f64>()).into_dyn()), [2000, 1]);
        assert_eq!(padded(s.zeros(4096.padded::<f64>()).into_dyn()), [1]);
        assert!(padded(s.zeros(().padded::<f64>()).into_dyn()).is_empty());
        assert_eq!(s.from_elem((64, 64).padded::<[u8; 24]>(), [0u8; 24]).strides(), [64, 1]);
        assert_eq!(s.from_elem((64, 64).padded::<()>(), ()).len(), 4096);
        assert_eq!(s.zeros::<f64>((0, 512).padded::<f64>()).dim(), (0, 512));
        assert_eq!(s.zeros::<f64>((512, 0).padded::<f64>()).dim(), (512, 0));
        for shape in [(usize::MAX, 2), (1 << 40, 1 << 40), (2, usize::MAX / 8)] {
            let error = s.try_alloc_array::<f64>(shape.padded::<f64>()).unwrap_err();
            assert_eq!(error.kind(), ndarena::AllocErrorKind::Overflow);
        }
    });
}

proptest! {
    #[test]
    fn a_padded_array_is_an_array(shape in prop::array::uniform3(0usize..40), columns_first in any::<bool>(), size in 0..4) {
        fn check<T: Copy + PartialEq + std::fmt::Debug>(shape: [usize; 3], columns_first: bool, of: impl Fn(usize) -> T) {
            let plain = Array3::from_shape_fn(shape, |(i, j, k)| of(i * 10_000 + j * 100 + k));
            ndarena::scope(|s| {
                let padded = s.from_shape_fn(shape.set_f(columns_first).padded::<T>(), |(i, j, k)| plain[[i, j, k]]);
                assert_eq!(padded, plain);
                // Axes lie in memory as they would without padding.
                let in_order = s.copy_of(&plain.view());
                assert_eq!(in_order.dim(), padded.dim());
            });
        }
        match size {
            0 => check(shape, columns_first, |x| x as u8),
            1 => check(shape, columns_first, |x| x as f32),
            2 => check(shape, columns_first, |x| [x as f64; 8]),
            _ => check(shape, columns_first, |x| [x as u64; 3]),
        }
    }
}
