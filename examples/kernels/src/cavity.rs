//! The steady flow in a square cavity whose lid slides: stream function and vorticity on a grid, stepped on in time until
//! nothing changes any more.
//!
//! U. Ghia, K. N. Ghia and C. T. Shin, "High-Re solutions for incompressible flow using the Navier-Stokes equations and a
//! multigrid method", *Journal of Computational Physics* 48 (1982), for the equations and the flow. They are solved in the
//! plainest way: forward in time and centred in space, as in P. J. Roache, *Computational Fluid Dynamics*, Hermosa (1972),
//! section III-A; with A. Thom's vorticity at the walls, *Proceedings of the Royal Society A* 141 (1933); and with C. G. J.
//! Jacobi's iteration for the stream function.

#![allow(clippy::reversed_empty_ranges, reason = "in a slice, -1 is counted from the end")]

use std::mem::swap;

use ndarena::prelude::*;
use ndarray::{ArrayRef2, prelude::*, s};

use crate::Error;

/// A cavity of sides 1, in which a fluid at rest is set in motion by the upper wall, the lid. That slides to the right at
/// speed 1.
#[derive(Debug, Clone, Copy)]
pub struct Cavity {
    /// How many cells of the grid a side has.
    pub cells: usize,
    /// The Reynolds number, the reciprocal of the viscosity.
    pub reynolds: f64,
    /// The length of a step in time. With cells of width `h`, longer ones than `reynolds h² / 4` or `2 / reynolds` diverge.
    pub step: f64,
    /// How often the stream function is relaxed in each step.
    pub sweeps: usize,
    /// The flow is steady if its vorticity changes by no more than this in a unit of time, in the mean over the grid.
    pub steady: f64,
    /// How many steps are made at most.
    pub most: usize,
}

impl Cavity {
    /// How many points of the grid a side has, its ends included.
    pub fn points(&self) -> usize {
        self.cells + 1
    }

    /// The shape of the arrays.
    fn dim(&self) -> (usize, usize) {
        assert!(self.cells >= 2, "a cavity of {} cells a side has no point inside", self.cells);
        (self.points(), self.points())
    }

    fn width(&self) -> f64 {
        1.0 / self.cells as f64
    }

    /// By what the sums of differences are multiplied that stand for `u·∇ω` and `∇²ω / reynolds`.
    fn weights(&self) -> (f64, f64) {
        let per_area = 1.0 / (self.width() * self.width());
        (per_area / 4.0, per_area / self.reynolds)
    }

    /// Whether vorticity that changes at this rate is steady.
    fn is_steady(&self, rate: &ArrayRef2<f64>) -> Result<bool, Error> {
        let sum: f64 = rate.iter().map(|x| x.abs()).sum();
        if sum.is_finite() { Ok(sum <= self.steady * rate.len() as f64) } else { Err(Error::NotFinite) }
    }

    /// The vorticity at the walls that makes the fluid stick to them.
    fn stick(&self, stream: &ArrayRef2<f64>, vorticity: &mut ArrayRef2<f64>) {
        let (n, h) = (self.cells, self.width());
        let factor = -2.0 / (h * h);
        for i in 1..n {
            vorticity[[0, i]] = factor * stream[[1, i]];
            vorticity[[n, i]] = factor * (stream[[n - 1, i]] + h);
            vorticity[[i, 0]] = factor * stream[[i, 1]];
            vorticity[[i, n]] = factor * stream[[i, n - 1]];
        }
    }
}

fn finite(stream: &ArrayRef2<f64>, vorticity: &ArrayRef2<f64>) -> Result<(), Error> {
    if stream.iter().chain(vorticity).all(|x| x.is_finite()) { Ok(()) } else { Err(Error::NotFinite) }
}

/// The points that are not on a wall.
fn inside(a: &ArrayRef2<f64>) -> ArrayView2<'_, f64> {
    a.slice(s![1..-1, 1..-1])
}

/// [`inside`] to be written.
fn inside_mut(a: &mut ArrayRef2<f64>) -> ArrayViewMut2<'_, f64> {
    a.slice_mut(s![1..-1, 1..-1])
}

/// Of each point [`inside`], those above it, below it, and to its left and right. Rows go up.
fn around(a: &ArrayRef2<f64>) -> [ArrayView2<'_, f64>; 4] {
    [a.slice(s![2.., 1..-1]), a.slice(s![..-2, 1..-1]), a.slice(s![1..-1, ..-2]), a.slice(s![1..-1, 2..])]
}

/// The stream function and the vorticity of the steady flow at the points of the grid: `ψ` and `ω`, with `u = ∂ψ/∂y`,
/// `v = -∂ψ/∂x`, and `ω = ∂v/∂x - ∂u/∂y`. Rows go up from the bottom, columns from left to right.
///
/// # Errors
///
/// [`Error::TooManySteps`] if the flow is not steady after as many steps as `cavity` allows, [`Error::NotFinite`] if a number
/// of it is not finite, or the steps are so long that what they lead to is not.
///
/// # Panics
///
/// If there are fewer than two cells a side.
pub fn on_the_heap(cavity: &Cavity) -> Result<(Array2<f64>, Array2<f64>), Error> {
    let (h, (convective, viscous)) = (cavity.width(), cavity.weights());
    let (mut stream, mut vorticity) = (Array2::zeros(cavity.dim()), Array2::zeros(cavity.dim()));
    for _ in 0..cavity.most {
        cavity.stick(&stream, &mut vorticity);
        let rate = {
            let ([p_up, p_down, p_left, p_right], [up, down, left, right]) = (&around(&stream), &around(&vorticity));
            let convection = (p_up - p_down) * (right - left) + (p_left - p_right) * (up - down);
            let diffusion = up + down + left + right - &inside(&vorticity) * 4.0;
            diffusion * viscous - convection * convective
        };
        inside_mut(&mut vorticity).scaled_add(cavity.step, &rate);
        let source = &inside(&vorticity) * (h * h);
        for _ in 0..cavity.sweeps {
            let [up, down, left, right] = &around(&stream);
            let relaxed = (up + down + left + right + &source) * 0.25;
            inside_mut(&mut stream).assign(&relaxed);
        }
        if cavity.is_steady(&rate)? {
            finite(&stream, &vorticity)?;
            return Ok((stream, vorticity));
        }
    }
    Err(Error::TooManySteps)
}

/// `f` of each element of `to` and those of `from` at its place, row by row.
fn by_rows<const N: usize>(to: &mut ArrayRef2<f64>, from: [&ArrayRef2<f64>; N], f: impl Fn(&mut f64, [f64; N])) {
    for (i, mut to) in to.rows_mut().into_iter().enumerate() {
        let to = to.as_slice_mut().expect("a row has no gaps");
        let from = from.map(|from| &from.row(i).to_slice().expect("a row has no gaps")[..to.len()]);
        for (j, to) in to.iter_mut().enumerate() {
            f(to, from.map(|from| from[j]));
        }
    }
}

/// One step of Jacobi's towards `-∇²ψ = ω`, from `stream` to `next`. `source` is `ω h²` inside.
fn relax(stream: &ArrayRef2<f64>, source: &ArrayRef2<f64>, next: &mut ArrayRef2<f64>) {
    let [up, down, left, right] = &around(stream);
    by_rows(&mut inside_mut(next), [up, down, left, right, source], |next, [up, down, left, right, source]| {
        *next = (up + down + left + right + source) * 0.25;
    });
}

/// What [`by_hand`] works in.
#[derive(Debug)]
pub struct Workspace {
    stream: Array2<f64>,
    next: Array2<f64>,
    vorticity: Array2<f64>,
    rate: Array2<f64>,
    source: Array2<f64>,
}

impl Workspace {
    /// For so many cells a side, two or more.
    pub fn new(cells: usize) -> Self {
        let (grid, inside) = (|| Array2::zeros((cells + 1, cells + 1)), || Array2::zeros((cells - 1, cells - 1)));
        Workspace { stream: grid(), next: grid(), vorticity: grid(), rate: inside(), source: inside() }
    }
}

/// [`on_the_heap`] in memory that is there, and with the stream function and the vorticity in the last two arguments.
///
/// # Errors
///
/// As [`on_the_heap`].
///
/// # Panics
///
/// As [`on_the_heap`], and if `work`, `stream` or `vorticity` is not for that grid.
pub fn by_hand(
    cavity: &Cavity,
    work: &mut Workspace,
    mut stream: ArrayViewMut2<'_, f64>,
    mut vorticity: ArrayViewMut2<'_, f64>,
) -> Result<(), Error> {
    let dim = cavity.dim();
    assert_eq!([work.stream.dim(), stream.dim(), vorticity.dim()], [dim; 3], "arrays that are not for this grid");
    compute_by_hand(cavity, work)?;
    stream.assign(&work.stream);
    vorticity.assign(&work.vorticity);
    Ok(())
}

fn compute_by_hand(cavity: &Cavity, work: &mut Workspace) -> Result<(), Error> {
    let (h, (convective, viscous)) = (cavity.width(), cavity.weights());
    let Workspace { stream, next, vorticity, rate, source } = work;
    // On the walls the stream function is 0, in both of the arrays that change places: sweeps write to what is inside only.
    stream.fill(0.0);
    next.fill(0.0);
    vorticity.fill(0.0);
    for _ in 0..cavity.most {
        cavity.stick(stream, vorticity);
        let ([p_up, p_down, p_left, p_right], [up, down, left, right]) = (&around(stream), &around(vorticity));
        by_rows(rate, [p_up, p_down, left, right], |rate, [p_up, p_down, left, right]| {
            *rate = (p_up - p_down) * (right - left);
        });
        by_rows(rate, [p_left, p_right, up, down], |rate, [p_left, p_right, up, down]| {
            *rate += (p_left - p_right) * (up - down);
        });
        by_rows(rate, [up, down, left, right, &inside(vorticity)], |rate, [up, down, left, right, here]| {
            *rate = (up + down + left + right - here * 4.0) * viscous - *rate * convective;
        });
        inside_mut(vorticity).scaled_add(cavity.step, rate);
        by_rows(source, [&inside(vorticity)], |source, [vorticity]| *source = vorticity * (h * h));
        for _ in 0..cavity.sweeps {
            relax(stream, source, next);
            swap(stream, next);
        }
        if cavity.is_steady(rate)? {
            return finite(stream, vorticity);
        }
    }
    Err(Error::TooManySteps)
}

/// [`on_the_heap`] in a scope: the stream function and the vorticity are made in `s`, and each step has a scope for what is
/// gone after it.
///
/// # Errors
///
/// As [`on_the_heap`].
///
/// # Panics
///
/// As [`on_the_heap`], and as [`AllocArray`] says.
pub fn in_a_scope<'s>(
    s: Scope<'s>,
    cavity: &Cavity,
) -> Result<(ArrayViewMut2<'s, f64>, ArrayViewMut2<'s, f64>), Error> {
    let mut vorticity = s.zeros(cavity.dim());
    s.scope(|state| {
        let (mut stream, mut next) = (state.zeros(cavity.dim()), state.zeros(cavity.dim()));
        for _ in 0..cavity.most {
            cavity.stick(&stream, &mut vorticity);
            let steady = state.scope(|step| {
                let rate = rate(step, cavity, &stream, &vorticity);
                inside_mut(&mut vorticity).scaled_add(cavity.step, &rate);
                let source = step.mul(&inside(&vorticity), cavity.width() * cavity.width());
                for _ in 0..cavity.sweeps {
                    relax(&stream, &source, &mut next);
                    swap(&mut stream, &mut next);
                }
                cavity.is_steady(&rate)
            })?;
            if steady {
                finite(&stream, &vorticity)?;
                return Ok((s.copy_of(&stream), vorticity));
            }
        }
        Err(Error::TooManySteps)
    })
}

/// `∂ω/∂t` inside.
fn rate<'s>(
    s: Scope<'s>,
    cavity: &Cavity,
    stream: &ArrayRef2<f64>,
    vorticity: &ArrayRef2<f64>,
) -> ArrayViewMut2<'s, f64> {
    let (convective, viscous) = cavity.weights();
    let ([p_up, p_down, p_left, p_right], [up, down, left, right]) = (&around(stream), &around(vorticity));
    s.scope(|inner| {
        let convection =
            inner.zip_map4(p_up, p_down, left, right, |p_up, p_down, left, right| (p_up - p_down) * (right - left));
        let convection = inner.zip_map5(&convection, p_left, p_right, up, down, |sum, p_left, p_right, up, down| {
            sum + (p_left - p_right) * (up - down)
        });
        let mut rate = s.zip_map5(up, down, left, right, &inside(vorticity), |up, down, left, right, here| {
            (up + down + left + right - here * 4.0) * viscous
        });
        rate.scaled_add(-convective, &convection);
        rate
    })
}
