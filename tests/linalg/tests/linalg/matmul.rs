//! Products by faer's kernels.

use ndarena::prelude::*;
use ndarena_testing::panic_of;
use ndarray::prelude::*;

use crate::judge::*;

fn products<T: Number>() {
    for (m, k, n) in [
        (0, 0, 0),
        (0, 3, 2),
        (2, 0, 3),
        (3, 2, 0),
        (1, 1, 1),
        (2, 2, 2),
        (3, 4, 5),
        (8, 8, 8),
        (16, 17, 18),
        (33, 70, 20),
        (100, 65, 130),
    ] {
        let (a, b) = (random::<T>(m, k, 51), random::<T>(k, n, 52));
        let expected = exact(&a).dot(&exact(&b));
        let scale = norm(&a) * norm(&b);
        in_all_layouts(&a, |a, first| {
            in_all_layouts(&b, |b, second| {
                ndarena::scope(|s| {
                    let what = format!("{m} × {k} × {n}, {first} and {second}");
                    let c = s.matmul(&a, &b);
                    assert_close::<T, _>(&exact(&c), &expected, scale, 4.0, &what);
                    assert_eq!(c.strides(), s.dot(&a, &b).strides(), "{what}");
                    let dynamic = s.matmul(&a.into_dyn(), &b.into_dyn());
                    assert_eq!(dynamic, c.view().into_dyn(), "{what}");
                    if n > 0 {
                        let b = b.column(n - 1);
                        let c = s.matmul(&a, &b);
                        assert_close::<T, _>(&exact(&c), &expected.column(n - 1), scale, 4.0, &what);
                        assert_eq!(s.matmul(&a.into_dyn(), &b.into_dyn()), c.into_dyn(), "{what}");
                    }
                    if m > 0 {
                        let a = a.row(0);
                        let c = s.matmul(&a, &b);
                        assert_close::<T, _>(&exact(&c), &expected.row(0), scale, 4.0, &what);
                        assert_eq!(s.matmul(&a.into_dyn(), &b.into_dyn()), c.into_dyn(), "{what}");
                    }
                    if m > 0 && n > 0 {
                        let (a, b) = (a.row(0), b.column(0));
                        let c = s.matmul(&a, &b);
                        let off = (c.exact() - expected[[0, 0]]).norm();
                        assert!(off <= 4.0 * T::EPSILON * scale, "{what}");
                        assert_eq!(s.matmul(&a.into_dyn(), &b.into_dyn()), arr0(c).into_dyn(), "{what}");
                    }
                });
            });
        });
        // One element, in place of all.
        ndarena::scope(|s| {
            let one = arr0(T::one());
            let ones = one.broadcast((m, k)).unwrap();
            let expected = exact(&ones).dot(&exact(&b));
            assert_close::<T, _>(&exact(&s.matmul(&ones, &b)), &expected, norm(&b) * (m * k) as f64, 4.0, "broadcast");
        });
    }
}

#[test]
fn products_of_all_elements_are_theirs() {
    for_all_elements!(products());
}

#[test]
fn shapes_that_do_not_fit_are_named() {
    let (a, v) = (Array2::<f64>::ones((2, 3)), Array1::<f64>::ones(2));
    ndarena::scope(|s| {
        for said in [
            panic_of(|| s.matmul(&a, &a).len()),
            panic_of(|| s.matmul(&a, &v).len()),
            panic_of(|| s.matmul(&a.t(), &a.t()).len()),
            panic_of(|| s.matmul(&Array1::<f64>::ones(3), &v) as usize),
        ] {
            let message = said.unwrap_err().message;
            assert!(message.starts_with("ndarena: matmul: inputs ") && message.contains(" 2"), "{message}");
        }
        let message = panic_of(|| s.matmul(&arr0(1.0).into_dyn(), &v.view().into_dyn()).len()).unwrap_err().message;
        assert!(message.contains("not for 0 and 1"), "{message}");
    });
}
