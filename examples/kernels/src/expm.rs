//! The exponential of a matrix, by scaling and squaring with Padé approximants.
//!
//! N. J. Higham, "The scaling and squaring method for the matrix exponential revisited", *SIAM Journal on Matrix Analysis and
//! Applications* 26 (2005), algorithm 2.3. `e^A` is `e^(A / 2ᵏ)`, squared k times; and of a small matrix it is
//! `(V - U)⁻¹ (V + U)`, where `V` is the sum of the even powers of a polynomial and `U` that of the odd ones.

use ndarena::prelude::*;
use ndarray::{ArrayRef2, Zip, prelude::*};

use crate::Error;
use crate::products::dot_into;

/// For degrees 3, 5, 7, 9 and 13, the 1-norm up to which the approximant is as good as exact (table 2.3), and the polynomial's
/// coefficients, from that of the identity on.
#[rustfmt::skip]
pub const PADE: [(f64, &[f64]); 5] = [
    (1.495585217958292e-2, &[120.0, 60.0, 12.0, 1.0]),
    (2.53939833006323e-1, &[30240.0, 15120.0, 3360.0, 420.0, 30.0, 1.0]),
    (9.504178996162932e-1, &[17297280.0, 8648640.0, 1995840.0, 277200.0, 25200.0, 1512.0, 56.0, 1.0]),
    (2.097847961257068, &[
        17643225600.0, 8821612800.0, 2075673600.0, 302702400.0, 30270240.0, 2162160.0, 110880.0, 3960.0, 90.0, 1.0,
    ]),
    (5.371920351148152, &[
        64764752532480000.0, 32382376266240000.0, 7771770303897600.0, 1187353796428800.0, 129060195264000.0,
        10559470521600.0, 670442572800.0, 33522128640.0, 1323241920.0, 40840800.0, 960960.0, 16380.0, 182.0, 1.0,
    ]),
];

/// The coefficients for `a`, and how many squarings follow.
fn plan(a: ArrayView2<'_, f64>) -> Result<(&'static [f64], i32), Error> {
    assert!(a.is_square(), "no exponential of a matrix that is not square, but {:?}", a.dim());
    let sums = a.columns().into_iter().map(|column| column.iter().map(|x| x.abs()).sum());
    let norm = sums.fold(0.0, f64::max);
    finite(&a)?;
    let [.., (largest, last)] = PADE;
    match PADE.iter().find(|(bound, _)| norm <= *bound) {
        Some((_, b)) => Ok((b, 0)),
        None if norm.is_finite() => Ok((last, (norm / largest).log2().ceil() as i32)),
        None => Err(Error::NotFinite),
    }
}

/// How many even powers of the matrix are needed. Degree 13 makes the higher ones of the sixth.
fn number_of_powers(b: &[f64]) -> usize {
    if b.len() > 10 { 3 } else { b.len() / 2 - 1 }
}

fn finite(x: &ArrayRef2<f64>) -> Result<(), Error> {
    if x.iter().all(|x| x.is_finite()) { Ok(()) } else { Err(Error::NotFinite) }
}

/// `x ← a⁻¹ x`, by Gaussian elimination with partial pivoting, which leaves nothing of `a`. G. H. Golub and C. F. Van Loan,
/// *Matrix Computations*, 4th edition (2013), section 3.4.
///
/// # Errors
///
/// [`Error::Singular`] if all that a pivot may be chosen from is zero.
///
/// # Panics
///
/// If `a` is not square, or `x` has not as many rows, or either is not row-major.
pub fn solve(a: &mut ArrayRef2<f64>, x: &mut ArrayRef2<f64>) -> Result<(), Error> {
    let (n, m) = x.dim();
    assert_eq!(a.dim(), (n, n), "the matrix is not square, or its right-hand sides are not as long: {:?}", x.dim());
    let (a, x) = (a.as_slice_mut().expect("row-major"), x.as_slice_mut().expect("row-major"));
    for k in 0..n {
        let largest = (k..n).max_by(|i, j| a[i * n + k].abs().total_cmp(&a[j * n + k].abs())).unwrap_or(k);
        if a[largest * n + k] == 0.0 {
            return Err(Error::Singular { pivot: k });
        }
        let ((a, below), (x, x_below)) = (a.split_at_mut((k + 1) * n), x.split_at_mut((k + 1) * m));
        if largest > k {
            a[k * n..].swap_with_slice(&mut below[(largest - k - 1) * n..][..n]);
            x[k * m..].swap_with_slice(&mut x_below[(largest - k - 1) * m..][..m]);
        }
        for (i, row) in below.chunks_exact_mut(n).enumerate() {
            let factor = row[k] / a[k * n + k];
            subtract(&mut row[k + 1..], factor, &a[k * n + k + 1..]);
            subtract(&mut x_below[i * m..][..m], factor, &x[k * m..]);
        }
    }
    for k in (0..n).rev() {
        let (above, row) = x.split_at_mut(k * m);
        row[..m].iter_mut().for_each(|x| *x /= a[k * n + k]);
        for i in 0..k {
            subtract(&mut above[i * m..][..m], a[i * n + k], &row[..m]);
        }
    }
    Ok(())
}

fn subtract(from: &mut [f64], factor: f64, row: &[f64]) {
    from.iter_mut().zip(row).for_each(|(x, y)| *x -= factor * y);
}

/// `e^a`, n × n as `a` is.
///
/// # Errors
///
/// [`Error::NotFinite`] if an element of `a` or of the exponential is not finite.
///
/// # Panics
///
/// If `a` is not square.
pub fn on_the_heap(a: ArrayView2<'_, f64>) -> Result<Array2<f64>, Error> {
    let (b, squarings) = plan(a)?;
    let a = &a.as_standard_layout() * 2f64.powi(-squarings);
    let mut powers = vec![a.dot(&a)];
    while powers.len() < number_of_powers(b) {
        powers.push(powers[powers.len() - 1].dot(&powers[0]));
    }
    let sum = |b: &[f64]| {
        let terms = powers.iter().zip(b.iter().step_by(2)).map(|(power, &b)| power * b);
        terms.reduce(|sum, term| sum + term).unwrap_or_default()
    };
    let half = |b: &[f64]| {
        let mut half = sum(&b[2..]);
        if b.len() > 10 {
            half += &powers[2].dot(&sum(&b[8..]));
        }
        half.diag_mut().map_inplace(|x| *x += b[0]);
        half
    };
    let (u, v) = (a.dot(&half(&b[1..])), half(b));
    let mut x = &v + &u;
    solve(&mut (v - u), &mut x)?;
    for _ in 0..squarings {
        x = x.dot(&x);
    }
    finite(&x)?;
    Ok(x)
}

/// What [`by_hand`] works in.
#[derive(Debug)]
pub struct Workspace {
    a: Array2<f64>,
    powers: [Array2<f64>; 4],
    sum: Array2<f64>,
    high: Array2<f64>,
    u: Array2<f64>,
    v: Array2<f64>,
}

impl Workspace {
    /// For matrices of so many rows.
    pub fn new(n: usize) -> Self {
        let [a, a2, a4, a6, a8, sum, high, u, v] = std::array::from_fn(|_| Array2::zeros((n, n)));
        Workspace { a, powers: [a2, a4, a6, a8], sum, high, u, v }
    }

    /// `v ← Σ b₂ₖ a²ᵏ`
    fn half(&mut self, b: &[f64]) {
        let Workspace { powers: [a2, a4, a6, a8], sum, high, v, .. } = self;
        match b.len() {
            3 | 4 => combine(v, [b[2]], [a2]),
            5 | 6 => combine(v, [b[2], b[4]], [a2, a4]),
            7 | 8 => combine(v, [b[2], b[4], b[6]], [a2, a4, a6]),
            9 | 10 => combine(v, [b[2], b[4], b[6], b[8]], [a2, a4, a6, a8]),
            _ => {
                combine(sum, [b[8], b[10], b[12]], [a2, a4, a6]);
                dot_into(a6.view(), sum.view(), high.view_mut());
                combine(v, [b[2], b[4], b[6], 1.0], [a2, a4, a6, high]);
            }
        }
        v.diag_mut().map_inplace(|x| *x += b[0]);
    }
}

/// `to ← Σ bₖ powersₖ`, in one pass.
fn combine<const N: usize>(to: &mut Array2<f64>, b: [f64; N], powers: [&mut Array2<f64>; N]) {
    let to = to.as_slice_mut().expect("row-major");
    let powers = powers.map(|power| &power.as_slice().expect("row-major")[..to.len()]);
    for (i, to) in to.iter_mut().enumerate() {
        *to = b.iter().zip(&powers).map(|(b, power)| b * power[i]).sum();
    }
}

/// [`on_the_heap`] in memory that is there, and with the exponential in `exp`. All are as large as `work` says.
pub fn by_hand(a: ArrayView2<'_, f64>, work: &mut Workspace, mut exp: ArrayViewMut2<'_, f64>) -> Result<(), Error> {
    let (b, squarings) = plan(a)?;
    let dim = work.a.dim();
    assert_eq!((a.dim(), exp.dim()), (dim, dim), "a matrix and a workspace of different sizes");
    let scale = 2f64.powi(-squarings);
    Zip::from(&mut work.a).and(&a).for_each(|to, a| *to = a * scale);
    dot_into(work.a.view(), work.a.view(), work.powers[0].view_mut());
    for k in 1..number_of_powers(b) {
        let (known, next) = work.powers.split_at_mut(k);
        dot_into(known[k - 1].view(), known[0].view(), next[0].view_mut());
    }
    work.half(&b[1..]);
    dot_into(work.a.view(), work.v.view(), work.u.view_mut());
    work.half(b);
    let Workspace { u, v, .. } = work;
    Zip::from(&mut *u).and(&mut *v).for_each(|u, v| (*u, *v) = (*v + *u, *v - *u));
    solve(v, u)?;
    for _ in 0..squarings {
        dot_into(u.view(), u.view(), v.view_mut());
        std::mem::swap(u, v);
    }
    finite(u)?;
    exp.assign(u);
    Ok(())
}

/// [`on_the_heap`] in a scope: the exponential is made in `s`.
pub fn in_a_scope<'s>(s: Scope<'s>, a: ArrayView2<'_, f64>) -> Result<ArrayViewMut2<'s, f64>, Error> {
    let (b, squarings) = plan(a)?;
    s.scope(|inner| {
        let a = inner.mul(&inner.as_standard_layout(&a), 2f64.powi(-squarings));
        let (u, v) = odd_and_even(inner, &a, b);
        let mut x = s.add(&v, &u);
        solve(&mut inner.sub(&v, &u), &mut x)?;
        for _ in 0..squarings {
            inner.scope(|turn| {
                let square = turn.dot(&x, &x);
                x.assign(&square);
            });
        }
        finite(&x)?;
        Ok(x)
    })
}

/// [`on_the_heap`] by the library's products and its elimination, in a scope: the exponential is made in `s`.
#[cfg(feature = "linalg")]
pub fn by_calls<'s>(s: Scope<'s>, a: ArrayView2<'_, f64>) -> Result<ArrayViewMut2<'s, f64>, Error> {
    let (b, squarings) = plan(a)?;
    s.scope(|inner| {
        let a = inner.mul(&inner.as_standard_layout(&a), 2f64.powi(-squarings));
        let (u, v) = odd_and_even(inner, &a, b);
        let mut x = inner.lu(&inner.sub(&v, &u))?.solve_in(s, &inner.add(&v, &u))?;
        for _ in 0..squarings {
            inner.scope(|turn| {
                let square = turn.matmul(&x, &x);
                x.assign(&square);
            });
        }
        finite(&x)?;
        Ok(x)
    })
}

/// `U` and `V`.
fn odd_and_even<'s>(s: Scope<'s>, a: &ArrayRef2<f64>, b: &[f64]) -> (ArrayViewMut2<'s, f64>, ArrayViewMut2<'s, f64>) {
    let both = |powers: &[&ArrayRef2<f64>]| (s.dot(a, &half(s, &b[1..], powers)), half(s, b, powers));
    let a2 = s.dot(a, a);
    if number_of_powers(b) == 1 {
        return both(&[&a2]);
    }
    let a4 = s.dot(&a2, &a2);
    if number_of_powers(b) == 2 {
        return both(&[&a2, &a4]);
    }
    let a6 = s.dot(&a4, &a2);
    if number_of_powers(b) == 3 {
        return both(&[&a2, &a4, &a6]);
    }
    both(&[&a2, &a4, &a6, &s.dot(&a6, &a2)])
}

/// `Σ b₂ₖ a²ᵏ`
fn half<'s>(s: Scope<'s>, b: &[f64], powers: &[&ArrayRef2<f64>]) -> ArrayViewMut2<'s, f64> {
    let mut half = match *powers {
        [a2] => s.mul(a2, b[2]),
        [a2, a4] => s.zip_map(a2, a4, |a2, a4| b[2] * a2 + b[4] * a4),
        [a2, a4, a6] if b.len() > 10 => {
            let high = s.zip_map3(a2, a4, a6, |a2, a4, a6| b[8] * a2 + b[10] * a4 + b[12] * a6);
            let high = s.dot(a6, &high);
            s.zip_map4(a2, a4, a6, &high, |a2, a4, a6, high| b[2] * a2 + b[4] * a4 + b[6] * a6 + high)
        }
        [a2, a4, a6] => s.zip_map3(a2, a4, a6, |a2, a4, a6| b[2] * a2 + b[4] * a4 + b[6] * a6),
        [a2, a4, a6, a8] => s.zip_map4(a2, a4, a6, a8, |a2, a4, a6, a8| b[2] * a2 + b[4] * a4 + b[6] * a6 + b[8] * a8),
        _ => unreachable!("there are from 1 to 4 powers"),
    };
    half.diag_mut().map_inplace(|x| *x += b[0]);
    half
}
