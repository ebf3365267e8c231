//! Rows: parts of arrays, arrays put together, and in another shape.

use std::hint::black_box;

use ndarena::prelude::*;
use ndarray::prelude::*;
use ndarray::{Zip, concatenate, stack};
use num_complex::Complex64;

use crate::operations::operands::{Axes, Data, Element};
use crate::operations::turns::turns;
use crate::operations::{Kind, Operation, Setup, Watch, Way};

table! {
    select_first: One Element AnyAxes, |x, s, to|
        heap { x.a.select(Axis(0), x.indices) }
        scope { s.select(&x.a, Axis(0), x.indices) }
        hand {
            for (mut to, &i) in to.axis_iter_mut(Axis(0)).zip(x.indices) {
                to.assign(&x.a.index_axis(Axis(0), i));
            }
        }
    select_last: One Element AnyAxes, |x, s, to|
        heap { x.a.select(x.last, &[0, x.n - 1, 0, x.n / 2]) }
        scope { s.select(&x.a, x.last, &[0, x.n - 1, 0, x.n / 2]) }
        hand {
            for (mut to, i) in to.axis_iter_mut(x.last).zip([0, x.n - 1, 0, x.n / 2]) {
                to.assign(&x.a.index_axis(x.last, i));
            }
        }
    concatenate_first: Two Element AnyAxes, |x, s, to|
        heap { concatenate(Axis(0), &[x.a.view(), x.b.view()]).unwrap() }
        scope { s.concatenate(Axis(0), &[x.a.view(), x.b.view()]).unwrap() }
        hand {{
            let (mut a, mut b) = to.view_mut().split_at(Axis(0), x.a.len_of(Axis(0)));
            a.assign(&x.a);
            b.assign(&x.b);
        }}
    concatenate_last: Two Element AnyAxes, |x, s, to|
        heap { concatenate(x.last, &[x.a.view(), x.b.view()]).unwrap() }
        scope { s.concatenate(x.last, &[x.a.view(), x.b.view()]).unwrap() }
        hand {{
            let (mut a, mut b) = to.view_mut().split_at(x.last, x.n);
            a.assign(&x.a);
            b.assign(&x.b);
        }}
    stack_first: Two Element AnyAxes, |x, s, to|
        heap { stack(Axis(0), &[x.a.view(), x.b.view()]).unwrap() }
        scope { s.stack(Axis(0), &[x.a.view(), x.b.view()]).unwrap() }
        hand {
            for (mut to, from) in to.axis_iter_mut(Axis(0)).zip([&x.a, &x.b]) {
                Zip::from(&mut to).and_broadcast(from).for_each(|to, &from| *to = from);
            }
        }
    stack_last: Two Element AnyAxes, |x, s, to|
        heap { stack(Axis(x.dim.ndim()), &[x.a.view(), x.b.view()]).unwrap() }
        scope { s.stack(Axis(x.dim.ndim()), &[x.a.view(), x.b.view()]).unwrap() }
        hand {
            for (mut to, from) in to.axis_iter_mut(Axis(x.dim.ndim())).zip([&x.a, &x.b]) {
                Zip::from(&mut to).and_broadcast(from).for_each(|to, &from| *to = from);
            }
        }
    as_standard_layout: One Element AnyAxes, |x, s, to|
        heap { x.a.as_standard_layout() }
        scope { s.as_standard_layout(&x.a) }
        hand {
            if !x.a.is_standard_layout() {
                to.view_mut().assign(&x.a);
            }
        }
    to_shape: One Element AnyAxes, |x, s, to|
        heap { x.a.to_shape(x.a.len()).unwrap() }
        scope { s.to_shape(&x.a, x.a.len()).unwrap() }
        hand {
            if !x.a.is_standard_layout() {
                to.view_mut().iter_mut().zip(&x.a).for_each(|(to, &a)| *to = a);
            }
        }
    broadcast_row: One Element AnyAxes, |x, s, to|
        heap { x.row.broadcast(x.dim.clone()).unwrap().to_owned() }
        scope { s.broadcast(&x.row, x.dim.clone()) }
        hand { to.assign(&x.row) }
    broadcast_column: One Element AnyAxes, |x, s, to|
        heap { x.column.broadcast(x.dim.clone()).unwrap().to_owned() }
        scope { s.broadcast(&x.column, x.dim.clone()) }
        hand { to.assign(&x.column) }
    broadcast_vector: One Element AnyAxes, |x, s, to|
        heap { x.v.broadcast((8, x.n)).unwrap().to_owned() }
        scope { s.broadcast(&x.v, (8, x.n)) }
        hand { to.assign(&x.v) }
    flatten: One Element AnyAxes, |x, s, to|
        heap { x.a.flatten() }
        scope { s.flatten(&x.a) }
        hand { to = x.a.flatten() }
    tril: One Element Ix2, |x, s, to|
        heap { x.a.tril(0) }
        scope { s.tril(&x.a, 0) }
        hand { Zip::indexed(&mut to).and(&x.a).for_each(|(i, j), to, &a| *to = if j > i { T::zero() } else { a }) }
    triu: One Element Ix2, |x, s, to|
        heap { x.a.triu(0) }
        scope { s.triu(&x.a, 0) }
        hand { Zip::indexed(&mut to).and(&x.a).for_each(|(i, j), to, &a| *to = if j < i { T::zero() } else { a }) }
}
