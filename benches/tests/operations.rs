//! Each row of the table of operations gives in a scope what it gives on the heap: the same bits, in the same memory order,
//! or a panic where that panics; and so does what is written by hand.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ndarena_benches::operations::{Kind, Operation, Outcome, Seen, Setup, Watch, Way, operations};
use ndarena_testing::public_names;

/// Keeps what the last turn gave.
#[derive(Default)]
struct Keep(Option<Seen>);

impl Watch for Keep {
    fn turns(&self) -> u64 {
        1
    }

    fn start(&mut self) {}

    fn see(&mut self, outcome: &dyn Outcome) {
        self.0 = Some(outcome.seen());
    }

    fn stop(&mut self) {}
}

/// Rows, and cells of them, in which something else is expected than on the heap; and why.
fn is_excepted(operation: &Operation, heap: &Result<Seen, String>, scope: &Result<Seen, String>) -> bool {
    match (operation.name, heap, scope) {
        // ndarray divides by the number of rows.
        ("kron", Err(_), Ok(scope)) => scope.bytes() == 0,
        _ => false,
    }
}

fn outcome(operation: &Operation, setup: &Setup, way: Way) -> Result<Seen, String> {
    let mut keep = Keep::default();
    catch_unwind(AssertUnwindSafe(|| (operation.run)(setup, way, &mut keep)))
        .map_err(|panic| *panic.downcast::<String>().unwrap_or_default())?;
    Ok(keep.0.expect("a turn gives something"))
}

#[test]
fn every_cell_is_as_on_the_heap() {
    let lengths: &[[usize; 3]] = if cfg!(miri) {
        &[[0, 2, 3], [1, 1, 1], [3, 3, 3]]
    } else {
        &[
            [0, 2, 3],
            [3, 0, 2],
            [1, 1, 1],
            [1, 4, 1],
            [2, 2, 2],
            [3, 3, 3],
            [4, 2, 5],
            [2, 9, 3],
            [13, 13, 4],
            [40, 40, 5],
        ]
    };
    std::panic::set_hook(Box::new(|_| {}));
    let (mut cells, mut bytes, mut wrong) = (0, 0, Vec::new());
    for operation in operations() {
        for &lengths in lengths {
            for setup in operation.setups(lengths) {
                let what = || format!("{operation:?}, {lengths:?}, {setup}");
                let heap = outcome(&operation, &setup, Way::Heap);
                let scope = outcome(&operation, &setup, Way::Scope);
                match (&heap, &scope) {
                    (Ok(heap), Ok(scope)) if heap == scope => bytes += heap.bytes(),
                    (Err(_), Err(_)) => {}
                    _ if is_excepted(&operation, &heap, &scope) => {}
                    _ => wrong.push(format!("{}:\n  heap {heap:?}\n scope {scope:?}", what())),
                }
                cells += 1;
            }
        }
    }
    drop(std::panic::take_hook());
    println!("{cells} cells, {bytes} bytes of elements");
    assert!(wrong.is_empty(), "{} of {cells} cells:\n{}", wrong.len(), wrong.join("\n"));
    assert!(operations().iter().any(|operation| operation.kind == Kind::Two));
}

/// Operations of scopes that have no row, and why. (Names are not all there with every feature.)
const WITHOUT_A_ROW: [(&str, &str); 7] = [
    (
        "They are `map`, with one function or another; `sqrt`, `powi` and `clamp` have rows.",
        "abs_sub acos acosh asin asinh atan atanh cbrt ceil cos cosh exp exp2 exp_m1 floor fract hypot is_infinite \
         is_nan ln ln_1p log log10 log2 pow2 powf recip round signum sin sinh tan tanh to_degrees to_radians trunc",
    ),
    ("It is `flatten`, or `to_shape`, with the axes the other way round.", "flatten_with_order"),
    (
        "They make no array of others' elements.",
        "align alloc_slice bump bytes freeze guard scope uninit try_uninit try_alloc_array",
    ),
    ("They change their operand, which rows do not.", "map_mut map_axis_mut"),
    ("ndarray has no such operation.", "solve_lower_triangular solve_upper_triangular zip_map6 zip_map7 zip_map8"),
    ("Its elements have to have an order, which complex numbers and floats have not.", "partition"),
    ("It takes as long as the threads that it finds.", "par_map_collect_in"),
];

/// Each operation that the library's sources say is public, of scopes and of `Zip`, is called in a row, or is left out for a reason.
#[test]
fn every_operation_has_a_row() {
    let rows: String = operations().iter().map(|operation| operation.in_a_scope).collect();
    // The compiler may put spaces into what it writes down.
    let rows: String = rows.split_whitespace().collect();
    let called = |method: &str| rows.contains(&format!(".{method}(")) || rows.contains(&format!(".{method}::<"));
    let left_out = || WITHOUT_A_ROW.iter().flat_map(|(_, names)| names.split_whitespace());
    let mut wrong = Vec::new();
    // Linear algebra has a bench of its own.
    let names = public_names(false);
    let of_scopes =
        |name: &str| Some(name.split_once("::").filter(|(of, _)| ["Scope", "Zip"].contains(of))?.1.to_owned());
    for method in names.iter().filter_map(|name| of_scopes(name)) {
        let left_out = left_out().any(|name| name == method);
        if called(&method) == left_out {
            wrong.push(format!("{method}: {}", if left_out { "it has a row" } else { "it has no row" }));
        }
    }
    for name in left_out() {
        if !names.iter().filter_map(|name| of_scopes(name)).any(|method| method == name) {
            wrong.push(format!("there is no {name}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
