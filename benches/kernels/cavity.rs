use std::hint::black_box;

use ndarena::prelude::*;
use ndarena_kernels::cavity::{Cavity, Workspace, by_hand, in_a_scope, on_the_heap};
use ndarray::prelude::*;

use crate::{Case, moved};

/// From rest, until the flow changes by no more than `steady` in a unit of time.
pub(crate) fn case((cells, steady): (usize, f64)) -> Case {
    let step = 0.75 * (25.0 / (cells * cells) as f64).min(0.02);
    let cavity = Cavity { cells, reynolds: 100.0, step, sweeps: 10, steady, most: 10_000 };
    let grid = move || Array2::zeros((cavity.points(), cavity.points()));
    Case {
        name: format!("cavity flow, {cells} × {cells}"),
        heap: moved(
            move || cavity,
            |cavity| {
                black_box(on_the_heap(cavity).expect("it is steady"));
            },
        ),
        hand: moved(
            move || (cavity, Workspace::new(cells), grid(), grid()),
            |(cavity, work, stream, vorticity)| {
                by_hand(cavity, work, stream.view_mut(), vorticity.view_mut()).expect("it is steady");
                black_box((stream, vorticity));
            },
        ),
        scope: moved(
            move || (cavity, Buffer::new()),
            |(cavity, buffer)| {
                buffer.scope(|s| drop(black_box(in_a_scope(s, cavity).expect("it is steady"))));
            },
        ),
    }
}
