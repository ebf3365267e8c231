//! In which order the elements of one array or several are read, so that those of a new array without gaps are written one
//! after the other: integers only.

#![forbid(unsafe_code)]

/// Arrays that step along more axes than this, once axes along which nothing changes are gone, are walked by others' means.
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

impl<const N: usize> Walk<N> {
    /// The walk over arrays that are broadcast to `shape`, which has elements; `slowest_first(0)` is the axis that changes last.
    /// Nothing if there are too many axes. Axes that all arrays step over as if they were one become one.
    #[inline]
    pub(super) fn new(
        shape: &[usize],
        arrays: [Strided<'_>; N],
        slowest_first: impl Fn(usize) -> usize,
    ) -> Option<Self> {
        let mut walk = Walk { axes: 1, lengths: [1; MOST_AXES], strides: [[0; N]; MOST_AXES] };
        for axis in (0..shape.len()).map(slowest_first) {
            let len = shape[axis];
            if len == 1 {
                continue;
            }
            let mut steps = [0; N];
            for (step, (lengths, strides)) in steps.iter_mut().zip(arrays) {
                // Axes are those of the shape counted from the last one. What is missing, or has the length 1, takes no step.
                if let Some(own) = (axis + lengths.len()).checked_sub(shape.len()) {
                    if lengths[own] == len {
                        *step = strides[own];
                    }
                }
            }
            let last = walk.axes - 1;
            let outer = &mut walk.strides[last];
            if walk.lengths[last] == 1 {
                (walk.lengths[last], *outer) = (len, steps);
            } else if (0..N).all(|k| outer[k] == steps[k].wrapping_mul(len as isize)) {
                walk.lengths[last] *= len;
                *outer = steps;
            } else if walk.axes < MOST_AXES {
                walk.lengths[walk.axes] = len;
                walk.strides[walk.axes] = steps;
                walk.axes += 1;
            } else {
                return None;
            }
        }
        Some(walk)
    }

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
        loop {
            run(at);
            let mut axis = self.axes - 1;
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
