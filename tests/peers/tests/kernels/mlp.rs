use approx::{assert_abs_diff_eq, assert_relative_eq};
use ndarena::prelude::*;
use ndarena_kernels::Error;
use ndarena_kernels::mlp::{Layer, Workspace, by_hand, in_a_scope, on_the_heap};
use ndarray::parallel::prelude::*;
use ndarray::prelude::*;

use super::{calls_of, steady_calls};

/// Numbers between -1 and 1 without a pattern.
fn number(i: usize, j: usize) -> f64 {
    ((i * i * 13 + i * j * 31 + j * j * 7 + i + 2 * j) as f64).sin()
}

fn samples(count: usize, features: usize) -> Array2<f64> {
    Array2::from_shape_fn((count, features), |(i, j)| number(i, j))
}

/// Layers between these widths, which give no more than the largest of what they get, plus 1: the weights of an output add
/// up to 1 at most.
fn network(widths: &[usize]) -> Vec<Layer> {
    let layer = |(k, pair): (usize, &[usize])| Layer {
        weights: Array2::from_shape_fn((pair[0], pair[1]), |(i, j)| number(i + k, j) / pair[0] as f64),
        bias: Array1::from_shape_fn(pair[1], |j| number(j, k + 5)),
    };
    widths.windows(2).enumerate().map(layer).collect()
}

/// How far apart two ways of summing may be: what is summed, in a layer of [`network`], is of no more than `layers + 1`, is
/// rounded twice a term, and errors from before do not grow; the softmax doubles them, and divides.
fn tolerance(widths: &[usize]) -> f64 {
    let terms: usize = widths.iter().map(|width| 2 * width + 2).sum();
    2.0 * (terms * widths.len()) as f64 * f64::EPSILON
}

/// The three ways, each on its own.
fn all(layers: &[Layer], input: ArrayView2<'_, f64>, batch: usize) -> [Result<Array2<f64>, Error>; 3] {
    let mut hand = Array2::zeros((input.nrows(), layers[layers.len() - 1].bias.len()));
    let by_hand = by_hand(layers, input, &mut Workspace::new(layers, batch), hand.view_mut());
    let buffer = Buffer::new();
    let scope = buffer.scope(|s| in_a_scope(s, layers, input, batch).map(|p| p.to_owned()));
    assert_eq!(buffer.stats().in_use, 0);
    [on_the_heap(layers, input, batch), by_hand.map(|()| hand), scope]
}

/// One sample, one number at a time.
fn by_loops(layers: &[Layer], sample: ArrayView1<'_, f64>) -> Vec<f64> {
    let mut x = sample.to_vec();
    for (k, layer) in layers.iter().enumerate() {
        let mut y = layer.bias.to_vec();
        for (j, y) in y.iter_mut().enumerate() {
            for (i, x) in x.iter().enumerate() {
                *y += x * layer.weights[[i, j]];
            }
            if k + 1 < layers.len() && *y < 0.0 {
                *y = 0.0;
            }
        }
        x = y;
    }
    let sum: f64 = x.iter().map(|z| z.exp()).sum();
    x.iter().map(|z| z.exp() / sum).collect()
}

#[test]
fn every_sample_is_as_by_loops() {
    for widths in [&[5, 3][..], &[4, 8, 3], &[4, 8, 8, 5, 3], &[64, 128, 10], &[1, 1]] {
        let (layers, input) = (network(widths), samples(37, widths[0]));
        // Whole batches, a last one that is smaller, and one that is larger than the input.
        for batch in [1, 8, 37, 40] {
            for probabilities in all(&layers, input.view(), batch) {
                let probabilities = probabilities.unwrap();
                assert_eq!(probabilities.dim(), (37, widths[widths.len() - 1]));
                for (x, p) in input.rows().into_iter().zip(probabilities.rows()) {
                    let expected = Array1::from(by_loops(&layers, x));
                    assert_relative_eq!(p, expected, max_relative = tolerance(widths), epsilon = 0.0);
                    assert_abs_diff_eq!(p.sum(), 1.0, epsilon = p.len() as f64 * f64::EPSILON);
                }
            }
        }
    }
}

/// Goodfellow, Bengio and Courville, section 6.1: a network that computes the exclusive or, here as the second class's logit,
/// while the first's is zero. Whatever is added to both makes no difference.
#[test]
fn the_exclusive_or_is_exact() {
    let input = array![[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]];
    for shift in [0.0, 1000.0, -1000.0] {
        let layers = [
            Layer { weights: array![[1.0, 1.0], [1.0, 1.0]], bias: array![0.0, -1.0] },
            Layer { weights: array![[0.0, 1.0], [0.0, -2.0]], bias: array![shift, shift] },
        ];
        for probabilities in all(&layers, input.view(), 3) {
            let second = probabilities.unwrap().column(1).to_owned();
            let one = 1.0 / (1.0 + (-1.0f64).exp());
            assert_relative_eq!(second, array![0.5, one, one, 0.5], max_relative = 2.0 * f64::EPSILON);
        }
    }
}

#[test]
fn no_samples_give_no_probabilities() {
    for probabilities in all(&network(&[4, 8, 3]), samples(0, 4).view(), 8) {
        assert_eq!(probabilities.unwrap().dim(), (0, 3));
    }
}

#[test]
fn batches_run_on_threads() {
    let (layers, input) = (network(&[4, 8, 3]), samples(500, 4));
    let mut probabilities = Array2::zeros((500, 3));
    let chunks = probabilities.axis_chunks_iter_mut(Axis(0), 16).into_par_iter();
    input.axis_chunks_iter(Axis(0), 16).into_par_iter().zip(chunks).for_each(|(x, mut p)| {
        // Each thread has a buffer of its own.
        ndarena::scope(|s| p.assign(&in_a_scope(s, &layers, x, 8).unwrap()));
    });
    ndarena::scope(|s| assert_eq!(in_a_scope(s, &layers, input.view(), 8).unwrap(), probabilities));
}

#[test]
fn a_batch_takes_the_memory_of_the_last() {
    let (layers, input, buffer) = (network(&[4, 8, 3]), samples(1000, 4), Buffer::new());
    buffer.scope(|s| drop(in_a_scope(s, &layers, input.view(), 16)));
    // The probabilities; and of one batch, what both layers make. All are whole cache lines.
    assert_eq!(buffer.stats().peak, 8 * (1000 * 3 + 16 * (8 + 3)));
}

#[test]
fn it_allocates_nothing_but_what_ndarray_s_product_does() {
    for (widths, batch) in [(&[4, 8, 3][..], 1), (&[4, 8, 3], 8), (&[4, 12, 12, 3], 12), (&[64, 128, 10], 32)] {
        let (layers, input) = (network(widths), samples(50, widths[0]));
        let calls = steady_calls(|s| drop(in_a_scope(s, &layers, input.view(), batch).unwrap()));
        let (mut work, mut out) = (Workspace::new(&layers, batch), Array2::zeros((50, widths[widths.len() - 1])));
        let by_hand = calls_of(|| by_hand(&layers, input.view(), &mut work, out.view_mut()).unwrap());
        // Small products are made without ndarray's kernel.
        assert_eq!(calls, if widths[0] <= 12 { 0 } else { by_hand }, "{widths:?}");
    }
}

fn refused() -> [Result<Array2<f64>, Error>; 3] {
    [const { Err(Error::NotFinite) }; 3]
}

#[test]
fn what_is_not_finite_is_an_error() {
    let (layers, input) = (network(&[4, 8, 3]), samples(50, 4));
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut input = input.clone();
        input[[30, 2]] = bad;
        assert_eq!(all(&layers, input.view(), 8), refused());
    }
    // Finite, but not what they give.
    let mut large = layers;
    large[0].weights *= 1e300;
    assert_eq!(all(&large, (input * 1e300).view(), 8), refused());
}

#[test]
#[should_panic(expected = "left: (8, 3)\n right: (9, 3)")]
fn on_the_heap_layers_fit() {
    let _ = on_the_heap(&misfits(), samples(5, 4).view(), 2);
}

#[test]
#[should_panic(expected = "left: (8, 3)\n right: (9, 3)")]
fn by_hand_layers_fit() {
    let _ =
        by_hand(&misfits(), samples(5, 4).view(), &mut Workspace::new(&misfits(), 2), Array2::zeros((5, 3)).view_mut());
}

#[test]
#[should_panic(expected = "left: (8, 3)\n right: (9, 3)")]
fn in_a_scope_layers_fit() {
    ndarena::scope(|s| drop(in_a_scope(s, &misfits(), samples(5, 4).view(), 2)));
}

/// The second takes fewer inputs than the first has outputs.
fn misfits() -> Vec<Layer> {
    [network(&[4, 9]), network(&[8, 3])].concat()
}
