//! Rows: reductions along an axis, and what is made of lanes.

use std::hint::black_box;

use ndarena::prelude::*;
use ndarray::Zip;
use ndarray::prelude::*;
use num_complex::Complex64;

use crate::operations::operands::{Axes, Data, Element};
use crate::operations::turns::{Float, Number, turns};
use crate::operations::{Kind, Operation, Setup, Watch, Way};

table! {
    sum_axis_first: One Element AnyAxes, |x, s, to|
        heap { x.a.sum_axis(Axis(0)) }
        scope { s.sum_axis(&x.a, Axis(0)) }
        hand { Zip::from(&mut to).and(x.a.lanes(Axis(0))).for_each(|to, lane| *to = lane.sum()) }
    sum_axis_last: One Element AnyAxes, |x, s, to|
        heap { x.a.sum_axis(x.last) }
        scope { s.sum_axis(&x.a, x.last) }
        hand { Zip::from(&mut to).and(x.a.lanes(x.last)).for_each(|to, lane| *to = lane.sum()) }
    mean_axis_first: One Number AnyAxes, |x, s, to|
        heap { x.a.mean_axis(Axis(0)).unwrap() }
        scope { s.mean_axis(&x.a, Axis(0)).unwrap() }
        hand { Zip::from(&mut to).and(x.a.lanes(Axis(0))).for_each(|to, lane| *to = lane.mean().unwrap()) }
    mean_axis_last: One Number AnyAxes, |x, s, to|
        heap { x.a.mean_axis(x.last).unwrap() }
        scope { s.mean_axis(&x.a, x.last).unwrap() }
        hand { Zip::from(&mut to).and(x.a.lanes(x.last)).for_each(|to, lane| *to = lane.mean().unwrap()) }
    var_axis_first: One Float AnyAxes, |x, s, to|
        heap { x.a.var_axis(Axis(0), T::zero()) }
        scope { s.var_axis(&x.a, Axis(0), T::zero()) }
        hand { Zip::from(&mut to).and(x.a.lanes(Axis(0))).for_each(|to, lane| *to = lane.var(T::zero())) }
    std_axis_last: One Float AnyAxes, |x, s, to|
        heap { x.a.std_axis(x.last, T::zero()) }
        scope { s.std_axis(&x.a, x.last, T::zero()) }
        hand { Zip::from(&mut to).and(x.a.lanes(x.last)).for_each(|to, lane| *to = lane.std(T::zero())) }
    map_axis_first: One Element AnyAxes, |x, s, to|
        heap { x.a.map_axis(Axis(0), |lane| lane[0] + lane[lane.len() - 1]) }
        scope { s.map_axis(&x.a, Axis(0), |lane| lane[0] + lane[lane.len() - 1]) }
        hand { Zip::from(&mut to).and(x.a.lanes(Axis(0))).for_each(|to, lane| *to = lane[0] + lane[lane.len() - 1]) }
    map_axis_last: One Element AnyAxes, |x, s, to|
        heap { x.a.map_axis(x.last, |lane| lane[0] + lane[lane.len() - 1]) }
        scope { s.map_axis(&x.a, x.last, |lane| lane[0] + lane[lane.len() - 1]) }
        hand { Zip::from(&mut to).and(x.a.lanes(x.last)).for_each(|to, lane| *to = lane[0] + lane[lane.len() - 1]) }
    fold_axis_first: One Element AnyAxes, |x, s, to|
        heap { x.a.fold_axis(Axis(0), x.number, |&so_far, &a| so_far * a) }
        scope { s.fold_axis(&x.a, Axis(0), x.number, |&so_far, &a| so_far * a) }
        hand { Zip::from(&mut to).and(x.a.lanes(Axis(0))).for_each(|to, lane| *to = lane.fold(x.number, |so_far, &a| so_far * a)) }
    fold_axis_last: One Element AnyAxes, |x, s, to|
        heap { x.a.fold_axis(x.last, x.number, |&so_far, &a| so_far * a) }
        scope { s.fold_axis(&x.a, x.last, x.number, |&so_far, &a| so_far * a) }
        hand { Zip::from(&mut to).and(x.a.lanes(x.last)).for_each(|to, lane| *to = lane.fold(x.number, |so_far, &a| so_far * a)) }
    product_axis_first: One Element AnyAxes, |x, s, to|
        heap { x.a.product_axis(Axis(0)) }
        scope { s.product_axis(&x.a, Axis(0)) }
        hand { Zip::from(&mut to).and(x.a.lanes(Axis(0))).for_each(|to, lane| *to = lane.product()) }
    cumprod_last: One Element AnyAxes, |x, s, to|
        heap { x.a.cumprod(x.last) }
        scope { s.cumprod(&x.a, x.last) }
        hand {{
            to.assign(&x.a);
            to.accumulate_axis_inplace(x.last, |&before, to| *to = before * *to);
        }}
    diff_last: One Element AnyAxes, |x, s, to|
        heap { x.a.diff(usize::from(x.n > 1), x.last) }
        scope { s.diff(&x.a, usize::from(x.n > 1), x.last) }
        hand {
            if x.n > 1 {
                let (after, before) = (x.a.slice_axis(x.last, (1..).into()), x.a.slice_axis(x.last, (..-1).into()));
                Zip::from(&mut to).and(after).and(before).for_each(|to, &after, &before| *to = after - before);
            } else {
                to.assign(&x.a);
            }
        }
}
