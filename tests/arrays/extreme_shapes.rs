//! Shapes as large as numbers can say, in every order and with strides, of elements of every size: each gives an array of
//! that shape or an `AllocError` of the right kind, and never another panic.

use std::mem::MaybeUninit;

use ndarena::{AllocErrorKind, ArrayShape, FixedBuffer, Pod, prelude::*};
use ndarena_testing::panic_of;
use ndarray::prelude::*;
use ndarray::{Dimension, IxDyn, ShapeBuilder};

const MAX: u128 = isize::MAX as u128;

/// Lengths whose products come to lie on both sides of what `isize` and `usize` can say.
const LENGTHS: [usize; 20] = [
    0,
    1,
    1,
    2,
    3,
    7,
    64,
    100,
    512,
    513,
    1 << 16,
    1 << 31,
    1 << 32,
    (1 << 53) + (1 << 52),
    (1 << 53) + (1 << 52) + (1 << 51) + (1 << 50),
    isize::MAX as usize / 16,
    isize::MAX as usize / 8,
    isize::MAX as usize,
    1 << 63,
    usize::MAX,
];

const STRIDES: [usize; 12] =
    [0, 1, 2, 3, 64, 1 << 32, 1 << 62, isize::MAX as usize, 1 << 63, (1 << 63) + 1, -3isize as usize, usize::MAX];

/// What a buffer of the test allows.
const LIMIT: usize = 1 << 16;

/// Numbers in no order, the same every time.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) as usize % end
    }
}

/// What may come of a shape.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Outcome {
    Array,
    Error(AllocErrorKind),
}

/// Of an array with so many elements from the first to the last in memory, on a buffer that says `full` where it has no room.
fn of_extent(elements: u128, size: usize, full: AllocErrorKind) -> Vec<Outcome> {
    let bytes = elements * size as u128;
    match bytes {
        _ if elements > MAX || bytes > MAX => vec![Outcome::Error(AllocErrorKind::Overflow)],
        _ if bytes > LIMIT as u128 => vec![Outcome::Error(full)],
        // Rounded up to lines, or to a page.
        _ if bytes > LIMIT as u128 / 4 => vec![Outcome::Error(full), Outcome::Array],
        _ => vec![Outcome::Array],
    }
}

fn saturated(factors: impl IntoIterator<Item = usize>) -> u128 {
    factors.into_iter().fold(1, |product: u128, factor| product.saturating_mul(factor as u128))
}

/// What ndarray says of a shape whatever its order: the product of the lengths that are not 0 must fit `isize`.
fn is_too_large(lengths: &[usize]) -> bool {
    saturated(lengths.iter().copied().filter(|&length| length > 0)) > MAX
}

fn is_empty(lengths: &[usize]) -> bool {
    lengths.contains(&0)
}

fn contiguous(lengths: &[usize], size: usize, full: AllocErrorKind) -> Vec<Outcome> {
    match lengths {
        _ if is_too_large(lengths) => vec![Outcome::Error(AllocErrorKind::Overflow)],
        _ if is_empty(lengths) || size == 0 => vec![Outcome::Array],
        _ => of_extent(saturated(lengths.iter().copied()), size, full),
    }
}

/// Padded, an array may take an eighth more.
fn padded(lengths: &[usize], size: usize, full: AllocErrorKind) -> Vec<Outcome> {
    let mut possible = contiguous(lengths, size, full);
    if !is_too_large(lengths) && !is_empty(lengths) && size > 0 {
        let elements = saturated(lengths.iter().copied());
        possible.extend(of_extent(elements + elements / 8, size, full));
    }
    possible
}

/// With strides of the test's, of which it knows whether they share elements.
fn strided(lengths: &[usize], strides: &[usize], share: bool, size: usize, full: AllocErrorKind) -> Vec<Outcome> {
    // Elements of their own take as much at least, however they lie.
    if contiguous(lengths, size, full) == [Outcome::Error(AllocErrorKind::Overflow)] {
        return vec![Outcome::Error(AllocErrorKind::Overflow)];
    }
    if lengths.len() != strides.len() {
        return vec![Outcome::Error(AllocErrorKind::Strides)];
    }
    let by = |(&length, &stride): (&usize, &usize)| {
        (length as u128).saturating_sub(1) * u128::from((stride as isize).unsigned_abs() as u64)
    };
    let distance = lengths.iter().zip(strides).map(by).fold(0, u128::saturating_add);
    // An axis with one index may have any stride, but for the one that has no absolute value.
    if distance > MAX || (!is_empty(lengths) && (distance == MAX || strides.contains(&(1 << 63)))) {
        return vec![Outcome::Error(AllocErrorKind::Overflow)];
    }
    match () {
        _ if is_empty(lengths) => vec![Outcome::Array],
        _ if share => vec![Outcome::Error(AllocErrorKind::Strides)],
        _ if size == 0 => vec![Outcome::Array],
        _ => of_extent(distance + 1, size, full),
    }
}

/// Does all that makes an array of a shape do what is expected?
fn check<T: Pod, K, Sh: ArrayShape<K> + Clone>(
    s: Scope<'_>,
    shape: Sh,
    lengths: &[usize],
    expected: &[Outcome],
    what: &str,
) {
    let check = |made: Result<Vec<usize>, AllocErrorKind>| {
        let outcome = match made {
            Ok(shape) => {
                assert_eq!(shape, lengths, "{what}");
                Outcome::Array
            }
            Err(kind) => Outcome::Error(kind),
        };
        assert!(expected.contains(&outcome), "{what}: {outcome:?} is none of {expected:?}");
    };
    let known = |e: ndarena::AllocError| {
        assert_eq!(e.shape(), &lengths[..lengths.len().min(6)], "{what}");
        e.kind()
    };
    s.scope(|s| check(s.try_alloc_array::<T>(shape.clone()).map(|a| a.shape().to_vec()).map_err(known)));
    s.scope(|s| check(s.align(128).try_uninit::<T>(shape.clone()).map(|a| a.shape().to_vec()).map_err(known)));
    s.scope(|s| check(s.try_uninit::<T>(shape.clone()).map(|a| a.shape().to_vec()).map_err(known)));
    type Call<'a> = &'a dyn Fn(Scope<'_>) -> Vec<usize>;
    let panicking: [Call<'_>; 4] = [
        &|s| s.alloc_array::<T>(shape.clone()).shape().to_vec(),
        &|s| s.uninit::<T>(shape.clone()).shape().to_vec(),
        &|s| s.align(256).alloc_array::<T>(shape.clone()).shape().to_vec(),
        // It takes as many turns as there are elements, without size as well.
        &|s| match size_of::<T>() {
            0 => s.uninit::<T>(shape.clone()).shape().to_vec(),
            _ => s.from_elem(shape.clone(), T::zeroed()).shape().to_vec(),
        },
    ];
    for call in panicking {
        match panic_of(|| s.scope(call)) {
            Ok(shape) => check(Ok(shape)),
            Err(panic) => {
                let said = panic.message;
                assert!(said.starts_with("ndarena: cannot allocate an array of shape ["), "{what}: {said}");
                assert!(expected.iter().any(|&outcome| outcome != Outcome::Array), "{what}: {said}");
            }
        }
    }
}

fn orders<D: Dimension, T: Pod>(s: Scope<'_>, dim: &D, full: AllocErrorKind, random: &mut Random) {
    let lengths = dim.as_array_view().to_vec();
    let size = size_of::<T>();
    let what = |how: &str| format!("{lengths:?}, {} axes known, elements of {size}, {how}", D::NDIM.unwrap_or(0));
    let plain = contiguous(&lengths, size, full);
    check::<T, _, _>(s, dim.clone(), &lengths, &plain, &what("row-major"));
    check::<T, _, _>(s, dim.clone().f(), &lengths, &plain, &what("column-major"));
    let with_padding = padded(&lengths, size, full);
    check::<T, _, _>(s, dim.clone().padded::<T>(), &lengths, &with_padding, &what("padded"));
    check::<T, _, _>(s, dim.clone().f().padded::<T>(), &lengths, &with_padding, &what("column-major, padded"));

    // Row-major with gaps: what is too large for a stride is left at that.
    let (gap, mut stride) = (1 + random.below(3), 1usize);
    let mut strides = dim.clone();
    for axis in (0..lengths.len()).rev() {
        stride = stride.saturating_mul(gap).min(isize::MAX as usize);
        strides[axis] = if random.below(4) == 0 { stride.wrapping_neg() } else { stride };
        stride = stride.saturating_mul(lengths[axis].max(1)).min(isize::MAX as usize);
    }
    // An axis of several indices after strides were cut off would share elements, but then it is too large anyway.
    let expected = strided(&lengths, strides.as_array_view().as_slice().unwrap(), false, size, full);
    check::<T, _, _>(
        s,
        dim.clone().into_shape_with_order().strides(strides.clone()),
        &lengths,
        &expected,
        &what("gaps"),
    );

    // One axis of which all indices have the same elements.
    if let Some(axis) = (0..lengths.len()).find(|&axis| lengths[axis] > 1) {
        strides[axis] = 0;
        let expected = strided(&lengths, strides.as_array_view().as_slice().unwrap(), true, size, full);
        check::<T, _, _>(
            s,
            dim.clone().into_shape_with_order().strides(strides.clone()),
            &lengths,
            &expected,
            &what("shared"),
        );
    }

    // Whatever strides: whether they share elements, ndarray knows.
    let mut strides = dim.clone();
    (0..lengths.len()).for_each(|axis| strides[axis] = STRIDES[random.below(STRIDES.len())]);
    let list = strides.as_array_view().to_vec();
    let shape = dim.clone().into_shape_with_order().strides(strides);
    let share =
        !list.contains(&(1 << 63)) && ArrayViewMut::from_shape(shape.clone(), &mut [(); isize::MAX as usize]).is_err();
    let expected = strided(&lengths, &list, share, size, full);
    check::<T, _, _>(s, shape, &lengths, &expected, &what(&format!("strides {list:?}")));
}

fn sizes<D: Dimension>(s: Scope<'_>, dim: &D, full: AllocErrorKind, random: &mut Random) {
    orders::<D, ()>(s, dim, full, random);
    orders::<D, u8>(s, dim, full, random);
    orders::<D, f64>(s, dim, full, random);
    orders::<D, [f64; 2]>(s, dim, full, random);
    orders::<D, [f64; 512]>(s, dim, full, random);
}

fn known<D: Dimension>(s: Scope<'_>, dim: &IxDyn, full: AllocErrorKind, random: &mut Random) {
    sizes(s, &D::from_dimension(dim).expect("as many axes"), full, random);
}

fn shapes(s: Scope<'_>, full: AllocErrorKind, seed: u64, turns: usize) {
    let mut random = Random(seed);
    for _ in 0..turns {
        let axes = [0, 1, 2, 2, 2, 3, 3, 4, 5, 6, 7, 20][random.below(12)];
        // The more axes, the smaller: or hardly any would be left that are not too large.
        let largest = LENGTHS.len() - if axes > 3 { 2 * random.below(8) } else { random.below(6) };
        let lengths: Vec<usize> = (0..axes).map(|_| LENGTHS[random.below(largest)]).collect();
        let dim = IxDyn(&lengths);
        sizes(s, &dim, full, &mut random);
        match axes {
            0 => known::<Ix0>(s, &dim, full, &mut random),
            1 => known::<Ix1>(s, &dim, full, &mut random),
            2 => known::<Ix2>(s, &dim, full, &mut random),
            3 => known::<Ix3>(s, &dim, full, &mut random),
            4 => known::<Ix4>(s, &dim, full, &mut random),
            5 => known::<Ix5>(s, &dim, full, &mut random),
            6 => known::<Ix6>(s, &dim, full, &mut random),
            _ => {}
        }
        // Strides for another number of axes.
        if axes > 0 {
            let strides = IxDyn(&lengths[1..]);
            let expected = strided(&lengths, &lengths[1..], false, 8, full);
            check::<f64, _, _>(
                s,
                dim.clone().strides(strides),
                &lengths,
                &expected,
                &format!("{lengths:?}, an axis short"),
            );
        }
    }
}

const TURNS: usize = if cfg!(miri) { 1 } else { 400 };

#[test]
fn every_shape_gives_an_array_or_the_right_error() {
    let buffer = Buffer::with_limit(LIMIT);
    buffer.scope(|s| shapes(s, AllocErrorKind::Limit, 0x9E37_79B9_7F4A_7C15, TURNS));
    assert_eq!(buffer.stats().in_use, 0);
    buffer.scope(|s| assert_eq!(s.ones::<f64>(1000).sum(), 1000.0));
}

#[test]
fn on_fixed_memory_too() {
    let mut memory = vec![MaybeUninit::uninit(); LIMIT];
    let buffer = FixedBuffer::new(&mut memory);
    buffer.scope(|s| shapes(s, AllocErrorKind::OutOfMemory, 0xD1B5_4A32_D192_ED03, TURNS));
    buffer.scope(|s| assert_eq!(s.ones::<f64>(1000).sum(), 1000.0));
}

/// What was reported: too large by the bytes, and large enough not to be noticed before.
#[test]
fn padded_shapes_overflow_as_others() {
    ndarena::scope(|s| {
        let error = s.try_alloc_array::<f64>((1 << 32, 1 << 31).padded::<f64>()).unwrap_err();
        assert_eq!((error.kind(), error.shape()), (AllocErrorKind::Overflow, &[1 << 32, 1 << 31][..]));
        assert_eq!(s.try_uninit::<f64>((0, 512).padded::<f64>()).unwrap().dim(), (0, 512));
    });
}
