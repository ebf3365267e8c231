//! ndarray's operations on arrays in arenas, against the same in a process that opens none: bit for bit.

use std::process::Command;

use ndarena::global::{arena, no_arena, stats};
use ndarray::linalg::{general_mat_mul, kron};
use ndarray::{
    Array, Array1, Array2, Array3, ArrayView, Axis, Dimension, ShapeBuilder, Zip, array, concatenate, s, stack,
};

/// An array as text from which each bit can be read.
fn bits<D: Dimension>(a: ArrayView<f64, D>) -> String {
    format!("{:?} {:?}", a.shape(), ndarena_testing::bits(&a))
}

fn table(m: usize, n: usize) -> Array2<f64> {
    Array::from_shape_fn((m, n), |(i, j)| ((i * 31 + j * 17) as f64).sin())
}

type Operation = (&'static str, fn() -> String);

const OPERATIONS: [Operation; 24] = [
    ("arithmetic", || bits((&table(40, 50) * 2.0 + &table(40, 50) / 3.0 - 1.0).view())),
    ("broadcast", || bits((&table(40, 50) + &table(1, 50) * &table(40, 1)).view())),
    ("dot", || bits(table(70, 90).dot(&table(90, 60)).view())),
    ("dot of a vector", || bits(table(300, 200).dot(&table(200, 1).column(0)).view())),
    ("general_mat_mul", || {
        let mut c = table(50, 60).reversed_axes();
        general_mat_mul(2.0, &table(60, 33), &table(33, 50), 0.5, &mut c);
        bits(c.view())
    }),
    ("kron", || bits(kron(&table(5, 6), &table(7, 8)).view())),
    ("mapv and mapv_into", || bits(table(40, 40).mapv(f64::exp).mapv_into(f64::ln_1p).view())),
    ("sums over axes", || bits((table(60, 200).sum_axis(Axis(0)) * table(200, 30).mean_axis(Axis(1)).unwrap()).view())),
    ("var_axis", || bits(table(60, 200).var_axis(Axis(0), 1.0).view())),
    ("concatenate", || bits(concatenate![Axis(0), table(20, 30), table(10, 30)].view())),
    ("stack", || bits(stack![Axis(1), table(20, 30), table(20, 30).slice(s![.., ..;-1])].view())),
    ("select", || bits(table(100, 20).select(Axis(0), &[99, 0, 50, 50, 3, 7, 8, 9]).view())),
    ("push_row and append", || {
        let mut grown = Array2::zeros((0, 40));
        (0..60).for_each(|i| grown.push_row(table(60, 40).row(i)).unwrap());
        grown.append(Axis(0), table(25, 40).view()).unwrap();
        bits(grown.view())
    }),
    ("column-major", || {
        let mut a = Array2::zeros((50, 40).f());
        a.assign(&table(50, 40));
        bits((&a + &table(50, 40)).view()) + &bits(a.as_standard_layout().view())
    }),
    ("permuted and reshaped", || {
        let a = table(24, 100).into_shape_with_order((24, 10, 10)).unwrap().permuted_axes([2, 0, 1]);
        bits(a.to_shape((100, 24)).unwrap().view()) + &bits(a.to_owned().view())
    }),
    ("dynamic dimensions", || bits((table(30, 30).into_dyn() * table(30, 30).into_dyn()).view())),
    ("windows", || {
        let a = table(30, 30);
        bits(Array1::from_iter(a.windows((3, 3)).into_iter().map(|w| w.sum())).view())
    }),
    ("fold_axis and map_axis", || {
        let a = table(200, 150);
        bits((a.fold_axis(Axis(0), 0.0, |x, y| x - y) + a.map_axis(Axis(0), |lane| lane[3] * 2.0)).view())
    }),
    ("accumulate_axis_inplace", || {
        let mut a = table(40, 50);
        a.accumulate_axis_inplace(Axis(0), |before, x| *x += before);
        bits(a.view())
    }),
    ("Zip::map_collect", || {
        bits(Zip::from(&table(40, 50)).and(&table(40, 50)).map_collect(|x, y| x.powi(2) * y).view())
    }),
    ("shared, then changed", || {
        let shared = table(40, 50).into_shared();
        let mut copy = shared.clone();
        copy[[0, 0]] = 7.0;
        bits((&shared + &copy).view())
    }),
    ("sorted lanes", || {
        let mut a = table(9, 300);
        for mut lane in a.lanes_mut(Axis(1)) {
            lane.as_slice_mut().unwrap().sort_unstable_by(f64::total_cmp);
        }
        bits(a.view())
    }),
    ("three dimensions", || {
        let a = Array3::from_shape_fn((12, 11, 10), |(i, j, k)| (i + 2 * j + 3 * k) as f64 / 7.0);
        bits((a.index_axis(Axis(1), 4).to_owned() + a.sum_axis(Axis(1))).view())
    }),
    ("text", || format!("{:?}", table(30, 30)) + &array![[1.0, 2.0]].to_string()),
];

const PLAIN: &str = "NDARENA_TEST_PLAIN";

#[test]
fn operations_give_what_they_give_in_a_plain_process() {
    if std::env::var_os(PLAIN).is_some() {
        OPERATIONS.iter().for_each(|(name, operation)| println!("<{name}>{}</{name}>", operation()));
        assert_eq!((stats().served, stats().in_use), (0, 0));
        return;
    }
    let _turn = crate::turn();
    let fell_back = stats().fell_back;
    let mut plain = Command::new(std::env::current_exe().unwrap());
    plain
        .args(["--exact", "operations::operations_give_what_they_give_in_a_plain_process", "--nocapture"])
        .env(PLAIN, "1");
    let plain = plain.output().unwrap();
    assert!(plain.status.success());
    let plain = String::from_utf8(plain.stdout).unwrap();
    // Twice, as the second run finds memory that the first one has used; and each on its own, or all in one call.
    for _ in 0..2 {
        for (name, operation) in OPERATIONS {
            let before = stats().served;
            let result = arena(operation);
            assert!(plain.contains(&format!("<{name}>{result}</{name}>")), "{name}");
            assert!(stats().served > before, "{name} took memory of the arena");
        }
        arena(|| {
            for (name, operation) in OPERATIONS {
                let result = operation();
                no_arena(|| assert!(plain.contains(&format!("<{name}>{result}</{name}>")), "{name}"));
            }
        });
    }
    assert_eq!(stats().fell_back, fell_back);
}
