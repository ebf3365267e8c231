//! Rows: operators and maps.

use std::hint::black_box;

use ndarena::prelude::*;
use ndarray::Zip;
use ndarray::prelude::*;
use num_complex::Complex64;

use crate::operations::operands::{Axes, Data, Element};
use crate::operations::turns::{Float, turns};
use crate::operations::{Kind, Operation, Setup, Watch, Way};

table! {
    add: Two Element AnyAxes, |x, s, to|
        heap { &x.a + &x.b }
        scope { s.add(&x.a, &x.b) }
        hand { Zip::from(&mut to).and(&x.a).and(&x.b).for_each(|to, &a, &b| *to = a + b) }
    sub: Two Element AnyAxes, |x, s, to|
        heap { &x.a - &x.b }
        scope { s.sub(&x.a, &x.b) }
        hand { Zip::from(&mut to).and(&x.a).and(&x.b).for_each(|to, &a, &b| *to = a - b) }
    div: Two Element AnyAxes, |x, s, to|
        heap { &x.a / &x.b }
        scope { s.div(&x.a, &x.b) }
        hand { Zip::from(&mut to).and(&x.a).and(&x.b).for_each(|to, &a, &b| *to = a / b) }
    add_row: One Element AnyAxes, |x, s, to|
        heap { &x.a + &x.row }
        scope { s.add(&x.a, &x.row) }
        hand { Zip::from(&mut to).and(&x.a).and_broadcast(&x.row).for_each(|to, &a, &b| *to = a + b) }
    add_column: One Element AnyAxes, |x, s, to|
        heap { &x.a + &x.column }
        scope { s.add(&x.a, &x.column) }
        hand { Zip::from(&mut to).and(&x.a).and_broadcast(&x.column).for_each(|to, &a, &b| *to = a + b) }
    row_by_column: Lengths Element Ix2, |x, s, to|
        heap { &x.row * &x.column }
        scope { s.mul(&x.row, &x.column) }
        hand { Zip::from(&mut to).and_broadcast(&x.row).and_broadcast(&x.column).for_each(|to, &a, &b| *to = a * b) }
    neg: One Element AnyAxes, |x, s, to|
        heap { x.a.map(|&a| -a) }
        scope { s.neg(&x.a) }
        hand { Zip::from(&mut to).and(&x.a).for_each(|to, &a| *to = -a) }
    map: One Element AnyAxes, |x, s, to|
        heap { x.a.map(|&a| a * a + a) }
        scope { s.map(&x.a, |&a| a * a + a) }
        hand { Zip::from(&mut to).and(&x.a).for_each(|to, &a| *to = a * a + a) }
    copy_of: One Element AnyAxes, |x, s, to|
        heap { x.a.to_owned() }
        scope { s.copy_of(&x.a) }
        hand { to.assign(&x.a) }
    zip_map: Two Element AnyAxes, |x, s, to|
        heap { Zip::from(&x.a).and(&x.b).map_collect(|&a, &b| a * b + a) }
        scope { s.zip_map(&x.a, &x.b, |&a, &b| a * b + a) }
        hand { Zip::from(&mut to).and(&x.a).and(&x.b).for_each(|to, &a, &b| *to = a * b + a) }
    zip_map3: Two Element AnyAxes, |x, s, to|
        heap { Zip::from(&x.a).and(&x.b).and(&x.a).map_collect(|&a, &b, &c| a * b + c) }
        scope { s.zip_map3(&x.a, &x.b, &x.a, |&a, &b, &c| a * b + c) }
        hand { Zip::from(&mut to).and(&x.a).and(&x.b).and(&x.a).for_each(|to, &a, &b, &c| *to = a * b + c) }
    zip_map3_of_a_number: Two Element AnyAxes, |x, s, to|
        heap {{
            let c = arr0(x.number);
            Zip::from(&x.a).and(&x.b).and_broadcast(&c).map_collect(|&a, &b, &c| a * b + c)
        }}
        scope { s.zip_map3(&x.a, &x.b, &aview0(&x.number), |&a, &b, &c| a * b + c) }
        hand { Zip::from(&mut to).and(&x.a).and(&x.b).for_each(|to, &a, &b| *to = a * b + x.number) }
    map_collect_in: Two Element AnyAxes, |x, s, to|
        heap { Zip::from(&x.a).and(&x.b).map_collect(|&a, &b| a * b + a) }
        scope { Zip::from(&x.a).and(&x.b).map_collect_in(s, |&a, &b| a * b + a) }
        hand { Zip::from(&mut to).and(&x.a).and(&x.b).for_each(|to, &a, &b| *to = a * b + a) }
    mul: Two Element AnyAxes, |x, s, to|
        heap { &x.a * &x.b }
        scope { s.mul(&x.a, &x.b) }
        hand { Zip::from(&mut to).and(&x.a).and(&x.b).for_each(|to, &a, &b| *to = a * b) }
    add_number: One Element AnyAxes, |x, s, to|
        heap { &x.a + x.number }
        scope { s.add(&x.a, x.number) }
        hand { Zip::from(&mut to).and(&x.a).for_each(|to, &a| *to = a + x.number) }
    number_less_array: One Element AnyAxes, |x, s, to|
        heap { x.a.map(|&a| x.number - a) }
        scope { s.sub(x.number, &x.a) }
        hand { Zip::from(&mut to).and(&x.a).for_each(|to, &a| *to = x.number - a) }
    mapv: One Element AnyAxes, |x, s, to|
        heap { x.a.mapv(|a| a * a + a) }
        scope { s.mapv(&x.a, |a| a * a + a) }
        hand { Zip::from(&mut to).and(&x.a).for_each(|to, &a| *to = a * a + a) }
    sqrt: One Float AnyAxes, |x, s, to|
        heap { x.a.sqrt() }
        scope { s.sqrt(&x.a) }
        hand { Zip::from(&mut to).and(&x.a).for_each(|to, &a| *to = a.sqrt()) }
    powi: One Float AnyAxes, |x, s, to|
        heap { x.a.powi(3) }
        scope { s.powi(&x.a, 3) }
        hand { Zip::from(&mut to).and(&x.a).for_each(|to, &a| *to = a.powi(3)) }
    clamp: One Float AnyAxes, |x, s, to|
        heap { x.a.clamp(-T::one(), T::one()) }
        scope { s.clamp(&x.a, -T::one(), T::one()) }
        hand { Zip::from(&mut to).and(&x.a).for_each(|to, &a| *to = if a < -T::one() { -T::one() } else if a > T::one() { T::one() } else { a }) }
    zip_map4: Two Element Ix2, |x, s, to|
        heap { Zip::from(&x.a).and(&x.b).and(&x.a).and(&x.b).map_collect(|&a, &b, &c, &d| a * b + c - d) }
        scope { s.zip_map4(&x.a, &x.b, &x.a, &x.b, |&a, &b, &c, &d| a * b + c - d) }
        hand { Zip::from(&mut to).and(&x.a).and(&x.b).and(&x.a).and(&x.b).for_each(|to, &a, &b, &c, &d| *to = a * b + c - d) }
    zip_map5: Two Element Ix2, |x, s, to|
        heap { Zip::from(&x.a).and(&x.b).and(&x.a).and(&x.b).and(&x.a).map_collect(|&a, &b, &c, &d, &e| a * b + c - d * e) }
        scope { s.zip_map5(&x.a, &x.b, &x.a, &x.b, &x.a, |&a, &b, &c, &d, &e| a * b + c - d * e) }
        hand {{
            let zip = Zip::from(&x.a).and(&x.b).and(&x.a).and(&x.b).and(&x.a);
            zip.map_assign_into(&mut to, |&a, &b, &c, &d, &e| a * b + c - d * e);
        }}
}
