//! Where loops for small matrices take over from faer's kernels, and what is not finite anywhere.

use ndarena::linalg::LinalgError;
use ndarena::prelude::*;
use ndarray::prelude::*;
use num_complex::Complex64;

use crate::judge::*;
use crate::properties::allowed;

/// Beyond the largest matrix that any loop is for.
const LARGE: usize = 80;

/// A matrix in the corner of a larger one, beside the unit matrix: what is found for it is the same there, by faer's kernels.
fn in_the_corner<T: Number>(a: &Array2<T>) -> Array2<T> {
    let mut large = Array2::eye(LARGE);
    large.slice_mut(s![..a.nrows(), ..a.ncols()]).assign(a);
    large
}

fn answers_are_faers<T: Number>() {
    for n in (1..=34).chain([63, 64, 65]) {
        let part = s![..n, ..n];
        let (a, b) = (random::<T>(n, n, 91), random::<T>(n, 1, 92).remove_axis(Axis(1)));
        // Rows are exchanged, and yet the condition is that of a number of rows.
        let a = Array2::from_shape_fn((n, n), |(i, j)| {
            let shift = if j == (i + 1) % n { n as f64 } else { 0.0 };
            a[[i, j]] + T::near(Complex64::new(shift, 0.0))
        });
        let definite = positive_definite::<T>(n, 93);
        let (large, large_definite) = (in_the_corner(&a), in_the_corner(&definite));
        let mut large_b = Array1::zeros(LARGE);
        large_b.slice_mut(s![..n]).assign(&b);
        let same = |found: ArrayView2<'_, T>, expected: ArrayView2<'_, T>, what: &str| {
            let what = format!("{what}, {n}");
            assert_close::<T, _>(&exact(&found), &exact(&expected), norm(&expected), allowed(n, n), &what);
        };
        let column = |x: ArrayViewMut1<'_, T>| x.to_owned().insert_axis(Axis(1));
        ndarena::scope(|s| {
            let (small, large_one) = (s.cholesky(&definite).unwrap(), s.cholesky(&large_definite).unwrap());
            same(small.l(), large_one.l().slice(part), "l of Cholesky");
            let (x, expected) = (column(small.solve(&b).unwrap()), column(large_one.solve(&large_b).unwrap()));
            same(x.view(), expected.slice(s![..n, ..]), "solve by Cholesky");
            same(small.inv().unwrap().view(), large_one.inv().unwrap().slice(part), "inv by Cholesky");

            let (small, large_one) = (s.lu(&a).unwrap(), s.lu(&large).unwrap());
            assert_eq!(small.permutation(), large_one.permutation().slice(s![..n]), "{n}");
            same(small.l().view(), large_one.l().slice(part), "l");
            same(small.u().view(), large_one.u().slice(part), "u");
            let det = |x: T| Array2::from_elem((1, 1), x);
            // Beyond, it is too large for `f32`.
            if n <= 20 {
                same(det(small.det()).view(), det(large_one.det()).view(), "det");
            }
            let expected = column(large_one.solve(&large_b).unwrap());
            let expected = expected.slice(s![..n, ..]);
            same(column(small.solve(&b).unwrap()).view(), expected, "solve by LU");
            same(column(s.solve(&a, &b).unwrap()).view(), expected, "solve");
            let expected = large_one.inv().unwrap();
            same(small.inv().unwrap().view(), expected.slice(part), "inv by LU");
            same(s.inv(&a).unwrap().view(), expected.slice(part), "inv");

            let (small, large_one) = (s.qr(&a), s.qr(&large));
            same(small.q().view(), large_one.q().slice(part), "q");
            same(small.r().view(), large_one.r().slice(part), "r");
            let expected = column(large_one.solve(&large_b).unwrap());
            same(column(small.solve(&b).unwrap()).view(), expected.slice(s![..n, ..]), "solve by QR");
        });
    }
}

#[test]
fn answers_of_all_elements_are_faers_at_every_size() {
    for_all_elements!(answers_are_faers());
}

/// Matrices in which what is not finite has different ways to spread.
fn bases<T: Number>(n: usize) -> [Array2<T>; 4] {
    let mut exchanged = Array2::eye(n);
    exchanged.invert_axis(Axis(0));
    [positive_definite(n, 94), Array2::eye(n), exchanged, Array2::zeros((n, n))]
}

fn what_is_not_finite_is_found<T: Number>(sizes: impl Iterator<Item = usize>) {
    let numbers = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    for n in sizes {
        let b = Array1::<T>::ones(n);
        let places: Vec<usize> = if n <= 6 { (0..n).collect() } else { vec![0, n / 2, n - 1] };
        for (a, &i, &j, bad) in each_with_each(&bases::<T>(n), &places, &numbers) {
            let mut a = a.clone();
            a[[i, j]] = T::near(Complex64::new(bad, 0.0));
            let what = format!("{bad} at {i}, {j} of {n} × {n}");
            ndarena::scope(|s| {
                let refused = Err(LinalgError::NotFinite);
                assert_eq!(s.lu(&a).map(drop), refused, "lu, {what}");
                assert_eq!(s.solve(&a, &b).map(drop), refused, "solve, {what}");
                assert_eq!(s.inv(&a).map(drop), refused, "inv, {what}");
                assert!(s.det(&a).exact().re.is_nan(), "det, {what}");
                assert_eq!(s.least_squares(&a, &b).map(drop), refused, "least squares, {what}");
                assert_eq!(s.svd(&a).map(drop), refused, "svd, {what}");
                // As long as it is told at all, what QR says first may be that columns depend on each other.
                assert!(s.qr(&a).solve(&b).is_err(), "qr, {what}");
                let of_lower_triangle = |result: Result<(), LinalgError>, name: &str| match result {
                    Err(LinalgError::NotFinite) => assert!(i >= j, "{name}, {what}"),
                    _ => assert!(i < j, "{name}, {what}"),
                };
                of_lower_triangle(s.cholesky(&a).map(drop), "cholesky");
                of_lower_triangle(s.eigh(&a).map(drop), "eigh");
                // More rows than columns, and fewer.
                for part in [a.slice(s![.., ..=j]), a.slice(s![..=i, ..])] {
                    assert_eq!(s.lu(&part).map(drop), refused, "lu of {:?}, {what}", part.dim());
                }
            });
        }
    }
}

/// Each of them with each.
fn each_with_each<'a, A>(
    matrices: &'a [A],
    places: &'a [usize],
    numbers: &'a [f64],
) -> impl Iterator<Item = (&'a A, &'a usize, &'a usize, f64)> {
    let pairs = move |a| places.iter().flat_map(move |i| places.iter().map(move |j| (a, i, j)));
    matrices.iter().flat_map(pairs).flat_map(|(a, i, j)| numbers.iter().map(move |&bad| (a, i, j, bad)))
}

#[test]
fn what_is_not_finite_is_found_wherever_it_is() {
    what_is_not_finite_is_found::<f64>((1..=12).chain([23, 24, 25, 31, 32, 33, 34, 64, 65, 130]));
    what_is_not_finite_is_found::<f32>([1, 2, 3, 5, 33].into_iter());
    what_is_not_finite_is_found::<num_complex::Complex<f64>>([1, 2, 3, 5, 33].into_iter());
    what_is_not_finite_is_found::<num_complex::Complex<f32>>([1, 2, 3, 5, 33].into_iter());
}
