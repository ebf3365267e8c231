//! Lanes along an axis, triangles, and all elements along one axis.

use ndarray::Order;
use ndarray::prelude::*;

use super::{Row, a, bits, bitwise, ints};

fn cube(n: usize) -> Array3<i32> {
    Array3::from_shape_fn((2, n, n + 1), |(i, j, k)| super::number(i + j, k))
}

pub(super) fn rows() -> Vec<Row> {
    vec![
        row!(Scope::product_axis, |s, n| s.product_axis(&a(n), Axis(0)), |n| a(n).product_axis(Axis(0))),
        row!(Scope::product_axis, |s, n| s.product_axis(&a(n), Axis(1)), |n| a(n).product_axis(Axis(1))),
        row!(
            Scope::map_axis_mut,
            |s, n| {
                let mut x = a(n);
                let sums = s.map_axis_mut(&mut x, Axis(0), |mut lane| {
                    lane[0] += 1.0;
                    (lane.sum(), lane[0] > 0.0)
                });
                assert_eq!(x.row(0), &a(n).row(0) + 1.0);
                sums
            },
            |n| a(n).map_axis_mut(Axis(0), |mut lane| {
                lane[0] += 1.0;
                (lane.sum(), lane[0] > 0.0)
            })
        ),
        row!(Scope::cumprod, |s, n| s.cumprod(&a(n), Axis(0)), |n| a(n).cumprod(Axis(0))),
        row!(Scope::cumprod, |s, n| s.cumprod(&a(n).t(), Axis(0)), |n| a(n).t().cumprod(Axis(0))),
        row!(Scope::diff, |s, n| s.diff(&a(n), 1, Axis(1)), |n| a(n).diff(1, Axis(1))),
        row!(Scope::diff, |s, n| s.diff(&ints(n), n - 1, Axis(0)), |n| ints(n).diff(n - 1, Axis(0))),
        row!(Scope::partition, |s, n| s.partition(&ints(n), n / 2, Axis(1)), |n| ints(n).partition(n / 2, Axis(1))),
        row!(Scope::partition, |s, n| s.partition(&ints(n), n / 2, Axis(0)), |n| ints(n).partition(n / 2, Axis(0))),
        row!(Scope::tril, |s, n| s.tril(&a(n), 1), |n| a(n).tril(1)),
        row!(Scope::tril, |s, n| s.tril(&cube(n), -1), |n| cube(n).tril(-1)),
        row!(Scope::triu, |s, n| s.triu(&a(n).t(), 0), |n| a(n).t().triu(0)),
        row!(Scope::triu, |s, n| s.triu(&cube(n), 2), |n| cube(n).triu(2)),
        row!(Scope::flatten, |s, n| bitwise(&s.flatten(&a(n).t())), |n| bitwise(&a(n).t().flatten())),
        row!(Scope::flatten_with_order, |s, n| bitwise(&s.flatten_with_order(&a(n), Order::ColumnMajor)), |n| bitwise(
            &a(n).flatten_with_order(Order::ColumnMajor)
        )),
    ]
}
