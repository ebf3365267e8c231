//! The kernels under `examples/kernels`, each in a scope, preallocated by hand, and on the heap. `paired` says how it is
//! measured.

mod cavity;
mod cholesky;
mod expm;
mod hmm;
mod kalman;
mod lstm;
mod mlp;
mod particle_filter;
mod qr;
mod rk45;
mod strassen;

use std::hint::black_box;
use std::rc::Rc;

use ndarena_benches::paired::{self, Bound, Make, Pair, Plan, timed};
use ndarray::Array2;

/// A kernel at one size, three ways.
struct Case {
    name: String,
    heap: Way,
    hand: Way,
    scope: Way,
}

type Way = Rc<dyn Fn(usize) -> paired::Batch>;

/// `run` again and again, with what `start` makes, which lies where the place says.
fn moved<S: 'static>(start: impl Fn() -> S + 'static, run: impl Fn(&mut S) + Copy + 'static) -> Way {
    Rc::new(move |place| {
        // What is before them in memory decides where they lie.
        let before = black_box(vec![0u8; place % 4096]);
        let mut state = start();
        drop(before);
        timed(move |times| (0..times).for_each(|_| run(black_box(&mut state))))
    })
}

fn make(way: &Way) -> Make {
    let way = Rc::clone(way);
    Box::new(move |place| way(place))
}

/// Numbers between -1 and 1 (G. Marsaglia, "Xorshift RNGs", *Journal of Statistical Software* 8, 2003).
fn numbers(shape: (usize, usize)) -> Array2<f64> {
    let mut state = 88_172_645_463_325_252u64;
    Array2::from_shape_simple_fn(shape, || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    })
}

fn main() {
    let small = [2, 4, 6, 8].into_iter().map(kalman::case);
    let small = small.chain([2, 4, 8].into_iter().map(cholesky::case));
    let small = small.chain([(3, 2), (6, 3)].into_iter().map(qr::case));
    let small = small.chain([2, 4].into_iter().map(expm::case));
    let small = small.chain([(3, 2.0), (4, 20.0)].into_iter().map(rk45::case));
    let small = small.chain([mlp::case((&[4, 8, 3], 1)), strassen::case((4, 2))]);
    let small = small.chain([(2, 0.1), (3, 0.1), (4, 0.1), (6, 0.5)].into_iter().map(cavity::case));
    let small = small.chain([(8, 1), (30, 1), (4, 2), (15, 2), (7, 4)].into_iter().map(particle_filter::case));
    let small = small.chain([(2, 3, 15), (2, 3, 100), (3, 6, 100), (5, 6, 100)].into_iter().map(hmm::case));
    let small = small.chain(
        [(1, 2, 1, 100), (1, 2, 4, 100), (3, 4, 1, 100), (3, 4, 4, 100), (4, 7, 4, 100)].into_iter().map(lstm::case),
    );
    let large = [32, 64, 100, 300].into_iter().map(cholesky::case);
    let large = large.chain([(20, 5), (100, 20), (300, 100), (500, 256)].into_iter().map(qr::case));
    let large = large.chain([8, 16, 64].into_iter().map(expm::case));
    let large = large.chain([(20, 20.0), (100, 20.0), (1_000, 5.0), (10_000, 1.0)].into_iter().map(rk45::case));
    let networks: [(&[usize], usize); 3] = [(&[4, 8, 3], 8), (&[64, 128, 10], 32), (&[784, 256, 10], 64)];
    let large = large.chain(networks.into_iter().map(mlp::case));
    let large = large.chain([(32, 8), (64, 32), (128, 64), (256, 64), (512, 128)].into_iter().map(strassen::case));
    let large = large.chain([(8, 0.5), (16, 0.5), (32, 1.0), (64, 4.0), (128, 16.0)].into_iter().map(cavity::case));
    let large = large.chain([(100, 1), (100, 4), (1_000, 4)].into_iter().map(particle_filter::case));
    let large = large.chain([(8, 20, 100), (20, 50, 100), (64, 100, 100)].into_iter().map(hmm::case));
    let large = large
        .chain([(3, 12, 1, 100), (16, 16, 8, 100), (16, 64, 16, 50), (64, 128, 32, 20)].into_iter().map(lstm::case));
    let mut pairs = Vec::new();
    // On small problems the heap's share is what is to be gained.
    let cases = small.map(|case| (case, 0.67)).chain(large.map(|case| (case, 1.0)));
    for (Case { name, heap, hand, scope }, share) in cases {
        let (a, b) = (make(&scope), make(&hand));
        pairs.push(Pair { name: format!("{name}: scope vs by hand"), a, b, bound: Bound::AtMost(1.1) });
        let (a, b) = (make(&scope), make(&heap));
        pairs.push(Pair { name: format!("{name}: scope vs heap"), a, b, bound: Bound::AtMost(share) });
    }
    paired::run(pairs, Plan { processes: 5, samples: 10, batches: 0.004 });
}
