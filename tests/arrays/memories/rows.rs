//! The table: every public operation, and how the same is had on the heap.

use std::alloc::Layout;

use bytemuck::bytes_of;
use ndarena::{Pod, prelude::*};
use ndarena_testing::elements;
use ndarray::linalg::kron;
use ndarray::prelude::*;
use ndarray::{Zip, concatenate, stack};

use super::harness::POISON;

/// An operation, or an example of the documentation's, for a problem of some size.
pub(super) struct Row {
    /// The type and the method, or the function.
    pub(super) name: &'static str,
    pub(super) in_a_scope: fn(Scope<'_>, usize) -> Vec<u64>,
    pub(super) on_the_heap: fn(usize) -> Vec<u64>,
}

/// Elements that can be compared bit by bit.
pub(super) trait Element: Copy {
    fn bits(self) -> u64;
}

impl Element for f64 {
    fn bits(self) -> u64 {
        self.to_bits()
    }
}

impl Element for i64 {
    fn bits(self) -> u64 {
        self as u64
    }
}

impl Element for i32 {
    fn bits(self) -> u64 {
        self as u64
    }
}

/// It is `Copy`, and not `Pod`: it has padding, and a `bool`.
impl Element for (f64, bool) {
    fn bits(self) -> u64 {
        self.0.to_bits() ^ u64::from(self.1)
    }
}

/// The axis lengths, and the elements in the order of their indices.
pub(super) fn bits<T: Element, D: Dimension>(a: &ArrayRef<T, D>) -> Vec<u64> {
    let mut bits: Vec<u64> = a.shape().iter().map(|&len| len as u64).collect();
    bits.extend(elements(a).into_iter().map(T::bits));
    bits
}

/// A row: the operation, a call of it that gives an array, and one that gives the same on the heap.
macro_rules! row {
    ($of:ident::$method:ident, |$s:pat_param, $n:pat_param| $ours:expr, |$m:pat_param| $heap:expr $(,)?) => {
        Row {
            name: concat!(stringify!($of), "::", stringify!($method)),
            in_a_scope: |$s, $n| bits(&$ours),
            on_the_heap: |$m| bits(&$heap),
        }
    };
}

mod axes;
mod elementwise;
#[cfg(feature = "linalg")]
mod linalg;

/// A whole number between -8 and 8, without a pattern, and never 0.
fn number(i: usize, j: usize) -> i32 {
    let number = (i * i * 13 + i * j * 31 + j * j * 7 + i + 2 * j + 1) % 17;
    if number == 8 { 3 } else { number as i32 - 8 }
}

pub(super) fn a(n: usize) -> Array2<f64> {
    Array2::from_shape_fn((n, n + 1), |(i, j)| f64::from(number(i, j)) / 3.0)
}

pub(super) fn v(n: usize) -> Array1<f64> {
    Array1::from_shape_fn(n + 1, |i| f64::from(number(5, i)) / 7.0)
}

fn ints(n: usize) -> Array2<i32> {
    Array2::from_shape_fn((n, n + 1), |(i, j)| number(i, j))
}

fn pairs(n: usize) -> Array2<(f64, bool)> {
    a(n).mapv(|x| (x, x > 0.0))
}

/// A triangle of whole numbers, with powers of two on the diagonal: systems with whole solutions are solved without
/// rounding.
pub(super) fn triangle(n: usize, lower: bool) -> Array2<f64> {
    let l = Array2::from_shape_fn((n, n), |(i, j)| match i {
        _ if i == j => [1.0, 2.0, -4.0][i % 3],
        _ if i > j => f64::from(number(i, j)),
        _ => 0.0,
    });
    if lower { l } else { l.reversed_axes() }
}

/// Whole numbers.
pub(super) fn whole(n: usize, columns: usize) -> Array2<f64> {
    Array2::from_shape_fn((n, columns), |(i, j)| f64::from(number(i, j)))
}

/// 1, 2, and so on.
fn counter() -> impl FnMut() -> i32 {
    let mut n = 0;
    move || {
        n += 1;
        n
    }
}

/// What `alloc_array` and its kin handed out is looked at before it is written: a checker sees whether it is initialised,
/// and nothing shows that may be left of what is not.
fn look_at<T: Pod>(fresh: impl IntoIterator<Item = T>) {
    for x in fresh {
        let bytes = bytes_of(&x);
        let poisoned = bytes[0] & 0xF0 == POISON && bytes.iter().all(|&byte| byte == bytes[0]);
        assert!(!poisoned, "uninitialised memory: {bytes:x?}");
    }
}

/// The constructors of [`AllocArray`], for the type that has them.
macro_rules! constructors {
    ($Of:ident, |$s:ident| $scope:expr) => {
        [
            row!(
                $Of::alloc_array,
                |$s, n| {
                    let mut x = $scope.alloc_array::<f64>((n, n + 1));
                    look_at(elements(&x));
                    x.assign(&a(n));
                    x
                },
                |n| a(n)
            ),
            row!(
                $Of::alloc_array,
                |$s, n| {
                    let mut x = $scope.alloc_array::<i32>((n, n + 1).f());
                    look_at(elements(&x));
                    x.assign(&ints(n));
                    x
                },
                |n| ints(n)
            ),
            row!(
                $Of::try_alloc_array,
                |$s, n| {
                    let x = $scope.try_alloc_array::<f64>((n, n + 1).padded::<f64>());
                    let mut x = x.unwrap_or_else(|error| panic!("{error}"));
                    look_at(elements(&x));
                    x.assign(&a(n));
                    x
                },
                |n| a(n)
            ),
            row!(
                $Of::uninit,
                |$s, n| {
                    let mut x = $scope.uninit::<(f64, bool)>((n, n + 1));
                    pairs(n).assign_to(x.view_mut());
                    // SAFETY: each element has been assigned to.
                    unsafe { x.assume_init() }
                },
                |n| pairs(n)
            ),
            row!(
                $Of::try_uninit,
                |$s, n| {
                    let mut x = $scope.try_uninit::<i32>(ints(n).raw_dim()).unwrap_or_else(|error| panic!("{error}"));
                    ints(n).assign_to(x.view_mut());
                    // SAFETY: each element has been assigned to.
                    unsafe { x.assume_init() }
                },
                |n| ints(n)
            ),
            row!($Of::from_elem, |$s, n| $scope.from_elem([n, 2, 2], 2.5), |n| Array3::from_elem((n, 2, 2), 2.5)),
            row!($Of::from_elem, |$s, n| $scope.from_elem(n, (1.5, true)), |n| Array1::from_elem(n, (1.5, true))),
            row!($Of::zeros, |$s, n| $scope.zeros::<f64>((n, n + 1)), |n| Array2::<f64>::zeros((n, n + 1))),
            row!($Of::ones, |$s, n| $scope.ones::<i32>((n + 1, n)), |n| Array2::<i32>::ones((n + 1, n))),
            row!($Of::default, |$s, n| $scope.default::<(f64, bool)>(n), |n| Array1::<(f64, bool)>::default(n)),
            row!($Of::from_shape_simple_fn, |$s, n| $scope.from_shape_simple_fn((n, n + 1).f(), counter()), |n| {
                Array2::from_shape_simple_fn((n, n + 1).f(), counter())
            }),
            row!($Of::from_shape_fn, |$s, n| $scope.from_shape_fn((n, n + 1), |(i, j)| number(i, j)), |n| ints(n)),
            row!(
                $Of::from_shape_fn,
                |$s, n| $scope.from_shape_fn(IxDyn(&[n, n + 1]), |at| (f64::from(number(at[0], at[1])), at[0] > at[1])),
                |n| Array2::from_shape_fn((n, n + 1), |(i, j)| (f64::from(number(i, j)), i > j)).into_dyn()
            ),
        ]
    };
}

fn others() -> Vec<Row> {
    vec![
        row!(
            Scope::alloc_slice,
            |s, n| {
                let x = s.alloc_slice::<f64>(n + 1);
                look_at(x.iter().copied());
                x.copy_from_slice(v(n).as_slice().unwrap());
                ArrayView1::from(&*x)
            },
            |n| v(n)
        ),
        row!(
            Scope::bytes,
            |s, n| {
                let x = s.bytes(Layout::array::<i32>(n).unwrap());
                assert_eq!((x.len(), x.as_ptr().addr() % 4), (4 * n, 0));
                let written: Vec<i32> = x.iter_mut().enumerate().map(|(i, x)| i32::from(*x.write(i as u8))).collect();
                Array1::from(written)
            },
            |n| Array1::from_shape_fn(4 * n, |i| i32::from(i as u8))
        ),
        row!(Scope::align, |s, n| s.align(512).from_elem(n, 1.0), |n| Array1::from_elem(n, 1.0)),
        row!(
            Scope::bump,
            |s, n| {
                let (before, bump, v) = (s.ones::<f64>(n), s.bump(), v(n));
                let x = bump.try_alloc_slice_copy(v.as_slice().unwrap()).unwrap_or_else(|_| {
                    // Fixed memory's has no memory of its own, but for callers who lift its limit.
                    bump.set_allocation_limit(None);
                    bump.alloc_slice_copy(v.as_slice().unwrap())
                });
                s.add(&before, &ArrayView1::from(&x[..n]))
            },
            |n| v(n).slice_move(ndarray::s![..n]) + 1.0
        ),
        row!(
            Scope::scope,
            |s, n| s.scope(|inner| {
                let twice = inner.add(&a(n), &a(n));
                s.scope(|_| inner.scope(|third| s.map(&third.neg(&twice), |x| x + 1.0)))
            }),
            |n| 1.0 - (&a(n) + &a(n))
        ),
        row!(
            Scope::guard,
            |s, n| {
                let guard = s.guard();
                let (twice, inside) = (guard.scope().add(&a(n), &a(n)), s.guard());
                let sum = s.add(&inside.scope().copy_of(&twice), &a(n));
                drop(inside);
                drop(guard);
                sum
            },
            |n| &a(n) + &a(n) + &a(n)
        ),
        row!(
            Guard::scope,
            |s, n| {
                let (first, second) = (s.guard(), s.guard());
                let twice = second.scope().mul(&ints(n), 2);
                drop(first);
                s.copy_of(&twice)
            },
            |n| ints(n) * 2
        ),
        row!(Scope::copy_of, |s, n| s.copy_of(&a(n).t()), |n| a(n).reversed_axes()),
        row!(Scope::copy_of, |s, n| s.copy_of(&pairs(n)), |n| pairs(n)),
        row!(Scope::map, |s, n| s.map(&a(n), |x| x * x - 1.0), |n| a(n).mapv(|x| x * x - 1.0)),
        row!(Scope::map, |s, n| s.map(&ints(n).t(), |&x| (f64::from(x), x > 1)), |n| {
            ints(n).reversed_axes().mapv(|x| (f64::from(x), x > 1))
        }),
        row!(Scope::zip_map, |s, n| s.zip_map(&a(n), &v(n), |x, y| x * y), |n| a(n) * v(n)),
        row!(Scope::zip_map, |s, n| s.zip_map(&a(n), &ints(n), |&x, &y| (x, y > 0)), |n| pairs(n)),
        row!(Scope::zip_map3, |s, n| s.zip_map3(&a(n), &a(n), &v(n), |x, y, z| x * y + z), |n| a(n) * a(n) + v(n)),
        row!(Scope::zip_map4, |s, n| s.zip_map4(&a(n), &v(n), &a(n), &arr0(2.0), |x, y, z, t| x + y - z * t), |n| {
            a(n) + v(n) - a(n) * 2.0
        }),
        row!(
            Scope::zip_map5,
            |s, n| s.zip_map5(&ints(n), &ints(n), &arr0(2), &ints(n), &ints(n), |x, y, z, t, u| x * y + z * t - u),
            |n| &ints(n) * &ints(n) + ints(n) * 2 - ints(n)
        ),
        row!(Scope::add, |s, n| s.add(&a(n), &v(n)), |n| a(n) + v(n)),
        row!(Scope::add, |s, n| s.add(&ints(n), 3), |n| ints(n) + 3),
        row!(Scope::sub, |s, n| s.sub(1.0, &a(n)), |n| 1.0 - a(n)),
        row!(Scope::sub, |s, n| s.sub(&ints(n).t(), &ints(n).t()), |n| Array2::<i32>::zeros((n + 1, n))),
        row!(Scope::mul, |s, n| s.mul(&a(n), &a(n).slice(ndarray::s![.., ..;-1])), |n| {
            let mut backwards = a(n);
            backwards.invert_axis(Axis(1));
            a(n) * backwards
        }),
        row!(Scope::mul, |s, n| s.mul(&ints(n), &ints(n)), |n| ints(n) * ints(n)),
        row!(Scope::div, |s, n| s.div(&a(n), &v(n)), |n| a(n) / v(n)),
        row!(Scope::div, |s, n| s.div(&ints(n), &ints(n)), |n| Array2::<i32>::ones((n, n + 1))),
        row!(Scope::neg, |s, n| s.neg(&a(n)), |n| -a(n)),
        row!(Scope::neg, |s, n| s.neg(&ints(n).t()), |n| -ints(n).reversed_axes()),
        row!(Scope::dot, |s, n| s.dot(&a(n), &a(n).t()), |n| a(n).dot(&a(n).t())),
        row!(Scope::dot, |s, n| s.dot(&ints(n).t(), &ints(n)), |n| ints(n).t().dot(&ints(n))),
        row!(Scope::dot, |s, n| s.dot(&a(n), &v(n)), |n| a(n).dot(&v(n))),
        row!(Scope::dot, |s, n| s.dot(&v(n), &a(n).t()), |n| v(n).dot(&a(n).t())),
        row!(Scope::dot, |s, n| s.dot(&*a(n).into_dyn(), &*v(n).into_dyn()), |n| a(n).dot(&v(n)).into_dyn()),
        row!(Scope::outer, |s, n| s.outer(&v(n), &a(n).row(1)), |n| &v(n).insert_axis(Axis(1)) * &a(n).row(1)),
        row!(Scope::kron, |s, n| s.kron(&a(2), &a(n)), |n| kron(&a(2), &a(n))),
        row!(
            Scope::solve_lower_triangular,
            |s, n| s.solve_lower_triangular(&triangle(n, true), &triangle(n, true).dot(&whole(n, 3))).unwrap(),
            |n| whole(n, 3)
        ),
        row!(
            Scope::solve_upper_triangular,
            |s, n| {
                let b = triangle(n, false).dot(&whole(n, 3).column(1));
                s.solve_upper_triangular(&triangle(n, false), &b).unwrap()
            },
            |n| whole(n, 3).column(1)
        ),
        row!(
            Scope::concatenate,
            |s, n| s.concatenate(Axis(0), &[pairs(n).view(), pairs(n + 1).slice(ndarray::s![.., 1..])]).unwrap(),
            |n| concatenate(Axis(0), &[pairs(n).view(), pairs(n + 1).slice(ndarray::s![.., 1..])]).unwrap()
        ),
        row!(Scope::stack, |s, n| s.stack(Axis(1), &[ints(n).view(), ints(n).view()]).unwrap(), |n| {
            stack(Axis(1), &[ints(n).view(), ints(n).view()]).unwrap()
        }),
        row!(Scope::select, |s, n| s.select(&pairs(n), Axis(1), &[n, 0, 0, 1]), |n| {
            pairs(n).select(Axis(1), &[n, 0, 0, 1])
        }),
        row!(
            Scope::as_standard_layout,
            |s, n| {
                let x = pairs(n);
                let transposed = x.t();
                let x = s.as_standard_layout(&transposed);
                assert!(x.is_standard_layout());
                bitwise(&x)
            },
            |n| bitwise(&pairs(n).reversed_axes())
        ),
        row!(Scope::to_shape, |s, n| bitwise(&s.to_shape(&a(n).t(), n * (n + 1)).unwrap()), |n| {
            bitwise(&a(n).t().to_shape(n * (n + 1)).unwrap())
        }),
        row!(Scope::broadcast, |s, n| s.broadcast(&v(n), (n, n + 1)), |n| {
            v(n).broadcast((n, n + 1)).unwrap().to_owned()
        }),
        row!(Scope::map_axis, |s, n| s.map_axis(&a(n), Axis(0), |lane| (lane.sum(), lane[0] > 0.0)), |n| {
            a(n).map_axis(Axis(0), |lane| (lane.sum(), lane[0] > 0.0))
        }),
        row!(Scope::fold_axis, |s, n| s.fold_axis(&ints(n), Axis(1), 7, |x, y| 3 * (x % 100) + y), |n| {
            ints(n).fold_axis(Axis(1), 7, |x, y| 3 * (x % 100) + y)
        }),
        row!(Scope::sum_axis, |s, n| s.sum_axis(&a(n), Axis(0)), |n| a(n).sum_axis(Axis(0))),
        row!(Scope::sum_axis, |s, n| s.sum_axis(&ints(n), Axis(1)), |n| ints(n).sum_axis(Axis(1))),
        row!(Scope::mean_axis, |s, n| s.mean_axis(&a(n), Axis(1)).unwrap(), |n| a(n).mean_axis(Axis(1)).unwrap()),
        row!(Scope::var_axis, |s, n| s.var_axis(&a(n), Axis(0), 1.0), |n| a(n).var_axis(Axis(0), 1.0)),
        row!(Scope::std_axis, |s, n| s.std_axis(&a(n), Axis(1), 0.0), |n| a(n).std_axis(Axis(1), 0.0)),
        row!(Scope::from_iter, |s, n| s.from_iter((0..n).map(|i| (i as f64, i % 2 == 0))), |n| {
            Array1::from_iter((0..n).map(|i| (i as f64, i % 2 == 0)))
        }),
        row!(Scope::linspace, |s, n| s.linspace(-1.0, 2.0, n), |n| Array1::linspace(-1.0, 2.0, n)),
        row!(Scope::range, |s, n| s.range(0.0, n as f64, 0.3), |n| Array1::range(0.0, n as f64, 0.3)),
        row!(Scope::logspace, |s, n| s.logspace(2.0, -1.0, 3.0, n), |n| Array1::logspace(2.0, -1.0, 3.0, n)),
        row!(Scope::geomspace, |s, n| s.geomspace(-2.0, -30.0, n).unwrap(), |n| {
            Array1::geomspace(-2.0, -30.0, n).unwrap()
        }),
        row!(Scope::eye, |s, n| s.eye::<f64>(n), |n| Array2::<f64>::eye(n)),
        row!(Scope::from_diag, |s, n| s.from_diag(&ints(n).row(0)), |n| Array2::from_diag(&ints(n).row(0))),
        row!(Scope::from_diag_elem, |s, n| s.from_diag_elem(n, -3), |n| Array2::from_diag_elem(n, -3)),
        row!(
            Zip::map_collect_in,
            |s, n| Zip::indexed(&a(n)).and(&ints(n)).map_collect_in(s, |(i, j), x, &y| (x + f64::from(y), i < j)),
            |n| Zip::indexed(&a(n)).and(&ints(n)).map_collect(|(i, j), x, &y| (x + f64::from(y), i < j))
        ),
        // rayon's queues do what Miri's model of borrows does not allow.
        #[cfg(all(feature = "rayon", not(miri)))]
        row!(Zip::par_map_collect_in, |s, n| Zip::from(a(n).rows()).par_map_collect_in(s, |row| row.sum()), |n| {
            Zip::from(a(n).rows()).map_collect(|row| row.sum())
        }),
    ]
}

/// The bits as an array: of a view that does not outlive what it shows.
fn bitwise<T: Element, D: Dimension>(a: &ArrayRef<T, D>) -> Array1<i64> {
    bits(a).into_iter().map(|x| x as i64).collect()
}

pub(super) fn rows() -> Vec<Row> {
    let mut rows = others();
    rows.extend(elementwise::rows());
    rows.extend(axes::rows());
    #[cfg(feature = "linalg")]
    rows.extend(linalg::rows());
    rows.extend(constructors!(Scope, |s| s));
    rows.extend(constructors!(Aligned, |s| s.align(128)));
    rows
}
