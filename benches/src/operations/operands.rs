//! What operations are given: arrays of each element, shape and layout.

use std::fmt;

use bytemuck::Pod;
use ndarray::prelude::*;
use ndarray::{DimMax, LinalgScalar, RemoveAxis, ScalarOperand, Slice};
use num_complex::Complex64;

/// Elements, which can be compared bit by bit.
pub trait Element:
    LinalgScalar
    + ScalarOperand
    + Pod
    + Default
    + PartialEq
    + std::ops::Neg<Output = Self>
    + std::ops::MulAssign
    + Send
    + Sync
{
    /// What a table calls the type.
    const NAME: &'static str;
    /// A small number, not 0, without a pattern that an operation could mistake for another's.
    fn number(i: usize) -> Self;
}

fn small(i: usize) -> i32 {
    let number = (i * i * 13 + i * 31 + 1) % 17;
    if number == 8 { 3 } else { number as i32 - 8 }
}

macro_rules! elements {
    ($($T:ty: $name:literal, |$i:ident| $number:expr;)+) => {$(
        impl Element for $T {
            const NAME: &'static str = $name;

            fn number($i: usize) -> Self {
                $number
            }
        }
    )+};
}

elements! {
    f64: "f64", |i| f64::from(small(i)) / 3.0;
    f32: "f32", |i| small(i) as f32 / 3.0;
    i32: "i32", |i| small(i);
    Complex64: "Complex64", |i| Complex64::new(f64::from(small(i)) / 3.0, f64::from(small(i + 7)) / 7.0);
}

/// A number of axes, fixed or not.
pub trait Axes: Dimension<Larger: RemoveAxis> + RemoveAxis + DimMax<Self, Output = Self> + Send + Sync {
    /// What a table calls it.
    const NAME: &'static str;
    /// How many axes arrays have.
    const COUNT: usize;
}

impl Axes for Ix1 {
    const NAME: &'static str = "1";
    const COUNT: usize = 1;
}

impl Axes for Ix2 {
    const NAME: &'static str = "2";
    const COUNT: usize = 2;
}

impl Axes for Ix3 {
    const NAME: &'static str = "3";
    const COUNT: usize = 3;
}

impl Axes for IxDyn {
    const NAME: &'static str = "dynamic";
    const COUNT: usize = 2;
}

/// How an array lies in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Row-major, without gaps.
    Row,
    /// Column-major, without gaps.
    Column,
    /// Every second element of a larger row-major array along each axis.
    Stepped,
    /// A row-major array, backwards along each axis.
    Reversed,
    /// A row-major array whose axes are moved round by one.
    Permuted,
    /// One row, row after row: the first axis takes no step.
    Rows,
    /// One column, column after column: the last axis takes no step.
    Columns,
    /// One element: no axis takes a step.
    Both,
}

impl Layout {
    /// Those that differ where there are so many axes.
    pub fn all(axes: usize) -> &'static [Layout] {
        use Layout::*;
        match axes {
            1 => &[Row, Stepped, Reversed, Both],
            2 => &[Row, Column, Stepped, Reversed, Rows, Columns, Both],
            _ => &[Row, Column, Stepped, Reversed, Permuted, Rows, Columns, Both],
        }
    }
}

/// What a cell of the table is about, but for the operation, the element and the kind of axes.
#[derive(Debug, Clone, Copy)]
pub struct Setup {
    /// The lengths of the axes; those beyond the number of axes are not used.
    pub lengths: [usize; 3],
    /// How the first operand lies.
    pub first: Layout,
    /// How the second operand lies.
    pub second: Layout,
}

impl fmt::Display for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.first)?;
        if self.second != self.first {
            write!(f, ", {:?}", self.second)?;
        }
        Ok(())
    }
}

/// An array of which a view has the layout.
struct Laid<T, D> {
    array: Array<T, D>,
    dim: D,
    layout: Layout,
}

impl<T: Element, D: Axes> Laid<T, D> {
    fn new(dim: D, layout: Layout, seed: usize) -> Self {
        let mut stored = dim.clone();
        let lengths = stored.slice_mut();
        let last = lengths.len() - 1;
        match layout {
            Layout::Row | Layout::Column | Layout::Reversed => {}
            Layout::Stepped => lengths.iter_mut().for_each(|len| *len *= 2),
            Layout::Permuted => lengths.rotate_right(1),
            Layout::Rows => lengths[0] = lengths[0].min(1),
            Layout::Columns => lengths[last] = lengths[last].min(1),
            Layout::Both => lengths.iter_mut().for_each(|len| *len = 1.min(*len)),
        }
        let numbers: Vec<T> = (0..stored.size()).map(|i| T::number(seed + i)).collect();
        let shape = stored.set_f(layout == Layout::Column);
        Laid { array: Array::from_shape_vec(shape, numbers).expect("as many numbers"), dim, layout }
    }

    fn view(&self) -> ArrayView<'_, T, D> {
        let mut view = self.array.view();
        for axis in (0..self.dim.ndim()).map(Axis) {
            match self.layout {
                Layout::Stepped => view.slice_axis_inplace(axis, Slice::from(..).step_by(2)),
                Layout::Reversed => view.invert_axis(axis),
                _ => {}
            }
        }
        match self.layout {
            Layout::Permuted => {
                let mut axes = self.dim.clone();
                let count = axes.ndim();
                axes.slice_mut().iter_mut().enumerate().for_each(|(i, axis)| *axis = (i + 1) % count);
                view.permuted_axes(axes)
            }
            Layout::Rows | Layout::Columns | Layout::Both => {
                let (data, dim) = (&self.array, self.dim.clone());
                data.broadcast(dim).expect("lengths of 1 are stretched")
            }
            _ => view,
        }
    }
}

/// What operands are views of.
pub(super) struct Data<T, D> {
    first: Laid<T, D>,
    second: Laid<T, D>,
    row: Array<T, D>,
    column: Array<T, D>,
    vector: Array1<T>,
    indices: Vec<usize>,
}

impl<T, D: Dimension> fmt::Debug for Operands<'_, T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operands").field("dim", &self.dim).finish_non_exhaustive()
    }
}

impl<T, D> fmt::Debug for Data<T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Data").field("indices", &self.indices).finish_non_exhaustive()
    }
}

/// What an operation is given.
pub(super) struct Operands<'d, T, D: Dimension> {
    /// The first operand, of the layout and shape of the cell.
    pub(super) a: ArrayView<'d, T, D>,
    /// The second, of the same shape, and of its layout.
    pub(super) b: ArrayView<'d, T, D>,
    /// One of a row: the shape of `a` with the length 1 for the first axis.
    pub(super) row: ArrayView<'d, T, D>,
    /// One of a column: the shape of `a` with the length 1 for the last axis.
    pub(super) column: ArrayView<'d, T, D>,
    /// A vector as long as the last axis.
    pub(super) v: ArrayView1<'d, T>,
    /// Indices along the first axis, as many as that is long, in no order.
    pub(super) indices: &'d [usize],
    /// The last axis.
    pub(super) last: Axis,
    /// The shape.
    pub(super) dim: D,
    /// The length of the last axis.
    pub(super) n: usize,
    /// A number.
    pub(super) number: T,
}

impl<T: Element, D: Axes> Data<T, D> {
    /// What a cell needs.
    pub(super) fn new(setup: &Setup) -> Self {
        let mut dim = D::zeros(D::COUNT);
        dim.slice_mut().copy_from_slice(&setup.lengths[..D::COUNT]);
        let (first, last) = (dim[0], dim[D::COUNT - 1]);
        let (mut row, mut column) = (dim.clone(), dim.clone());
        row.slice_mut()[0] = 1;
        column.slice_mut()[D::COUNT - 1] = 1;
        Data {
            first: Laid::new(dim.clone(), setup.first, 1),
            second: Laid::new(dim, setup.second, 5),
            row: Laid::new(row, Layout::Row, 2).array,
            column: Laid::new(column, Layout::Row, 3).array,
            vector: Array1::from_iter((0..last).map(|i| T::number(i + 11))),
            indices: (0..first).map(|i| (i * 7 + 3) % first).collect(),
        }
    }

    /// The operands.
    pub(super) fn operands(&self) -> Operands<'_, T, D> {
        let a = self.first.view();
        Operands {
            b: self.second.view(),
            row: self.row.view(),
            column: self.column.view(),
            v: self.vector.view(),
            indices: &self.indices,
            last: Axis(a.ndim() - 1),
            dim: a.raw_dim(),
            n: self.vector.len(),
            number: T::number(4),
            a,
        }
    }
}
