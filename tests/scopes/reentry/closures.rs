//! Closures, iterators and elements that use the scope that an operation on them runs in.

use ndarena::prelude::*;
use ndarena_testing::{Of, at_call, called, elements, panic_of};
use ndarray::{ArrayRef, Zip, prelude::*, s};

use super::{HOOKS, with_world};

/// A number whose arithmetic is foreign code.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Num(i64);

macro_rules! arithmetic {
    ($($Op:ident $op:ident),+) => {$(
        impl std::ops::$Op for Num {
            type Output = Num;
            fn $op(self, other: Num) -> Num {
                called(Of::Closure);
                Num(std::ops::$Op::$op(self.0, other.0))
            }
        }
    )+};
}

arithmetic!(Add add, Sub sub, Mul mul, Div div);

impl std::ops::Neg for Num {
    type Output = Num;
    fn neg(self) -> Num {
        called(Of::Closure);
        Num(-self.0)
    }
}

impl num_traits::Zero for Num {
    fn zero() -> Num {
        called(Of::Closure);
        Num(0)
    }
    fn is_zero(&self) -> bool {
        self.0 == 0
    }
}

impl num_traits::One for Num {
    fn one() -> Num {
        called(Of::Closure);
        Num(1)
    }
}

impl num_traits::FromPrimitive for Num {
    fn from_i64(n: i64) -> Option<Num> {
        called(Of::Closure);
        Some(Num(n))
    }
    fn from_u64(n: u64) -> Option<Num> {
        called(Of::Closure);
        Some(Num(n as i64))
    }
}

/// Tells of a call, and passes the number on.
fn through(x: i64) -> i64 {
    called(Of::Closure);
    x
}

/// An operation that runs code that it is handed, on a matrix of numbers: what it gives, in the order of indices.
type Operation = (&'static str, fn(Scope<'_>, &Array2<i64>, &Array2<Num>) -> Vec<i64>);

fn values<D: Dimension>(numbers: &ArrayRef<Num, D>) -> Vec<i64> {
    elements(numbers).into_iter().map(|x| x.0).collect()
}

const OPERATIONS: [Operation; 25] = [
    ("map", |s, a, _| elements(&s.map(a, |&x| through(x)))),
    ("map, backwards", |s, a, _| elements(&s.map(&a.slice(s![..;-1, ..]), |&x| through(x)))),
    ("zip_map", |s, a, _| elements(&s.zip_map(a, a, |&x, &y| through(x + y)))),
    ("zip_map, broadcast", |s, a, _| elements(&s.zip_map(a, &a.row(0), |&x, &y| through(x + y)))),
    ("zip_map, transposed", |s, a, _| elements(&s.zip_map(&a.t(), &a.t(), |&x, &y| through(x + y)))),
    ("zip_map3", |s, a, _| elements(&s.zip_map3(a, a, &a.row(1), |&x, &y, &z| through(x + y - z)))),
    ("from_shape_fn", |s, a, _| elements(&s.from_shape_fn(a.dim(), |(i, j)| through(a[[i, j]])))),
    ("from_shape_fn, by columns", |s, a, _| elements(&s.from_shape_fn(a.dim().f(), |(i, j)| through(a[[i, j]])))),
    ("from_iter", |s, a, _| s.from_iter(a.iter().map(|&x| through(x))).to_vec()),
    ("map_axis", |s, a, _| s.map_axis(a, Axis(0), |lane| through(lane.sum())).to_vec()),
    ("fold_axis", |s, a, _| s.fold_axis(a, Axis(1), 0, |sum, x| through(sum + x)).to_vec()),
    ("map_collect_in", |s, a, _| Zip::from(a.rows()).map_collect_in(s, |row| through(row.sum())).to_vec()),
    ("add", |s, _, n| values(&s.add(n, n))),
    ("sub, broadcast", |s, _, n| values(&s.sub(n, &n.row(0)))),
    ("mul", |s, _, n| values(&s.mul(&n.t(), n))),
    ("div", |s, _, n| values(&s.div(n, n))),
    ("neg", |s, _, n| values(&s.neg(n))),
    ("sum_axis", |s, _, n| values(&s.sum_axis(n, Axis(0)))),
    ("mean_axis", |s, _, n| values(&s.mean_axis(n, Axis(1)).unwrap())),
    ("zeros, ones, eye", |s, _, _| {
        [values(&s.zeros::<Num>(3)), values(&s.ones::<Num>((2, 2))), values(&s.eye::<Num>(3))].concat()
    }),
    ("dot", |s, _, n| values(&s.dot(n, n))),
    ("dot with a vector", |s, _, n| [values(&s.dot(n, &n.row(0))), values(&s.dot(&n.row(0), n))].concat()),
    ("outer", |s, _, n| values(&s.outer(&n.row(0), &n.row(1)))),
    ("kron", |s, _, n| values(&s.kron(n, &n.slice(s![..2, ..])))),
    ("from_diag", |s, _, n| values(&s.from_diag(&n.diag()))),
];

/// Code that operations are handed may use the scope that they run in, or panic.
#[test]
fn closures_and_arithmetic_may_use_the_buffer() {
    let a = Array2::from_shape_fn((4, 4), |(i, j)| (5 * i + 3 * j + 1) as i64);
    let n = a.map(|&x| Num(x));
    for (turn, (name, operation)) in OPERATIONS.into_iter().enumerate() {
        let expected = Buffer::new().scope(|s| operation(s, &a, &n));
        let hooks = HOOKS.into_iter().chain([("a panic", (|| panic!("the closure's")) as fn())]);
        // Where it takes its time, one for each operation, another for the next, and not for all of them.
        if cfg!(miri) && turn % 3 > 0 {
            continue;
        }
        let (first, step) = if cfg!(miri) { (turn % 13, 13) } else { (0, 1) };
        for (hook_name, hook) in hooks.skip(first).step_by(step) {
            let calls = at_call(Of::Closure, usize::MAX, hook, || _ = Buffer::new().scope(|s| operation(s, &a, &n)));
            assert!(calls > 0, "{name} runs foreign code");
            for call in (0..calls).step_by(1 + calls / if cfg!(miri) { 2 } else { 8 }) {
                let what = format!("{name}, {hook_name} at call {call}");
                with_world(Buffer::new(), |world| {
                    world.in_scope(|| {
                        world.make(true, 100);
                        let scope = world.scope.get().expect("open");
                        let mut result = None;
                        let run = || at_call(Of::Closure, call, hook, || result = Some(operation(scope, &a, &n)));
                        match panic_of(run) {
                            Ok(_) => assert_eq!(result.as_ref(), Some(&expected), "{what}"),
                            Err(panic) => assert_eq!(panic.message, "the closure's", "{what}"),
                        }
                        world.check();
                    });
                    assert!(world.buffer.stats().in_use == 0 || hook_name == "a forgotten guard", "{what}");
                });
            }
        }
    }
}
