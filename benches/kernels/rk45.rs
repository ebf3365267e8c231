use std::hint::black_box;

use ndarena::prelude::*;
use ndarena_kernels::rk45::{Control, Workspace, by_hand, in_a_scope, on_the_heap};
use ndarray::{ArrayRef1, prelude::*};

use crate::{Case, moved};

/// A tolerance at which there are some hundred steps.
const CONTROL: Control = Control { absolute: 1e-9, relative: 1e-9, first: 1e-2, most: 100_000 };

type Slope = fn(&ArrayRef1<f64>, &mut ArrayRef1<f64>);

/// E. N. Lorenz, "Deterministic nonperiodic flow", *Journal of the Atmospheric Sciences* 20 (1963).
fn lorenz(y: &ArrayRef1<f64>, slope: &mut ArrayRef1<f64>) {
    let (x, y, z) = (y[0], y[1], y[2]);
    (slope[0], slope[1], slope[2]) = (10.0 * (y - x), x * (28.0 - z) - y, x * y - 8.0 / 3.0 * z);
}

/// A ring of pendulums that pull each other, of which the first half of the numbers are the angles.
fn pendulums(y: &ArrayRef1<f64>, slope: &mut ArrayRef1<f64>) {
    let n = y.len() / 2;
    let (y, slope) = (y.as_slice().expect("contiguous"), slope.as_slice_mut().expect("contiguous"));
    let ((angle, velocity), (moves, pulls)) = (y.split_at(n), slope.split_at_mut(n));
    moves.copy_from_slice(velocity);
    for i in 0..n {
        let (left, right) = (angle[(i + n - 1) % n], angle[(i + 1) % n]);
        pulls[i] = left - 2.0 * angle[i] + right - angle[i];
    }
}

/// Until `end`, with so many states: Lorenz's 3, or those of pendulums.
pub(crate) fn case((states, end): (usize, f64)) -> Case {
    let f: Slope = if states == 3 { lorenz } else { pendulums };
    let start = move || Array1::from_shape_fn(states, |i| 1.0 + (i % 5) as f64);
    let span = (0.0, end);
    Case {
        name: format!("RK45, {states} states"),
        heap: moved(start, move |start| {
            let slope = |_, y: &Array1<f64>| {
                let mut slope = Array1::zeros(y.len());
                f(y, &mut slope);
                slope
            };
            black_box(on_the_heap(slope, span, start.view(), &CONTROL).expect("it is smooth"));
        }),
        hand: moved(
            move || (start(), Workspace::new(states), Array1::zeros(states)),
            move |(start, work, end)| {
                let slope = |_, y: ArrayView1<'_, f64>, mut slope: ArrayViewMut1<'_, f64>| f(&y, &mut slope);
                by_hand(slope, span, start.view(), &CONTROL, work, end.view_mut()).expect("it is smooth");
                black_box(end);
            },
        ),
        scope: moved(
            move || (start(), Buffer::new()),
            move |(start, buffer)| {
                buffer.scope(|s| {
                    let end = in_a_scope(s, in_scope(f), span, start.view(), &CONTROL).expect("it is smooth");
                    black_box(end);
                });
            },
        ),
    }
}

fn in_scope(f: Slope) -> impl for<'k> Fn(Scope<'k>, f64, &ArrayRef1<f64>) -> ArrayViewMut1<'k, f64> {
    move |s, _, y| {
        let mut slope = s.alloc_array::<f64>(y.len());
        f(y, &mut slope);
        slope
    }
}
