//! Published examples: ill-conditioned matrices whose inverses, determinants or eigenvalues are known, and NIST's certified
//! regressions (<https://www.itl.nist.gov/div898/strd/lls/lls.shtml>).

use ndarena::linalg::LinalgError;
use ndarena::prelude::*;
use ndarray::prelude::*;

use crate::judge::*;

/// `1 / (i + j + 1)`, of which the condition grows by 33 with each row.
fn hilbert(n: usize) -> Array2<f64> {
    Array2::from_shape_fn((n, n), |(i, j)| 1.0 / (i + j + 1) as f64)
}

/// Hilbert's matrix times the least number by which its elements become whole, up to 8 × 8, where nothing is rounded.
fn whole_hilbert(n: usize) -> Array2<f64> {
    hilbert(n).mapv(|x| (x * 360_360.0).round())
}

#[test]
fn hilberts_matrix_has_an_inverse_of_whole_numbers() {
    let binomial = |n: usize, k: usize| (0..k).fold(1.0, |x, i| x * (n - i) as f64 / (i + 1) as f64);
    for n in 1..=8 {
        let expected = Array2::from_shape_fn((n, n), |(i, j)| {
            let sign = if (i + j) % 2 == 0 { 1.0 } else { -1.0 };
            sign * (i + j + 1) as f64
                * binomial(n + i, n - j - 1)
                * binomial(n + j, n - i - 1)
                * binomial(i + j, i).powi(2)
                / 360_360.0
        });
        let condition = norm(&whole_hilbert(n)) * norm(&expected);
        ndarena::scope(|s| {
            for inverse in [s.inv(&whole_hilbert(n)).unwrap(), s.cholesky(&whole_hilbert(n)).unwrap().inv().unwrap()] {
                let off = norm(&(&inverse - &expected)) / norm(&expected);
                assert!(off <= condition * f64::EPSILON, "{n}: {off:e}, of {:e}", condition * f64::EPSILON);
            }
        });
    }
}

#[test]
fn residuals_of_hilberts_matrix_are_small_as_long_as_it_is_positive_definite() {
    for n in 1..=12 {
        let (a, b) = (hilbert(n), random::<f64>(n, 1, 81));
        ndarena::scope(|s| {
            let x = s.cholesky(&a).unwrap().solve(&b).unwrap();
            assert_solves(&a, &x, &b, n as f64, "by Cholesky");
            assert_solves(&a, &s.solve(&a, &b).unwrap(), &b, n as f64, "by LU");
        });
    }
    // Its least eigenvalue is below a rounding.
    let error = ndarena::scope(|s| s.cholesky(&hilbert(20)).map(drop));
    assert!(matches!(error, Err(LinalgError::NotPositiveDefinite { pivot }) if pivot > 10), "{error:?}");
}

/// Frank's matrix has the determinant 1, and eigenvalues that are hard to find; its inverse is whole.
#[test]
fn franks_matrix_has_an_inverse_of_whole_numbers() {
    for n in 1..=12 {
        let a = Array2::from_shape_fn((n, n), |(i, j)| if i <= j + 1 { (n - i.max(j)) as f64 } else { 0.0 });
        ndarena::scope(|s| {
            assert!((s.det(&a) - 1.0).abs() < 1e-6, "{n}: {}", s.det(&a));
            let inverse = s.inv(&a).unwrap();
            let whole = inverse.mapv(f64::round);
            assert_eq!(a.dot(&whole), Array2::<f64>::eye(n), "{n}");
            let condition = norm(&a) * norm(&whole);
            assert!(norm(&(&inverse - &whole)) <= condition * f64::EPSILON * norm(&whole), "{n}");
        });
    }
}

/// Kahan's matrix: columns that column pivoting leaves as they are, although the last is nearly dependent on the others.
#[test]
fn kahans_matrix_is_decomposed() {
    let (n, theta) = (60, 1.2f64);
    let (sine, cosine) = theta.sin_cos();
    let a = Array2::from_shape_fn((n, n), |(i, j)| match i {
        _ if i == j => sine.powi(i as i32),
        _ if i < j => -cosine * sine.powi(i as i32),
        _ => 0.0,
    });
    let b = random::<f64>(n, 1, 82);
    ndarena::scope(|s| {
        assert_solves(&a, &s.solve(&a, &b).unwrap(), &b, n as f64, "by LU");
        assert_solves(&a, &s.qr(&a).solve(&b).unwrap(), &b, n as f64, "by QR");
        let (u, values, vt) = s.svd(&a).unwrap();
        let product = (&u * &values).dot(&vt);
        assert!(norm(&(&product - &a)) <= n as f64 * f64::EPSILON * norm(&a));
        // The product of singular values is the determinant: that of the diagonal.
        let (ln_product, ln_det) = (values.mapv(f64::ln).sum(), a.diag().mapv(f64::ln).sum());
        assert!((ln_product - ln_det).abs() < 1e-2, "{ln_product} for {ln_det}");
    });
}

/// How many digits of the certified values both ways find, the least of all parameters.
fn digits(a: &Array2<f64>, y: &Array1<f64>, certified: &[f64]) -> [f64; 2] {
    let worst = |x: ArrayView1<'_, f64>| {
        let digits = x.iter().zip(certified).map(|(x, c)| -((x / c - 1.0).abs().max(1e-15)).log10());
        digits.fold(f64::INFINITY, f64::min)
    };
    ndarena::scope(|s| [worst(s.qr(a).solve(y).unwrap().view()), worst(s.least_squares(a, y).unwrap().view())])
}

fn powers(x: &[f64], degree: usize) -> Array2<f64> {
    Array2::from_shape_fn((x.len(), degree + 1), |(i, j)| x[i].powi(j as i32))
}

#[test]
fn norris() {
    let data = include_str!("nist/norris.txt");
    let (y, x) = columns(data);
    let [qr, pivoted] = digits(&powers(&x, 1), &y, &[-0.262323073774029, 1.00211681802045]);
    assert!(qr > 12.0 && pivoted > 12.0, "{qr} {pivoted}");
}

#[test]
fn longley() {
    let rows: Vec<f64> = include_str!("nist/longley.txt").split_whitespace().map(|x| x.parse().unwrap()).collect();
    let data = ArrayView2::from_shape((16, 7), &rows).unwrap();
    let mut a = data.to_owned();
    let y = a.column(0).to_owned();
    a.column_mut(0).fill(1.0);
    let certified = [
        -3482258.63459582,
        15.0618722713733,
        -0.358191792925910E-01,
        -2.02022980381683,
        -1.03322686717359,
        -0.511041056535807E-01,
        1829.15146461355,
    ];
    // LAPACK's `dgels` finds some 10 to 12 (McCullough, The American Statistician 52, 1998, tells of packages from 8 on).
    let [qr, pivoted] = digits(&a, &y, &certified);
    assert!(qr > 9.5 && pivoted > 9.5, "{qr} {pivoted}");
}

#[test]
fn wampler() {
    let x: Vec<f64> = (0..=20).map(f64::from).collect();
    let a = powers(&x, 5);
    let [qr, pivoted] = digits(&a, &a.dot(&Array1::ones(6)), &[1.0; 6]);
    assert!(qr > 8.5 && pivoted > 8.5, "Wampler1: {qr} {pivoted}");
    let tenths = Array1::from_shape_fn(6, |i| 0.1f64.powi(i as i32));
    // Its certified data has five decimals.
    let y = a.dot(&tenths).mapv(|y| (y * 1e5).round() / 1e5);
    let [qr, pivoted] = digits(&a, &y, tenths.as_slice().unwrap());
    assert!(qr > 10.0 && pivoted > 10.0, "Wampler2: {qr} {pivoted}");
}

/// A polynomial of degree 10, with a condition of 1.8e15: seven digits or so are what is left in double precision.
#[test]
fn filip() {
    let (y, x) = columns(include_str!("nist/filip.txt"));
    let certified = [
        -1467.48961422980,
        -2772.17959193342,
        -2316.37108160893,
        -1127.97394098372,
        -354.478233703349,
        -75.1242017393757,
        -10.8753180355343,
        -1.06221498588947,
        -0.670191154593408e-1,
        -0.246781078275479e-2,
        -0.402962525080404e-4,
    ];
    let [qr, pivoted] = digits(&powers(&x, 10), &y, &certified);
    assert!(qr > 6.5 && pivoted > 6.5, "{qr} {pivoted}");
}

/// Lines of `y x`.
fn columns(text: &str) -> (Array1<f64>, Vec<f64>) {
    let numbers: Vec<f64> = text.split_whitespace().map(|x| x.parse().unwrap()).collect();
    (numbers.iter().copied().step_by(2).collect(), numbers.into_iter().skip(1).step_by(2).collect())
}
