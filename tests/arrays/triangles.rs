//! Triangles of matrices, against what their elements are to be, and against ndarray on the heap, over every layout.

use bytemuck::NoUninit;
use ndarena::Buffer;
use ndarray::prelude::*;
use ndarray::{IntoDimension, RemoveAxis};
use num_complex::Complex64;
use num_traits::Zero;

use crate::layouts::{Ask, assert_bits, assert_order, on_every_layout};

const DIAGONALS: [isize; 11] = [isize::MIN, -5, -3, -2, -1, 0, 1, 2, 4, isize::MAX - 1, isize::MAX];

struct Triangles;

impl<T: NoUninit + Zero> Ask<T> for Triangles {
    fn ask<D: RemoveAxis>(&self, a: ArrayView<'_, T, D>) {
        let n = a.ndim();
        // ndarray 0.17.2 transposes such arrays to and fro, without an end.
        let column_major = !a.is_standard_layout() && a.t().is_standard_layout();
        let without_end = column_major && n > 2 && a.shape()[n - 2..].contains(&1);
        for &k in if cfg!(miri) { &[-1, 1][..] } else { &DIAGONALS } {
            Buffer::new().scope(|s| {
                for upper in [false, true] {
                    let ours = if upper { s.triu(&a, k) } else { s.tril(&a, k) };
                    let mut elements = a.to_owned();
                    for (index, x) in elements.indexed_iter_mut().filter(|_| n > 1) {
                        let index = index.into_dimension();
                        let beyond = index[n - 1] as i128 - index[n - 2] as i128 - k as i128;
                        if if upper { beyond < 0 } else { beyond > 0 } {
                            *x = T::zero();
                        }
                    }
                    assert_bits(&ours, &elements, "elements");
                    if !without_end {
                        let ndarrays = if upper { a.triu(k) } else { a.tril(k) };
                        assert_bits(&ours, &ndarrays, "ndarray's");
                        if n > 1 {
                            assert_order(&ours, &ndarrays, "ndarray's");
                        }
                    }
                }
            });
        }
    }
}

#[test]
fn triangles_are_ndarrays() {
    on_every_layout(|i| i as i32 + 1, &Triangles);
    if cfg!(miri) {
        return;
    }
    on_every_layout(|i| 1.0 / (i as f64 + 1.0), &Triangles);
    on_every_layout(|i| -1.0 / (i as f32 + 1.0), &Triangles);
    on_every_layout(|i| Complex64::new(-1.0, i as f64), &Triangles);
}
