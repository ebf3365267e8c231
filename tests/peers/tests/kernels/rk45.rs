use std::f64::consts::PI;

use approx::{assert_abs_diff_eq, assert_relative_eq};
use nalgebra::{DMatrix, DVector};
use ndarena::prelude::*;
use ndarena_kernels::Error;
use ndarena_kernels::rk45::{A2, A3, A4, A5, A6, B, C, Control, E, Steps, Workspace, by_hand, in_a_scope, on_the_heap};
use ndarray::{ArrayRef1, prelude::*};

use super::steady_calls;

/// What writes the slope of a state.
type Slope = fn(f64, &ArrayRef1<f64>, &mut ArrayRef1<f64>);

fn control(tolerance: f64, first: f64) -> Control {
    Control { absolute: tolerance, relative: tolerance, first, most: 100_000 }
}

/// The state at the end, all three ways, which do the same operations in the same order.
fn integrate(
    f: Slope,
    span: (f64, f64),
    start: &Array1<f64>,
    control: &Control,
) -> Result<(Array1<f64>, Steps), Error> {
    let heap = |t, y: &Array1<f64>| {
        let mut slope = Array1::zeros(y.len());
        f(t, y, &mut slope);
        slope
    };
    let result = on_the_heap(heap, span, start.view(), control);
    let mut end = Array1::zeros(start.len());
    let hand = |t, y: ArrayView1<f64>, mut slope: ArrayViewMut1<f64>| f(t, &y, &mut slope);
    let steps = by_hand(hand, span, start.view(), control, &mut Workspace::new(start.len()), end.view_mut());
    assert_eq!(steps.map(|steps| (end, steps)), result);
    let buffer = Buffer::new();
    buffer.scope(|s| {
        let scope = in_a_scope(s, in_scope(f), span, start.view(), control);
        assert_eq!(scope.map(|(end, steps)| (end.to_owned(), steps)), result);
    });
    assert_eq!(buffer.stats().in_use, 0);
    result
}

fn in_scope(f: Slope) -> impl for<'k> Fn(Scope<'k>, f64, &ArrayRef1<f64>) -> ArrayViewMut1<'k, f64> {
    move |s, t, y| {
        let mut slope = s.alloc_array::<f64>(y.len());
        f(t, y, &mut slope);
        slope
    }
}

/// The restricted problem of three bodies: `(x₁, x₂, x₁', x₂')` of a small body, in a system in which two others rest.
fn three_bodies(_: f64, y: &ArrayRef1<f64>, slope: &mut ArrayRef1<f64>) {
    const MOON: f64 = 0.012277471;
    const EARTH: f64 = 1.0 - MOON;
    let (x1, x2, v1, v2) = (y[0], y[1], y[2], y[3]);
    let d1 = (x1 + MOON).hypot(x2).powi(3);
    let d2 = (x1 - EARTH).hypot(x2).powi(3);
    slope[0] = v1;
    slope[1] = v2;
    slope[2] = x1 + 2.0 * v2 - EARTH * (x1 + MOON) / d1 - MOON * (x1 - EARTH) / d2;
    slope[3] = x2 - 2.0 * v1 - EARTH * x2 / d1 - MOON * x2 / d2;
}

/// Heat in a rod whose ends are cold, by differences.
fn heat(_: f64, y: &ArrayRef1<f64>, slope: &mut ArrayRef1<f64>) {
    let n = y.len();
    let squared = ((n + 1) * (n + 1)) as f64;
    for i in 0..n {
        let (left, right) = (if i > 0 { y[i - 1] } else { 0.0 }, if i + 1 < n { y[i + 1] } else { 0.0 });
        slope[i] = squared * (left - 2.0 * y[i] + right);
    }
}

/// A rooted tree, for which a method has a condition (Hairer, Nørsett and Wanner, section II.2).
#[derive(Clone)]
struct Tree(Vec<Tree>);

impl Tree {
    /// All trees with a node more: some more than once.
    fn larger(&self) -> Vec<Tree> {
        let mut trees = vec![Tree([self.0.clone(), vec![Tree(vec![])]].concat())];
        for (i, child) in self.0.iter().enumerate() {
            for larger in child.larger() {
                let mut tree = self.clone();
                tree.0[i] = larger;
                trees.push(tree);
            }
        }
        trees
    }

    fn nodes(&self) -> f64 {
        1.0 + self.0.iter().map(Tree::nodes).sum::<f64>()
    }

    fn density(&self) -> f64 {
        self.nodes() * self.0.iter().map(Tree::density).product::<f64>()
    }

    /// What the weights are of, a number for each slope.
    fn of(&self, a: &Array2<f64>) -> Array1<f64> {
        self.0.iter().fold(Array1::ones(a.nrows()), |product, child| product * a.dot(&child.of(a)))
    }
}

/// The largest violation of a condition for that order.
fn violation(a: &Array2<f64>, b: &Array1<f64>, order: usize) -> f64 {
    let mut trees = vec![Tree(vec![])];
    for _ in 1..order {
        trees = trees.iter().flat_map(Tree::larger).collect();
    }
    trees.iter().map(|tree| (b.dot(&tree.of(a)) - 1.0 / tree.density()).abs()).fold(0.0, f64::max)
}

/// All weights, 7 × 7, and those of the difference.
fn tableau() -> (Array2<f64>, Array1<f64>) {
    let without_second = |w: &[f64]| [&w[..1], &[0.0], &w[1..]].concat();
    let mut a = Array2::zeros((7, 7));
    let rows: [&[f64]; 6] = [&A2, &A3, &A4, &A5, &A6, &without_second(&B)];
    for (i, row) in rows.iter().enumerate() {
        a.slice_mut(s![i + 1, ..row.len()]).assign(&aview1(row));
    }
    (a, without_second(&E).into())
}

#[test]
fn the_tableau_has_its_orders() {
    let (a, difference) = tableau();
    // Up to 7 rounded fractions, of up to 11.6.
    let rounding = 7.0 * 11.6 * f64::EPSILON;
    assert_abs_diff_eq!(a.sum_axis(Axis(1)), aview1(&C), epsilon = rounding);
    let fifth = a.row(6).to_owned();
    let fourth = &fifth - &difference;
    for order in 1..=5 {
        assert!(violation(&a, &fifth, order) < rounding, "order {order}");
        assert!(order == 5 || violation(&a, &fourth, order) < rounding, "order {order} of the lower");
    }
    // They are of no higher order: the difference says something.
    assert!(violation(&a, &fifth, 6) > 1e-4 && violation(&a, &fourth, 5) > 1e-4);
}

/// `y' = cos(t) y` and `z' = -2 t z²`, in steps of one length: so large an error is allowed that each is accepted.
#[test]
fn halving_the_steps_is_worth_a_factor_of_32() {
    let slope: Slope = |t, y, slope| (slope[0], slope[1]) = (t.cos() * y[0], -2.0 * t * y[1] * y[1]);
    let errors = [32, 64, 128].map(|steps| {
        let h = 2.0 / steps as f64;
        let mut y = array![1.0, 1.0];
        for k in 0..steps {
            let (t, all) = (k as f64 * h, control(1e9, h));
            let (end, took) = integrate(slope, (t, t + h), &y, &all).unwrap();
            assert_eq!(took, Steps { accepted: 1, rejected: 0 });
            y = end;
        }
        [y[0] - 2f64.sin().exp(), y[1] - 1.0 / 5.0]
    });
    for pair in errors.windows(2) {
        for (coarse, fine) in pair[0].iter().zip(pair[1]) {
            // The order is that of ever shorter steps; these have not yet quite come to it.
            assert_abs_diff_eq!((coarse / fine).log2(), 5.0, epsilon = 0.4);
        }
    }
}

/// `y' = y` and `z' = z`, of which the first step's error is known: it counts if that is no more than allowed, and then
/// decides on the length of the next, as (4.10) to (4.13) say.
#[test]
fn steps_are_as_long_as_their_errors_say() {
    let (a, difference) = tableau();
    let h = 0.5;
    let mut k = Array1::<f64>::zeros(7);
    for i in 0..7 {
        k[i] = 1.0 + h * a.row(i).dot(&k);
    }
    let (after, error) = (1.0 + h * a.row(6).dot(&k), (h * difference.dot(&k)).abs());
    // The last is of steps that are no more than five times longer, or shorter.
    for (times_allowed, longer) in
        [(32.0, 0.45), (1.001, 0.9), (0.999, 0.9), (1.0 / 32.0, 1.8), (1e9, 0.2), (1e-9, 5.0)]
    {
        let allowed = error / times_allowed;
        for (absolute, relative) in [(allowed, 0.0), (0.0, allowed / after), (allowed / 2.0, allowed / 2.0 / after)] {
            let mut times = Vec::new();
            let slope = |t, y: &Array1<f64>| {
                times.push(t);
                y.clone()
            };
            let control = Control { absolute, relative, first: h, most: 2 };
            let _ = on_the_heap(slope, (0.0, 100.0), array![1.0, -1.0].view(), &control);
            // The slope at the beginning, six in the first step, and one a fifth into the second.
            let start = if times_allowed <= 1.0 { h } else { 0.0 };
            assert_relative_eq!(times[7], start + longer * h / 5.0, max_relative = 1e-3);
        }
    }
}

/// Where nothing grows, errors add up: to no more than there are steps, times what a step's may be. (That is an estimate, of
/// the lower order's error, which is larger.)
#[test]
fn closed_forms() {
    let oscillator: Slope = |_, y, slope| (slope[0], slope[1]) = (y[1], -y[0]);
    let decay: Slope = |_, y, slope| slope.zip_mut_with(y, |slope, y| *slope = -y);
    let steps = [1e-4, 1e-7, 1e-10].map(|tolerance| {
        let control = control(tolerance, 0.1);
        let (y, steps) = integrate(decay, (1.0, 4.0), &array![1.0, 2.0, 0.5], &control).unwrap();
        let allowed = steps.accepted as f64 * 3.0 * tolerance;
        assert_abs_diff_eq!(y, array![1.0, 2.0, 0.5] * (-3f64).exp(), epsilon = allowed);
        for end in [10.0, -10.0] {
            let (y, steps) = integrate(oscillator, (0.0, end), &array![1.0, 0.0], &control).unwrap();
            let allowed = steps.accepted as f64 * 2.0 * tolerance;
            assert_abs_diff_eq!(y, array![end.cos(), -end.sin()], epsilon = allowed);
        }
        integrate(oscillator, (0.0, 100.0), &array![1.0, 0.0], &control).unwrap().1.accepted as f64
    });
    // The lower order's error in a step is as its length to the power of 5.
    for pair in steps.windows(2) {
        assert_relative_eq!(pair[1] / pair[0], 1000f64.powf(0.2), max_relative = 0.05);
    }
}

/// A wave is multiplied by a number that is known, for the differences, too. Explicit methods take steps there that are no
/// longer than is stable, and so some are rejected.
#[test]
fn heat_decays_as_it_does() {
    for n in [1, 2, 100, 1500] {
        let wave = |k: usize| Array1::from_shape_fn(n, |i| (PI * (k * (i + 1)) as f64 / (n + 1) as f64).sin());
        let rate = |k: usize| 4.0 * ((n + 1) as f64 * (PI * k as f64 / (2 * (n + 1)) as f64).sin()).powi(2);
        let middle = n.div_ceil(2);
        let end = 10.0 / rate(middle);
        let control = control(1e-6, 10.0 * end);
        let (y, steps) = integrate(heat, (0.0, end), &(wave(1) + wave(middle)), &control).unwrap();
        let decayed = wave(1) * (-rate(1) * end).exp() + wave(middle) * (-rate(middle) * end).exp();
        assert_abs_diff_eq!(y, decayed, epsilon = steps.accepted as f64 * 3e-6);
        assert!(steps.rejected > 0, "{n}: {steps:?}");
    }
}

/// Hairer, Nørsett and Wanner, section II.0, (0.1) and (0.2): an orbit that R. F. Arenstorf found (1963), which comes back
/// after a period.
#[test]
#[expect(clippy::excessive_precision, reason = "as published")]
fn arenstorfs_orbit_is_closed() {
    let start = array![0.994, 0.0, 0.0, -2.00158510637908252240537862224];
    let period = 17.0652165601579625588917206249;
    // Three thousand steps, each off by that much or less; and passing the moon magnifies what was off before.
    let (end, _) = integrate(three_bodies, (0.0, period), &start, &control(1e-13, 1e-3)).unwrap();
    assert_abs_diff_eq!(end, start, epsilon = 1e-8);
}

#[test]
fn nothing_is_done_for_no_time_and_no_state() {
    let (start, control) = (array![1.0, 2.0], control(1e-6, 0.1));
    assert_eq!(integrate(heat, (3.0, 3.0), &start, &control), Ok((start, Steps::default())));
    assert_eq!(integrate(heat, (0.0, 1.0), &array![], &control).unwrap().0.len(), 0);
}

/// The slope of `y' = -a a y`: `f` may have temporaries, in a scope inside the one for its result.
fn linear<'k>(s: Scope<'k>, a: ArrayView2<f64>, y: &ArrayRef1<f64>) -> ArrayViewMut1<'k, f64> {
    s.scope(|inner| s.neg(&inner.dot(&a, &inner.dot(&a, y))))
}

#[test]
fn linear_systems_are_an_exponential() {
    let n = 6;
    let a = Array2::from_shape_fn((n, n), |(i, j)| (1.0 + (i * j) as f64).sin());
    let start = Array1::from_shape_fn(n, |i| 1.0 - 0.2 * i as f64);
    let square = DMatrix::from_fn(n, n, |i, j| -a.row(i).dot(&a.column(j)));
    let expected = square.exp() * DVector::from_fn(n, |i, _| start[i]);
    let control = control(1e-10, 0.01);
    Buffer::new().scope(|s| {
        let (end, steps) = in_a_scope(s, |s, _, y| linear(s, a.view(), y), (0.0, 1.0), start.view(), &control).unwrap();
        // `a` is symmetric: nothing grows.
        assert_abs_diff_eq!(end, aview1(expected.as_slice()), epsilon = steps.accepted as f64 * 2e-10);
    });
}

#[test]
fn it_allocates_nothing() {
    for (f, n) in [(three_bodies as Slope, 4), (heat, 100), (heat, 1500)] {
        let start = Array1::from_shape_fn(n, |i| 1.0 + i as f64 / n as f64);
        let (span, control) = ((0.0, 1.0 / (n * n) as f64), control(1e-6, 1e-3));
        let calls = steady_calls(|s| in_a_scope(s, in_scope(f), span, start.view(), &control).unwrap().1.accepted);
        assert_eq!(calls, 0);
    }
    let (a, start) = (Array2::<f64>::eye(30), Array1::ones(30));
    let calls = steady_calls(|s| {
        in_a_scope(s, |s, _, y| linear(s, a.view(), y), (0.0, 1.0), start.view(), &control(1e-6, 0.1)).unwrap().1
    });
    assert_eq!(calls, 0);
}

#[test]
fn what_goes_wrong_is_an_error() {
    let decay: Slope = |_, y, slope| slope.zip_mut_with(y, |slope, y| *slope = -y);
    let (start, usual) = (array![1.0, 2.0], control(1e-6, 0.1));
    // `integrate` sees to it that no memory is in use afterwards.
    let failure = |f, span, start: &_, control: &_| integrate(f, span, start, control).unwrap_err();
    for bad in [f64::NAN, f64::INFINITY] {
        assert_eq!(failure(decay, (0.0, 1.0), &array![1.0, bad], &usual), Error::NotFinite);
        assert_eq!(failure(decay, (0.0, bad), &start, &usual), Error::NotFinite);
    }
    let constant: Slope = |_, _, slope| slope.fill(1e308);
    assert_eq!(failure(constant, (0.0, 10.0), &start, &usual), Error::NotFinite);
    let undefined: Slope = |t, _, slope| slope.fill((0.5 - t).sqrt());
    assert_eq!(failure(undefined, (0.0, 1.0), &start, &usual), Error::NotFinite);
    assert_eq!(failure(decay, (0.0, 1.0), &start, &Control { most: 3, ..usual }), Error::TooManySteps);
    assert_eq!(failure(decay, (0.0, 1.0), &start, &Control { first: 0.0, ..usual }), Error::TooManySteps);
    // Infinite at 1 / y(0): the steps become too short before that.
    let explodes: Slope = |_, y, slope| slope.zip_mut_with(y, |slope, y| *slope = y * y);
    assert_eq!(failure(explodes, (0.0, 2.0), &start, &usual), Error::TooManySteps);
}

#[test]
#[should_panic(expected = "of different lengths\n  left: 3\n right: 2")]
fn slopes_of_another_length_panic() {
    let start = array![1.0, 2.0];
    ndarena::scope(|s| in_a_scope(s, |s, _, _| s.zeros(3), (0.0, 1.0), start.view(), &control(1e-6, 0.1)).map(drop))
        .unwrap();
}

#[test]
#[should_panic(expected = "of different lengths\n  left: (1, 2)\n right: (2, 2)")]
fn workspaces_of_another_length_panic() {
    let (start, mut end) = (array![1.0], array![0.0, 0.0]);
    by_hand(|_, _, _| {}, (0.0, 1.0), start.view(), &control(1e-6, 0.1), &mut Workspace::new(2), end.view_mut())
        .unwrap();
}
