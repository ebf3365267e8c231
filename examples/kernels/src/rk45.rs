//! Dormand and Prince's Runge-Kutta pair of orders 5 and 4, with steps of adapted size, for `y' = f(t, y)`.
//!
//! J. R. Dormand and P. J. Prince, "A family of embedded Runge-Kutta formulae", *Journal of Computational and Applied
//! Mathematics* 6 (1980), table 2; the size of the steps as in E. Hairer, S. P. Nørsett and G. Wanner, *Solving Ordinary
//! Differential Equations I*, 2nd edition, Springer (1993), section II.4.

use ndarena::prelude::*;
use ndarray::{ArrayRef1, Zip, prelude::*};

use crate::Error;

/// A state `y`, or a slope `y'`.
type State = ArrayRef1<f64>;

/// Where in the step the slopes `k₁` to `k₇` are taken, in units of its length.
pub const C: [f64; 7] = [0.0, 1.0 / 5.0, 3.0 / 10.0, 4.0 / 5.0, 8.0 / 9.0, 1.0, 1.0];
/// What the state for `k₂` takes of `k₁`.
pub const A2: [f64; 1] = [1.0 / 5.0];
/// What the state for `k₃` takes of `k₁` and `k₂`.
pub const A3: [f64; 2] = [3.0 / 40.0, 9.0 / 40.0];
/// What the state for `k₄` takes of `k₁` to `k₃`.
pub const A4: [f64; 3] = [44.0 / 45.0, -56.0 / 15.0, 32.0 / 9.0];
/// What the state for `k₅` takes of `k₁` to `k₄`.
pub const A5: [f64; 4] = [19372.0 / 6561.0, -25360.0 / 2187.0, 64448.0 / 6561.0, -212.0 / 729.0];
/// What the state for `k₆` takes of `k₁` to `k₅`.
pub const A6: [f64; 5] = [9017.0 / 3168.0, -355.0 / 33.0, 46732.0 / 5247.0, 49.0 / 176.0, -5103.0 / 18656.0];
/// What the new state, for which `k₇` is taken, has of `k₁` and `k₃` to `k₆`; of `k₂` it has nothing.
pub const B: [f64; 5] = [35.0 / 384.0, 500.0 / 1113.0, 125.0 / 192.0, -2187.0 / 6784.0, 11.0 / 84.0];
/// The difference between the new state and that of order 4, of `k₁` and `k₃` to `k₇`.
pub const E: [f64; 6] =
    [71.0 / 57600.0, -71.0 / 16695.0, 71.0 / 1920.0, -17253.0 / 339_200.0, 22.0 / 525.0, -1.0 / 40.0];

/// How exact, and by how many steps at most.
#[derive(Debug, Clone, Copy)]
pub struct Control {
    /// What the error of a step may be where the state is near 0.
    pub absolute: f64,
    /// What it may be more, for each unit of the state.
    pub relative: f64,
    /// How long a step is tried first.
    pub first: f64,
    /// How many steps may be tried.
    pub most: usize,
}

impl Control {
    /// What the error of a step may be, (4.10).
    fn scale(&self, before: f64, after: f64) -> f64 {
        self.absolute + self.relative * before.abs().max(after.abs())
    }
}

/// How many steps it took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Steps {
    /// Those that led on.
    pub accepted: usize,
    /// Those that were tried again, shorter.
    pub rejected: usize,
}

/// Where an integration is, and how it goes on.
struct Pace {
    t: f64,
    end: f64,
    h: f64,
    most: usize,
    steps: Steps,
    /// Whether the last step's error is a number.
    finite: bool,
}

impl Pace {
    fn new((t, end): (f64, f64), control: &Control) -> Result<Self, Error> {
        if !(end - t).is_finite() {
            return Err(Error::NotFinite);
        }
        let h = control.first.copysign(end - t);
        Ok(Pace { t, end, h, most: control.most, steps: Steps::default(), finite: true })
    }

    /// The length of the step to try, or none at the end.
    fn next(&self) -> Result<Option<f64>, Error> {
        let rest = self.end - self.t;
        if rest == 0.0 {
            return Ok(None);
        }
        if self.steps.accepted + self.steps.rejected == self.most || self.t + self.h == self.t {
            return Err(if self.finite { Error::TooManySteps } else { Error::NotFinite });
        }
        Ok(Some(if self.h.abs() < rest.abs() { self.h } else { rest }))
    }

    /// Whether a step of length `h` with that error counts. The next is as long as (4.13) says, and a short one where a step
    /// went so far that there is no error to tell.
    fn accept(&mut self, h: f64, error: f64) -> bool {
        let accepted = error <= 1.0;
        if accepted {
            self.t = if h == self.end - self.t { self.end } else { self.t + h };
            self.steps.accepted += 1;
        } else {
            self.steps.rejected += 1;
        }
        self.finite = error.is_finite();
        let factor = if self.finite { 0.9 * error.powf(-0.2) } else { 0.0 };
        self.h = h * factor.clamp(0.2, 5.0);
        accepted
    }

    /// What it took to come to `y`, if that is finite: once it is not, it never is again.
    fn steps_to(&self, y: &State) -> Result<Steps, Error> {
        if y.iter().all(|y| y.is_finite()) { Ok(self.steps) } else { Err(Error::NotFinite) }
    }
}

/// `y` at the end of `span`, from `start` at its beginning, and how many steps it took.
///
/// # Errors
///
/// [`Error::TooManySteps`] if the end is not reached in as many steps as `control` allows, or not without steps too short
/// to change the time; [`Error::NotFinite`] if `span`, `start`, or what comes of them is not finite, however short the steps.
///
/// # Panics
///
/// If the slopes that `f` gives cannot be added to `start`.
pub fn on_the_heap(
    mut f: impl FnMut(f64, &Array1<f64>) -> Array1<f64>,
    span: (f64, f64),
    start: ArrayView1<'_, f64>,
    control: &Control,
) -> Result<(Array1<f64>, Steps), Error> {
    let mut pace = Pace::new(span, control)?;
    let mut y = start.to_owned();
    let mut k1 = f(pace.t, &y);
    while let Some(h) = pace.next()? {
        let t = pace.t;
        let k2 = f(t + C[1] * h, &(&y + h * (A2[0] * &k1)));
        let k3 = f(t + C[2] * h, &(&y + h * (A3[0] * &k1 + A3[1] * &k2)));
        let k4 = f(t + C[3] * h, &(&y + h * (A4[0] * &k1 + A4[1] * &k2 + A4[2] * &k3)));
        let k5 = f(t + C[4] * h, &(&y + h * (A5[0] * &k1 + A5[1] * &k2 + A5[2] * &k3 + A5[3] * &k4)));
        let k6 = A6[0] * &k1 + A6[1] * &k2 + A6[2] * &k3 + A6[3] * &k4 + A6[4] * &k5;
        let k6 = f(t + C[5] * h, &(&y + h * k6));
        let ahead = &y + h * (B[0] * &k1 + B[1] * &k3 + B[2] * &k4 + B[3] * &k5 + B[4] * &k6);
        let k7 = f(t + C[6] * h, &ahead);
        let off = h * (E[0] * &k1 + E[1] * &k3 + E[2] * &k4 + E[3] * &k5 + E[4] * &k6 + E[5] * &k7);
        let squares = Zip::from(&off).and(&y).and(&ahead).fold(0.0, |sum, off, &y, &ahead| {
            let error: f64 = off / control.scale(y, ahead);
            sum + error * error
        });
        if pace.accept(h, (squares / y.len().max(1) as f64).sqrt()) {
            (y, k1) = (ahead, k7);
        }
    }
    let steps = pace.steps_to(&y)?;
    Ok((y, steps))
}

/// `to ← y + h Σ aⱼ kⱼ`, in one pass: `Zip` has not room for as many operands.
fn advance<const N: usize>(to: &mut State, y: &State, h: f64, a: &[f64; N], k: [&State; N]) {
    let n = y.len();
    let (y, k) = (elements(y, n), k.map(|k| elements(k, n)));
    let to = &mut to.as_slice_mut().expect("a state is contiguous")[..n];
    for i in 0..n {
        to[i] = y[i] + h * sum(a, &k, i);
    }
}

/// `Σ aⱼ kⱼ[i]`
fn sum<const N: usize>(a: &[f64; N], k: &[&[f64]; N], i: usize) -> f64 {
    a.iter().zip(k).map(|(a, k)| a * k[i]).sum()
}

/// The error of the step from `y` to `ahead`, in units of what it may be, (4.11).
fn error(control: &Control, h: f64, y: &State, ahead: &State, k: [&State; 6]) -> f64 {
    let n = y.len();
    let (y, ahead, k) = (elements(y, n), elements(ahead, n), k.map(|k| elements(k, n)));
    let mut squares = 0.0;
    for i in 0..n {
        let error = h * sum(&E, &k, i) / control.scale(y[i], ahead[i]);
        squares += error * error;
    }
    (squares / n.max(1) as f64).sqrt()
}

/// The `n` elements of a state or a slope.
fn elements(of: &State, n: usize) -> &[f64] {
    assert_eq!(of.len(), n, "a slope and a state of different lengths");
    of.as_slice().expect("states and slopes are contiguous")
}

/// What [`by_hand`] works in.
#[derive(Debug)]
pub struct Workspace {
    y: Array1<f64>,
    ahead: Array1<f64>,
    k: [Array1<f64>; 7],
}

impl Workspace {
    /// For states of `n` numbers.
    pub fn new(n: usize) -> Self {
        Workspace { y: Array1::zeros(n), ahead: Array1::zeros(n), k: std::array::from_fn(|_| Array1::zeros(n)) }
    }
}

/// [`on_the_heap`] in memory that is there: `f` writes the slope to its last argument, and the state at the end comes to be
/// in `y_end`. All states are as long as `work` says.
pub fn by_hand(
    mut f: impl FnMut(f64, ArrayView1<'_, f64>, ArrayViewMut1<'_, f64>),
    span: (f64, f64),
    start: ArrayView1<'_, f64>,
    control: &Control,
    work: &mut Workspace,
    mut y_end: ArrayViewMut1<'_, f64>,
) -> Result<Steps, Error> {
    let mut pace = Pace::new(span, control)?;
    let Workspace { y, ahead, k: [k1, k2, k3, k4, k5, k6, k7] } = work;
    assert_eq!((start.len(), y_end.len()), (y.len(), y.len()), "a state and a workspace of different lengths");
    y.assign(&start);
    f(pace.t, y.view(), k1.view_mut());
    while let Some(h) = pace.next()? {
        let t = pace.t;
        advance(ahead, y, h, &A2, [k1]);
        f(t + C[1] * h, ahead.view(), k2.view_mut());
        advance(ahead, y, h, &A3, [k1, k2]);
        f(t + C[2] * h, ahead.view(), k3.view_mut());
        advance(ahead, y, h, &A4, [k1, k2, k3]);
        f(t + C[3] * h, ahead.view(), k4.view_mut());
        advance(ahead, y, h, &A5, [k1, k2, k3, k4]);
        f(t + C[4] * h, ahead.view(), k5.view_mut());
        advance(ahead, y, h, &A6, [k1, k2, k3, k4, k5]);
        f(t + C[5] * h, ahead.view(), k6.view_mut());
        advance(ahead, y, h, &B, [k1, k3, k4, k5, k6]);
        f(t + C[6] * h, ahead.view(), k7.view_mut());
        if pace.accept(h, error(control, h, y, ahead, [k1, k3, k4, k5, k6, k7])) {
            std::mem::swap(y, ahead);
            std::mem::swap(k1, k7);
        }
    }
    y_end.assign(y);
    pace.steps_to(y)
}

/// [`on_the_heap`] in a scope: the state at the end is made in `s`, and each step has a scope for its slopes. `f` makes a
/// slope, as long as the state and contiguous, in the scope that it is given, as any kernel makes its result, and its
/// temporaries in a scope inside that.
pub fn in_a_scope<'s>(
    s: Scope<'s>,
    mut f: impl for<'k> FnMut(Scope<'k>, f64, &ArrayRef1<f64>) -> ArrayViewMut1<'k, f64>,
    span: (f64, f64),
    start: ArrayView1<'_, f64>,
    control: &Control,
) -> Result<(ArrayViewMut1<'s, f64>, Steps), Error> {
    let mut pace = Pace::new(span, control)?;
    s.scope(|state| {
        let (mut y, mut ahead) = (state.copy_of(&start), state.alloc_array::<f64>(start.len()));
        let mut k1 = f(state, pace.t, &y);
        while let Some(h) = pace.next()? {
            state.scope(|step| {
                let t = pace.t;
                advance(&mut ahead, &y, h, &A2, [&k1]);
                let k2 = f(step, t + C[1] * h, &ahead);
                advance(&mut ahead, &y, h, &A3, [&k1, &k2]);
                let k3 = f(step, t + C[2] * h, &ahead);
                advance(&mut ahead, &y, h, &A4, [&k1, &k2, &k3]);
                let k4 = f(step, t + C[3] * h, &ahead);
                advance(&mut ahead, &y, h, &A5, [&k1, &k2, &k3, &k4]);
                let k5 = f(step, t + C[4] * h, &ahead);
                advance(&mut ahead, &y, h, &A6, [&k1, &k2, &k3, &k4, &k5]);
                let k6 = f(step, t + C[5] * h, &ahead);
                advance(&mut ahead, &y, h, &B, [&k1, &k3, &k4, &k5, &k6]);
                let k7 = f(step, t + C[6] * h, &ahead);
                if pace.accept(h, error(control, h, &y, &ahead, [&k1, &k3, &k4, &k5, &k6, &k7])) {
                    std::mem::swap(&mut y, &mut ahead);
                    k1.assign(&k7);
                }
            });
        }
        let steps = pace.steps_to(&y)?;
        Ok((s.copy_of(&y), steps))
    })
}
