//! The rows.

use std::hint::black_box;

use ndarena::prelude::*;
use ndarray::linalg::{general_mat_mul, general_mat_vec_mul};
use ndarray::prelude::*;
use ndarray::{Zip, concatenate, stack};
use num_complex::Complex64;
use num_traits::{Float as NumFloat, FromPrimitive};

use super::operands::{Axes, Data, Element};
use super::{Kind, Operation, Setup, Watch, Way};

/// Elements for which there are roots and variances.
trait Float: Element + NumFloat + FromPrimitive {}

impl Float for f64 {}
impl Float for f32 {}

/// Numbers that can be made of a length.
trait Number: Element + FromPrimitive {}

impl<T: Element + FromPrimitive> Number for T {}

#[inline(always)]
fn turns(watch: &mut dyn Watch, mut turn: impl FnMut(&mut dyn Watch)) {
    for turns_before in 0..=watch.turns() {
        if turns_before == 1 {
            watch.start();
        }
        turn(watch);
    }
    watch.stop();
}

/// The body of a row's function: for operands `x`, in the scope `s`, or to the result of a turn before, `to`.
macro_rules! body {
    ($T:ty, $D:ty, $setup:ident, $way:ident, $watch:ident; $x:ident, $s:ident, $to:ident; $heap:expr, $scope:expr, $hand:expr) => {{
        let data = Data::<$T, $D>::new($setup);
        let operands = data.operands();
        // That may be anything, at each turn, for all that the compiler knows.
        match $way {
            Way::Heap => turns($watch, |watch| {
                let $x = black_box(&operands);
                watch.see(&$heap);
            }),
            Way::Scope => {
                let buffer = Buffer::new();
                turns($watch, |watch| {
                    let $x = black_box(&operands);
                    buffer.scope(|$s| watch.see(&$scope));
                });
            }
            Way::Hand => {
                let $x = &operands;
                #[allow(unused_mut, reason = "numbers are assigned")]
                let mut $to = $heap;
                turns($watch, |watch| {
                    let $x = black_box(&operands);
                    let _ = $x;
                    $hand;
                    watch.see(&$to);
                });
            }
        }
    }};
}

macro_rules! function {
    ($name:ident $bound:ident AnyAxes $($rest:tt)*) => {
        fn $name<T: $bound, D: Axes>(setup: &Setup, way: Way, watch: &mut dyn Watch) {
            body!(T, D, setup, way, watch; $($rest)*)
        }
    };
    ($name:ident $bound:ident $D:ident $($rest:tt)*) => {
        fn $name<T: $bound>(setup: &Setup, way: Way, watch: &mut dyn Watch) {
            body!(T, $D, setup, way, watch; $($rest)*)
        }
    };
}

macro_rules! register {
    ($all:ident $name:ident $kind:ident Float $axes:ident) => {
        register!($all $name $kind [f64 f32] $axes);
    };
    ($all:ident $name:ident $kind:ident $bound:ident $axes:ident) => {
        register!($all $name $kind [f64 f32 i32 Complex64] $axes);
    };
    // More axes, and axes whose number is found out as the program runs, are tried with one type of elements: the loops over
    // axes do not depend on it, and compiling each with each takes minutes.
    ($all:ident $name:ident $kind:ident [$first:ident $($T:ident)+] AnyAxes) => {
        register!($all $name $kind $first Ix3, $name::<$first, Ix3>);
        register!($all $name $kind $first IxDyn, $name::<$first, IxDyn>);
        register!($all $name $kind [$first $($T)+] Ix1 Ix2);
    };
    ($all:ident $name:ident $kind:ident [$($T:ident)+] Ix1 Ix2) => {$(
        register!($all $name $kind $T Ix1, $name::<$T, Ix1>);
        register!($all $name $kind $T Ix2, $name::<$T, Ix2>);
    )+};
    ($all:ident $name:ident $kind:ident [$($T:ident)+] $D:ident) => {
        $(register!($all $name $kind $T $D, $name::<$T>);)+
    };
    ($all:ident $name:ident $kind:ident $T:ident $D:ident, $run:expr) => {
        $all.push(Operation {
            name: stringify!($name),
            element: <$T as Element>::NAME,
            axes: <$D as Axes>::NAME,
            count: <$D as Axes>::COUNT,
            kind: Kind::$kind,
            run: $run,
        });
    };
}

macro_rules! table {
    ($(
        $name:ident: $kind:ident $bound:ident $axes:ident, |$x:ident, $s:ident, $to:ident|
        heap { $heap:expr } scope { $scope:expr } hand { $hand:expr }
    )+) => {
        $(function! { $name $bound $axes $x, $s, $to; $heap, $scope, $hand })+

        /// Every operation of the table, on every element and kind of axes that it is for.
        pub fn operations() -> Vec<Operation> {
            let mut all = Vec::with_capacity(1024);
            $(register!(all $name $kind $bound $axes);)+
            all
        }
    };
}

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
    zeros: Lengths Element AnyAxes, |x, s, to|
        heap { Array::<T, D>::zeros(x.dim.clone()) }
        scope { s.zeros::<T>(x.dim.clone()) }
        hand { to.fill(T::zero()) }
    alloc_array: Lengths Element AnyAxes, |x, s, to|
        heap { Array::<T, D>::zeros(x.dim.clone()) }
        scope {{
            let mut to = s.alloc_array::<T>(x.dim.clone());
            to.fill(T::zero());
            to
        }}
        hand { to.fill(T::zero()) }
    ones: Lengths Element AnyAxes, |x, s, to|
        heap { Array::<T, D>::ones(x.dim.clone().f()) }
        scope { s.ones::<T>(x.dim.clone().f()) }
        hand { to.fill(T::one()) }
    from_elem: Lengths Element AnyAxes, |x, s, to|
        heap { Array::from_elem(x.dim.clone(), x.number) }
        scope { s.from_elem(x.dim.clone(), x.number) }
        hand { to.fill(x.number) }
    from_shape_fn: Lengths Element Ix2, |x, s, to|
        heap { Array::from_shape_fn(x.dim, |(i, j)| if i > j { x.number } else { T::one() }) }
        scope { s.from_shape_fn(x.dim, |(i, j)| if i > j { x.number } else { T::one() }) }
        hand { to.indexed_iter_mut().for_each(|((i, j), to)| *to = if i > j { x.number } else { T::one() }) }
    from_iter: Lengths Element Ix1, |x, s, to|
        heap { Array::from_iter(x.v.iter().map(|&v| v + v)) }
        scope { s.from_iter(x.v.iter().map(|&v| v + v)) }
        hand { to.iter_mut().zip(&x.v).for_each(|(to, &v)| *to = v + v) }
    from_iter_of_a_range: Lengths Number Ix1, |x, s, to|
        heap { Array::from_iter((0..x.n).map(|i| T::from_usize(i).unwrap() * x.number)) }
        scope { s.from_iter((0..x.n).map(|i| T::from_usize(i).unwrap() * x.number)) }
        hand { to.iter_mut().enumerate().for_each(|(i, to)| *to = T::from_usize(i).unwrap() * x.number) }
    eye: Lengths Element Ix1, |x, s, to|
        heap { Array2::<T>::eye(x.n) }
        scope { s.eye::<T>(x.n) }
        hand {{
            to.fill(T::zero());
            to.diag_mut().fill(T::one());
        }}
    from_diag: Lengths Element Ix1, |x, s, to|
        heap { Array2::from_diag(&x.v) }
        scope { s.from_diag(&x.v) }
        hand {{
            to.fill(T::zero());
            to.diag_mut().assign(&x.v);
        }}
    linspace: Lengths Float Ix1, |x, s, to|
        heap { Array1::linspace(x.number, T::one(), x.n) }
        scope { s.linspace(x.number, T::one(), x.n) }
        hand {{
            let step = (T::one() - x.number) / T::from_usize(x.n.max(2) - 1).unwrap();
            to.iter_mut().enumerate().for_each(|(i, to)| *to = x.number + step * T::from_usize(i).unwrap());
        }}
    logspace: Lengths Float Ix1, |x, s, to|
        heap { Array1::logspace(x.v[0].abs(), x.number, T::one(), x.n) }
        scope { s.logspace(x.v[0].abs(), x.number, T::one(), x.n) }
        hand {{
            let (base, step) = (x.v[0].abs(), (T::one() - x.number) / T::from_usize(x.n.max(2) - 1).unwrap());
            to.iter_mut().enumerate().for_each(|(i, to)| *to = base.powf(x.number + step * T::from_usize(i).unwrap()));
        }}
    range: Lengths Float Ix1, |x, s, to|
        heap { Array1::range(T::zero(), T::from_usize(x.n).unwrap(), T::one()) }
        scope { s.range(T::zero(), T::from_usize(x.n).unwrap(), T::one()) }
        hand { to.iter_mut().enumerate().for_each(|(i, to)| *to = T::from_usize(i).unwrap()) }
    dot: Two Element Ix2, |x, s, to|
        heap { x.a.dot(&x.b.t()) }
        scope { s.dot(&x.a, &x.b.t()) }
        hand { general_mat_mul(T::one(), &x.a, &x.b.t(), T::zero(), &mut to) }
    matrix_by_vector: One Element Ix2, |x, s, to|
        heap { x.a.dot(&x.v) }
        scope { s.dot(&x.a, &x.v) }
        hand { general_mat_vec_mul(T::one(), &x.a, &x.v, T::zero(), &mut to) }
    vector_by_matrix: One Element Ix2, |x, s, to|
        heap { x.v.dot(&x.a.t()) }
        scope { s.dot(&x.v, &x.a.t()) }
        hand { general_mat_vec_mul(T::one(), &x.a, &x.v, T::zero(), &mut to) }
    outer: Lengths Element Ix1, |x, s, to|
        heap {{
            let column = x.v.insert_axis(Axis(1));
            &column * &x.a
        }}
        scope { s.outer(&x.v, &x.a) }
        hand { to.indexed_iter_mut().for_each(|((i, j), to)| *to = x.v[i] * x.a[j]) }
    kron: One Element Ix2, |x, s, to|
        heap { ndarray::linalg::kron(&x.a.slice(ndarray::s![..2.min(x.a.nrows()), ..2.min(x.n)]), &x.a) }
        scope { s.kron(&x.a.slice(ndarray::s![..2.min(x.a.nrows()), ..2.min(x.n)]), &x.a) }
        hand {
            for (i, mut block) in to.exact_chunks_mut(x.a.dim()).into_iter().enumerate() {
                let factor = x.a[[i / 2.min(x.n), i % 2.min(x.n)]];
                Zip::from(&mut block).and(&x.a).for_each(|to, &a| *to = factor * a);
            }
        }
}
