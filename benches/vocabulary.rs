//! What a scope makes of other arrays, against ndarray on the heap, and into memory that is there. `paired` says how it is
//! measured.

use std::hint::black_box;

use ndarena::prelude::*;
use ndarena_benches::paired::{self, Batch, Bound, Make, Pair, Plan, timed};
use ndarray::linalg::general_mat_mul;
use ndarray::{Axis, Zip, prelude::*};

/// Numbers that lie where `place` says.
fn matrix(n: usize, place: usize) -> Array2<f64> {
    // What is before it in memory decides where it lies.
    black_box(vec![0u8; place % 4096]);
    Array2::from_shape_fn((n, n), |(i, j)| ((i * 31 + j * 17) % 101) as f64 / 101.0)
}

/// `run` with two matrices, of which the second is in another memory order if asked.
fn on_two<S: 'static>(
    n: usize,
    column_major: bool,
    start: impl Fn(usize) -> S + 'static,
    run: impl Fn(&mut S, &ArrayRef2<f64>, &ArrayRef2<f64>) + Copy + 'static,
) -> Make {
    Box::new(move |place| -> Batch {
        let (mut state, a, mut b) = (start(n), matrix(n, place), matrix(n, place / 4096));
        if column_major {
            b.swap_axes(0, 1);
        }
        timed(move |times| {
            for _ in 0..times {
                run(&mut state, black_box(&a), black_box(&b));
            }
        })
    })
}

type Two<S> = fn(&mut S, &ArrayRef2<f64>, &ArrayRef2<f64>);

/// On the heap, in memory that is there, and in a scope.
struct Ways {
    name: &'static str,
    heap: Two<()>,
    hand: Two<Array2<f64>>,
    scope: Two<Buffer>,
}

const PRODUCT: Ways = Ways {
    name: "a · b",
    heap: |_, a, b| drop(black_box(a.dot(b))),
    hand: |c, a, b| {
        general_mat_mul(1.0, a, b, 0.0, c);
        black_box(c);
    },
    scope: |buffer, a, b| buffer.scope(|s| drop(black_box(s.dot(a, b)))),
};

const SUM: Ways = Ways {
    name: "a + b",
    heap: |_, a, b| drop(black_box(a + b)),
    hand: |c, a, b| {
        Zip::from(&mut *c).and(a).and(b).for_each(|c, a, b| *c = a + b);
        black_box(c);
    },
    scope: |buffer, a, b| buffer.scope(|s| drop(black_box(s.add(a, b)))),
};

const EXPRESSION: Ways = Ways {
    name: "a + 2 (b - a)",
    heap: |_, a, b| drop(black_box(a + 2.0 * (b - a))),
    hand: |c, a, b| {
        Zip::from(&mut *c).and(a).and(b).for_each(|c, a, b| *c = a + 2.0 * (b - a));
        black_box(c);
    },
    scope: |buffer, a, b| buffer.scope(|s| drop(black_box(s.zip_map(a, b, |a, b| a + 2.0 * (b - a))))),
};

const COLLECT: Ways = Ways {
    name: "Zip of a and b",
    heap: |_, a, b| drop(black_box(Zip::from(a).and(b).map_collect(|a, b| a * b))),
    hand: |c, a, b| {
        Zip::from(&mut *c).and(a).and(b).for_each(|c, a, b| *c = a * b);
        black_box(c);
    },
    scope: |buffer, a, b| buffer.scope(|s| drop(black_box(Zip::from(a).and(b).map_collect_in(s, |a, b| a * b)))),
};

const SUM_AXIS: Ways = Ways {
    name: "sum over an axis",
    heap: |_, a, _| drop(black_box(a.sum_axis(Axis(0)))),
    hand: |c, a, _| {
        let mut sums = c.row_mut(0);
        sums.fill(0.0);
        a.rows().into_iter().for_each(|row| sums += &row);
        black_box(c);
    },
    scope: |buffer, a, _| buffer.scope(|s| drop(black_box(s.sum_axis(a, Axis(0))))),
};

/// ndarray's issue 677: arithmetic of two elements. A point moves on, so many times in one call.
fn two_elements(pairs: &mut Vec<Pair>) {
    const STEPS: usize = 100;
    fn points(place: usize) -> (Array1<f64>, Array1<f64>) {
        black_box(vec![0u8; place % 4096]);
        (array![1.0, 2.0], array![-0.5, 0.25])
    }
    let heap: fn() -> Make = || {
        Box::new(move |place| {
            let (mut x, v) = points(place);
            timed(move |times| {
                for _ in 0..times {
                    (0..STEPS).for_each(|_| x = black_box(&x + &(&v * 1e-3)));
                }
            })
        })
    };
    let hand: fn() -> Make = || {
        Box::new(move |place| {
            let (mut x, v) = points(place);
            let mut moved = Array1::zeros(2);
            timed(move |times| {
                for _ in 0..times {
                    for _ in 0..STEPS {
                        Zip::from(&mut moved).and(&v).for_each(|moved, v| *moved = v * 1e-3);
                        x += &moved;
                        black_box(&mut x);
                    }
                }
            })
        })
    };
    let scope: fn() -> Make = || {
        Box::new(move |place| {
            let ((mut x, v), buffer) = (points(place), Buffer::new());
            timed(move |times| {
                for _ in 0..times {
                    for _ in 0..STEPS {
                        buffer.scope(|s| {
                            let next = s.add(&x, &s.mul(&v, 1e-3));
                            x.assign(&next);
                        });
                    }
                }
            })
        })
    };
    let name = "x ← x + v Δt, 2 elements";
    pairs.push(Pair { name: format!("{name}: scope vs heap"), a: scope(), b: heap(), bound: Bound::AtMost(0.67) });
    pairs.push(Pair { name: format!("{name}: scope vs by hand"), a: scope(), b: hand(), bound: Bound::Any });
}

fn main() {
    let mut pairs = Vec::new();
    two_elements(&mut pairs);
    // What another memory order of `b` changes is measured for two.
    let mut compare = |ways: &Ways, n: usize, transposed: bool| {
        let heap = on_two(n, transposed, |_| (), ways.heap);
        let hand = on_two(n, transposed, |n| Array2::zeros((n, n)), ways.hand);
        let scope = || on_two(n, transposed, |_| Buffer::new(), ways.scope);
        let name = format!("{}, {n} × {n}{}", ways.name, if transposed { ", b column-major" } else { "" });
        pairs.push(Pair { name: format!("{name}: scope vs heap"), a: scope(), b: heap, bound: Bound::AtMost(1.02) });
        pairs.push(Pair { name: format!("{name}: scope vs by hand"), a: scope(), b: hand, bound: Bound::Any });
    };
    for n in [2, 3, 4, 6, 8, 12, 16, 17, 24, 32, 64, 128, 256, 512] {
        compare(&PRODUCT, n, false);
    }
    for n in [2, 4, 8, 16, 64] {
        compare(&PRODUCT, n, true);
    }
    for n in [2, 8, 32, 128] {
        compare(&SUM, n, false);
        compare(&SUM, n, true);
        compare(&EXPRESSION, n, false);
        compare(&COLLECT, n, false);
        compare(&SUM_AXIS, n, false);
    }
    paired::run(pairs, Plan { processes: 5, samples: 10, batches: 0.002 });
}
