//! Lanes along an axis, and triangles.

use ndarray::prelude::*;

use super::{Row, a, ints, large, large2};

/// So many integers, in the memory of one.
fn some(len: usize, columns: usize) -> ArrayView2<'static, i32> {
    ArrayView::from_shape((len, columns).strides((0, 0)), &[1]).unwrap()
}

pub(super) fn rows() -> Vec<Row> {
    vec![
        row!(product_axis, |s| s.product_axis(&a(), Axis(2)), "axis 2", "[2, 3]", "less than 2"),
        row!(map_axis_mut, |s| s.map_axis_mut(&mut a(), Axis(2), |lane| lane.len()), "axis 2", "[2, 3]"),
        row!(cumprod, |s| s.cumprod(&a(), Axis(2)), "axis 2", "[2, 3]", "less than 2"),
        row!(diff, |s| s.diff(&a(), 1, Axis(2)), "axis 2", "[2, 3]", "less than 2"),
        row!(diff, |s| s.diff(&a(), 3, Axis(1)), "`n` is 3", "axis 1", "[2, 3]", "length 3", "give"),
        row!(diff, |s| s.diff(&a(), usize::MAX, Axis(0)), "18446744073709551615", "length 2"),
        row!(partition, |s| s.partition(&ints(), 0, Axis(2)), "axis 2", "[2, 2]"),
        row!(partition, |s| s.partition(&ints(), 2, Axis(1)), "element 2", "axis 1", "[2, 2]", "less than 2"),
        no_room!(product_axis, |s| s.product_axis(&large2(), Axis(1))),
        no_room!(product_axis, |s| s.product_axis(&large2().t(), Axis(0))),
        no_room!(map_axis_mut, |s| s
            .map_axis_mut(&mut ArrayViewMut2::from(&mut [[(); 2]; 65536]), Axis(1), |lane| lane.len())),
        no_room!(cumprod, |s| s.cumprod(&large(), Axis(0))),
        no_room!(diff, |s| s.diff(&large2(), 0, Axis(0))),
        no_room!(diff, |s| s.diff(&large(), 1, Axis(0)), "[65535]"),
        // The result fits, and a temporary does not: the first, or the second.
        no_room!(diff, |s| s.diff(&some(12000, 1), 3, Axis(0)), ", 1]"),
        no_room!(diff, |s| s.diff(&some(5500, 1), 3, Axis(0)), ", 1]"),
        no_room!(partition, |s| s.partition(&some(65536, 1), 3, Axis(0))),
        // The copy fits, and that of a lane does not.
        no_room!(partition, |s| s.partition(&some(6000, 2), 3, Axis(0)), "[6000"),
        no_room!(tril, |s| s.tril(&large2(), 0)),
        no_room!(triu, |s| s.triu(&large2().t(), 0)),
    ]
}
