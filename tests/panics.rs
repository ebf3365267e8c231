//! Every way in which an operation panics: what it says, where it says it happened, and that nothing is left of the call.

use std::alloc::Layout;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::mem::MaybeUninit;
use std::num::FpCategory;
use std::ops::{Add, Div, Mul, Neg, Rem, Sub};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Once;

use ndarena::{FixedBuffer, prelude::*};
use ndarray::prelude::*;
use ndarray::{Slice, Zip};
use num_traits::{Float, FromPrimitive, Num, NumCast, One, ToPrimitive, Zero};

/// A call that panics.
struct Row {
    operation: &'static str,
    /// Where the row begins; it ends where the next one does.
    line: u32,
    call: fn(Scope<'_>),
    begins: &'static str,
    says: &'static [&'static str],
}

/// A row: the operation, a call of it, and what the message says besides the operation's name.
macro_rules! row {
    ($operation:ident, |$s:ident| $call:expr, $($says:literal),+) => {
        Row {
            operation: stringify!($operation),
            line: line!(),
            call: |$s| {
                let _ = $call;
            },
            begins: concat!("ndarena: ", stringify!($operation), ": "),
            says: &[$($says),+],
        }
    };
}

/// A row of an array for which there is no memory.
macro_rules! no_room {
    ($operation:ident, |$s:ident| $call:expr) => {
        no_room!($operation, |$s| $call, "65536")
    };
    ($operation:ident, |$s:ident| $call:expr, $says:literal) => {
        Row { begins: "ndarena: cannot allocate an array of shape [", ..row!($operation, |$s| $call, $says) }
    };
}

fn a() -> Array2<f64> {
    Array2::ones((2, 3))
}

fn ints() -> Array2<i32> {
    array![[1, 2], [0, 4]]
}

/// More than the buffers of the test hold, in the memory of one.
fn large() -> ArrayView1<'static, f64> {
    ArrayView::from_shape(65536.strides(0), &[1.0]).unwrap()
}

fn large2() -> ArrayView2<'static, f64> {
    ArrayView::from_shape((65536, 2).strides((0, 0)), &[1.0]).unwrap()
}

/// As long as can be.
fn longest<T>(one: &[T; 1]) -> ArrayView2<'_, T> {
    ArrayView::from_shape((isize::MAX as usize, 1).strides((0, 0)), one).unwrap()
}

/// The rows are disjoint, in the order of their lines.
fn rows() -> Vec<Row> {
    vec![
        row!(align, |s| s.align(48), "48 bytes", "a power of two"),
        // What cannot be broadcast.
        row!(zip_map, |s| s.zip_map(&a(), &array![1.0, 2.0], |x, y| x + y), "[2]", "[2, 3]", "give lengths"),
        row!(zip_map3, |s| s.zip_map3(&a(), &a(), &arr1(&[1; 4]), |x, _, _| *x), "[[2, 3], [2, 3], [4]]"),
        row!(zip_map4, |s| s.zip_map4(&a(), &a(), &a(), &arr1(&[1; 4]), |x, _, _, _| *x), "[2, 3], [4]]"),
        row!(zip_map5, |s| s.zip_map5(&a(), &a(), &a(), &arr1(&[1; 4]), &a(), |x, _, _, _, _| *x), "[4], [2, 3]]"),
        row!(add, |s| s.add(&a(), &array![1.0, 2.0]), "[2]", "[2, 3]", "give lengths"),
        row!(sub, |s| s.sub(&a(), &array![1.0, 2.0]), "[2]", "[2, 3]"),
        row!(mul, |s| s.mul(&a(), &array![1.0, 2.0]), "[2]", "[2, 3]"),
        row!(div, |s| s.div(&a(), &array![1.0, 2.0]), "[2]", "[2, 3]"),
        row!(broadcast, |s| s.broadcast(&a(), (2, 4)), "[2, 3]", "[2, 4]", "give lengths"),
        // What is divided by zero.
        row!(div, |s| s.div(&ints(), &ints()), "divided by 0", "[1, 0]", "[2, 2]", "give"),
        row!(div, |s| s.div(&ints(), &ints().t()), "[0, 1]"),
        row!(div, |s| s.div(&ints().into_dyn(), &ints().slice(s![..;-1, ..])), "[0, 0]"),
        row!(div, |s| s.div(&ints(), &arr0(0)), "divided by 0"),
        row!(div, |s| s.div(&ints(), 0), "divided by 0", "not zero"),
        row!(div, |s| s.div(5, &ints()), "divided by 0", "[1, 0]"),
        row!(div, |s| s.div(7u8, &array![1u8, 2, 0]), "[2]", "[3]"),
        row!(div, |s| s.div(&array![1u128], 0u128), "divided by 0"),
        row!(div, |s| s.div(&array![1i8], &array![0i8]), "[0]", "[1]"),
        row!(div, |s| s.div(&array![1i16], &array![0i16]), "[0]", "[1]"),
        row!(div, |s| s.div(&array![1i64], &array![0i64]), "[0]", "[1]"),
        row!(div, |s| s.div(&array![1i128], &array![0i128]), "[0]", "[1]"),
        row!(div, |s| s.div(&array![1isize], &array![0isize]), "[0]", "[1]"),
        row!(div, |s| s.div(&array![1u16], &array![0u16]), "[0]", "[1]"),
        row!(div, |s| s.div(&array![1u32], &array![0u32]), "[0]", "[1]"),
        row!(div, |s| s.div(&array![1u64], &array![0u64]), "[0]", "[1]"),
        row!(div, |s| s.div(&array![1usize], &array![0usize]), "[0]", "[1]"),
        // What is not there.
        row!(map_axis, |s| s.map_axis(&a(), Axis(2), |lane| lane.len()), "axis 2", "[2, 3]", "less than 2"),
        row!(fold_axis, |s| s.fold_axis(&a(), Axis(7), 0.0, |x, y| x + y), "axis 7", "[2, 3]"),
        row!(sum_axis, |s| s.sum_axis(&a(), Axis(2)), "axis 2", "[2, 3]"),
        row!(sum_axis, |s| s.sum_axis(&arr0(1.0).into_dyn(), Axis(0)), "axis 0", "[]", "less than 0"),
        row!(mean_axis, |s| s.mean_axis(&a(), Axis(usize::MAX)), "axis 18446744073709551615", "[2, 3]"),
        row!(mean_axis, |s| s.mean_axis(&Array2::<i8>::ones((2, 200)), Axis(1)), "200", "i8", "give"),
        row!(var_axis, |s| s.var_axis(&a(), Axis(2), 0.0), "axis 2", "[2, 3]"),
        row!(var_axis, |s| s.var_axis(&a(), Axis(0), 2.5), "2.5", "axis 0", "[2, 3]", "length 2", "give"),
        row!(var_axis, |s| s.var_axis(&a().mapv(Small), Axis(1), Small(-1.0)), "-1", "length 3"),
        row!(var_axis, |s| s.var_axis(&Array2::from_elem((101, 2), Small(0.0)), Axis(0), Small(0.0)), "101", "Small"),
        row!(std_axis, |s| s.std_axis(&a(), Axis(2), 0.0), "axis 2", "[2, 3]"),
        row!(std_axis, |s| s.std_axis(&a(), Axis(1), -1.0), "-1", "axis 1", "length 3"),
        row!(select, |s| s.select(&a(), Axis(2), &[0]), "axis 2", "[2, 3]"),
        row!(select, |s| s.select(&a(), Axis(1), &[0, 5, 3]), "index 5", "axis 1", "[2, 3]", "less than 3"),
        // What does not fit.
        row!(dot, |s| s.dot(&a(), &a()), "2 × 3 and 2 × 3", "give"),
        row!(dot, |s| s.dot(&a(), &array![1.0]), "2 × 3 and 1 × 1"),
        row!(dot, |s| s.dot(&array![1.0], &a()), "1 × 1 and 2 × 3"),
        row!(dot, |s| s.dot(&array![1.0], &array![1.0, 2.0]), "1 × 1 and 2 × 1"),
        row!(dot, |s| s.dot(&*a().into_dyn(), &*a().into_dyn()), "2 × 3 and 2 × 3"),
        row!(dot, |s| s.dot(&*arr0(1).into_dyn(), &*array![1].into_dyn()), "shapes [] and [1]", "0 and 1"),
        row!(solve_lower_triangular, |s| s.solve_lower_triangular(&a(), &array![1.0]), "2 × 3 and [1]", "give"),
        row!(solve_lower_triangular, |s| s.solve_lower_triangular(&s.eye(2), &arr0(1.0)), "2 × 2 and []"),
        row!(solve_upper_triangular, |s| s.solve_upper_triangular(&s.eye(2), &array![1.0]), "2 × 2 and [1]"),
        // Numbers that are not there.
        row!(from_iter, |s| s.from_iter(Lying), "length is 10", "3 elements", "give"),
        row!(range, |s| s.range(0.0, 5.0, -1.0), "from 0 to 5 by -1", "give a step"),
        row!(range, |s| s.range(0.0f32, 5.0, 0.0), "from 0 to 5 by 0"),
        row!(range, |s| s.range(1.0, f64::NAN, 1.0), "from 1 to NaN by 1"),
        row!(range, |s| s.range(1.0, f64::INFINITY, 1.0), "from 1 to inf by 1"),
        row!(range, |s| s.range(Small(0.0), Small(200.0), Small(1.0)), "199", "Small", "give"),
        row!(linspace, |s| s.linspace(Small(0.0), Small(1.0), 200), "199", "Small", "give"),
        row!(logspace, |s| s.logspace(Small(2.0), Small(0.0), Small(1.0), 200), "199", "Small", "give"),
        // What is too large, and fits no memory at all.
        no_room!(
            zip_map,
            |s| s.zip_map(&longest(&[1.0]), &array![[1.0, 2.0, 3.0]], |x, y| x + y),
            "9223372036854775807, 3]"
        ),
        no_room!(
            zip_map3,
            |s| s.zip_map3(&longest(&[1.0]), &arr1(&[1; 3]), &arr0(1), |x, _, _| *x),
            "9223372036854775807, 3]"
        ),
        no_room!(zip_map, |s| s.zip_map(&longest(&[()]), &array![[1, 2, 3]], |_, _| ()), "9223372036854775807, 3]"),
        no_room!(add, |s| s.add(&longest(&[1.0]), &array![[1.0, 2.0, 3.0]]), "9223372036854775807, 3]"),
        no_room!(broadcast, |s| s.broadcast(&array![1.0], (isize::MAX as usize, 2)), "9223372036854775807, 2]"),
        no_room!(kron, |s| s.kron(&large2(), &longest(&[1.0])), "overflows isize"),
        no_room!(outer, |s| s.outer(&longest(&[1.0]).column(0), &longest(&[1.0]).column(0)), "overflows isize"),
        no_room!(eye, |s| s.eye::<f64>(1 << 40), "overflows isize"),
        no_room!(alloc_slice, |s| s.alloc_slice::<u8>(usize::MAX).len(), "overflows isize"),
        no_room!(linspace, |s| s.linspace(0.0, 1.0, usize::MAX), "overflows isize"),
        no_room!(select, |s| s.select(&longest(&[1.0]), Axis(1), &[0, 0]), "overflows isize"),
        // What there is no memory for.
        no_room!(alloc_array, |s| s.alloc_array::<f64>((65536, 2))),
        no_room!(uninit, |s| s.uninit::<f64>(65536)),
        no_room!(from_elem, |s| s.from_elem(65536, 'x')),
        no_room!(zeros, |s| s.zeros::<f64>(65536)),
        no_room!(ones, |s| s.ones::<f64>(65536)),
        no_room!(from_shape_fn, |s| s.from_shape_fn((65536, 2).f(), |(i, j)| i + j)),
        no_room!(alloc_array, |s| s.align(128).alloc_array::<f64>((65536, 2).strides((4, 1)))),
        no_room!(uninit, |s| s.align(128).uninit::<f64>(65536)),
        no_room!(zeros, |s| s.align(128).zeros::<f64>((512, 65536).padded::<f64>())),
        no_room!(zeros, |s| s.guard().scope().zeros::<f64>((65536, 2)).len()),
        no_room!(alloc_slice, |s| s.alloc_slice::<f64>(65536).len()),
        no_room!(bytes, |s| s.bytes(Layout::array::<f64>(65536).unwrap()).len(), "524288"),
        no_room!(copy_of, |s| s.copy_of(&large())),
        no_room!(map, |s| s.map(&large2().t(), |x| x + 1.0)),
        no_room!(zip_map, |s| s.zip_map(&large2(), &array![1.0, 2.0], |x, y| x + y)),
        no_room!(zip_map3, |s| s.zip_map3(&large(), &large(), &large(), |x, _, _| *x)),
        no_room!(zip_map4, |s| s.zip_map4(&large(), &large(), &large(), &arr0(1), |x, _, _, _| *x)),
        no_room!(zip_map5, |s| s.zip_map5(&large(), &large(), &large(), &large(), &arr0(1), |x, _, _, _, _| *x)),
        no_room!(map_collect_in, |s| Zip::from(&large()).map_collect_in(s, |x| x + 1.0)),
        no_room!(add, |s| s.add(&large(), 1.0)),
        no_room!(add, |s| s.add(&large2(), &array![1.0, 2.0])),
        no_room!(sub, |s| s.sub(1.0, &large())),
        no_room!(mul, |s| s.mul(&large2(), &large2())),
        no_room!(div, |s| s.div(&large(), 0.0)),
        no_room!(neg, |s| s.neg(&large())),
        no_room!(dot, |s| s.dot(&large2(), &a())),
        no_room!(dot, |s| s.dot(&large2(), &array![1.0, 2.0])),
        no_room!(dot, |s| s.dot(&array![1.0, 2.0], &large2().t())),
        no_room!(dot, |s| s.dot(&*large2().into_dyn(), &*a().into_dyn())),
        no_room!(outer, |s| s.outer(&large(), &array![1.0])),
        no_room!(kron, |s| s.kron(&large2(), &a()), "131072"),
        no_room!(solve_lower_triangular, |s| s.solve_lower_triangular(&s.eye(2), &large2().t())),
        no_room!(solve_upper_triangular, |s| s.solve_upper_triangular(&s.eye(2), &large2().t())),
        no_room!(concatenate, |s| s.concatenate(Axis(0), &[large2(), large2()]), "131072"),
        no_room!(stack, |s| s.stack(Axis(1), &[large(), large()])),
        no_room!(select, |s| s.select(&a(), Axis(0), &[1; 65536])),
        no_room!(as_standard_layout, |s| s.as_standard_layout(&large()).len()),
        no_room!(to_shape, |s| s.to_shape(&large2(), 131072).unwrap().len()),
        no_room!(broadcast, |s| s.broadcast(&arr0(1.0), 65536)),
        no_room!(map_axis, |s| s.map_axis(&large2(), Axis(1), |lane| lane.sum())),
        no_room!(fold_axis, |s| s.fold_axis(&large2(), Axis(1), 0.0, |x, y| x + y)),
        no_room!(sum_axis, |s| s.sum_axis(&large2(), Axis(1))),
        no_room!(sum_axis, |s| s.sum_axis(&large2().t(), Axis(0))),
        no_room!(mean_axis, |s| s.mean_axis(&large2(), Axis(1))),
        no_room!(var_axis, |s| s.var_axis(&large2(), Axis(1), 0.0)),
        // The first temporary fits, the second does not.
        no_room!(var_axis, |s| s.var_axis(&large2().slice_axis(Axis(0), Slice::from(..5000)), Axis(1), 0.0), "[5000]"),
        no_room!(std_axis, |s| s.std_axis(&large2(), Axis(1), 0.0)),
        no_room!(from_iter, |s| s.from_iter(0..65536)),
        no_room!(linspace, |s| s.linspace(0.0, 1.0, 65536)),
        no_room!(range, |s| s.range(0.0, 65536.0, 1.0)),
        no_room!(logspace, |s| s.logspace(2.0, 0.0, 1.0, 65536)),
        no_room!(eye, |s| s.eye::<f64>(65536)),
        no_room!(from_diag, |s| s.from_diag(&large())),
    ]
}

/// What is in place before the panics that are caught here, and where the last one of this thread was.
fn located<R>(f: impl FnOnce() -> R) -> Result<R, (String, String, u32)> {
    thread_local!(static PLACE: RefCell<Option<(String, u32)>> = const { RefCell::new(None) });
    thread_local!(static LOOKING: Cell<bool> = const { Cell::new(false) });
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| match info.location() {
            Some(at) if LOOKING.get() => PLACE.set(Some((at.file().to_owned(), at.line()))),
            _ => before(info),
        }));
    });
    LOOKING.set(true);
    let result = catch_unwind(AssertUnwindSafe(f));
    LOOKING.set(false);
    result.map_err(|panic| {
        let said = panic.downcast_ref::<String>().cloned();
        let said = said.or_else(|| panic.downcast_ref::<&str>().map(|&said| said.to_owned()));
        let (file, line) = PLACE.take().expect("the hook ran");
        (said.expect("a message"), file, line)
    })
}

fn check(row: &Row, end: u32, run: impl FnOnce(fn(Scope<'_>))) {
    let what = format!("{} in line {}", row.operation, row.line);
    let Err((said, file, line)) = located(|| run(row.call)) else { panic!("{what} does not panic") };
    assert!(said.starts_with(row.begins), "{what}: {said}");
    for piece in row.says {
        assert!(said.contains(piece), "{what}: no `{piece}` in: {said}");
    }
    assert!(said.contains("; "), "{what}: it does not say what would do: {said}");
    assert_eq!(file, file!(), "{what}: {said}");
    assert!((row.line..end).contains(&line), "{what}: at line {line}: {said}");
}

fn all_rows() -> impl Iterator<Item = (Row, u32)> {
    let rows = rows();
    let ends: Vec<u32> = rows[1..].iter().map(|row| row.line).chain([u32::MAX]).collect();
    assert!(rows.iter().zip(&ends).all(|(row, &end)| row.line < end), "rows in the order of their lines");
    rows.into_iter().zip(ends)
}

const BYTES: usize = 1 << 16;

#[test]
fn every_panic_says_what_where_and_leaves_nothing() {
    let buffer = Buffer::with_limit(BYTES);
    for (row, end) in all_rows() {
        check(&row, end, |call| buffer.scope(call));
        assert_eq!(buffer.stats().in_use, 0);
        assert_eq!(buffer.scope(|s| s.add(&s.ones::<f64>((2, 3)), &a()).sum()), 12.0);
        // An outer scope goes on, with what is in it.
        buffer.scope(|outer| {
            let kept = outer.from_elem(100, 3.0);
            check(&row, end, |call| outer.scope(call));
            check(&row, end, call_on(outer));
            assert_eq!(kept.sum(), 300.0);
        });
        assert_eq!(buffer.stats().in_use, 0);
    }
}

fn call_on(s: Scope<'_>) -> impl FnOnce(fn(Scope<'_>)) {
    move |call| call(s)
}

#[test]
fn on_fixed_memory_too() {
    let mut memory = vec![MaybeUninit::uninit(); BYTES];
    let buffer = FixedBuffer::new(&mut memory);
    for (row, end) in all_rows() {
        check(&row, end, |call| buffer.scope(call));
        assert_eq!(buffer.stats().in_use, 0);
        assert_eq!(buffer.scope(|s| s.add(&s.ones::<f64>((2, 3)), &a()).sum()), 12.0);
    }
}

#[test]
#[cfg(feature = "rayon")]
fn on_many_threads_too() {
    use ndarena::ParMapCollectIn;
    let row = no_room!(par_map_collect_in, |s| Zip::from(&large()).par_map_collect_in(s, |x| x + 1.0));
    check(&row, row.line + 1, |call| Buffer::with_limit(BYTES).scope(call));
}

#[test]
fn a_buffer_that_cannot_be_made_is_said_where_it_was_asked_for() {
    let line = line!() + 1;
    let (said, file, at) = located(|| Buffer::with_capacity(usize::MAX)).unwrap_err();
    assert!(said.starts_with("ndarena: cannot allocate an array of shape [18446744073709551615]"), "{said}");
    assert_eq!((&*file, at), (file!(), line));
}

#[test]
fn what_divides_nothing_may_be_zero() {
    let (none, zero, floats) = (Array2::<i32>::ones((0, 2)), array![0, 0], array![1.0, -1.0]);
    ndarena::scope(|s| {
        assert_eq!(s.div(&none, 0).dim(), (0, 2));
        assert_eq!(s.div(&none, &zero).dim(), (0, 2));
        assert_eq!(s.div(1, &none).dim(), (0, 2));
        assert_eq!(s.div(&zero, &array![[1, -1]]), array![[0, 0]]);
        assert_eq!(s.div(&floats, &array![0.0, 0.0]), array![f64::INFINITY, f64::NEG_INFINITY]);
        assert_eq!(s.div(&floats, 0.0), array![f64::INFINITY, f64::NEG_INFINITY]);
        // Of what is no integer of Rust's, it is its own affair, whatever it is divided by.
        assert_eq!(s.div(&array![Any], &zero), array![Any, Any]);
    });

    #[derive(Debug, Clone, Copy, PartialEq)]
    struct Any;
    impl Div<i32> for Any {
        type Output = Any;
        fn div(self, _: i32) -> Any {
            Any
        }
    }
}

/// A panic of the elements' own or of a closure is nobody else's, and passes as it is.
#[test]
fn foreign_panics_pass() {
    let buffer = Buffer::new();
    let (said, ..) = located(|| buffer.scope(|s| s.div(&array![i32::MIN], -1).len())).unwrap_err();
    assert_eq!(said, "attempt to divide with overflow");
    let (said, file, _) = located(|| buffer.scope(|s| s.map(&a(), |_| -> u8 { panic!("as told") }).len())).unwrap_err();
    assert_eq!((&*said, &*file), ("as told", file!()));
    assert_eq!(buffer.stats().in_use, 0);
}

/// The operations whose documentation has a section on panics, and whether these are only those of memory.
fn documented() -> BTreeMap<String, bool> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = fs::read_dir(root.join("array")).unwrap().map(|entry| entry.unwrap().path());
    let mut found = BTreeMap::new();
    for path in files.chain([root.join("scope.rs")]) {
        let source = fs::read_to_string(&path).unwrap();
        let (mut docs, mut in_constructors) = (Vec::new(), false);
        for line in source.lines() {
            let line = line.trim_start();
            if let Some(doc) = line.strip_prefix("///") {
                docs.push(doc.trim());
                continue;
            }
            if line.starts_with("#[") {
                continue;
            }
            in_constructors |= line.starts_with("pub trait AllocArray<");
            // The trait ends.
            in_constructors &= !line.starts_with("impl");
            let docs = std::mem::take(&mut docs);
            let name = line.strip_prefix("pub ").unwrap_or(line);
            // In a macro's call, an operation's name is followed by others.
            let name = name.strip_prefix("fn ").unwrap_or(name);
            let name = &name[..name.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(name.len())];
            if docs.is_empty() || name.is_empty() {
                continue;
            }
            let panics: Vec<_> = docs.iter().skip_while(|doc| **doc != "# Panics").skip(1).collect();
            let panics: Vec<_> = panics.into_iter().take_while(|doc| !doc.starts_with(['#', '`'])).copied().collect();
            let panics = panics.join(" ").replace("](crate::AllocArray)", "]");
            // Of the trait's methods, the trait itself says it.
            if in_constructors && line.starts_with("fn ") && !name.starts_with("try_") {
                found.insert(name.to_owned(), true);
            } else if !panics.is_empty() && !line.starts_with("pub trait") {
                found.insert(name.to_owned(), panics.trim() == "As [`AllocArray`] says.");
            }
        }
    }
    found
}

#[test]
#[cfg_attr(miri, ignore = "it reads the sources, and nothing in it is about memory")]
fn every_documented_panic_has_a_row() {
    let documented = documented();
    assert!(documented.len() > 40, "{documented:?}");
    assert_eq!(documented.get("zip_map4"), Some(&false));
    assert_eq!(documented.get("zeros"), Some(&true));
    let rows = rows();
    let about_memory = |row: &&Row| row.begins.starts_with("ndarena: cannot allocate");
    let memory: BTreeSet<_> = rows.iter().filter(about_memory).map(|row| row.operation).collect();
    let others: BTreeSet<_> = rows.iter().filter(|row| !about_memory(row)).map(|row| row.operation).collect();
    for (operation, &only_memory) in &documented {
        let operation = &**operation;
        // It has a test of its own; `align` makes nothing.
        if !["par_map_collect_in", "align"].contains(&operation) {
            assert!(memory.contains(operation), "no row for `{operation}` without memory");
        }
        assert!(only_memory || others.contains(operation), "no row for what `{operation}`'s docs say under \"Panics\"");
    }
    for operation in memory.union(&others) {
        let says = documented.get(*operation);
        assert!(says.is_some(), "`{operation}` does not say that it panics");
        assert!(says == Some(&false) || !others.contains(operation), "`{operation}` does not say all of its panics");
    }
}

/// Says that it has ten elements, and gives three.
struct Lying;

impl IntoIterator for Lying {
    type Item = u8;
    type IntoIter = Iter;
    fn into_iter(self) -> Iter {
        Iter(0)
    }
}

struct Iter(u8);

impl Iterator for Iter {
    type Item = u8;
    fn next(&mut self) -> Option<u8> {
        self.0 += 1;
        (self.0 <= 3).then_some(self.0)
    }
    fn size_hint(&self) -> (usize, Option<usize>) {
        (10, Some(10))
    }
}

impl ExactSizeIterator for Iter {}

/// A float that numbers beyond 100 cannot be converted to.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
struct Small(f64);

impl NumCast for Small {
    fn from<T: ToPrimitive>(n: T) -> Option<Self> {
        n.to_f64().filter(|&n| n <= 100.0).map(Small)
    }
}

impl FromPrimitive for Small {
    fn from_i64(n: i64) -> Option<Self> {
        <Small as NumCast>::from(n)
    }
    fn from_u64(n: u64) -> Option<Self> {
        <Small as NumCast>::from(n)
    }
}

impl ToPrimitive for Small {
    fn to_i64(&self) -> Option<i64> {
        self.0.to_i64()
    }
    fn to_u64(&self) -> Option<u64> {
        self.0.to_u64()
    }
    fn to_f64(&self) -> Option<f64> {
        Some(self.0)
    }
}

impl Zero for Small {
    fn zero() -> Self {
        Small(0.0)
    }
    fn is_zero(&self) -> bool {
        self.0 == 0.0
    }
}

impl One for Small {
    fn one() -> Self {
        Small(1.0)
    }
}

impl Num for Small {
    type FromStrRadixErr = ();
    fn from_str_radix(_: &str, _: u32) -> Result<Self, ()> {
        Err(())
    }
}

impl Neg for Small {
    type Output = Self;
    fn neg(self) -> Self {
        Small(-self.0)
    }
}

macro_rules! forwarded {
    ($($Op:ident $op:ident)+; $($constant:ident)+; $($is:ident)+; $($one:ident)+; $($two:ident)+) => {
        $(impl $Op for Small {
            type Output = Self;
            fn $op(self, other: Self) -> Self {
                Small(self.0.$op(other.0))
            }
        })+

        impl Float for Small {
            $(fn $constant() -> Self {
                Small(<f64 as Float>::$constant())
            })+
            $(fn $is(self) -> bool {
                Float::$is(self.0)
            })+
            $(fn $one(self) -> Self {
                Small(Float::$one(self.0))
            })+
            $(fn $two(self, other: Self) -> Self {
                Small(Float::$two(self.0, other.0))
            })+
            fn classify(self) -> FpCategory {
                self.0.classify()
            }
            fn mul_add(self, a: Self, b: Self) -> Self {
                Small(self.0.mul_add(a.0, b.0))
            }
            fn powi(self, n: i32) -> Self {
                Small(self.0.powi(n))
            }
            fn sin_cos(self) -> (Self, Self) {
                (self.sin(), self.cos())
            }
            fn integer_decode(self) -> (u64, i16, i8) {
                self.0.integer_decode()
            }
        }
    };
}

forwarded! {
    Add add Sub sub Mul mul Div div Rem rem;
    nan infinity neg_infinity neg_zero min_value min_positive_value max_value;
    is_nan is_infinite is_finite is_normal is_sign_positive is_sign_negative;
    floor ceil round trunc fract abs signum recip sqrt cbrt exp exp2 exp_m1 ln log2 log10 ln_1p
    sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh;
    powf log max min abs_sub hypot atan2
}
