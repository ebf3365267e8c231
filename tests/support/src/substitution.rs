//! Solutions of triangular systems of equations, in numbers of twice as many digits, and how far from them computed ones may be.

use ndarray::{Array2, ArrayRef2};

/// A number as the sum of two, of which the second is a rounding error of the first (T. J. Dekker, "A floating-point technique for
/// extending the available precision", 1971).
#[derive(Clone, Copy, Debug)]
struct Twice(f64, f64);

impl Twice {
    fn sum(a: f64, b: f64) -> Self {
        let sum = a + b;
        let of_b = sum - a;
        Twice(sum, (a - (sum - of_b)) + (b - of_b))
    }

    /// The number without `factor` times `other`.
    fn minus(self, factor: f64, other: Self) -> Self {
        let product = factor * other.0;
        let error = factor.mul_add(other.0, -product) + factor * other.1;
        let Twice(sum, rest) = Self::sum(self.0, -product);
        Self::sum(sum, rest + (self.1 - error))
    }

    fn over(self, divisor: f64) -> Self {
        let quotient = self.0 / divisor;
        let rest = (-quotient).mul_add(divisor, self.0) + self.1;
        Self::sum(quotient, rest / divisor)
    }

    fn of(matrix: &ArrayRef2<f64>) -> Array2<Self> {
        matrix.mapv(|x| Twice(x, 0.0))
    }
}

/// The solution of `a x = b` for a triangle `a`, and what a computed one may be off by.
#[derive(Debug)]
pub struct Substitution {
    solution: Array2<Twice>,
    /// `|a⁻¹| |a| |x|`.
    scale: Array2<f64>,
}

impl Substitution {
    /// Of the lower triangle of `a`, or of the upper one; what is beyond it is not looked at. The numbers should be far from the
    /// largest and the smallest.
    pub fn new(a: &ArrayRef2<f64>, lower: bool, b: &ArrayRef2<f64>) -> Self {
        let triangle =
            Array2::from_shape_fn(a.dim(), |(i, j)| if i == j || (i > j) == lower { a[[i, j]] } else { 0.0 });
        let solution = substitute(&triangle, lower, Twice::of(b));
        let inverse = substitute(&triangle, lower, Twice::of(&Array2::eye(a.nrows())));
        let sizes = |of: &Array2<Twice>| of.mapv(|Twice(x, _)| x.abs());
        let scale = sizes(&inverse).dot(&triangle.mapv(f64::abs).dot(&sizes(&solution)));
        Substitution { solution, scale }
    }

    /// Asserts of each element of a computed solution, for the first of the right-hand sides, that it is off by no more than `n ε |a⁻¹| |a| |x|`, where `epsilon` is the
    /// distance from 1 to the next number: so far are those that solve a system of which each element of the triangle is off by
    /// `n` roundings (N. J. Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd edition, theorem 8.5).
    #[track_caller]
    pub fn judge(&self, computed: &ArrayRef2<f64>, epsilon: f64, what: &str) {
        assert_eq!(computed.nrows(), self.solution.nrows(), "{what}");
        let allowed = computed.nrows() as f64 * epsilon;
        for (at, &x) in computed.indexed_iter() {
            let (Twice(high, low), scale) = (self.solution[at], self.scale[at]);
            let off = ((x - high) - low).abs();
            // Not the other way round: NaN is close to nothing.
            assert!(
                off <= allowed * scale,
                "{what}: {at:?} is {x:e}, not {high:e}: off by {:.3} times what is allowed",
                off / (allowed * scale)
            );
        }
    }
}

fn substitute(a: &Array2<f64>, lower: bool, mut x: Array2<Twice>) -> Array2<Twice> {
    let n = a.nrows();
    for step in 0..n {
        let i = if lower { step } else { n - 1 - step };
        let known = if lower { 0..i } else { i + 1..n };
        for column in 0..x.ncols() {
            let sum = known.clone().fold(x[[i, column]], |sum, j| {
                // Zeros, of which the unit matrix has many, need no products.
                if x[[j, column]].0 == 0.0 { sum } else { sum.minus(a[[i, j]], x[[j, column]]) }
            });
            x[[i, column]] = sum.over(a[[i, i]]);
        }
    }
    x
}

/// A kind of triangle.
#[derive(Clone, Copy, Debug)]
pub enum Triangle {
    /// Well-conditioned.
    Well,
    /// Kahan's, ill-conditioned, whose rows become smaller.
    Kahan,
    /// Ones on the diagonal and -1 beside it: solutions grow as powers of two do.
    Growing,
    /// Numbers between -1 and 1, on the diagonal, too.
    Random,
    /// As `Well`, with an element on the diagonal that is as good as zero.
    NearlySingular,
}

impl Triangle {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Well, Self::Kahan, Self::Growing, Self::Random, Self::NearlySingular];

    /// The triangle of `n` rows, each element as a number with few digits, with NaN beyond it.
    pub fn matrix(self, n: usize, lower: bool) -> Array2<f64> {
        let well = crate::triangle(n, lower, f64::NAN);
        let mut a = match self {
            Triangle::Well => well,
            Triangle::Kahan => {
                let (sine, cosine) = 1.2f64.sin_cos();
                let row = |i: usize| sine.powi(if lower { n - 1 - i } else { i } as i32);
                Array2::from_shape_fn((n, n), |(i, j)| row(i) * if i == j { 1.0 } else { -cosine })
            }
            Triangle::Growing => Array2::from_shape_fn((n, n), |(i, j)| if i == j { 1.0 } else { -1.0 }),
            Triangle::Random => {
                let number = |i: usize, j: usize| ((i * 6007 + j * 15_013 + 5) % 1999) as f64 / 1000.0 - 1.0;
                Array2::from_shape_fn((n, n), |(i, j)| {
                    let x = number(i, j);
                    if i == j { x + 0.0625f64.copysign(x) } else { x }
                })
            }
            Triangle::NearlySingular => {
                let mut a = well;
                a[[n / 2, n / 2]] *= 1e-6;
                a
            }
        };
        for ((i, j), x) in a.indexed_iter_mut() {
            *x = if i != j && (i > j) != lower { f64::NAN } else { f64::from(*x as f32) };
        }
        a
    }
}
