//! In which order the elements of one array or several are read, so that those of a new array without gaps are written one
//! after the other: integers only.

#![forbid(unsafe_code)]

/// Arrays with more axes than this are walked by other means.
const MOST_AXES: usize = 6;

/// The lengths of an array's axes, and the strides along them, in elements.
pub(super) type Strided<'a> = (&'a [usize], &'a [isize]);

/// A walk over the elements of `N` arrays, broadcast to one shape: along the last axis first, then along the one before.
///
/// The invariant `Inside`: along each axis, each array's stride is its own along an axis of its own of that length, or 0; and
/// no axis of an array counts twice. So a sum of strides, each taken less often than the axis has elements, leads from the
/// array's first element to another one of it.
#[derive(Debug)]
pub(super) struct Walk<const N: usize> {
    /// The number of axes, one or more.
    axes: usize,
    /// Their lengths, none of which is 0, the slowest first.
    lengths: [usize; MOST_AXES],
    /// Their strides.
    strides: [[isize; N]; MOST_AXES],
}

/// The axes of a shape that arrays are broadcast to, with each array's stride along each of them (Inside).
pub(super) struct Broadcast<const N: usize> {
    count: usize,
    lengths: [usize; MOST_AXES],
    strides: [[isize; N]; MOST_AXES],
}

impl<const N: usize> Broadcast<N> {
    /// Arrays, broadcast to `shape`. Nothing if that has too many axes.
    #[inline(always)]
    pub(super) fn new(shape: &[usize], arrays: [Strided<'_>; N]) -> Option<Self> {
        let count = shape.len();
        if count > MOST_AXES {
            return None;
        }
        let mut broadcast = Broadcast { count, lengths: [1; MOST_AXES], strides: [[0; N]; MOST_AXES] };
        broadcast.lengths[..count].copy_from_slice(shape);
        for (k, (lengths, strides)) in arrays.into_iter().enumerate() {
            // Axes are those of the shape counted from the last one. What is missing, or has the length 1, takes no step.
            let missing = count - lengths.len();
            for (own, (&len, &stride)) in lengths.iter().zip(strides).enumerate() {
                if len != 1 {
                    assert!(len == shape[missing + own], "arrays are of lengths that broadcast (Inside)");
                    broadcast.strides[missing + own][k] = stride;
                }
            }
        }
        Some(broadcast)
    }

    /// Whether ndarray's `Zip` of these arrays prefers column-major order.
    #[inline(always)]
    pub(super) fn prefers_column_major(&self) -> bool {
        let weight = |k: usize| prefers_column_major(self.count, |axis| (self.lengths[axis], self.strides[axis][k]));
        (0..N).map(weight).sum::<i32>() > 0
    }

    /// The walk over these arrays, if the shape has elements; `slowest_first(0)` is the axis that changes last. Axes that all
    /// arrays step over as if they were one become one.
    #[inline(always)]
    pub(super) fn walk(&self, slowest_first: impl Fn(usize) -> usize) -> Walk<N> {
        let mut walk = Walk { axes: 1, lengths: [1; MOST_AXES], strides: [[0; N]; MOST_AXES] };
        let mut seen = 0u32;
        for axis in (0..self.count).map(slowest_first) {
            let (len, steps) = (self.lengths[axis], &self.strides[axis]);
            if len == 1 {
                continue;
            }
            assert!(len > 0, "a shape that is walked over has elements");
            assert!(seen & 1 << axis == 0, "each axis has one place (Inside)");
            seen |= 1 << axis;
            let last = walk.axes - 1;
            let outer = &mut walk.strides[last];
            if walk.lengths[last] == 1 {
                (walk.lengths[last], *outer) = (len, *steps);
            } else if (0..N).all(|k| outer[k] == steps[k].wrapping_mul(len as isize)) {
                walk.lengths[last] *= len;
                *outer = *steps;
            } else {
                walk.lengths[walk.axes] = len;
                walk.strides[walk.axes] = *steps;
                walk.axes += 1;
            }
        }
        walk
    }
}

/// How much an array with so many axes, with those lengths and strides, speaks for column-major order, as ndarray's `Zip` weighs
/// it: more if it lies without gaps.
#[inline(always)]
pub(super) fn prefers_column_major(count: usize, axis: impl Fn(usize) -> (usize, isize)) -> i32 {
    if count < 2 {
        return 0;
    }
    let ((first, by_first), (last, by_last)) = (axis(0), axis(count - 1));
    let (mut long_axes, mut empty) = (0, false);
    let (mut row_major, mut column_major) = (true, true);
    let (mut behind, mut before) = (1isize, 1isize);
    for i in 0..count {
        let ((len, stride), (len_back, stride_back)) = (axis(i), axis(count - 1 - i));
        long_axes += usize::from(len > 1);
        empty |= len == 0;
        // Where these wrap round, there is no such array.
        if len != 1 {
            column_major &= stride == before;
            before = before.wrapping_mul(len as isize);
        }
        if len_back != 1 {
            row_major &= stride_back == behind;
            behind = behind.wrapping_mul(len_back as isize);
        }
    }
    if row_major || empty {
        if long_axes > 1 { -2 } else { 0 }
    } else if column_major {
        2
    } else if first > 1 && by_first == 1 {
        1
    } else if last > 1 && by_last == 1 {
        -1
    } else {
        0
    }
}

impl<const N: usize> Walk<N> {
    /// How many elements there are along the last axis.
    #[inline(always)]
    pub(super) fn len(&self) -> usize {
        self.lengths[self.axes - 1]
    }

    /// The strides along the last axis.
    #[inline(always)]
    pub(super) fn steps(&self) -> [isize; N] {
        self.strides[self.axes - 1]
    }

    /// Calls `run` with the distance from each array's first element to where a run along the last axis begins, run by run.
    #[inline(always)]
    pub(super) fn runs(&self, mut run: impl FnMut([isize; N])) {
        let (mut at, mut index) = ([0; N], [0; MOST_AXES]);
        let outer = if self.axes > 1 { self.axes - 2 } else { 0 };
        let (rows, steps) = if self.axes > 1 { (self.lengths[outer], self.strides[outer]) } else { (1, [0; N]) };
        let mut left = rows;
        loop {
            run(at);
            left -= 1;
            if left > 0 {
                (0..N).for_each(|k| at[k] += steps[k]);
                continue;
            }
            left = rows;
            (0..N).for_each(|k| at[k] -= steps[k] * (rows as isize - 1));
            let mut axis = outer;
            loop {
                if axis == 0 {
                    return;
                }
                axis -= 1;
                index[axis] += 1;
                let (len, steps) = (self.lengths[axis], &self.strides[axis]);
                if index[axis] < len {
                    (0..N).for_each(|k| at[k] += steps[k]);
                    break;
                }
                index[axis] = 0;
                (0..N).for_each(|k| at[k] -= steps[k] * (len as isize - 1));
            }
        }
    }
}
