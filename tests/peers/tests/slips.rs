//! What slips to the heap, found by counting: the example of `docs/kernels.md`, and what ndarray allocates for shapes.

use allocation_counter::measure;
use ndarena::prelude::*;
use ndarray::prelude::*;

/// `exp(x)`, divided by its sum, in memory of `s`.
fn softmax<'s>(s: Scope<'s>, x: ArrayView1<f64>) -> ArrayViewMut1<'s, f64> {
    s.scope(|inner| {
        let e = inner.map(&x, |x| x.exp()); // `x.exp()` would be an array on the heap
        s.div(&e, e.sum())
    })
}

#[test]
fn softmax_allocates_nothing() {
    let (buffer, x) = (Buffer::new(), array![0.5, 1.0, -1.0]);
    let run = || buffer.scope(|s| assert!((softmax(s, x.view()).sum() - 1.0).abs() < 1e-12));
    run(); // the buffer grows
    assert_eq!(measure(run).count_total, 0);
}

#[test]
fn the_guide_has_this_example() {
    let (guide, file) = (include_str!("../../../docs/kernels.md"), include_str!("slips.rs"));
    let (_, example) = file.split_once("\n\n").unwrap();
    let (example, _) = example.split_once("\n#[test]\nfn the_guide").unwrap();
    assert!(
        guide.contains(&format!("```rust,ignore\n{example}```\n")),
        "docs/kernels.md has another example than\n{example}"
    );
}

/// How often the heap is asked for memory, once the buffer has grown as much as it will.
fn allocations(work: impl Fn(Scope<'_>)) -> u64 {
    let buffer = Buffer::new();
    (0..3).for_each(|_| buffer.scope(&work));
    measure(|| buffer.scope(&work)).count_total
}

#[test]
fn operators_and_methods_of_ndarray_s_are_found() {
    let slips: [fn(Scope<'_>, &ArrayRef1<f64>); 5] = [
        |_, x| drop(x + x),
        |_, x| drop(-x),
        |_, x| drop(x.exp()),
        |_, x| drop(x.mapv(|x| x + 1.0)),
        |s, x| drop(s.ones::<f64>((3, 3)).dot(x)),
    ];
    for (i, slip) in slips.into_iter().enumerate() {
        assert!(allocations(|s| slip(s, &s.ones::<f64>(3))) >= 1, "{i}");
    }
    let in_scopes: [fn(Scope<'_>, &ArrayRef1<f64>); 5] = [
        |s, x| drop(s.add(x, x)),
        |s, x| drop(s.neg(x)),
        |s, x| drop(s.map(x, |x| x.exp())),
        |s, x| drop(s.map(x, |x| x + 1.0)),
        |s, x| drop(s.dot(&s.ones::<f64>((3, 3)), x)),
    ];
    for (i, in_a_scope) in in_scopes.into_iter().enumerate() {
        assert_eq!(allocations(|s| in_a_scope(s, &s.ones::<f64>(3))), 0, "{i}");
    }
}

/// What is done with an array of any dimension; and with its shape, which it has a copy of.
fn use_array<D: Dimension>(s: Scope<'_>, shape: &D) {
    let mut x = s.zeros::<f64>(shape.clone());
    x += 1.0;
    assert_eq!(s.map(&x.view(), |x| x + 1.0).sum(), 2.0 * x.len() as f64);
}

#[test]
fn dynamic_shapes_of_five_axes_and_more_allocate() {
    for axes in 0..=8 {
        let shape = IxDyn(&vec![2; axes]);
        let allocations = allocations(|s| use_array(s, &shape));
        assert_eq!(allocations > 0, axes >= 5, "{allocations} for {axes} axes");
    }
    assert_eq!(allocations(|s| use_array(s, &Dim([2; 5]))), 0);
    assert_eq!(allocations(|s| use_array(s, &Dim([2; 6]))), 0);
}
