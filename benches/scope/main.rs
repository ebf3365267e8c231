//! Scopes against hand-preallocated code, the heap, and other arenas. `paired` says how it is measured.

mod contenders;
mod shapes;

use contenders::{
    BUFFER, BUMP_SCOPE, BUMPALO, DEFAULT, DYN_STACK, FIXED, GLIBC, GUARD, HAND, HEAP, MAP, MIMALLOC, NESTED, Opening,
    STUMPALO, TUNED, TUNED_HEAP,
};
use ndarena_benches::paired::{self, Bound, Make, Pair, Plan};

fn main() {
    if ndarena_benches::peers::serve(contenders::task) {
        return;
    }
    let mut pairs = Vec::new();
    let mut compare = |name: String, a: Make, b: Make, bound: Bound| pairs.push(Pair { name, a, b, bound });

    // `y = x + 1; y.sum()`, the README's opening function, on i64.
    let mut opening = |n: usize, a: Opening, b: Opening, bound: Bound| {
        compare(format!("opening, {n} elements: {} vs {}", a.name, b.name), a.of(n), b.of(n), bound);
    };
    for n in [8, 30, 100, 1_000, 10_000, 100_000, 1_000_000] {
        let bound = if n >= 1_000 { Bound::AtMost(1.02) } else { Bound::Any };
        opening(n, BUFFER, HAND, bound);
        opening(n, BUFFER, HEAP, Bound::Any);
        opening(n, BUFFER, MIMALLOC, Bound::Any);
    }
    for n in [30, 1_000, 100_000] {
        for other in [GLIBC, TUNED, TUNED_HEAP, BUMP_SCOPE, BUMPALO, DYN_STACK, STUMPALO] {
            opening(n, BUFFER, other, Bound::Any);
        }
        #[cfg(unix)]
        opening(n, BUFFER, contenders::JEMALLOC, Bound::Any);
        for (ours, bound) in [(DEFAULT, 1.15), (NESTED, 1.20), (FIXED, 1.08), (GUARD, 1.08), (MAP, 1.08)] {
            opening(n, ours, HAND, Bound::AtMost(bound));
        }
    }

    for n in [30, 1_000, 100_000] {
        let (ours, by_hand) = shapes::zeros(n);
        compare(format!("zeros, {n} elements: scope vs by hand"), ours, by_hand, Bound::Any);
        let (ours, by_hand) = shapes::map(n);
        compare(format!("map, {n} elements: scope vs by hand"), ours, by_hand, Bound::Any);
    }

    // How cost grows: against ten times the tenth, and twice the half.
    for arrays in [1, 10, 100, 1_000, 10_000] {
        let (one, all) = (shapes::arrays(1, arrays), shapes::arrays(arrays, 1));
        compare(format!("{arrays} arrays: in one scope vs a scope each"), all, one, Bound::Any);
    }
    for depth in [1, 2, 4, 8, 16, 32, 64] {
        let (flat, deep) = (shapes::depth(1, depth), shapes::depth(depth, 1));
        compare(format!("{depth} scopes: nested vs one after the other"), deep, flat, Bound::Any);
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    for threads in (1..=cores).filter(|threads| threads.is_power_of_two()) {
        let (one, all) = (shapes::threads(1), shapes::threads(threads));
        compare(format!("a scope on each of {threads} threads: all of them vs one thread"), all, one, Bound::Any);
    }

    // What it costs that small arrays take a line each.
    for count in [10, 100, 1_000, 10_000] {
        let (lines, packed) = (shapes::small_arrays(count, 8), shapes::small_arrays(count, 4));
        compare(format!("{count} arrays of 3 elements: a line each vs packed"), lines, packed, Bound::Any);
    }

    // With RUSTFLAGS="-C target-cpu=native": what it gives that arrays start on cache lines.
    for n in [30, 100, 1_000, 10_000, 100_000] {
        let (heap, scope) = shapes::multiply_add(n);
        compare(format!("z += x * y, {n} elements: arrays of a scope vs of the heap"), scope, heap, Bound::Any);
    }

    paired::run(pairs, Plan { processes: 5, samples: 25, batches: 80e-6 });
}
