//! Triangular systems of equations: in a scope, by faer's kernel on views of arrays in a scope, by nalgebra, and in a scope by the
//! crate's own loops. Which of them the crate leaves to faer (`is_for_faer` in `src/linalg/triangular.rs`) follows from these rows.

use std::hint::black_box;

use faer::linalg::triangular_solve::{solve_lower_triangular_in_place, solve_upper_triangular_in_place};
use faer::{MatMut, MatRef, Par};
use nalgebra::DMatrix;
use ndarena::prelude::*;
use ndarena_benches::paired::{Bound, Make, Pair, timed};
use ndarray::{LinalgScalar, ShapeBuilder, prelude::*};
use num_traits::Float;

/// What all three solve systems of.
trait Element: LinalgScalar + Float + From<f32> + faer::traits::ComplexField + nalgebra::ComplexField {
    const NAME: &'static str;
    /// A pivot with which a system is for the crate's own loops, as its reciprocal is too small for faer's kernel.
    const LARGE: Self;
}

impl Element for f32 {
    const NAME: &'static str = ", f32";
    const LARGE: f32 = 1e20;
}

impl Element for f64 {
    const NAME: &'static str = "";
    const LARGE: f64 = 1e160;
}

/// A system of equations.
#[derive(Clone, Copy)]
struct System {
    n: usize,
    lower: bool,
    /// The columns of the right-hand side; nothing if that is a vector.
    columns: Option<usize>,
    /// Whether the triangle is column-major, and a matrix on the right-hand side.
    by_columns: bool,
}

impl System {
    fn name<T: Element>(self) -> String {
        let half = if self.lower { "lower" } else { "upper" };
        let columns = self.columns.map_or("a vector".to_owned(), |columns| format!("{columns} columns"));
        let order = if self.by_columns { ", column-major" } else { "" };
        format!("{half} triangle {0} × {0}, {columns}{order}{1}", self.n, T::NAME)
    }

    /// A triangle, with numbers beyond it, and a right-hand side with this many axes, that lie where `place` says.
    fn operands<T: Element>(self, place: usize) -> (Array2<T>, Array2<T>) {
        black_box(vec![0u8; place % 4096]);
        let part = |i: usize, j: usize| <T as From<f32>>::from(((i * 31 + j * 17) % 101) as f32 / 101.0 - 0.5);
        let mut a = Array2::from_shape_fn((self.n, self.n).set_f(self.by_columns), |(i, j)| part(i, j));
        a.diag_mut().fill(<T as From<f32>>::from(self.n as f32));
        let shape = (self.n, self.columns.unwrap_or(1)).set_f(self.by_columns);
        (a, Array2::from_shape_fn(shape, |(i, j)| part(j + 3, i)))
    }

    fn in_a_scope<T: Element>(self, by_loops: bool) -> Make {
        Box::new(move |place| {
            let ((mut a, b), buffer) = (self.operands::<T>(place), Buffer::new());
            if by_loops {
                // Of what is found last, which takes no longer for that.
                let last = if self.lower { self.n - 1 } else { 0 };
                a[[last, last]] = T::LARGE;
            }
            let vector = b.column(0).to_owned();
            timed(move |times| {
                for _ in 0..times {
                    buffer.scope(|s| {
                        let (a, b, vector) = (black_box(&a), black_box(&b), black_box(&vector));
                        match (self.columns, self.lower) {
                            (None, true) => drop(black_box(s.solve_lower_triangular(a, vector))),
                            (None, false) => drop(black_box(s.solve_upper_triangular(a, vector))),
                            (Some(_), true) => drop(black_box(s.solve_lower_triangular(a, b))),
                            (Some(_), false) => drop(black_box(s.solve_upper_triangular(a, b))),
                        }
                    });
                }
            })
        })
    }

    fn by_faers_kernel<T: Element>(self) -> Make {
        Box::new(move |place| {
            let ((a, b), buffer) = (self.operands::<T>(place), Buffer::new());
            timed(move |times| {
                for _ in 0..times {
                    buffer.scope(|s| {
                        let (a, mut x) = (black_box(&a), s.copy_of(black_box(&b)));
                        let (rows, columns) = x.dim();
                        let whole = "there are no gaps";
                        let elements = a.as_slice_memory_order().expect(whole);
                        let triangle = if self.by_columns {
                            MatRef::from_column_major_slice(elements, rows, rows)
                        } else {
                            MatRef::from_row_major_slice(elements, rows, rows)
                        };
                        let to = x.as_slice_memory_order_mut().expect(whole);
                        let to = if self.by_columns {
                            MatMut::from_column_major_slice_mut(to, rows, columns)
                        } else {
                            MatMut::from_row_major_slice_mut(to, rows, columns)
                        };
                        if self.lower {
                            solve_lower_triangular_in_place(triangle, to, Par::Seq);
                        } else {
                            solve_upper_triangular_in_place(triangle, to, Par::Seq);
                        }
                        black_box(x);
                    });
                }
            })
        })
    }

    fn on_nalgebras_heap<T: Element>(self) -> Make {
        Box::new(move |place| {
            let (a, b) = self.operands::<T>(place);
            let a = DMatrix::from_fn(a.nrows(), a.ncols(), |i, j| a[[i, j]]);
            let b = DMatrix::from_fn(b.nrows(), b.ncols(), |i, j| b[[i, j]]);
            let vector = b.column(0).into_owned();
            timed(move |times| {
                for _ in 0..times {
                    let (a, b, vector) = (black_box(&a), black_box(&b), black_box(&vector));
                    match (self.columns, self.lower) {
                        (None, true) => drop(black_box(a.solve_lower_triangular(vector))),
                        (None, false) => drop(black_box(a.solve_upper_triangular(vector))),
                        (Some(_), true) => drop(black_box(a.solve_lower_triangular(b))),
                        (Some(_), false) => drop(black_box(a.solve_upper_triangular(b))),
                    }
                }
            })
        })
    }

    fn pairs<T: Element>(self) -> Vec<Pair> {
        let against = |whose: &str, b: Make, bound: Bound| Pair {
            name: format!("{} / {whose}", self.name::<T>()),
            a: self.in_a_scope::<T>(false),
            b,
            bound,
        };
        vec![
            against("faer's kernel", self.by_faers_kernel::<T>(), Bound::Any),
            against("nalgebra", self.on_nalgebras_heap::<T>(), Bound::Any),
            against("loops", self.in_a_scope::<T>(true), Bound::AtMost(1.05)),
        ]
    }
}

/// Both halves in both orders in memory, with a vector, a few columns and `n`.
fn systems(n: usize) -> Vec<System> {
    let mut columns = vec![None, Some(4), Some(n)];
    if n == 64 {
        columns.insert(1, Some(2));
    }
    columns.retain(|columns| columns.unwrap_or(1) <= n);
    columns.dedup();
    let by_columns = columns.into_iter().flat_map(|columns| [(columns, false), (columns, true)]);
    by_columns
        .flat_map(|(columns, by_columns)| [true, false].map(|lower| System { n, lower, columns, by_columns }))
        .collect()
}

pub(crate) fn pairs() -> Vec<Pair> {
    let of_f64 = [2, 4, 8, 16, 32, 64, 128, 256].into_iter().flat_map(systems).flat_map(System::pairs::<f64>);
    let of_f32 = [16, 128].into_iter().flat_map(systems).flat_map(System::pairs::<f32>);
    of_f64.chain(of_f32).collect()
}
