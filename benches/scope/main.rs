//! Scopes against hand-preallocated code, the heap, and other arenas. `paired` says how it is measured.

mod contenders;

use contenders::{
    BUFFER, BUMP_SCOPE, BUMPALO, DEFAULT, DYN_STACK, FIXED, GUARD, HAND, HEAP, MAP, MIMALLOC, NESTED, Opening,
};
use ndarena_benches::paired::{self, Bound, Make, Pair, Plan};

fn main() {
    let mut pairs = Vec::new();
    let mut compare = |name: String, a: Make, b: Make, bound: Bound| pairs.push(Pair { name, a, b, bound });

    // `y = x + 1; y.sum()`, the README's opening function, on i64.
    let mut opening = |n: usize, a: Opening, b: Opening, bound: Bound| {
        compare(format!("opening, {n} elements: {} vs {}", a.name, b.name), a.of(n), b.of(n), bound);
    };
    for (n, by_hand) in [(30, 1.08), (1_000, 1.02), (100_000, 1.02)] {
        opening(n, BUFFER, HAND, Bound::AtMost(by_hand));
        opening(n, BUFFER, BUMP_SCOPE, Bound::AtMost(1.03));
        opening(n, BUFFER, BUMPALO, Bound::AtMost(1.0));
        opening(n, BUFFER, DYN_STACK, Bound::Any);
        opening(n, MIMALLOC, BUFFER, Bound::Any);
    }
    opening(30, DEFAULT, HAND, Bound::AtMost(1.15));
    opening(30, NESTED, HAND, Bound::AtMost(1.20));
    for n in [30, 1_000] {
        opening(n, FIXED, BUFFER, Bound::AtMost(1.0));
        opening(n, GUARD, BUFFER, Bound::AtMost(1.08)); // 1 ns of 12
    }
    opening(30, HEAP, BUFFER, Bound::AtLeast(1.75));
    opening(30, HEAP, MAP, Bound::AtLeast(1.75));
    opening(30, MAP, HAND, Bound::Any);
    opening(1_000, HEAP, BUFFER, Bound::Any);
    opening(100_000, HEAP, BUFFER, Bound::Any);
    for n in [8, 100, 10_000, 1_000_000, 10_000_000] {
        opening(n, BUFFER, HAND, Bound::Any);
    }

    for n in [30, 1_000, 100_000] {
        let (ours, by_hand) = contenders::zeros(n);
        compare(format!("zeros, {n} elements: scope vs by hand"), ours, by_hand, Bound::AtMost(1.0));
        let (ours, by_hand) = contenders::map(n);
        compare(format!("map, {n} elements: scope vs by hand"), ours, by_hand, Bound::AtMost(1.0));
    }

    // How cost grows: each doubling should take at most twice the time.
    for arrays in [1, 10, 100, 1_000] {
        let (few, many) = (contenders::arrays(arrays, 10), contenders::arrays(10 * arrays, 1));
        compare(format!("{} arrays in a scope vs 10 times {arrays}", 10 * arrays), many, few, Bound::Any);
    }
    for depth in [1, 2, 4, 8, 16, 32] {
        let (shallow, deep) = (contenders::depth(depth, 2), contenders::depth(2 * depth, 1));
        compare(format!("scopes {} deep vs 2 times {depth}", 2 * depth), deep, shallow, Bound::Any);
    }

    // What it costs that small arrays take a line each.
    for count in [10, 100, 1_000, 10_000] {
        let (lines, packed) = (contenders::small_arrays(count, 8), contenders::small_arrays(count, 4));
        compare(format!("{count} arrays of 3 elements: a line each vs packed"), lines, packed, Bound::Any);
    }

    // With RUSTFLAGS="-C target-cpu=native": what it gives that arrays start on cache lines.
    for n in [30, 100, 1_000, 10_000, 100_000] {
        let (heap, scope) = contenders::multiply_add(n);
        compare(format!("z += x * y, {n} elements: heap vs scope arrays"), heap, scope, Bound::Any);
    }

    paired::run(pairs, Plan { processes: 5, samples: 25, batches: 80e-6 });
}
