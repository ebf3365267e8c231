use std::panic::{AssertUnwindSafe, catch_unwind};

use approx::assert_abs_diff_eq;
use ndarena::prelude::*;
use ndarena_kernels::Error;
use ndarena_kernels::cavity::{Cavity, Workspace, by_hand, in_a_scope, on_the_heap};
use ndarray::{ArrayRef2, prelude::*};

use super::steady_calls;

/// A stream function and a vorticity.
type Flow = (Array2<f64>, Array2<f64>);

/// With steps that are three quarters as long as they may be.
fn cavity(cells: usize, reynolds: f64, steady: f64) -> Cavity {
    let longest = (reynolds / (4 * cells * cells) as f64).min(2.0 / reynolds);
    Cavity { cells, reynolds, step: 0.75 * longest, sweeps: 10, steady, most: 100_000 }
}

/// The three ways.
fn all(cavity: &Cavity) -> [Result<Flow, Error>; 3] {
    let grid = || Array2::from_elem((cavity.cells + 1, cavity.cells + 1), f64::NAN);
    let (mut stream, mut vorticity, mut work) = (grid(), grid(), Workspace::new(cavity.cells));
    let hand = by_hand(cavity, &mut work, stream.view_mut(), vorticity.view_mut());
    let buffer = Buffer::new();
    let scope =
        buffer.scope(|s| in_a_scope(s, cavity).map(|(stream, vorticity)| (stream.to_owned(), vorticity.to_owned())));
    assert_eq!(buffer.stats().in_use, 0);
    [on_the_heap(cavity), hand.map(|()| (stream, vorticity)), scope]
}

fn flow(cavity: &Cavity) -> Flow {
    Buffer::new().scope(|s| {
        let (stream, vorticity) = in_a_scope(s, cavity).unwrap();
        (stream.to_owned(), vorticity.to_owned())
    })
}

#[test]
fn three_ways_agree() {
    for (cells, sweeps) in [(2, 1), (3, 0), (4, 1), (5, 10), (8, 3), (17, 10)] {
        let cavity = Cavity { sweeps, ..cavity(cells, 80.0, 1e-2) };
        let [heap, hand, scope] = all(&cavity).map(Result::unwrap);
        // The same operations, in the same order.
        assert_eq!(hand, heap, "{cavity:?}");
        assert_eq!(scope, heap, "{cavity:?}");
    }
}

/// The same, one number at a time, and with velocities instead of differences of the stream function.
fn by_loops(cavity: &Cavity) -> Flow {
    let &Cavity { cells: n, reynolds, step, sweeps, steady, .. } = cavity;
    let h = 1.0 / n as f64;
    let (mut stream, mut vorticity) = (Array2::<f64>::zeros((n + 1, n + 1)), Array2::<f64>::zeros((n + 1, n + 1)));
    loop {
        // Where the stream function is 0, as is its second derivative along the wall, Taylor's series says that a cell from the
        // wall it is `±h` times the speed of the wall, and `-h² / 2` times the vorticity.
        for i in 1..n {
            vorticity[[0, i]] = stream[[1, i]] / (-h * h / 2.0);
            vorticity[[n, i]] = (stream[[n - 1, i]] + h * 1.0) / (-h * h / 2.0);
            vorticity[[i, 0]] = stream[[i, 1]] / (-h * h / 2.0);
            vorticity[[i, n]] = stream[[i, n - 1]] / (-h * h / 2.0);
        }
        let (mut next, mut change) = (vorticity.clone(), 0.0);
        for i in 1..n {
            for j in 1..n {
                let u = (stream[[i + 1, j]] - stream[[i - 1, j]]) / (2.0 * h);
                let v = (stream[[i, j - 1]] - stream[[i, j + 1]]) / (2.0 * h);
                let east = (vorticity[[i, j + 1]] - vorticity[[i, j - 1]]) / (2.0 * h);
                let north = (vorticity[[i + 1, j]] - vorticity[[i - 1, j]]) / (2.0 * h);
                let rate = laplacian(&vorticity, i, j) / reynolds - u * east - v * north;
                next[[i, j]] += step * rate;
                change += rate.abs() / ((n - 1) * (n - 1)) as f64;
            }
        }
        vorticity = next;
        for _ in 0..sweeps {
            let mut next = stream.clone();
            for i in 1..n {
                for j in 1..n {
                    next[[i, j]] += h * h / 4.0 * (laplacian(&stream, i, j) + vorticity[[i, j]]);
                }
            }
            stream = next;
        }
        if change <= steady {
            return (stream, vorticity);
        }
    }
}

fn laplacian(a: &ArrayRef2<f64>, i: usize, j: usize) -> f64 {
    let n = (a.nrows() - 1) as f64;
    (a[[i - 1, j]] + a[[i + 1, j]] + a[[i, j - 1]] + a[[i, j + 1]] - 4.0 * a[[i, j]]) * n * n
}

#[test]
fn it_is_as_by_loops() {
    for (cells, reynolds, sweeps) in [(2, 10.0, 2), (3, 50.0, 5), (5, 100.0, 1), (8, 100.0, 10), (9, 30.0, 3)] {
        let cavity = Cavity { sweeps, ..cavity(cells, reynolds, 1e-2) };
        let (stream, vorticity) = by_loops(&cavity);
        for flow in all(&cavity) {
            let flow = flow.unwrap();
            // Stream functions are of about 0.1, vorticities of up to two a cell. Rounding errors die away as all else does.
            assert_abs_diff_eq!(flow.0, stream, epsilon = 1e-13);
            assert_abs_diff_eq!(flow.1, vorticity, epsilon = 1e-12 * cells as f64);
        }
    }
}

/// A number that depends on the square of a grid's cells, from a grid, and one with cells half as wide.
fn extrapolated(coarse: f64, fine: f64) -> f64 {
    (4.0 * fine - coarse) / 3.0
}

/// The velocity to the right on the vertical line through the centre, or that upwards on the horizontal line through it.
fn along_the_middle(stream: &Array2<f64>, vertical: bool) -> Vec<f64> {
    let (n, h) = (stream.nrows() - 1, 1.0 / (stream.nrows() - 1) as f64);
    let line = if vertical { stream.column(n / 2) } else { stream.row(n / 2) };
    let inside =
        line.windows(3).into_iter().map(|window| if vertical { window[2] - window[0] } else { window[0] - window[2] });
    let lid = if vertical { 1.0 } else { 0.0 };
    [0.0].into_iter().chain(inside.map(|difference| difference / (2.0 * h))).chain([lid]).collect()
}

/// What there is at `place`, of `line`'s length 1: the cubic polynomial through the four next points.
fn at(line: &[f64], place: f64) -> f64 {
    let n = line.len() - 1;
    let first = ((place * n as f64) as usize).saturating_sub(1).min(n - 3);
    let x = place * n as f64 - first as f64;
    let others = |i| (0..4).filter(move |&j| j != i);
    let weight = |i: usize| others(i).map(|j| (x - j as f64) / (i as f64 - j as f64)).product::<f64>();
    (0..4).map(|i| weight(i) * line[first + i]).sum()
}

/// The vertex of the parabola through the largest number inside a line and its neighbours.
fn largest(line: &[f64]) -> f64 {
    let largest = line[1..line.len() - 1].windows(3).max_by(|a, b| a[1].total_cmp(&b[1])).unwrap();
    let (slope, curvature) = ((largest[2] - largest[0]) / 2.0, largest[0] - 2.0 * largest[1] + largest[2]);
    largest[1] - slope * slope / (2.0 * curvature)
}

/// Ghia, Ghia and Shin (1982), table I for a Reynolds number of 100: heights above the bottom, and velocities to the right.
const GHIA_U: [(f64, f64); 15] = [
    (0.0547, -0.03717),
    (0.0625, -0.04192),
    (0.0703, -0.04775),
    (0.1016, -0.06434),
    (0.1719, -0.10150),
    (0.2813, -0.15662),
    (0.4531, -0.21090),
    (0.5, -0.20581),
    (0.6172, -0.13641),
    (0.7344, 0.00332),
    (0.8516, 0.23151),
    (0.9531, 0.68717),
    (0.9609, 0.73722),
    (0.9688, 0.78871),
    (0.9766, 0.84123),
];

/// Table II, the same: distances from the left wall, and velocities upwards.
const GHIA_V: [(f64, f64); 15] = [
    (0.0625, 0.09233),
    (0.0703, 0.10091),
    (0.0781, 0.10890),
    (0.0938, 0.12317),
    (0.1563, 0.16077),
    (0.2266, 0.17507),
    (0.2344, 0.17527),
    (0.5, 0.05454),
    (0.8047, -0.24533),
    (0.8594, -0.22445),
    (0.9063, -0.16914),
    (0.9453, -0.10313),
    (0.9531, -0.08864),
    (0.9609, -0.07391),
    (0.9688, -0.05906),
];

/// O. Botella and R. Peyret, "Benchmark spectral results on the lid-driven cavity flow", *Computers & Fluids* 27 (1998), for
/// a Reynolds number of 100: how fast the fluid is to the left on the vertical line, and upwards and downwards on the
/// horizontal one.
const BOTELLA_PEYRET: [f64; 3] = [0.2140424, 0.1795728, 0.2538030];

#[test]
fn the_flow_is_ghia_s_and_botella_s() {
    let grids = [16, 32].map(|cells| flow(&cavity(cells, 100.0, 1e-4)).0);
    let [coarse, fine] = &grids;
    for (table, vertical) in [(GHIA_U, true), (GHIA_V, false)] {
        let [coarse, fine] = [coarse, fine].map(|stream| along_the_middle(stream, vertical));
        for (place, velocity) in table {
            // Where the fluid is fastest downwards, Ghia's value is 0.0085 off Botella's, which is exact to seven digits.
            assert_abs_diff_eq!(extrapolated(at(&coarse, place), at(&fine, place)), velocity, epsilon = 0.01);
        }
    }
    let extremes = grids.each_ref().map(|stream| {
        let (u, v) = (along_the_middle(stream, true), along_the_middle(stream, false));
        let opposite = |line: &[f64]| line.iter().map(|x| -x).collect::<Vec<_>>();
        [largest(&opposite(&u)), largest(&v), largest(&opposite(&v))]
    });
    for (k, exact) in BOTELLA_PEYRET.into_iter().enumerate() {
        let [coarse, fine] = extremes.map(|extremes| extremes[k]);
        // Of the second order: the error is a quarter on the fine grid.
        assert_abs_diff_eq!((coarse - exact) / (fine - exact), 4.0, epsilon = 0.5);
        assert_abs_diff_eq!(extrapolated(coarse, fine), exact, epsilon = 0.01 * exact);
    }
}

/// Where all is viscous, there is no difference between forwards and backwards in time, nor between left and right.
#[test]
fn a_slow_flow_is_symmetric() {
    let (stream, vorticity) = flow(&cavity(10, 1e-6, 1.0));
    for (a, scale) in [(&stream, 0.1), (&vorticity, 20.0)] {
        assert!(a.iter().any(|x| x.abs() > scale / 2.0));
        assert_abs_diff_eq!(a.view(), a.slice(ndarray::s![.., ..;-1]), epsilon = 1e-6 * scale);
    }
}

#[test]
fn it_allocates_nothing() {
    for cells in [2, 3, 4, 10, 20] {
        let cavity = cavity(cells, 100.0, 0.1);
        assert_eq!(steady_calls(|s| drop(in_a_scope(s, &cavity).unwrap())), 0, "{cells}");
    }
}

#[test]
fn a_step_takes_the_memory_of_the_last() {
    let (buffer, lines) = (Buffer::new(), |points: usize| (8 * points * points).next_multiple_of(64));
    buffer.scope(|s| drop(in_a_scope(s, &cavity(16, 100.0, 0.1)).unwrap()));
    // The stream function in two arrays that change places, its copy at the end, and the vorticity; and of one step, inside, the
    // rate of change, what it is made of, and the source.
    assert_eq!(buffer.stats().peak, 4 * lines(17) + 4 * lines(15));
}

#[test]
fn what_is_not_finite_is_an_error() {
    let good = cavity(6, 100.0, 0.1);
    let bad = [
        Cavity { step: 100.0 * good.step, ..good },
        Cavity { step: f64::NAN, ..good },
        // It is steady at once.
        Cavity { step: f64::NAN, steady: f64::INFINITY, ..good },
        Cavity { reynolds: f64::NAN, ..good },
        Cavity { reynolds: 0.0, ..good },
        Cavity { reynolds: -1e-3, ..good },
    ];
    for cavity in bad {
        assert_eq!(all(&cavity), [const { Err(Error::NotFinite) }; 3], "{cavity:?}");
    }
}

#[test]
fn steps_that_do_not_lead_to_a_steady_flow_are_an_error() {
    let good = cavity(6, 100.0, 0.1);
    for cavity in [Cavity { most: 5, ..good }, Cavity { most: 0, ..good }, Cavity { steady: -1.0, most: 100, ..good }] {
        assert_eq!(all(&cavity), [const { Err(Error::TooManySteps) }; 3], "{cavity:?}");
    }
}

#[test]
fn other_grids_panic() {
    let panic_of = |f: &dyn Fn()| *catch_unwind(AssertUnwindSafe(f)).unwrap_err().downcast::<String>().unwrap();
    let (small, good, buffer) = (cavity(1, 100.0, 0.1), cavity(4, 100.0, 0.1), Buffer::new());
    let grid = |points| Array2::zeros((points, points));
    assert!(panic_of(&|| drop(on_the_heap(&small))).contains("1 cells a side"));
    assert!(panic_of(&|| buffer.scope(|s| drop(in_a_scope(s, &small)))).contains("1 cells a side"));
    for (cavity, work, stream, vorticity, what) in [
        (&small, 1, 2, 2, "1 cells a side"),
        (&good, 5, 5, 5, "(5, 5)"),
        (&good, 4, 6, 5, "(6, 6)"),
        (&good, 4, 5, 6, "(6, 6)"),
    ] {
        let fails = || {
            let mut work = Workspace::new(work);
            let _ = by_hand(cavity, &mut work, grid(stream).view_mut(), grid(vorticity).view_mut());
        };
        assert!(panic_of(&fails).contains(what), "{}", panic_of(&fails));
    }
    assert_eq!(buffer.stats().in_use, 0);
}
