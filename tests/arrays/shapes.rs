//! Every way of writing a shape, and what becomes of shapes that cannot be.

use ndarena::{AllocErrorKind, Buffer, prelude::*};
use ndarray::prelude::*;
use ndarray::{IxDyn, StrideShape};

#[test]
fn shapes_are_written_as_for_ndarray() {
    let buffer = Buffer::new();
    let x = Array3::<f32>::zeros((2, 3, 4));
    buffer.scope(|s| {
        let a: ArrayViewMut<'_, f64, Ix2> = s.alloc_array::<f64>((3, 4));
        assert_eq!((a.shape(), a.strides()), (&[3, 4][..], &[4, 1][..]));
        let a: ArrayViewMut<'_, f64, Ix1> = s.alloc_array::<f64>(7);
        assert_eq!((a.shape(), a.strides()), (&[7][..], &[1][..]));
        let a: ArrayViewMut<'_, u8, Ix3> = s.alloc_array::<u8>([2, 3, 4]);
        assert_eq!((a.shape(), a.strides()), (&[2, 3, 4][..], &[12, 4, 1][..]));
        let a: ArrayViewMut<'_, f64, Ix2> = s.alloc_array::<f64>((3, 4).f());
        assert_eq!((a.shape(), a.strides()), (&[3, 4][..], &[1, 3][..]));
        let a: ArrayViewMut<'_, f64, IxDyn> = s.alloc_array::<f64>(IxDyn(&[5, 1, 2]));
        assert_eq!((a.shape(), a.strides()), (&[5, 1, 2][..], &[2, 2, 1][..]));
        let a = s.alloc_array::<f64>(IxDyn(&[5, 1, 2]).f());
        assert_eq!(a.strides(), &[1, 5, 5]);
        let a = s.alloc_array::<f64>(vec![2, 2]);
        assert_eq!(a.shape(), &[2, 2]);
        let a: ArrayViewMut<'_, f64, Ix3> = s.alloc_array::<f64>(x.raw_dim());
        assert_eq!(a.shape(), x.shape());
        let a: ArrayViewMut<'_, f64, Ix3> = s.alloc_array::<f64>(x.dim());
        assert_eq!(a.shape(), x.shape());
        let a: ArrayViewMut<'_, f64, Ix0> = s.alloc_array::<f64>(());
        assert_eq!(a.len(), 1);
        let a = s.alloc_array::<f64>(Dim([2, 2, 2, 2, 2, 2]));
        assert_eq!(a.len(), 64);
        let shape: StrideShape<Ix2> = (3, 4).into();
        assert_eq!(s.alloc_array::<f64>(shape).strides(), &[4, 1]);
    });
}

#[test]
fn a_kernel_can_be_generic_in_the_dimension() {
    fn doubled<D: Dimension>(s: Scope<'_>, x: ArrayView<'_, f64, D>) -> f64 {
        let mut twice = s.alloc_array::<f64>(x.raw_dim());
        twice.assign(&x);
        twice *= 2.0;
        let ones = s.ones::<f64>(x.raw_dim().f());
        (&twice * &ones).sum()
    }
    fn of_shape<Sh: ShapeBuilder>(s: Scope<'_>, shape: Sh) -> usize {
        s.zeros::<u16>(shape).len()
    }
    let buffer = Buffer::new();
    let x = Array4::<f64>::ones((2, 3, 4, 5));
    assert_eq!(buffer.scope(|s| doubled(s, x.view())), 240.0);
    assert_eq!(buffer.scope(|s| doubled(s, x.view().into_dyn())), 240.0);
    assert_eq!(buffer.scope(|s| of_shape(s, (3, 5))), 15);
}

#[test]
fn padded_strides_get_their_full_extent() {
    let buffer = Buffer::new();
    buffer.scope(|s| {
        let mut a = s.alloc_array::<f64>((3, 4).strides((9, 2)));
        let mut b = s.alloc_array::<f64>((2, 2).strides((1, 5)));
        let mut c = s.uninit::<f64>((3, 4).strides((1, 8)));
        assert_eq!((a.strides(), b.strides(), c.strides()), (&[9, 2][..], &[1, 5][..], &[1, 8][..]));
        a.fill(1.0);
        b.fill(2.0);
        c.fill(std::mem::MaybeUninit::new(3.0));
        assert_eq!((a.sum(), b.sum()), (12.0, 8.0));
        let from_fn = s.from_shape_fn((2, 3).strides((8, 2)), |(i, j)| 10 * i + j);
        assert_eq!(from_fn, array![[0, 1, 2], [10, 11, 12]]);
    });
    // 1 + 2·9 + 3·2 and 1 + 1 + 5 elements; 1 + 2 + 3·8; 1 + 8 + 2·2 of 8 bytes, in lines of 64.
    let lines = |elements: usize| (elements * 8).div_ceil(64) * 64;
    assert_eq!(buffer.stats().peak, lines(25) + lines(7) + lines(27) + lines(13));
}

#[test]
fn negative_strides_run_backwards_in_memory() {
    let buffer = Buffer::new();
    buffer.scope(|s| {
        let mut a = s.alloc_array::<i64>((2, 3).strides((-3isize as usize, 1)));
        a.indexed_iter_mut().for_each(|((i, j), x)| *x = (3 * i + j) as i64);
        assert_eq!(a.strides(), &[-3, 1]);
        assert_eq!(a.as_slice_memory_order(), Some(&[3, 4, 5, 0, 1, 2][..]));
    });
}

#[test]
fn arrays_start_on_cache_lines() {
    #[repr(align(4096))]
    #[derive(Clone, Copy)]
    struct Page;
    #[repr(C, align(256))]
    #[derive(Clone, Copy)]
    struct Wide([u8; 256]);
    // SAFETY: zeros are bytes.
    unsafe impl bytemuck::Zeroable for Wide {}
    // SAFETY: as many bytes as its alignment, so that there is no padding.
    unsafe impl bytemuck::Pod for Wide {}

    let buffer = Buffer::new();
    for _ in 0..3 {
        buffer.scope(|s| {
            for n in 1..200 {
                assert_eq!(s.alloc_array::<u8>(n).as_ptr() as usize % 64, 0);
                assert_eq!(s.uninit::<u8>(n).as_ptr() as usize % 64, 0);
                if n % 16 == 0 {
                    assert_eq!(s.alloc_array::<Wide>(n).as_ptr() as usize % 256, 0);
                    assert_eq!(s.uninit::<Wide>(n).as_ptr() as usize % 256, 0);
                    assert_eq!(s.uninit::<Page>(n).as_ptr() as usize % 4096, 0);
                }
            }
        });
    }
}

#[test]
fn empty_arrays_and_elements_without_size_take_no_memory() {
    let buffer = Buffer::new();
    buffer.scope(|s| {
        let a = s.alloc_array::<f64>((0, 5));
        assert_eq!((a.shape(), a.len()), (&[0, 5][..], 0));
        let a = s.zeros::<f64>((5, 0).f());
        assert_eq!((a.shape(), a.iter().count()), (&[5, 0][..], 0));
        assert_eq!(s.from_elem((1000, 1000), ()).len(), 1_000_000);
        assert_eq!(s.alloc_array::<[f64; 0]>((3, 4)).len(), 12);
        assert_eq!(s.uninit::<()>((3, 4).strides((7, 1))).strides(), &[7, 1]);
        assert_eq!(s.alloc_array::<f64>((0, 3).strides((100, 30))).shape(), &[0, 3]);
        assert_eq!(s.alloc_slice::<u64>(0).len(), 0);
        assert_eq!(s.from_shape_fn((2, 0), |_| 1u8).len(), 0);
    });
    assert_eq!(buffer.stats().growths, 0);
    assert_eq!(buffer.stats().peak, 0);
}

#[test]
fn overflow_is_ndarrays_rule() {
    const MAX: usize = isize::MAX as usize;
    let buffer = Buffer::new();
    buffer.scope(|s| {
        let kind = |shape: &[usize]| s.try_alloc_array::<u8>(IxDyn(shape)).map(|_| ()).map_err(|e| e.kind());
        // The product of the lengths that are not zero counts, whatever axis is zero.
        assert_eq!(kind(&[MAX, 2]), Err(AllocErrorKind::Overflow));
        assert_eq!(kind(&[0, MAX, 2]), Err(AllocErrorKind::Overflow));
        assert_eq!(kind(&[MAX, 2, 0]), Err(AllocErrorKind::Overflow));
        assert_eq!(kind(&[usize::MAX, 0]), Err(AllocErrorKind::Overflow));
        assert_eq!(kind(&[usize::MAX]), Err(AllocErrorKind::Overflow));
        assert_eq!(kind(&[MAX, 0]), Ok(()));
        assert_eq!(kind(&[0, 1 << 31, 1 << 31]), Ok(()));
        assert_eq!(kind(&[MAX]), Err(AllocErrorKind::OutOfMemory));
        let error = s.try_alloc_array::<u64>(MAX / 4).unwrap_err();
        assert_eq!((error.kind(), error.bytes()), (AllocErrorKind::Overflow, usize::MAX));
        assert_eq!(s.try_uninit::<u64>((MAX, MAX)).unwrap_err().kind(), AllocErrorKind::Overflow);
        assert_eq!(s.try_uninit::<()>((MAX, 2)).unwrap_err().kind(), AllocErrorKind::Overflow);
        assert_eq!(s.try_uninit::<()>((MAX, 1)).unwrap().len(), MAX);
        let strided = s.try_alloc_array::<u64>((2, 2).strides((MAX / 8, 1)));
        assert_eq!(strided.unwrap_err().kind(), AllocErrorKind::Overflow);
    });
    // ndarray agrees on each.
    for shape in [&[0, MAX, 2][..], &[MAX, 2, 0], &[usize::MAX, 0]] {
        let shape = IxDyn(shape);
        assert!(std::panic::catch_unwind(|| ArrayD::<u8>::zeros(shape)).is_err());
    }
    assert_eq!(ArrayD::<u8>::zeros(IxDyn(&[MAX, 0])).len(), 0);
}

#[test]
fn strides_that_share_elements_are_refused() {
    let buffer = Buffer::new();
    buffer.scope(|s| {
        let kind = |strides: (usize, usize)| s.try_alloc_array::<f64>((3, 4).strides(strides)).unwrap_err().kind();
        assert_eq!(kind((0, 1)), AllocErrorKind::Strides);
        assert_eq!(kind((3, 1)), AllocErrorKind::Strides);
        assert_eq!(kind((usize::MAX / 4, 1)), AllocErrorKind::Overflow);
        let short = IxDyn(&[3, 4]).strides(IxDyn(&[1]));
        assert_eq!(s.try_alloc_array::<f64>(short).unwrap_err().kind(), AllocErrorKind::Strides);
    });
}
