//! Each row of the table of operations gives in a scope what it gives on the heap: the same bits, in the same memory order,
//! or a panic where that panics; and so does what is written by hand.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ndarena_benches::operations::{Kind, Operation, Outcome, Seen, Setup, Watch, Way, operations};

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
